"""Batch normalization, written to be read: what the workbook's notebooks call.

The modules stand below in the order in which the course meets them. A name is imported when it is first used,
so ``import bnkit`` itself costs next to nothing.
"""

from importlib import import_module

_CONTENTS = {
    "normalization": (
        "batch_mean",
        "batch_variance",
        "normalize",
        "scale_and_shift",
        "batchnorm_forward",
        "batchnorm_backward_stages",
        "batchnorm_backward",
        "batchnorm_inference",
        "fold_batchnorm",
        "identity_parameters",
        "normalize_inputs",
    ),
    "initialization": ("he_normal", "scaled_normal", "normal"),
    "layers": (
        "Linear",
        "BatchNorm",
        "ReLU",
        "Tanh",
        "Sigmoid",
        "relu",
        "relu_gradient",
        "tanh",
        "tanh_gradient",
        "sigmoid",
        "sigmoid_gradient",
    ),
    "losses": (
        "softmax",
        "cross_entropy",
        "softmax_cross_entropy",
        "softmax_cross_entropy_gradient",
        "softmax_cross_entropy_with_gradient",
        "one_hot",
    ),
    "backpropagation": ("cost_and_gradients",),
    "network": ("Network",),
    "minibatches": ("mini_batches",),
    "optimizers": (
        "GradientDescent",
        "Momentum",
        "RMSprop",
        "Adam",
        "gradient_descent_update",
        "momentum_update",
        "rmsprop_update",
        "adam_update",
    ),
    "training": ("train_step", "train", "History"),
    "gradcheck": (
        "numerical_gradient",
        "check_gradient",
        "check_gradient_along_direction",
        "check_network_gradients",
        "GradientCheck",
    ),
    "statistics": (
        "ewa_update",
        "ewa_bias_correction",
        "running_statistics",
        "RunningStatistics",
        "merge_statistics",
    ),
    "other_norms": (
        "spatial_batchnorm_forward",
        "spatial_batchnorm_backward",
        "layernorm_forward",
        "groupnorm_forward",
    ),
    "norm_layers": ("GroupNorm",),
    "moments": ("moments_after_batchnorm", "standardized_shift"),
    "datasets": ("Dataset", "digits", "spirals", "shifted"),
    "plots": ("activation_histograms", "scatter_units", "heat_map"),
    "charts": ("cost_curves", "line_chart", "bar_chart"),
    "diagrams": ("computation_graph",),
    "norm_diagrams": ("normalization_sets",),
    "mini_batch_diagram": ("mini_batch_graph",),
    "sliders": ("slider",),
    "sources": ("show_source",),
    "valleys": ("valley_paths",),
    "figures": ("AccessibleFigure",),
    "backend": ("array_module", "to_numpy", "to_device", "gpu_available", "describe_environment"),
    "bugs": (
        "broken_batchnorm_forward",
        "broken_normalize_by_mini_batch",
        "broken_batchnorm_backward",
        "broken_drop_bias",
        "broken_adam",
        "broken_shift_alarm",
        "broken_inference",
        "broken_spatial_batchnorm",
    ),
    "kernels": (),
    "ladder": ("cpu_ladder", "gpu_ladder", "time_in_turn"),
    "checks": (),
}

_HOME = {name: module for module, names in _CONTENTS.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name):
    if name in _CONTENTS:
        return import_module(f"bnkit.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'bnkit' has no attribute {name!r}")
    value = getattr(import_module(f"bnkit.{_HOME[name]}"), name)
    globals()[name] = value  # the next look-up finds it without coming here
    return value


def __dir__():
    return sorted({*globals(), *_CONTENTS, *__all__})
