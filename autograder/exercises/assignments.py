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
    *("cost_and_gradients", "he_normal", "scaled_normal", "normal"),
    *("Linear", "BatchNorm", "Network", "train_step", "train"),
    *("GradientDescent", "Momentum", "RMSprop", "Adam"),
    *("gradient_descent_update", "momentum_update", "rmsprop_update", "adam_update"),
)

MINI_BATCHES = "03-working-with-mini-batches"
WITHHELD_FROM_MINI_BATCHES = ("mini_batches", "train")

BIAS = "04-batch-norm-eliminates-the-bias"
WITHHELD_FROM_BIAS = ("Network", "train_step", "train")

DESCENT = "05-gradient-descent-with-batch-norm"
WITHHELD_FROM_DESCENT = (
    *("momentum_update", "rmsprop_update", "adam_update", "Momentum", "RMSprop", "Adam"),
    *("Network", "train_step", "train"),
)

TEST_TIME = "06-batch-norm-at-test-time"
WITHHELD_FROM_TEST_TIME = (
    *("ewa_update", "ewa_bias_correction", "running_statistics", "RunningStatistics"),
    *("batchnorm_inference", "fold_batchnorm", "momentum_update", "Momentum"),
    *("BatchNorm", "Network", "train_step", "train"),
)

COVARIATE_SHIFT = "07-covariate-shift"
WITHHELD_FROM_COVARIATE_SHIFT = ("moments_after_batchnorm", "standardized_shift")

GPU = "08-batch-norm-on-a-gpu"
WITHHELD_FROM_GPU = WITHHELD_FROM_NORMALIZING

BEYOND = "09-beyond-batch-norm"
WITHHELD_FROM_BEYOND = (
    *("spatial_batchnorm_forward", "layernorm_forward", "groupnorm_forward", "merge_statistics"),
    *("spatial_batchnorm_backward", "GroupNorm"),
)
