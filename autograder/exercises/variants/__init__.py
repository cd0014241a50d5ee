"""Correct answers, written as differently as students write them. Every check has to accept every one.

``VARIANTS`` maps an exercise's name to functions; the kill matrix runs them beside the misconceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import (
    batch_norm_at_test_time,
    batch_norm_eliminates_the_bias,
    batch_norm_on_a_gpu,
    beyond_batch_norm,
    covariate_shift,
    fitting_batch_norm,
    gradient_descent_with_batch_norm,
    normalizing_activations,
    working_with_mini_batches,
)

VARIANTS: Mapping[str, tuple[Callable[..., Any], ...]] = {
    **normalizing_activations.VARIANTS,
    **fitting_batch_norm.VARIANTS,
    **working_with_mini_batches.VARIANTS,
    **batch_norm_eliminates_the_bias.VARIANTS,
    **gradient_descent_with_batch_norm.VARIANTS,
    **batch_norm_at_test_time.VARIANTS,
    **covariate_shift.VARIANTS,
    **batch_norm_on_a_gpu.VARIANTS,
    **beyond_batch_norm.VARIANTS,
}
