"""Statistics of two parts of a mini-batch, as inputs: equal and unequal counts, near each other and far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import probes
from ..exercise import Case, Probe
from ..probes import CONSTANT_UNIT, FAR, LARGE_MEAN, NON_CONTIGUOUS

ONE_EXAMPLE = "a part of one example (m = 1)"
FAR_APART = "means that lie far apart"


@dataclass(frozen=True)
class PartsPlan:
    """One probe: units, examples in each part, and how the parts lie to each other."""

    n: int
    m_a: int
    m_b: int
    dtype: type = np.float64
    kind: str = "ordinary"  # or "hand", "constant", "far", "apart"
    edge: str | None = None
    layout: str = ""


PLANS = (
    PartsPlan(2, 4, 12, kind="hand"),
    PartsPlan(3, 7, 4),
    PartsPlan(4, 5, 9, np.float32),
    PartsPlan(3, 6, 6),
    PartsPlan(5, 20, 3, np.float32),
    PartsPlan(6, 8, 3),
    PartsPlan(3, 1, 6, edge=ONE_EXAMPLE),
    PartsPlan(4, 9, 1, np.float32, edge=ONE_EXAMPLE),
    PartsPlan(3, 1, 1, edge=ONE_EXAMPLE),
    PartsPlan(3, 3, 5, kind="constant", edge=CONSTANT_UNIT),
    PartsPlan(4, 12, 4, np.float32, kind="constant", edge=CONSTANT_UNIT),
    PartsPlan(4, 5, 8, kind="far", edge=LARGE_MEAN),
    PartsPlan(3, 9, 4, np.float32, kind="far", edge=LARGE_MEAN),
    PartsPlan(3, 5, 7, kind="apart", edge=FAR_APART),
    PartsPlan(4, 8, 3, np.float32, kind="apart", edge=FAR_APART),
    PartsPlan(3, 5, 9, edge=NON_CONTIGUOUS, layout="gaps"),
    PartsPlan(4, 7, 3, edge=NON_CONTIGUOUS, layout="transposed"),
)


def _probe(plan: PartsPlan) -> Probe:
    def probe(rng: np.random.Generator) -> Case:
        statistics = _by_hand(plan, rng) if plan.kind == "hand" else _of_two_parts(plan, rng)
        arrays = probes.rounded(statistics, plan.dtype)
        if plan.layout:
            arrays = probes.non_contiguous(arrays, plan.layout)
        mu_a, sigma2_a, mu_b, sigma2_b = arrays
        names = ("mu_a", "sigma2_a", "m_a", "mu_b", "sigma2_b", "m_b")
        values = (mu_a, sigma2_a, plan.m_a, mu_b, sigma2_b, plan.m_b)
        return Case(dict(zip(names, values, strict=True)), {}, plan.edge)

    return probe


def _by_hand(plan: PartsPlan, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Small whole numbers whose merged statistics are quarters."""
    shape = (plan.n, 1)
    mu_a = rng.integers(-3, 4, shape)
    distance = rng.choice((-4, 4, 8), shape)
    sigma2_a = rng.integers(1, 4, shape)
    sigma2_b = sigma2_a + 4 * rng.integers(1, 3, shape)
    return tuple(x.astype(np.float64) for x in (mu_a, sigma2_a, mu_a + distance, sigma2_b))


def _of_two_parts(plan: PartsPlan, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    shape = (plan.n, 1)
    spread_a, spread_b = rng.uniform(0.5, 1.2, shape), rng.uniform(1.6, 3, shape)
    distance = probes.signed(rng, 0.7, 2, shape)
    centre = probes.signed(rng, 0.4, 1.5, shape)
    if plan.kind == "far":
        centre = probes.signed(rng, 1, 2, shape) * FAR[plan.dtype]
    if plan.kind == "apart":
        distance *= FAR[plan.dtype]
    Z_a = centre + spread_a * probes.standard(rng, (plan.n, plan.m_a))
    Z_b = centre + distance + spread_b * probes.standard(rng, (plan.n, plan.m_b))
    if plan.kind == "constant":
        # Quarters, and 8 or 16 examples in all: every way of weighting them is exact.
        Z_a[0] = Z_b[0] = probes.signed(rng, 2, 20, ()).round() / 4
    parts = [probes.statistics(Z.astype(plan.dtype).astype(np.float64)) for Z in (Z_a, Z_b)]
    return tuple(part[name] for part in parts for name in ("mu", "sigma2"))


PROBES = tuple(map(_probe, PLANS))
