"""The exercises on norms that look at one example at a time: layer norm and group norm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Exercise, Misconception
from ..misconceptions.other_norms import OF_EXAMPLES, OF_GROUPS
from ..probes import CONSTANT_UNIT, LARGE_MEAN, NON_CONTIGUOUS, ONE_EXAMPLE, Plan
from . import forward_pieces as pieces
from .assignments import BEYOND as NOTEBOOK
from .assignments import WITHHELD_FROM_BEYOND as WITHHELD
from .convolutional_norm import ONE_IMAGE, ONE_PIXEL
from .forward_pieces import Forward, misconceptions
from .norm_pieces import (
    ALL_EQUAL,
    CHANNELS,
    EXAMPLES,
    NOT_RESHAPED,
    TWO_LIBERTIES,
    UNITS,
    ImagePlan,
    centred_and_divided,
    counting,
    image_probes,
    in_groups,
    normalized,
    over_axes,
    per_channel,
    reworded,
    sizes_of_terms,
    with_affine,
)
from .structure import changes_its_input, difference_of_squares

ONE_UNIT = "one unit (n = 1)"


def _layer(forward: Forward):
    return lambda Z, gamma, beta, eps=1e-5: normalized(Z, EXAMPLES, UNITS, gamma, beta, eps, forward)


def _layer_inputs(rows, rng, eps):
    return {"Z": np.ascontiguousarray(rows.T), **probes.scale_and_shift(rows.shape[1], rng)}


def _of_examples(plan: Plan) -> Plan:
    # What was one example for each unit is now one unit for each example.
    names = {CONSTANT_UNIT: "a constant example", ONE_EXAMPLE: ONE_UNIT}
    return replace(plan, edge=names.get(plan.edge, plan.edge))


def _layer_in_place(Z, gamma, beta, eps=1e-5):
    Z -= Z.mean(axis=0)
    Z /= np.sqrt((Z**2).mean(axis=0) + eps)
    return gamma * Z + beta


def _divided_by(count):
    """Layer norm whose sums are divided by another number than that of the units."""

    def layernorm_forward(Z, gamma, beta, eps=1e-5, *, mean=True, variance=True):
        mu = Z.sum(axis=0) / (count(Z) if mean else len(Z))
        sigma2 = ((Z - mu) ** 2).sum(axis=0) / (count(Z) if variance else len(Z))
        return gamma * centred_and_divided(Z, mu, sigma2, eps) + beta

    def only(**which):
        return lambda Z, gamma, beta, eps=1e-5: layernorm_forward(Z, gamma, beta, eps, **which)

    return only(), only(mean=False), only(variance=False)


_TABLES = (pieces.STATISTICS, pieces.NORMALIZING, pieces.SCALING, pieces.FLAT)
_LAYER_TABLES = [
    {"normalizes-over-batch" if name == "wrong-axis" else name: forms for name, forms in table.items()}
    for table in _TABLES
]

LAYERNORM_FORWARD = Exercise(
    name="layernorm_forward",
    notebook=NOTEBOOK,
    points=2,
    reference=_layer(pieces.RIGHT),
    results=("Z_tilde",),
    probes=(
        *probes.probes(_layer_inputs, [_of_examples(plan) for plan in probes.plans()]),
        *probes.probes(
            _layer_inputs, [Plan(1, 6, edge=ONE_EXAMPLE), Plan(1, 5, np.float32, "keyword", edge=ONE_EXAMPLE)]
        ),
    ),
    misconceptions=(
        *reworded(
            misconceptions(
                _layer,
                *_LAYER_TABLES,
                more={
                    "eps-hard-coded": (lambda Z, g, b: _layer(pieces.RIGHT)(Z, g, b),),
                    "sign-error": (_layer(pieces.SCALING_SIGN),),
                    "wrong-number-of-values": _divided_by(lambda Z: Z.shape[1]),
                    "result-in-another-layout": (
                        lambda Z, g, b, eps=1e-5: _layer(pieces.RIGHT)(Z, g, b, eps).T,
                    ),
                },
            ),
            OF_EXAMPLES,
        ),
        Misconception("unbiased-and-eps-outside", _layer(TWO_LIBERTIES)),
        difference_of_squares(_layer(pieces.DIFFERENCE_OF_SQUARES)),
        changes_its_input(_layer_in_place),
    ),
    terms=lambda Z, gamma, beta, eps=1e-5: sizes_of_terms(Z, EXAMPLES, UNITS, gamma, beta, eps),
    withheld=WITHHELD,
)

IN_GROUP = (2, 3, 4)  # of images laid out as (N, groups, C / groups, H, W)

GROUP_PLANS = (
    ImagePlan(2, 6, 1, 2, 2, eps="hand", kind="hand"),
    ImagePlan(4, 6, 2, 3, 2, eps="keyword"),
    ImagePlan(2, 6, 3, 4, 3, dtype=np.float32),
    ImagePlan(3, 4, 2, 5, 1, eps="keyword"),
    ImagePlan(2, 3, 5, 4, 3, dtype=np.float32, eps="keyword"),
    ImagePlan(5, 8, 3, 2, 2),
    ImagePlan(ALL_EQUAL, ALL_EQUAL, ALL_EQUAL, ALL_EQUAL, 1, eps="keyword"),
    ImagePlan(2, 6, 3, 1, 3),  # as many rows as numbers in each of them, for groups and for channels
    ImagePlan(1, 6, 3, 2, 2, edge=ONE_IMAGE),
    ImagePlan(1, 4, 2, 3, 2, dtype=np.float32, eps="keyword", edge=ONE_IMAGE),
    ImagePlan(5, 8, 1, 1, 2, eps="keyword", edge=ONE_PIXEL),
    ImagePlan(3, 4, 1, 1, 4, edge="one number in each group"),
    ImagePlan(3, 4, 2, 2, 2, kind="constant", edge="a constant group"),
    ImagePlan(2, 6, 2, 2, 3, dtype=np.float32, eps="keyword", kind="constant", edge="a constant group"),
    ImagePlan(3, 4, 3, 2, 2, kind="far", edge=LARGE_MEAN),
    ImagePlan(2, 6, 2, 3, 3, dtype=np.float32, kind="far", edge=LARGE_MEAN),
    ImagePlan(3, 4, 2, 5, 2, eps="keyword", edge=NON_CONTIGUOUS, layout="gaps"),
    ImagePlan(2, 6, 5, 3, 3, eps="keyword", edge=NON_CONTIGUOUS, layout="transposed"),
)


def _group(forward: Forward):
    def groupnorm_forward(X, gamma, beta, groups, eps=1e-5):
        return normalized(X, in_groups(groups), CHANNELS, gamma, beta, eps, forward)

    return groupnorm_forward


def _apart(X, groups):
    N, C, H, W = X.shape
    return X.reshape(N, groups, C // groups, H, W)


def _axes(*all_wrong, apart=_apart, thorough=False):
    return [form for wrong in all_wrong for form in over_axes(IN_GROUP, wrong, apart, thorough)]


def _in_groups_of(size):
    """Group norm with another number of groups."""
    return lambda X, gamma, beta, groups, eps=1e-5: _group(pieces.RIGHT)(
        X, gamma, beta, size(X.shape[1], groups), eps
    )


def _row_norm(Z, eps):
    return normalized(Z, UNITS, UNITS, 1, 0, eps)


def _interleaved(X, eps, groups):
    N, C, H, W = X.shape
    dealt = X.reshape(N, C // groups, groups, H, W)
    axes = (1, 3, 4)
    mu, sigma2 = dealt.mean(axis=axes, keepdims=True), dealt.var(axis=axes, keepdims=True)
    return centred_and_divided(dealt, mu, sigma2, eps).reshape(X.shape)


def _cut_out_of_memory(X, eps, groups):
    return _row_norm(X.reshape(groups, -1), eps).reshape(X.shape)


def _cut_out_of_channels(X, eps, groups):
    """The channel comes first, and stays first while examples are told apart."""
    Z = np.moveaxis(X, 1, 0).reshape(len(X) * groups, -1)
    return CHANNELS.back(_row_norm(Z, eps).reshape(X.shape[1], -1), X.shape)


def _with_gamma_per_group(one_for_each):
    """Group norm in which all channels of a group are scaled and shifted alike."""

    def groupnorm_forward(X, gamma, beta, groups, eps=1e-5):
        X_norm = _row_norm(X.reshape(len(X) * groups, -1), eps).reshape(X.shape)
        shared = (np.repeat(one_for_each(column, groups), X.shape[1] // groups) for column in (gamma, beta))
        scale, shift = map(per_channel, shared)
        return scale * X_norm + shift

    return groupnorm_forward


def _in_rows(column, groups):
    """A column of the channels with one row for each group."""
    return column.reshape(groups, -1)


def _group_in_place(X, gamma, beta, groups, eps=1e-5):
    size = X.shape[1] // groups
    for start in range(0, X.shape[1], size):
        part = X[:, start : start + size]
        part -= part.mean(axis=(1, 2, 3), keepdims=True)
        part /= np.sqrt((part**2).mean(axis=(1, 2, 3), keepdims=True) + eps)
    return per_channel(gamma) * X + per_channel(beta)


def _group_terms(X, gamma, beta, groups, eps=1e-5) -> Any:
    return sizes_of_terms(X, in_groups(groups), CHANNELS, gamma, beta, eps)


GROUPNORM_FORWARD = Exercise(
    name="groupnorm_forward",
    notebook=NOTEBOOK,
    points=3,
    reference=_group(pieces.RIGHT),
    results=("X_tilde",),
    probes=image_probes(GROUP_PLANS),
    misconceptions=(
        *reworded(
            misconceptions(
                _group,
                *_TABLES,
                without=("wrong-axis",),
                more={
                    "eps-hard-coded": (lambda X, g, b, groups: _group(pieces.RIGHT)(X, g, b, groups),),
                    "sign-error": (_group(pieces.SCALING_SIGN),),
                    "normalizes-over-batch": (
                        *_axes((0, 2, 3, 4), thorough=True),
                        *_axes((0,), (0, 3, 4), (0, 1), (0, 2), (0, 1, 2)),
                    ),
                    "per-channel-instead-of-per-group": (*_axes((3, 4), thorough=True),),
                    "groups-ignored": (*_axes((1, 2, 3, 4), thorough=True),),
                    "pixels-left-out": (*_axes((2,), (2, 3), (2, 4), (1, 2)),),
                    "reshape-without-transpose": tuple(
                        map(with_affine, (_cut_out_of_memory, _cut_out_of_channels))
                    ),
                },
            ),
            OF_GROUPS,
        ),
        Misconception("group-count-taken-for-size", _in_groups_of(lambda C, groups: C // groups)),
        Misconception("interleaved-groups", with_affine(_interleaved)),
        Misconception(
            "gamma-per-group",
            _with_gamma_per_group(lambda column, groups: column[:groups]),
            _with_gamma_per_group(lambda column, groups: _in_rows(column, groups)[:, 0]),
            _with_gamma_per_group(lambda column, groups: _in_rows(column, groups)[:, -1]),
            _with_gamma_per_group(lambda column, groups: _in_rows(column, groups).mean(axis=1)),
        ),
        Misconception("unbiased-and-eps-outside", _group(TWO_LIBERTIES)),
        Misconception(
            "divides-by-width-only",
            *counting(lambda N, C, H, W, groups: C // groups * W, in_groups),
            *counting(lambda N, C, H, W, groups: W, in_groups),
            statement="A group has C // groups * H * W numbers. Your divisor has the width, not the height.",
        ),
        Misconception(
            "wrong-number-of-values",
            *counting(lambda N, C, H, W, groups: H * W, in_groups),
            *counting(lambda N, C, H, W, groups: C // groups, in_groups),
            *counting(lambda N, C, H, W, groups: C * H * W, in_groups),
            *counting(lambda N, C, H, W, groups: groups * H * W, in_groups),
        ),
        Misconception(
            "gamma-not-reshaped",
            *(
                with_affine(
                    lambda X, eps, groups: _row_norm(X.reshape(len(X) * groups, -1), eps).reshape(X.shape),
                    affine,
                )
                for affine in NOT_RESHAPED
            ),
        ),
        difference_of_squares(_group(pieces.DIFFERENCE_OF_SQUARES)),
        changes_its_input(_group_in_place),
    ),
    terms=_group_terms,
    withheld=WITHHELD,
)
