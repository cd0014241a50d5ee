"""One line each: a correct answer with one thing changed. None of them is among the misconceptions.

A line may call any exercise by name: it gets the first correct variant.
"""

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

MUTANTS = {
    **normalizing_activations.MUTANTS,
    **fitting_batch_norm.MUTANTS,
    **working_with_mini_batches.MUTANTS,
    **batch_norm_eliminates_the_bias.MUTANTS,
    **gradient_descent_with_batch_norm.MUTANTS,
    **batch_norm_at_test_time.MUTANTS,
    **covariate_shift.MUTANTS,
    **batch_norm_on_a_gpu.MUTANTS,
    **beyond_batch_norm.MUTANTS,
}
