"""Notebook 01: each hidden unit's mean and variance, normalizing by them, scaling and shifting."""

from __future__ import annotations

from .forward_bugs import EXPOSE_VARIANCE
from .forward_pass import BATCHNORM_FORWARD, IDENTITY_PARAMETERS, NORMALIZE_INPUTS
from .normalizing_steps import NORMALIZE, SCALE_AND_SHIFT
from .unit_statistics import BATCH_MEAN, BATCH_VARIANCE

EXERCISES = (
    BATCH_MEAN,
    BATCH_VARIANCE,
    NORMALIZE,
    SCALE_AND_SHIFT,
    BATCHNORM_FORWARD,
    IDENTITY_PARAMETERS,
    NORMALIZE_INPUTS,
    EXPOSE_VARIANCE,
)
