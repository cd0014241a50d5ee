"""The exercise on batch norm of images: per channel, over examples and pixels."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from ..exercise import Exercise, Misconception
from ..misconceptions.other_norms import OF_CHANNELS
from ..probes import LARGE_MEAN, NON_CONTIGUOUS
from . import forward_pieces as pieces
from .assignments import BEYOND as NOTEBOOK
from .assignments import WITHHELD_FROM_BEYOND as WITHHELD
from .forward_pieces import Forward, misconceptions
from .norm_pieces import (
    ALL_EQUAL,
    CHANNELS,
    NOT_RESHAPED,
    TWO_LIBERTIES,
    UNITS,
    ImagePlan,
    centred_and_divided,
    counting,
    image_probes,
    normalized,
    over_axes,
    per_channel,
    reworded,
    sizes_of_terms,
    with_affine,
)
from .structure import changes_its_input, difference_of_squares

ONE_IMAGE = "one example (N = 1)"
ONE_PIXEL = "one pixel (H = W = 1)"
ONE_NUMBER = "one number per channel (N = H = W = 1)"
CONSTANT = "a constant channel"
RIGHT_AXES = (0, 2, 3)

PLANS = (
    ImagePlan(2, 2, 2, 2, eps="hand", kind="hand"),  # few numbers, and both pixel axes among them
    ImagePlan(4, 3, 2, 5, eps="keyword"),
    ImagePlan(5, 2, 4, 3, dtype=np.float32),
    ImagePlan(2, 6, 5, 3),
    ImagePlan(3, 5, 4, 2, dtype=np.float32, eps="keyword"),
    ImagePlan(ALL_EQUAL, ALL_EQUAL, ALL_EQUAL, ALL_EQUAL, eps="keyword"),
    ImagePlan(2, 6, 3, 1),  # as many channels as numbers in each of them
    ImagePlan(1, 3, 4, 5, edge=ONE_IMAGE),
    ImagePlan(1, 4, 2, 3, dtype=np.float32, eps="keyword", edge=ONE_IMAGE),
    ImagePlan(6, 4, 1, 1, eps="keyword", edge=ONE_PIXEL),
    ImagePlan(1, 3, 1, 1, edge=ONE_NUMBER),
    ImagePlan(2, 3, 2, 4, kind="constant", edge=CONSTANT),
    ImagePlan(4, 3, 1, 2, dtype=np.float32, eps="keyword", kind="constant", edge=CONSTANT),
    ImagePlan(4, 3, 2, 3, kind="far", edge=LARGE_MEAN),
    ImagePlan(3, 2, 4, 3, dtype=np.float32, kind="far", edge=LARGE_MEAN),
    ImagePlan(4, 3, 2, 5, eps="keyword", edge=NON_CONTIGUOUS, layout="gaps"),
    ImagePlan(3, 4, 5, 2, eps="keyword", edge=NON_CONTIGUOUS, layout="transposed"),
)


def _forward(forward: Forward):
    """Batch norm of the channels' rows, with its pieces."""
    return lambda X, gamma, beta, eps=1e-5: normalized(X, CHANNELS, CHANNELS, gamma, beta, eps, forward)


def _rows_are_units(of, back, affine_in_rows: bool):
    """Batch norm of some matrix made of the images, whether or not its rows are channels."""

    def spatial_batchnorm_forward(X, gamma, beta, eps=1e-5):
        Z = of(X)
        ones, zeros = np.ones_like(gamma), np.zeros_like(beta)
        scale, shift = (gamma, beta) if affine_in_rows else (ones, zeros)
        result = back(normalized(Z, UNITS, UNITS, scale, shift, eps), X.shape)
        return result if affine_in_rows else per_channel(gamma) * result + per_channel(beta)

    return spatial_batchnorm_forward


def _reshaped(Z, shape):
    return Z.reshape(shape)


TORN = (
    (lambda X: X.reshape(X.shape[1], -1), _reshaped),
    (lambda X: X.reshape(-1, X.shape[1]).T, lambda Z, shape: Z.T.reshape(shape)),
    (lambda X: X.T.reshape(X.shape[1], -1), lambda Z, shape: Z.reshape(shape[::-1]).T),
    (lambda X: X.reshape(X.shape[1], -1), CHANNELS.back),
)
# The rows are the channels, and the way back is another than the way there.
SCRAMBLED = (
    (CHANNELS.of, _reshaped),
    (CHANNELS.of, lambda Z, shape: Z.T.reshape(shape)),
    (CHANNELS.of, lambda Z, shape: np.moveaxis(Z.reshape(shape), 0, 1).reshape(shape)),
)


def _flat_statistics(X, eps, mean_kept=False, variance_kept=False):
    mu = X.mean(axis=RIGHT_AXES, keepdims=mean_kept)
    return centred_and_divided(X, mu, X.var(axis=RIGHT_AXES, keepdims=variance_kept), eps)


