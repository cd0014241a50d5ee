"""Mistakes with covariate shift and scale invariance."""

from __future__ import annotations

from .help import Help

COVARIATE_SHIFT: dict[str, Help] = {
    "gamma-not-squared": Help(
        "When every number of a row is doubled, by which factor does its variance grow?",
        "gamma multiplies Z_norm. What does it do to the square of Z_norm?",
        "A factor of gamma multiplies a variance by gamma squared, which also takes care of its sign.",
    ),
    "moments-of-z-norm": Help(
        "Of which array are these the mean and the variance?",
        "Batch norm has one more step after normalizing. What does it do to both moments?",
        "These are the moments of Z_norm. Scaling and shifting change both.",
    ),
    "divides-by-deviation": Help(
        "By which factor does dividing by d change a variance?",
        "Multiply Z by 10 and take eps as 0: does your variance stay what it is?",
        "Z - mu is divided by np.sqrt(sigma2 + eps), so its variance by sigma2 + eps, without the root.",
    ),
    "share-upside-down": Help(
        "Can Z_norm have a variance above 1?",
        "Look at a unit with sigma2 near 0: its result should be small.",
        "The share that is left is sigma2 / (sigma2 + eps), at most 1. Yours is one over it.",
    ),
    "statistics-of-the-later-batch": Help(
        "Whose standard deviation is the yardstick?",
        "Make the later batch ten times as wide around its mean. Should the shift change?",
        "The shift is counted in standard deviations of Z_before: divide by np.sqrt(sigma2_before + eps).",
    ),
    "pooled-deviation": Help(
        "How many batches does your standard deviation look at?",
        "Give only the later batch another spread. Should the answer change?",
        "The yardstick is the first batch alone. Yours mixes the spread of both batches.",
    ),
    "each-batch-by-itself": Help(
        "When each batch is measured by its own yardstick, what is left to compare?",
        "Both means have to be counted in one and the same unit.",
        "Subtract the two means first, then divide by the standard deviation of Z_before.",
    ),
    "earlier-mean-left-out": Help(
        "What should come out when both batches are the same?",
        "A shift is a difference. Between what and what?",
        "Subtract the mean of Z_before from the mean of Z_after before you divide.",
    ),
    "direction-lost": Help(
        "Did the unit rise or fall?",
        "Swap the two batches in your head: what should happen to the sign?",
        "The shift has a sign: above 0 where the mean has risen, below 0 where it has fallen.",
    ),
    "examples-paired": Help(
        "Must the two batches have the same number of examples?",
        "Try 4 examples before and 6 after. Which subtraction cannot work?",
        "Take each batch's mean first, and subtract means. The examples of two batches are no pairs.",
    ),
    "multiplies-by-the-factor": Help(
        "W is ten times as large, the cost is the same. Is it steeper or flatter along one entry of W?",
        "Write the cost as J(cW) = J(W) and differentiate both sides by W.",
        "The same change of the cost is spread over a way that is c times as long: divide by c.",
    ),
    "gradient-taken-for-invariant": Help(
        "The cost is the same for W and for c W. Is its slope?",
        "Draw a hill, and stretch the paper to twice its width.",
        "The cost does not change with c, but its gradient does: by the chain rule it is divided by c.",
    ),
    "gradient-taken-for-zero": Help(
        "In how many directions does the cost stay the same?",
        "Only a step along W itself changes nothing. Where else can a step go?",
        "The gradient is 0 along W alone. Across W it is what it was, divided by c.",
    ),
    "divides-by-the-square": Help(
        "How often does the factor c enter when you differentiate once?",
        "Check with c as 2 and one weight: move it by a small h, before and after stretching.",
        "Differentiating once brings one factor c: divide by it once. (The effective step has two.)",
    ),
    "divides-by-the-root": Help(
        "Where would a root come from when you differentiate c W by W?",
        "Batch norm takes the root of a variance, and the variance of c Z has c squared in it.",
        "The chain rule gives exactly one factor c: divide by c, not by its root.",
    ),
    "divides-by-its-own-size": Help(
        "Does the length of the gradient tell you anything that you may throw away?",
        "Double dW and keep c. What should happen to your result?",
        "Nothing is normalized here: the gradient keeps its length, divided by c.",
    ),
    "eps-added-to-the-factor": Help(
        "Can c be 0 here?",
        "Compare your divisor with c for a very small c.",
        "c is above 0 and needs no help: divide by c itself.",
    ),
}
