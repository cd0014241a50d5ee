"""The formulas of batch norm and of the optimizers, at the speed of the memory they move.

Each function says what `bnkit.normalization` or `bnkit.optimizers` says. What differs is how often memory is
read and written: a formula written with whole arrays goes over them a dozen times, a kernel once or twice.

On a processor Numba compiles the kernels (the extra 'fast'), row by row and on all cores; without Numba the
same is done in blocks with NumPy. On a GPU they are CUDA kernels, through CuPy. What no kernel can take, such
as a strange dtype, is left to the formulas, with equal results.
"""

from bnkit.kernels.batch_norm import (
    batchnorm_backward,
    batchnorm_forward,
    batchnorm_inference,
    batchnorm_training,
)
from bnkit.kernels.choice import worth_starting
from bnkit.kernels.updates import adam_update, gradient_descent_update, momentum_update, rmsprop_update

__all__ = [
    "adam_update",
    "batchnorm_backward",
    "batchnorm_forward",
    "batchnorm_inference",
    "batchnorm_training",
    "gradient_descent_update",
    "momentum_update",
    "rmsprop_update",
    "worth_starting",
]
