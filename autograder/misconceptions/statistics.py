"""Mistakes with means and variances."""

from __future__ import annotations

from .help import Help

STATISTICS = {
    "wrong-axis": Help(
        "Over what do you average: the examples of one unit, or the units of one example?",
        "Examples are columns. Follow one hidden unit through the mini-batch: along which axis do you walk?",
        "Batch norm's statistics run over the examples, axis=1 of an (n, m) array. Over axis=0 you mix the "
        "units of one example.",
    ),
    "global-statistics": Help(
        "How many means and how many variances does a layer of n hidden units have?",
        "Print the shape of each statistic. One number for the whole matrix is too few.",
        "Each hidden unit has a mean and a variance of its own: reduce over axis=1 only, and get n of each.",
    ),
    "lost-dimension": Help(
        "What shape does each per-unit quantity have?",
        "Print the shapes on the way. A reduction drops the axis it reduces over unless told to keep it.",
        "Per-unit quantities are columns of shape (n, 1); use keepdims=True. An (n,) array broadcasts along "
        "the wrong axis, silently when m = n.",
    ),
    "row-instead-of-column": Help(
        "Which way does a per-unit quantity lie: as a row or as a column?",
        "Compare the shape of your result with that of Z: units are rows of Z.",
        "Per-unit quantities are columns of shape (n, 1), one row for each unit. Yours has shape (1, n).",
    ),
    "sum-instead-of-mean": Help(
        "What happens to your statistic when every example appears twice?",
        "A mean does not grow with the size of the mini-batch. Look for the factor 1/m.",
        "Mean and variance are averages over the mini-batch: divide the sum by m, or use mean().",
    ),
    "unbiased-variance": Help(
        "By what number do you divide the sum of squares?",
        "Compare your divisor with the one in the formula for sigma squared.",
        "Batch norm divides by m. Dividing by m - 1 (ddof=1) estimates a population's variance, which is "
        "another question.",
    ),
    "divides-by-n": Help(
        "How many numbers do you add up for one hidden unit?",
        "Z has shape (n, m). Check which of the two numbers you divide by.",
        "A unit's sum runs over the m examples, so divide by m = Z.shape[1] and not by the number of units.",
    ),
    "divides-by-m-minus-one": Help(
        "How many examples does the sum run over?",
        "Compare your divisor with the one in the formula for mu.",
        "A mean divides by m. The m - 1 that you may remember belongs to another estimate of the variance.",
    ),
    "median-instead-of-mean": Help(
        "Which kind of middle does the formula ask for?",
        "Try a row like 0, 0, 0, 8: what should come out?",
        "mu is the mean: the sum over the examples, divided by m. The median is the middle value.",
    ),
    "not-centered": Help(
        "Where does the mean go?",
        "Shift every entry of one row by 100. Your result should not change; does it?",
        "Subtract the unit's mean: deviations Z - mu go into the variance and into Z_norm, not Z itself.",
    ),
    "square-missing": Help(
        "What is averaged in a variance?",
        "Compare the power of Z - mu in the formula with the one in your code.",
        "The variance is the mean of the squared deviations, (Z - mu)**2, not of their absolute values.",
    ),
    "square-of-the-mean": Help(
        "What do the deviations from the mean add up to?",
        "In which order do you square and average?",
        "Square first, then average: the deviations themselves add up to 0, so their mean says nothing.",
    ),
    "variance-by-difference-of-squares": Help(
        "What is left of the variance when the mean is a million?",
        "Try a row like 1000000, 1000001, 1000002. How many digits do the numbers have that you subtract?",
        "E[z^2] - E[z]^2 subtracts two huge, nearly equal numbers and loses every digit. Average the squared "
        "deviations (Z - mu)**2 instead.",
    ),
    "deviation-instead-of-variance": Help(
        "In which unit is your sigma2 measured: that of Z, or that of Z squared?",
        "Look for a square root where the variance itself is asked for.",
        "sigma2 is the variance. The root belongs to normalizing, where eps goes under it too.",
    ),
    "eps-in-the-variance": Help(
        "What is the variance of a constant row?",
        "Where does eps come in: in the statistic, or where one divides by it?",
        "sigma2 is the variance alone. eps is added when normalizing, under the root, not to sigma2.",
    ),
    "statistics-recomputed": Help(
        "Whose mean and variance does your function use?",
        "Call it with a mu and sigma2 that are not those of Z: does the result depend on them?",
        "Normalize by the mu and sigma2 that are given. At test time they come from other examples than Z.",
    ),
}
