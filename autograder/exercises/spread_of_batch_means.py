"""The exercise on how much the mean of a mini-batch scatters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Misconception, Probe
from ..probes import NON_CONTIGUOUS
from .assignments import MINI_BATCHES as NOTEBOOK
from .assignments import WITHHELD_FROM_MINI_BATCHES as WITHHELD
from .cutting_into_mini_batches import BATCHES_OF_ONE
from .structure import changes_its_input

NUMBER = "sigma2 as a number"
NO_SPREAD = "a constant unit"


def _probe(
    n: int, batch_size: int, dtype: type = np.float64, *, edge: str | None = None, layout: str = ""
) -> Probe:
    def draw(rng: np.random.Generator) -> Case:
        sigma2 = rng.uniform(0.5, 9, (n, 1)).round(2)
        # Far below the others: whoever adds an eps is seen.
        sigma2[-1] = rng.uniform(1e-6, 1e-5) if edge != NO_SPREAD else 0
        arguments = probes.rounded({"sigma2": sigma2}, dtype)
        if layout:
            arguments = probes.non_contiguous(arguments, layout)
        return Case({**arguments, "batch_size": batch_size}, {}, edge)

    return draw


def _number(rng: np.random.Generator) -> Case:
    return Case({"sigma2": float(rng.uniform(0.5, 9)), "batch_size": 5}, {}, NUMBER)


def _divided_in_place(sigma2, batch_size):
    sigma2 /= batch_size
    return sigma2


def _then(change: Callable[..., Any]) -> Callable[..., Any]:
    return lambda sigma2, batch_size: change(sigma2 / batch_size)


ABOUT_THE_MEAN = {
    "question": "Whose variance is asked for: that of an example, or that of the mean?",
    "pointer": "Try batch_size 1. The mean then is the one example, and its variance is sigma2 itself.",
}

VARIANCE_OF_BATCH_MEAN = Exercise(
    name="variance_of_batch_mean",
    notebook=NOTEBOOK,
    points=1,
    reference=lambda sigma2, batch_size: sigma2 / batch_size,
    results=("variance",),
    probes=(
        _probe(2, 4),
        _probe(3, 8),
        _probe(4, 3, np.float32),
        _probe(3, 3),
        _probe(5, 100, np.float32),
        _probe(3, 1, edge=BATCHES_OF_ONE),
        _probe(3, 6, edge=NO_SPREAD),
        _probe(4, 5, edge=NON_CONTIGUOUS, layout="gaps"),
        _number,
    ),
    misconceptions=(
        Misconception("batch-size-ignored", lambda sigma2, batch_size: sigma2 + 0),
        Misconception("multiplies-by-batch-size", lambda sigma2, batch_size: sigma2 * batch_size),
        Misconception("divides-by-root", lambda sigma2, batch_size: sigma2 / np.sqrt(batch_size)),
        Misconception("divides-by-its-square", lambda sigma2, batch_size: sigma2 / batch_size**2),
        Misconception(
            "deviation-instead-of-variance",
            lambda sigma2, batch_size: np.sqrt(sigma2 / batch_size),
            lambda sigma2, batch_size: np.sqrt(sigma2) / batch_size,
            lambda sigma2, batch_size: np.sqrt(sigma2),
            question="Is a variance asked for, or a standard deviation?",
            pointer="Look for a square root in your code. The formula has none.",
            statement="The variance of the mean is sigma2 / batch_size. Its root is the standard deviation.",
        ),
        Misconception(
            "unbiased-variance",
            lambda sigma2, batch_size: sigma2 / (batch_size - 1),
            lambda sigma2, batch_size: sigma2 / max(batch_size - 1, 1),
            lambda sigma2, batch_size: sigma2 * batch_size / (batch_size - 1),
            statement="Divide by batch_size. The m - 1 belongs to estimating sigma2, which is known here.",
            **ABOUT_THE_MEAN,
        ),
        Misconception(
            "variance-within-the-batch",
            lambda sigma2, batch_size: sigma2 * (batch_size - 1) / batch_size,
            lambda sigma2, batch_size: sigma2 - sigma2 / batch_size,
        ),
        Misconception(
            "eps-in-the-variance",
            lambda sigma2, batch_size: (sigma2 + 1e-5) / batch_size,
            lambda sigma2, batch_size: sigma2 / batch_size + 1e-5,
        ),
        Misconception(
            "global-statistics",
            lambda sigma2, batch_size: np.mean(sigma2) / batch_size,
            lambda sigma2, batch_size: np.full(np.shape(sigma2), np.mean(sigma2) / batch_size),
            question="How many variances does a layer of n hidden units have?",
            pointer="Print the shape of your result beside that of sigma2.",
            statement="Each hidden unit has a variance of its own: nothing is averaged over units.",
        ),
        Misconception(
            "integer-division",
            lambda sigma2, batch_size: sigma2 // batch_size,
            question="What does 7 // 2 give?",
            pointer="Look at the operator between sigma2 and batch_size.",
            statement="// drops what comes after the point. Divide with /.",
        ),
        Misconception(
            "lost-dimension", lambda sigma2, batch_size: np.ravel(sigma2) / batch_size, _then(np.squeeze)
        ),
        changes_its_input(_divided_in_place),
    ),
    withheld=WITHHELD,
)
