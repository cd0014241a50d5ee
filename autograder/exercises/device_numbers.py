"""An exercise on what batch norm moves through memory."""

from __future__ import annotations

import math

import numpy as np

from ..exercise import Case, Exercise, Misconception, Probe
from .assignments import GPU as NOTEBOOK

SIZES = (2, 4, 8)  # bytes of a float16, a float32, a float64


def _in_32_bits(*factors: int) -> int:
    """Multiply as an int32 does, which starts again from below where its bits end."""
    return (math.prod(factors) + 2**31) % 2**32 - 2**31


def _layer(low: int, high: int, itemsize: int, edge: str | None = None) -> Probe:
    def probe(rng: np.random.Generator) -> Case:
        n, m = rng.choice(np.arange(low, high), 2, replace=False)
        passes = rng.integers(3, 8)
        return Case({"n": int(n), "m": int(m), "itemsize": itemsize, "passes": int(passes)}, edge=edge)

    return probe


BATCHNORM_BYTES = Exercise(
    name="batchnorm_bytes",
    notebook=NOTEBOOK,
    points=1,
    reference=lambda n, m, itemsize, passes: n * m * itemsize * passes,
    results=("bytes",),
    probes=(
        _layer(3, 9, 4),
        *(_layer(10, 1000, itemsize) for itemsize in SIZES),
        _layer(50_000, 90_000, 4, "a large layer (over 4 GB)"),
        lambda rng: Case(
            {"n": int(rng.integers(5, 50)), "m": 1, "itemsize": 8, "passes": 1}, edge="one example, one pass"
        ),
    ),
    misconceptions=(
        Misconception("itemsize-ignored", lambda n, m, itemsize, passes: n * m * passes),
        Misconception(
            "itemsize-hard-coded",
            lambda n, m, itemsize, passes: n * m * 4 * passes,
            lambda n, m, itemsize, passes: n * m * 8 * passes,
            lambda n, m, itemsize, passes: n * m * 2 * passes,
        ),
        Misconception(
            "overflows-32-bits",
            lambda n, m, itemsize, passes: _in_32_bits(n, m, itemsize, passes),
            lambda n, m, itemsize, passes: _in_32_bits(n, m) * itemsize * passes,
            lambda n, m, itemsize, passes: _in_32_bits(n, m, itemsize) * passes,
        ),
        Misconception("passes-ignored", lambda n, m, itemsize, passes: n * m * itemsize),
        Misconception(
            "passes-hard-coded",
            lambda n, m, itemsize, passes: n * m * itemsize * 2,
            lambda n, m, itemsize, passes: n * m * itemsize * 3,
            lambda n, m, itemsize, passes: n * m * itemsize * 5,
        ),
        Misconception("counts-entries", lambda n, m, itemsize, passes: n * m),
        Misconception(
            "bits-for-bytes",
            lambda n, m, itemsize, passes: n * m * itemsize * passes * 8,
            lambda n, m, itemsize, passes: n * m * itemsize * passes / 8,
            lambda n, m, itemsize, passes: n * m * itemsize * passes // 8,
        ),
        Misconception("units-forgotten", lambda n, m, itemsize, passes: m * itemsize * passes),
        Misconception("examples-forgotten", lambda n, m, itemsize, passes: n * itemsize * passes),
        Misconception(
            "each-pass-counted-twice", lambda n, m, itemsize, passes: 2 * n * m * itemsize * passes
        ),
        Misconception(
            "counts-the-columns-too",
            lambda n, m, itemsize, passes: (n * m + 4 * n) * itemsize * passes,
            lambda n, m, itemsize, passes: (n * m + 2 * n) * itemsize * passes,
            lambda n, m, itemsize, passes: (n * m * passes + 4 * n) * itemsize,
            lambda n, m, itemsize, passes: (n * m * passes + 2 * n) * itemsize,
        ),
        Misconception(
            "another-unit-of-memory",
            *(
                lambda n, m, itemsize, passes, unit=unit: n * m * itemsize * passes / unit
                for unit in (1e3, 2**10, 1e6, 2**20, 1e9, 2**30)
            ),
            *(
                lambda n, m, itemsize, passes, unit=unit: n * m * itemsize * passes // unit
                for unit in (10**3, 2**10, 10**6, 2**20)
            ),
        ),
        Misconception(
            "added-instead-of-multiplied",
            lambda n, m, itemsize, passes: (n + m) * itemsize * passes,
            lambda n, m, itemsize, passes: n * m * (itemsize + passes),
            lambda n, m, itemsize, passes: n * m * itemsize + passes,
            lambda n, m, itemsize, passes: n * m + itemsize * passes,
        ),
    ),
)