def _averaged(X, eps):
    """Each image's variances, averaged over the images."""
    mu = X.mean(axis=RIGHT_AXES, keepdims=True)
    return centred_and_divided(X, mu, X.var(axis=(2, 3), keepdims=True).mean(axis=0, keepdims=True), eps)


def _averaged_deviation(X, eps):
    mu = X.mean(axis=RIGHT_AXES, keepdims=True)
    deviation = X.std(axis=(2, 3), keepdims=True).mean(axis=0, keepdims=True)
    return centred_and_divided(X, mu, deviation**2, eps)


def _in_place(X, gamma, beta, eps=1e-5):
    X -= X.mean(axis=RIGHT_AXES, keepdims=True)
    X /= np.sqrt((X**2).mean(axis=RIGHT_AXES, keepdims=True) + eps)
    return per_channel(gamma) * X + per_channel(beta)


def _in_another_layout(change):
    return lambda X, gamma, beta, eps=1e-5: change(_forward(pieces.RIGHT)(X, gamma, beta, eps))


def _axes(*all_wrong, thorough=False):
    return [form for wrong in all_wrong for form in over_axes(RIGHT_AXES, wrong, thorough=thorough)]


SPATIAL_BATCHNORM_FORWARD = Exercise(
    name="spatial_batchnorm_forward",
    notebook=NOTEBOOK,
    points=3,
    reference=_forward(pieces.RIGHT),
    results=("X_tilde",),
    probes=image_probes(PLANS),
    misconceptions=(
        *reworded(
            misconceptions(
                _forward,
                pieces.STATISTICS,
                pieces.NORMALIZING,
                pieces.SCALING,
                pieces.FLAT,
                more={
                    "lost-dimension": (
                        with_affine(_flat_statistics),
                        with_affine(partial(_flat_statistics, mean_kept=True)),
                        with_affine(partial(_flat_statistics, variance_kept=True)),
                        *(with_affine(_flat_statistics, affine) for affine in NOT_RESHAPED[:2]),
                    ),
                    "eps-hard-coded": (lambda X, g, b: _forward(pieces.RIGHT)(X, g, b),),
                    "sign-error": (_forward(pieces.SCALING_SIGN),),
                    "wrong-axis": (*_axes((1,), (1, 2), (1, 3), (0, 1), (0, 1, 2), (0, 1, 3)),),
                    "reduces-over-batch-only": (*_axes((0,), thorough=True),),
                    "per-example-statistics": (*_axes((2, 3), (1, 2, 3), thorough=True),),
                    "pixels-left-out": (*_axes((0, 2), (0, 3), thorough=True), *_axes((2,), (3,))),
                },
            ),
            OF_CHANNELS,
        ),
        Misconception(
            "reshape-without-transpose",
            *(_rows_are_units(*ways, affine) for ways in TORN for affine in (True, False)),
        ),
        Misconception(
            "way-back-without-transpose",
            *(_rows_are_units(*ways, affine) for ways in SCRAMBLED for affine in (True, False)),
        ),
        Misconception("unbiased-and-eps-outside", _forward(TWO_LIBERTIES)),
        Misconception(
            "divides-by-width-only",
            *counting(lambda N, C, H, W: N * W, lambda: CHANNELS),
            *counting(lambda N, C, H, W: W, lambda: CHANNELS),
        ),
        Misconception(
            "wrong-number-of-values",
            *counting(lambda N, C, H, W: N, lambda: CHANNELS),
            *counting(lambda N, C, H, W: H * W, lambda: CHANNELS),
            *counting(lambda N, C, H, W: N * H, lambda: CHANNELS),
            *counting(lambda N, C, H, W: N * C * H * W, lambda: CHANNELS),
            *counting(lambda N, C, H, W: C, lambda: CHANNELS),
        ),
        Misconception(
            "gamma-not-reshaped",
            *(
                with_affine(lambda X, eps: _forward(pieces.RIGHT)(X, *_plain(X), eps), affine)
                for affine in NOT_RESHAPED
            ),
        ),
        Misconception("averages-variances", with_affine(_averaged), with_affine(_averaged_deviation)),
        Misconception(
            "result-in-another-layout",
            _in_another_layout(CHANNELS.of),
            _in_another_layout(lambda X: np.moveaxis(X, 1, 0)),
            _in_another_layout(lambda X: np.moveaxis(X, 1, -1)),
        ),
        difference_of_squares(
            _forward(pieces.DIFFERENCE_OF_SQUARES),
            _forward(replace(pieces.DIFFERENCE_OF_SQUARES, mean=lambda Z: Z.mean(axis=1)[:, None])),
        ),
        changes_its_input(_in_place),
    ),
    terms=lambda X, gamma, beta, eps=1e-5: sizes_of_terms(X, CHANNELS, CHANNELS, gamma, beta, eps),
    withheld=WITHHELD,
)


def _plain(X):
    return np.ones((X.shape[1], 1)), np.zeros((X.shape[1], 1))
