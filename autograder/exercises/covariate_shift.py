"""Notebook 07: what covariate shift is, and what batch norm changes about it."""

from __future__ import annotations

from .shift_between_batches import EXPOSE_SHIFT_ALARM, STANDARDIZED_SHIFT
from .what_batch_norm_fixes import MOMENTS_AFTER_BATCHNORM, RESCALED_GRADIENT

EXERCISES = (MOMENTS_AFTER_BATCHNORM, STANDARDIZED_SHIFT, RESCALED_GRADIENT, EXPOSE_SHIFT_ALARM)
