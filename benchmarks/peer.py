"""PyTorch's own batch norm, to be timed beside ours."""

from collections.abc import Callable
from typing import Any

Jobs = dict[str, Callable[[], Any]]


def pytorch_jobs(
    a: dict[str, Any],
    eps: float,
    tensor: Callable[[Any], Any],
    contiguous: Callable[[Any], Any],
    compiled: bool,
) -> dict[str, Jobs]:
    """Return PyTorch's kernels, without its autograd, for both layouts that it knows for a matrix.

    Parameters
    ----------
    a : dict
        Z, dZ_tilde, gamma and beta, arrays of shapes (n, m) and (n, 1).
    eps : float
    tensor, contiguous : callables
        Make a tensor of an array, and an array that lies in memory as it is read.
    compiled : bool
        Whether to add what torch.compile makes of them.

    Returns
    -------
    dict
        By "forward" and "backward", the jobs by name.
    """
    import torch

    weight, bias = (tensor(a[name].ravel()) for name in ("gamma", "beta"))
    layouts = {"examples as rows": lambda x: contiguous(x.T), "units as rows": lambda x: x[None]}
    jobs: dict[str, Jobs] = {"forward": {}, "backward": {}}

    def forward(x: Any) -> Any:
        return torch.native_batch_norm(x, weight, bias, None, None, True, 0.1, eps)

    def backward(x: Any, dx: Any, mean: Any, inv_std: Any) -> Any:
        return torch.ops.aten.native_batch_norm_backward(
            dx, x, weight, None, None, mean, inv_std, True, eps, [True] * 3
        )

    for layout, arranged in layouts.items():
        x, dx = tensor(arranged(a["Z"])), tensor(arranged(a["dZ_tilde"]))
        _, mean, inv_std = forward(x)
        arguments = x, dx, mean, inv_std
        jobs["forward"][f"PyTorch, {layout}"] = lambda x=x: forward(x)
        jobs["backward"][f"PyTorch, {layout}"] = lambda arguments=arguments: backward(*arguments)
        if compiled:
            fused, fused_back = torch.compile(forward), torch.compile(backward)
            jobs["forward"][f"compiled, {layout}"] = lambda f=fused, x=x: f(x)
            jobs["backward"][f"compiled, {layout}"] = lambda f=fused_back, arguments=arguments: f(*arguments)
    return jobs
