"""Inputs for the GPU's kernels, every way to launch them, and what the formulas say in higher precision."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from bnkit.kernels import gpu, launch

EPS, DECAY = 1e-5, 0.9
FLOATS = [np.float32, np.float64, np.float16]
# How far a result may be from the formulas, in units of its scale: float16 rounds what it writes.
TOLERANCE = {"float16": 6e-4, "float32": 1e-6, "float64": 5e-12}
PARAMETERS = ("gamma", "beta", "old_mu", "old_sigma2")

# (N, C, L): one entry, rows that start beside a multiple of 16 bytes, wide ones, images with both.
SHAPES = [(1, 3, 1), (1, 5, 37), (1, 3, 256), (1, 2, 2051), (3, 2, 49), (4, 3, 64), (70, 2, 1), (2, 2, 1030)]


class Sample(NamedTuple):
    """What a training step hands to the kernels, in the shapes they take."""

    Z: np.ndarray
    dZ_tilde: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    old_mu: np.ndarray
    old_sigma2: np.ndarray


def draw(rng, shape, dtype, mean=0.0, relu=False):
    """Draw a sample; every unit has a mean and a spread of its own, the mean in units of the spread.

    With `relu`, gradients are 0 near ReLU's corner, where rounding decides whether they count.
    """
    columns = {
        "gamma": rng.uniform(0.5, 2, (shape[1], 1)) * rng.choice([-1, 1], (shape[1], 1)),
        "beta": rng.standard_normal((shape[1], 1)),
        "old_mu": rng.standard_normal((shape[1], 1)),
        "old_sigma2": rng.uniform(0.5, 2, (shape[1], 1)),
    }
    statistics = np.float32 if dtype == np.float16 else dtype
    spread = rng.uniform(0.5, 2, (shape[1], 1))
    Z = spread * (mean + rng.standard_normal((shape[1], 1)) + rng.standard_normal(shape))
    dZ_tilde = rng.standard_normal(shape)
    sample = Sample(Z.astype(dtype), dZ_tilde, *(x.astype(statistics) for x in columns.values()))
    near = relu & (np.abs(expected(sample, False)["out"][0]) < 1e-3 * np.abs(sample.gamma))
    return sample._replace(dZ_tilde=np.where(near, 0, dZ_tilde).astype(dtype))


def expected(sample, relu):
    """Return what the formulas say, in extended precision: by name, a value and its scale."""
    Z, g, gamma, beta, old_mu, old_sigma2 = (x.astype(np.longdouble) for x in sample)
    m = Z.shape[0] * Z.shape[2]

    def over_unit(x):
        return x.sum(axis=(0, 2))[:, None]

    mu = over_unit(Z) / m
    sigma2 = over_unit((Z - mu) ** 2) / m
    inv_std = 1 / np.sqrt(sigma2 + EPS)
    Z_norm = (Z - mu) * inv_std
    out = gamma * Z_norm + beta
    if relu:
        g, out = np.where(out > 0, g, 0), np.maximum(out, 0)
    dgamma, dbeta = over_unit(g * Z_norm), over_unit(g)
    dZ = gamma * inv_std * (g - dbeta / m - Z_norm * dgamma / m)
    new_mu, new_sigma2 = DECAY * old_mu + (1 - DECAY) * mu, DECAY * old_sigma2 + (1 - DECAY) * sigma2
    steep = np.abs(gamma) * inv_std
    return {
        "out": (out, np.abs(gamma * Z_norm).max(axis=(0, 2))[:, None] + np.abs(beta)),
        "mu": (mu, np.abs(mu) + np.sqrt(sigma2)),
        "inv_std": (inv_std, inv_std),
        "new_mu": (new_mu, np.abs(mu) + np.abs(old_mu) + np.sqrt(sigma2)),
        "new_sigma2": (new_sigma2, new_sigma2),
        "dZ": (dZ, steep * (1 + np.abs(g).max(axis=(0, 2))[:, None])),
        "dgamma": (dgamma, 1 + over_unit(np.abs(g * Z_norm))),
        "dbeta": (dbeta, 1 + over_unit(np.abs(g))),
    }


def results(sample, relu, forward_plan=None, backward_plan=None, place=np.copy):
    """Go forward and back; every result by name, written over NaN.

    `place` makes of a NumPy array what the kernels take.
    """
    Z, dZ_tilde, gamma, beta, old_mu, old_sigma2 = map(place, sample)
    out, dZ = (place(np.full_like(sample.Z, np.nan)) for _ in range(2))
    columns = ("mu", "inv_std", "new_mu", "new_sigma2", "dgamma", "dbeta")
    found = {name: place(np.full_like(sample.gamma, np.nan)) for name in columns}
    running = old_mu, old_sigma2, DECAY, found["new_mu"], found["new_sigma2"]
    statistics = found["mu"], found["inv_std"]
    gpu.forward(Z, gamma, beta, EPS, relu, out, *statistics, running, plan=forward_plan)
    sums = found["dgamma"], found["dbeta"]
    gpu.backward(dZ_tilde, Z, gamma, beta, *statistics, relu, dZ, *sums, plan=backward_plan)
    return found | {"out": out, "dZ": dZ}


def errors(found, right):
    """Return by name how far results are from what is right, in units of their scale; NaN is far."""
    worst = {}
    for name, (value, scale) in right.items():
        distance = np.abs(np.asarray(found[name]).astype(np.longdouble) - value) / np.maximum(scale, 1e-30)
        worst[name] = float(distance.max())
    return worst


def plans(arrays, shape, itemsize, device):
    """Return every way to launch a shape, by name: the rule's, the rungs of the ladder, and their sizes."""
    size = (arrays, *shape, itemsize)
    named = {"chosen": launch.plan(*size, device)}
    for variant in launch.LADDER:
        try:
            named[variant] = launch.forced_plan(variant, *size, device)
        except ValueError:  # too long for it, or a GPU without clusters
            continue
    for parts in launch.CLUSTERS if "cluster" in named else ():
        plan = launch.on_chip_plan(*size, parts)
        if plan.shared_memory <= device.shared_memory:
            named[f"cluster of {parts}"] = plan
    named["split, read twice"] = replace(named["split"], on_chip=False, shared_memory=launch.SCRATCH)
    if arrays == 2:
        del named["plain"]  # the ladder back starts with fused sums
    return named


VARIANTS = ("chosen", *launch.LADDER, *(f"cluster of {n}" for n in launch.CLUSTERS), "split, read twice")


def both_plans(variant, sample, device):
    """Return how a variant goes forward and back, or None where it cannot; back, fused stands for plain."""
    size = sample.Z.shape, sample.Z.itemsize, device
    forward, backward = plans(1, *size).get(variant), plans(2, *size)
    backward = backward.get("fused" if variant == "plain" else variant)
    return (forward, backward) if forward and backward else None


def kernels(clusters):
    """Yield every kernel's name, as plans give them, with the struct that it is told by."""
    for entry in gpu.ENTRIES.values():
        for relu in ("false", "true"):
            forward, backward = (f"{name}<{entry}, {relu}>" for name in ("Forward", "Backward"))
            yield f"plain<{forward}>", forward
            for told in (forward, backward):
                for rung in ("fused", "on_chip", "warps"):
                    yield f"{rung}<{told}>", told
                for parts in launch.CLUSTERS if clusters else ():
                    yield f"cluster<{told}, {parts}>", told
                for on_chip in ("false", "true"):
                    yield f"split<{told}, {on_chip}>", told
            for warp in ("false", "true"):
                yield f"inference<{entry}, {relu}, {warp}>", f"Inference<{entry}, {relu}>"
