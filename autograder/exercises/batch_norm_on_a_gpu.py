"""Notebook 08: the same formulas on another device, and other frameworks' conventions."""

from __future__ import annotations

from ..exercise import Exercise
from .device_numbers import BATCHNORM_BYTES
from .framework_conventions import DECAY_TO_MOMENTUM, UNBIASED_RUNNING_VARIANCE
from .portable_code import PORTABLE_BATCHNORM

EXERCISES: tuple[Exercise, ...] = (
    PORTABLE_BATCHNORM,
    BATCHNORM_BYTES,
    DECAY_TO_MOMENTUM,
    UNBIASED_RUNNING_VARIANCE,
)
