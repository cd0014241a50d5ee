"""A wrong way forward with a way back: the right one, and those that fit the mistake.

Whoever normalizes wrongly in a network takes the backward pass from the formulas, or derives it anew from
what was written. Both readings have the name of the way forward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from . import backward_pieces, forward_pieces
from .backward_pieces import OVER_UNITS, backward, by_unit, lost
from .forward_pieces import HARD_CODED_EPS, NORMALIZING, RIGHT, SCALING, STATISTICS, Forward
from .gradient_pieces import network_gradients


def _along(axis):
    """The way back through means over an axis, or over everything."""

    def through(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
        dZ_norm = gamma * dZ_tilde
        by_mean = dZ_norm.mean(axis=axis, keepdims=True)
        by_variance = (dZ_norm * Z_norm).mean(axis=axis, keepdims=True)
        dZ = (dZ_norm - by_mean - Z_norm * by_variance) / np.sqrt(sigma2 + eps)
        return dZ, by_unit(dZ_tilde * Z_norm), by_unit(dZ_tilde)

    return through


def _through_outer_eps(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    deviation = np.sqrt(sigma2)
    return backward(
        dZ_tilde,
        Z_norm,
        gamma,
        sigma2,
        eps,
        scale=lambda gamma, sigma2, eps: gamma / (deviation + eps),
        variance_path=lambda m, std: (deviation + eps) / deviation,
    )


def _summed(which):
    """The way back with sums and a divisor that run over the same entries."""
    over = OVER_UNITS[which]
    return partial(backward, over_scale=over, over_shift=over, examples=lambda Z: Z.size / np.size(over(Z)))


def _weighted(weight, power):
    return lambda m, std: weight * std**power


def _scaled_by(scale, **paths):
    return partial(backward, scale=scale, **paths)


def _without_eps(back):
    return lambda dZ_tilde, Z_norm, gamma, sigma2, eps: back(dZ_tilde, Z_norm, gamma, sigma2, 0.0)


def _times_m(m, std):
    return float(m)


def _absent(m, std):
    return 0.0


def _over_variance(gamma, sigma2, eps):
    return gamma / (sigma2 + eps)


_SQUARES = tuple(
    _scaled_by(_over_variance, variance_path=_weighted(weight, power))
    for weight, power in ((1, 0), (1, 2), (2, 2))
)

# The ways back that fit a wrong way forward, besides the right one.
FITTING: Mapping[str, tuple[Callable[..., Any], ...]] = {
    "wrong-axis": (_along(0), _summed(0)),
    "global-statistics": (_along(None), _summed(-1)),
    "lost-dimension": (partial(backward, over_scale=lost, over_shift=lost),),
    "sum-instead-of-mean": (
        partial(backward, mean_path=_times_m),
        partial(backward, variance_path=_times_m),
        partial(backward, mean_path=_times_m, variance_path=_times_m),
    ),
    "unbiased-variance": backward_pieces.MISTAKES["unbiased-variance"],
    "not-centered": (partial(backward, mean_path=_absent),),
    "divides-by-variance": (*_SQUARES, *map(_without_eps, _SQUARES)),
    "eps-outside-sqrt": (*backward_pieces.MISTAKES["eps-outside-sqrt"], _through_outer_eps),
    "eps-missing": (_without_eps(backward),),
    "eps-as-maximum": (_scaled_by(lambda gamma, sigma2, eps: gamma / np.sqrt(np.maximum(sigma2, eps))),),
    "not-divided": (_scaled_by(lambda gamma, sigma2, eps: gamma, variance_path=_absent),),
    "multiplies-by-deviation": (_scaled_by(lambda gamma, sigma2, eps: gamma * np.sqrt(sigma2 + eps)),),
    "sign-error": (_scaled_by(lambda gamma, sigma2, eps: -gamma / np.sqrt(sigma2 + eps)),),
}


def _without_gamma(gamma, sigma2, eps):
    return 1 / np.sqrt(sigma2 + eps)


def _both_ways(forwards: Iterable[Forward], backwards: Iterable[Callable[..., Any]], **pieces: Any):
    return tuple(
        partial(network_gradients, forward=forward, backward=back, **pieces)
        for forward, back in product(forwards, backwards)
    )


def _zeros(*prefixes):
    return lambda gradients, m: {
        key: 0 * value if key.startswith(prefixes) else value for key, value in gradients.items()
    }


def _with(change, back):
    """The right gradients of a network with other gamma and beta, and from them those of its own."""

    def wrong(X, Y, parameters, eps=1e-5):
        layers = [key[5:] for key in parameters if key.startswith("gamma")]
        gradients = network_gradients(X, Y, _changed(parameters, "", layers, change), eps)
        given = {layer: (parameters[f"gamma{layer}"], parameters[f"beta{layer}"]) for layer in layers}
        return _changed(gradients, "d", layers, lambda *pair, layer: back(*pair, *given[layer]))

    return wrong


def _changed(values, prefix, layers, change):
    values = dict(values)
    for layer in layers:
        names = f"{prefix}gamma{layer}", f"{prefix}beta{layer}"
        pair = [values[name] for name in names]
        values |= zip(names, change(*pair, layer=layer), strict=True)
    return values


def _swapped(gamma, beta, layer=None):
    return beta, gamma


def _shift_scaled(gamma, beta, layer=None):
    return gamma, gamma * beta


def _scalings() -> dict[str, tuple[Callable[..., Any], ...]]:
    """The mistakes with gamma and beta on the way forward, with every way back."""
    ignoring = backward, _scaled_by(_without_gamma)
    by_gamma = SCALING["divides-by-gamma"]

    def inverted(dZ_tilde, Z_norm, gamma, sigma2, eps):
        dZ, dgamma, dbeta = backward(dZ_tilde, Z_norm, 1 / gamma, sigma2, eps)
        return dZ, -dgamma / gamma**2, dbeta

    found = {name: _both_ways(forms, (backward,)) for name, forms in SCALING.items()}
    found["gamma-ignored"] = (
        *_both_ways(SCALING["gamma-ignored"], ignoring),
        *_both_ways(SCALING["gamma-ignored"], ignoring, then=_zeros("dgamma")),
    )
    found["beta-ignored"] += _both_ways(SCALING["beta-ignored"], (backward,), then=_zeros("dbeta"))
    found["gamma-beta-skipped"] = (
        *_both_ways(SCALING["gamma-beta-skipped"], ignoring),
        *_both_ways(SCALING["gamma-beta-skipped"], ignoring, then=_zeros("dgamma", "dbeta")),
    )
    found["gamma-beta-swapped"] += (
        _with(_swapped, lambda dgamma, dbeta, gamma, beta: (dgamma, dbeta)),
        _with(_swapped, lambda dgamma, dbeta, gamma, beta: (dbeta, dgamma)),
    )
    found["shift-before-scale"] += (
        _with(_shift_scaled, lambda dgamma, dbeta, gamma, beta: (dgamma, gamma * dbeta)),
        _with(_shift_scaled, lambda dgamma, dbeta, gamma, beta: (dgamma + beta * dbeta, dbeta)),
        _with(_shift_scaled, lambda dgamma, dbeta, gamma, beta: (dgamma + beta * dbeta, gamma * dbeta)),
    )
    found["divides-by-gamma"] += _both_ways(by_gamma, (inverted,))
    return found


def _hard_coded() -> Iterable[Callable[..., Any]]:
    for constant in HARD_CODED_EPS:
        forward = partial(_forward_at, constant)
        yield partial(network_gradients, forward=forward)
        yield partial(network_gradients, forward=forward, backward=partial(_backward_at, constant))
    yield lambda X, Y, parameters: network_gradients(X, Y, parameters)


def _forward_at(constant, Z, gamma, beta, eps):
    return RIGHT(Z, gamma, beta, constant)


def _backward_at(constant, dZ_tilde, Z_norm, gamma, sigma2, eps):
    return backward(dZ_tilde, Z_norm, gamma, sigma2, constant)


WAYS: Mapping[str, tuple[Callable[..., Any], ...]] = {
    **{
        name: _both_ways((*forms, *forward_pieces.FLAT.get(name, ())), (backward, *FITTING.get(name, ())))
        for name, forms in {**STATISTICS, **NORMALIZING}.items()
        if name != "eps-hard-coded"
    },
    **_scalings(),
    "eps-hard-coded": tuple(_hard_coded()),
}
