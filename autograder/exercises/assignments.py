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
