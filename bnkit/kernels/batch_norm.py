"""Batch norm at the speed of memory: what `bnkit.normalization` says, in as few passes as it can be done.

``Z`` has shape (n, m), a row per unit and a column per example, or (N, C, H, W), where a channel is a unit.
What belongs to a unit is a column of shape (n, 1) or (C, 1). An array that does not lie in memory as it is
read is copied first.
"""

import math
from typing import Any

import numpy as np

from bnkit.backend import Array, array_module
from bnkit.checks import (
    FLOATS,
    check_columns,
    check_decay,
    check_eps,
    check_images,
    check_matrix,
    check_same_shape,
)
from bnkit.kernels.choice import compiled_kernels, kernels_for
from bnkit.kernels.formulas import Running
from bnkit.kernels.recycling import empty_like


def batchnorm_forward(
    Z: Array, gamma: Array, beta: Array, eps: float = 1e-5, out: Array | None = None, *, relu: bool = False
) -> tuple[Array, Array, Array]:
    """Normalize each unit over the mini-batch, scale and shift it: one read and one write of Z.

    Parameters
    ----------
    Z : array of shape (n, m) or (N, C, H, W)
        float32 or float64; on a GPU also float16, with statistics in float32.
    gamma, beta : arrays of shape (n, 1), or (C, 1)
    eps : float
        Added to the variance, inside the square root.
    out : array of Z's shape, optional
        Where the result goes; it may be Z itself.
    relu : bool
        Whether to cut the result off below 0.

    Returns
    -------
    Z_tilde : array of Z's shape
    mu, inv_std : arrays of shape (n, 1), or (C, 1)
        The mean, and 1 / sqrt(sigma2 + eps): what `batchnorm_backward` asks for.

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or a device does not fit.

    References
    ----------
    Ioffe & Szegedy (2015), Algorithm 1.
    """
    plain = type(Z) is np.ndarray and Z.ndim in (2, 4) and type(eps) is float and 0 <= eps < math.inf
    if plain and (cpu := compiled_kernels()):
        Z_tilde = empty_like(Z) if out is None else out
        column = Z.shape[Z.ndim // 4], 1
        mu, inv_std = np.empty(column, Z.dtype), np.empty(column, Z.dtype)
        if cpu.forward_plain(Z, gamma, beta, eps, bool(relu), Z_tilde, mu, inv_std, None):
            return Z_tilde, mu, inv_std
    return _forward(Z, gamma, beta, eps, out, relu, None)


def batchnorm_training(
    Z: Array,
    gamma: Array,
    beta: Array,
    running_mu: Array,
    running_sigma2: Array,
    decay: float = 0.9,
    eps: float = 1e-5,
    out: Array | None = None,
    *,
    relu: bool = False,
) -> tuple[Array, Array, Array, Array, Array]:
    """Do what `batchnorm_forward` does, and move the running statistics in the same pass.

    Parameters
    ----------
    running_mu, running_sigma2 : arrays of shape (n, 1), or (C, 1)
        They stay as they are.
    decay : float
        The weight of the old value.
    Z, gamma, beta, eps, out, relu
        As in `batchnorm_forward`.

    Returns
    -------
    Z_tilde, mu, inv_std
        As from `batchnorm_forward`.
    running_mu, running_sigma2 : arrays of shape (n, 1), or (C, 1)
        After this mini-batch, whose variance is the biased one.
    """
    _check(Z, running_mu=running_mu, running_sigma2=running_sigma2)
    old = _lying(running_mu), _lying(running_sigma2)
    moved = np.empty_like(old[0]), np.empty_like(old[1])
    results = _forward(Z, gamma, beta, eps, out, relu, (*old, check_decay(decay), *moved))
    return (*results, *moved)


def batchnorm_backward(
    dZ_tilde: Array,
    Z: Array,
    gamma: Array,
    mu: Array,
    inv_std: Array,
    out: Array | None = None,
    *,
    relu_beta: Array | None = None,
) -> tuple[Array, Array, Array]:
    """Go back through batch norm: two reads and one write; Z_norm is computed again rather than kept.

    Parameters
    ----------
    dZ_tilde, Z : arrays of shape (n, m) or (N, C, H, W)
        The gradient of the cost with respect to batch norm's output, and batch norm's input.
    gamma : array of shape (n, 1), or (C, 1)
    mu, inv_std : arrays of shape (n, 1), or (C, 1)
        What `batchnorm_forward` returned for Z.
    out : array of Z's shape, optional
        Where dZ goes; it may be `dZ_tilde` or Z itself.
    relu_beta : array of shape (n, 1), or (C, 1), optional
        Batch norm's beta, if ReLU followed it: `dZ_tilde` is then the gradient with respect to ReLU's output.

    Returns
    -------
    dZ : array of Z's shape
    dgamma, dbeta : arrays of shape (n, 1), or (C, 1)

    Raises
    ------
    ValueError, TypeError
        If a shape, a dtype or a device does not fit.
    """
    beta = gamma if relu_beta is None else relu_beta
    if type(Z) is np.ndarray and Z.ndim in (2, 4) and (cpu := compiled_kernels()):
        dZ = empty_like(Z) if out is None else out
        column = Z.shape[Z.ndim // 4], 1
        dgamma, dbeta = np.empty(column, Z.dtype), np.empty(column, Z.dtype)
        relu = relu_beta is not None
        if cpu.backward_plain(dZ_tilde, Z, gamma, beta, mu, inv_std, relu, dZ, dgamma, dbeta):
            return dZ, dgamma, dbeta
    columns = {"gamma": gamma, "mu": mu, "inv_std": inv_std, "relu_beta": beta}
    _check(Z, **columns)
    if type(dZ_tilde) is not type(Z) or dZ_tilde.shape != Z.shape or dZ_tilde.dtype != Z.dtype:
        check_same_shape("Z", _in_single_precision(Z), "dZ_tilde", _in_single_precision(dZ_tilde))
    kernels = kernels_for(Z, dZ_tilde, *columns.values())
    dtype = _result_dtype(Z, dZ_tilde, gamma, mu, inv_std)
    dZ, written = _result(out, dtype, Z, dZ_tilde, *columns.values())
    dgamma, dbeta = _columns(Z, dtype)
    arrays = _stacked(dZ_tilde), _stacked(Z), *map(_lying, (gamma, beta, mu, inv_std))
    kernels.backward(*arrays, relu_beta is not None, _stacked(written), dgamma, dbeta)
    return _handed_over(dZ, written), dgamma, dbeta


def batchnorm_inference(
    Z: Array,
    gamma: Array,
    beta: Array,
    running_mu: Array,
    running_sigma2: Array,
    eps: float = 1e-5,
    out: Array | None = None,
    *,
    relu: bool = False,
) -> Array:
    """Apply batch norm at test time, folded into a scale and a shift for each unit: one read, one write.

    Parameters
    ----------
    Z : array of shape (n, m) or (N, C, H, W)
    gamma, beta, running_mu, running_sigma2 : arrays of shape (n, 1), or (C, 1)
    eps, out, relu
        As in `batchnorm_forward`.

    Returns
    -------
    Z_tilde : array of Z's shape
    """
    columns = {"gamma": gamma, "beta": beta, "running_mu": running_mu, "running_sigma2": running_sigma2}
    _check(Z, **columns)
    check_eps(eps)
    kernels = kernels_for(Z, *columns.values())
    Z_tilde, written = _result(out, _result_dtype(Z, *columns.values()), Z, *columns.values())
    scale = gamma / np.sqrt(running_sigma2 + float(eps))  # a NumPy float64 would turn float32 into float64
    kernels.inference(_stacked(Z), *map(_lying, (scale, beta, running_mu)), bool(relu), _stacked(written))
    return _handed_over(Z_tilde, written)


def _forward(
    Z: Array, gamma: Array, beta: Array, eps: float, out: Array | None, relu: bool, running: Running | None
) -> tuple[Array, Array, Array]:
    _check(Z, gamma=gamma, beta=beta)
    check_eps(eps)
    read = (gamma, beta) if running is None else (gamma, beta, *running[:2])
    kernels = kernels_for(Z, *read)
    dtype = _result_dtype(Z, gamma, beta)
    Z_tilde, written = _result(out, dtype, Z, *read)
    mu, inv_std = _columns(Z, dtype)
    columns = _lying(gamma), _lying(beta)
    kernels.forward(_stacked(Z), *columns, float(eps), bool(relu), _stacked(written), mu, inv_std, running)
    return _handed_over(Z_tilde, written), mu, inv_std


def _check(Z: Array, **columns: Array) -> None:
    """Refuse what does not fit; what plainly does costs a microsecond or two."""
    if type(Z) is np.ndarray and Z.ndim in (2, 4) and Z.size and Z.dtype in FLOATS:
        shape = (Z.shape[Z.ndim // 4], 1)
        alike = all(
            type(x) is np.ndarray and x.shape == shape and x.dtype == Z.dtype for x in columns.values()
        )
        if alike and not ("running_sigma2" in columns and columns["running_sigma2"].min() < 0):
            return
    like = _in_single_precision(Z)
    images = getattr(Z, "ndim", None) == 4
    check_images("Z", like) if images else check_matrix("Z", like)
    n, per = (Z.shape[1], "channel") if images else (Z.shape[0], "hidden unit")
    check_columns(n, like, per, **columns)


def _in_single_precision(x: Array) -> Array:
    """Return what is like x for those who ask for shape and device, where x is float16 on a GPU."""
    xp = array_module(x)
    if getattr(x, "dtype", None) != np.float16 or xp is np:
        return x
    one: Array = xp.broadcast_to(xp.zeros((), np.float32), x.shape)
    return one


def _result(out: Array | None, dtype: np.dtype[Any], *read: Array) -> tuple[Array, Array]:
    """Return where the result is wanted, and where a kernel can write it: twice the same, if it can be.

    A kernel writes one entry after the other, and what it has still to read must not change under it.
    """
    if out is None:
        fresh = np.empty_like(read[0], dtype=dtype, order="C")
        return fresh, fresh
    if not isinstance(out, type(read[0])) or out.shape != read[0].shape or out.dtype != dtype:
        what = f"shape {out.shape} and dtype {out.dtype}" if hasattr(out, "dtype") else f"type {type(out)}"
        raise ValueError(f"out has {what}, expected shape {read[0].shape} and dtype {dtype}, where Z lives")
    shares = array_module(out).may_share_memory
    if out.flags.c_contiguous and not any(shares(out, x) for x in read):
        return out, out
    return out, np.empty_like(read[0], dtype=dtype, order="C")


def _handed_over(wanted: Array, written: Array) -> Array:
    if written is not wanted:
        wanted[...] = written
    return wanted


def _result_dtype(Z: Array, *others: Array) -> np.dtype[Any]:
    if Z.dtype == np.float16 or all(x.dtype == Z.dtype for x in others):
        return Z.dtype
    return np.result_type(Z.dtype, *(x.dtype for x in others))


def _columns(Z: Array, dtype: np.dtype[Any]) -> Array:
    """Return room for two columns of what belongs to a unit."""
    statistics = np.dtype(np.float32) if dtype == np.float16 else dtype
    return array_module(Z).empty((2, Z.shape[Z.ndim // 4], 1), statistics)


def _stacked(Z: Array) -> Array:
    """Return Z as the kernels see it: of shape (N, n, L), lying in memory as it is read."""
    return _lying(Z).reshape((1, *Z.shape) if Z.ndim == 2 else (*Z.shape[:2], -1))


def _lying(x: Array) -> Array:
    return x if x.flags.c_contiguous else array_module(x).ascontiguousarray(x)
