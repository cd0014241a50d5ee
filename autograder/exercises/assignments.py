"""The notebooks' names, and what each withholds of `bnkit` while its answers are graded."""

from __future__ import annotations

NORMALIZING = "01-normalizing-activations"
WITHHELD_FROM_NORMALIZING = (
    *("batch_mean", "batch_variance", "normalize", "scale_and_shift", "batchnorm_forward"),
    *("identity_parameters", "normalize_inputs", "batchnorm_inference", "fold_batchnorm"),
    *("BatchNorm", "Network", "train_step", "train", "RunningStatistics", "running_statistics"),
    *("merge_statistics", "spatial_batchnorm_forward", "layernorm_forward", "groupnorm_forward"),
)

FITTING = "02-fitting-batch-norm-into-a-network"
WITHHELD_FROM_FITTING = (
    *("batchnorm_backward_stages", "batchnorm_backward", "spatial_batchnorm_backward"),
    *("he_normal", "scaled_normal", "normal", "Linear", "BatchNorm", "Network", "train_step", "train"),
    *("GradientDescent", "Momentum", "RMSprop", "Adam"),
    *("gradient_descent_update", "momentum_update", "rmsprop_update", "adam_update"),
)

MINI_BATCHES = "03-working-with-mini-batches"

BIAS = "04-batch-norm-eliminates-the-bias"

DESCENT = "05-gradient-descent-with-batch-norm"

TEST_TIME = "06-batch-norm-at-test-time"

COVARIATE_SHIFT = "07-covariate-shift"

GPU = "08-batch-norm-on-a-gpu"

BEYOND = "09-beyond-batch-norm"
