"""Notebook 02: batch norm inside a network, from its starting parameters to one step of gradient descent."""

from __future__ import annotations

from .backward_pass import BATCHNORM_BACKWARD, BATCHNORM_BACKWARD_STAGES
from .parameters_of_a_network import INITIALIZE_PARAMETERS, UPDATE_PARAMETERS
from .ways_through_a_network import LAYER_FORWARD, NETWORK_FORWARD, NETWORK_GRADIENTS

EXERCISES = (
    INITIALIZE_PARAMETERS,
    LAYER_FORWARD,
    NETWORK_FORWARD,
    BATCHNORM_BACKWARD_STAGES,
    BATCHNORM_BACKWARD,
    NETWORK_GRADIENTS,
    UPDATE_PARAMETERS,
)
