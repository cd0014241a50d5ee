"""One step of Adam in pieces, and what goes wrong with each; momentum and RMSprop are parts of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..exercise import Misconception
from ..misconceptions.optimizers import IN_AN_OPTIMIZER

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


def average(old, value, weight):
    """Return the exponentially weighted average, one value later."""
    return weight * old + (1 - weight) * value


def corrected(moment, weight, t):
    """Return what the average would be, had it not started at 0."""
    return moment / (1 - weight**t)


@dataclass(frozen=True)
class Adam:
    """A step of Adam: right as it stands, wrong with a piece replaced.

    ``weights`` makes of beta1 and beta2 those of the two averages and those of the two corrections;
    ``returned`` takes the results, the averages before the step and the corrected ones.
    """

    weights: Callable[..., Any] = lambda beta1, beta2: (beta1, beta2, beta1, beta2)
    first: Callable[..., Any] = average
    second: Callable[..., Any] = average
    squared: Callable[..., Any] = np.square
    first_corrected: Callable[..., Any] = corrected
    second_corrected: Callable[..., Any] = corrected
    count: Callable[..., Any] = lambda t: t
    direction: Callable[..., Any] = lambda v_hat, dtheta: v_hat
    quotient: Callable[..., Any] = lambda v_hat, s_hat, eps, correction: v_hat / (np.sqrt(s_hat) + eps)
    move: Callable[..., Any] = lambda theta, step, alpha: theta - alpha * step
    returned: Callable[..., Any] = lambda results, old, hats: results

    def __call__(self, theta, dtheta, v, s, t, alpha, beta1=BETA1, beta2=BETA2, eps=EPS):
        """Return theta, v, s."""
        of_v, of_s, back_v, back_s = self.weights(beta1, beta2)
        old = v, s
        v, s = self.first(v, dtheta, of_v), self.second(s, self.squared(dtheta), of_s)
        t = self.count(t)
        v_hat, s_hat = self.first_corrected(v, back_v, t), self.second_corrected(s, back_s, t)
        correction = self.second_corrected(np.float64(1), back_s, t)
        step = self.quotient(self.direction(v_hat, dtheta), s_hat, eps, correction)
        return self.returned((self.move(theta, step, alpha), v, s), old, (v_hat, s_hat))


RIGHT = Adam()


def _without_weight(old, value, weight):
    return weight * old + value


def _swapped(old, value, weight):
    return (1 - weight) * old + weight * value


def _as_it_is(moment, weight, t):
    return moment


def _power_missing(moment, weight, t):
    return moment / (1 - weight)


def _times_t(moment, weight, t):
    return moment / (1 - weight * t)


def _multiplied(moment, weight, t):
    return moment * (1 - weight**t)


def _in_both(**pieces: Any) -> tuple[Adam, ...]:
    """The mistake in both averages, in the first alone, in the second alone."""
    (name, piece), *_ = pieces.items()
    first, second = ("first", "second") if name == "average" else ("first_corrected", "second_corrected")
    return Adam(**{first: piece, second: piece}), Adam(**{first: piece}), Adam(**{second: piece})


def _either(change: Callable[..., Any]) -> tuple[Adam, ...]:
    """A result instead of another, for v and s together and for each alone."""
    return tuple(Adam(returned=change(which)) for which in ((True, True), (True, False), (False, True)))


def _hats_for(which):
    def returned(results, old, hats):
        theta, *moments = results
        return theta, *(hat if use else m for use, hat, m in zip(which, hats, moments, strict=True))

    return returned


def _old_for(which):
    def returned(results, old, hats):
        theta, *moments = results
        return theta, *(kept if use else m for use, kept, m in zip(which, old, moments, strict=True))

    return returned


# How the step is divided, as (v_hat, s_hat, eps, s_hat over s): of RMSprop and Adam alike.
QUOTIENTS: Mapping[str, tuple[Callable[..., Any], ...]] = {
    "eps-inside-sqrt": (
        lambda v, s, eps, c: v / np.sqrt(s + eps),
        lambda v, s, eps, c: v / np.sqrt(s + eps**2),
        lambda v, s, eps, c: v / (np.sqrt(s + eps) + eps),
    ),
    "eps-missing": (lambda v, s, eps, c: v / np.sqrt(s),),
    "eps-as-maximum": (lambda v, s, eps, c: v / np.maximum(np.sqrt(s), eps),),
    "eps-outside-the-quotient": (lambda v, s, eps, c: v / np.sqrt(s) + eps,),
    "sqrt-missing": (lambda v, s, eps, c: v / (s + eps),),
    "size-not-divided-out": (lambda v, s, eps, c: v,),
    "multiplies-by-size": (
        lambda v, s, eps, c: v * (np.sqrt(s) + eps),
        lambda v, s, eps, c: v * np.sqrt(s + eps),
    ),
    "one-size-for-all": (
        lambda v, s, eps, c: v / (np.sqrt(s.mean()) + eps),
        lambda v, s, eps, c: v / (np.sqrt(s.sum()) + eps),
        lambda v, s, eps, c: v / (np.sqrt(s).mean() + eps),
    ),
}

# Which way the step goes, and what comes back: of every optimizer.
MOVES: Mapping[str, tuple[Callable[..., Any], ...]] = {
    "gradient-ascent": (lambda theta, step, alpha: theta + alpha * step,),
    "alpha-ignored": (lambda theta, step, alpha: theta - step,),
    "divides-by-alpha": (lambda theta, step, alpha: theta - step / alpha,),
    "returns-the-step": (
        lambda theta, step, alpha: alpha * step,
        lambda theta, step, alpha: -alpha * step,
        lambda theta, step, alpha: step,
    ),
    "not-updated": (lambda theta, step, alpha: theta,),
    "weights-decayed": (lambda theta, step, alpha: theta - alpha * (step + theta),),
}

NOT_SQUARED: tuple[Callable[..., Any], ...] = (lambda dtheta: dtheta, np.abs)

MISTAKES: Mapping[str, tuple[Adam, ...]] = {
    "one-minus-beta-missing": _in_both(average=_without_weight),
    "decay-swapped": _in_both(average=_swapped),
    "gradient-not-squared": tuple(Adam(squared=squared) for squared in NOT_SQUARED),
    "betas-confused": tuple(
        Adam(weights=weights)
        for weights in (
            lambda beta1, beta2: (beta2, beta1, beta2, beta1),
            lambda beta1, beta2: (beta2, beta1, beta1, beta2),
            lambda beta1, beta2: (beta1, beta2, beta2, beta1),
            lambda beta1, beta2: (beta1, beta1, beta1, beta1),
            lambda beta1, beta2: (beta2, beta2, beta2, beta2),
            lambda beta1, beta2: (beta1, beta2, beta1, beta1),
            lambda beta1, beta2: (beta1, beta2, beta2, beta2),
            lambda beta1, beta2: (beta1, beta1, beta1, beta2),
            lambda beta1, beta2: (beta2, beta2, beta1, beta2),
        )
    ),
    "no-bias-correction": _in_both(correction=_as_it_is),
    "moment-overwritten-by-correction": _either(_hats_for),
    "moments-not-returned": _either(_old_for),
    "t-from-zero": (Adam(count=lambda t: t - 1), Adam(count=lambda t: t + 1)),
    "power-missing": (*_in_both(correction=_power_missing), *_in_both(correction=_times_t)),
    "multiplies-by-correction": _in_both(correction=_multiplied),
    "average-not-used": (Adam(direction=lambda v_hat, dtheta: dtheta),),
    "eps-before-correction": (
        # As v / (sqrt(s) + eps) times the root of one correction over the other.
        Adam(quotient=lambda v, s, eps, c: v / (np.sqrt(s) + eps * np.sqrt(c))),
        Adam(quotient=lambda v, s, eps, c: v / np.sqrt(s + eps * c)),
    ),
    **{name: tuple(Adam(quotient=form) for form in forms) for name, forms in QUOTIENTS.items()},
    **{name: tuple(Adam(move=form) for form in forms) for name, forms in MOVES.items()},
}


def by_old_moments(theta, dtheta, v, s, t, alpha, beta1=BETA1, beta2=BETA2, eps=EPS):
    """Take Adam's step before the averages have seen the gradient."""
    blind = replace(RIGHT, first=lambda old, *_: old, second=lambda old, *_: old)
    theta = blind(theta, dtheta, v, s, t, alpha, beta1, beta2, eps)[0]
    return theta, average(v, dtheta, beta1), average(s, dtheta**2, beta2)


def named(name: str, *forms: Callable[..., Any]) -> Misconception:
    """A mistake with an optimizer, in an optimizer's words where the name is known from elsewhere."""
    words = IN_AN_OPTIMIZER.get(name)
    return Misconception(name, *forms, **(words._asdict() if words else {}))


def hard_coded(step: Callable[..., Any], **constants: float) -> Callable[..., Any]:
    """A step that takes these arguments and then uses constants."""

    def wrong(*given, beta1=BETA1, beta2=BETA2, eps=EPS):
        keywords = {"beta1": beta1, "beta2": beta2, "eps": eps, **constants}
        names = inspect.signature(step).parameters
        return step(*given, **{name: value for name, value in keywords.items() if name in names})

    return wrong
