"""Mistakes with the way back through batch norm."""

from __future__ import annotations

from .help import Help

BACKWARD = {
    "statistics-treated-as-constants": Help(
        "When one entry of Z changes, what else changes besides its own Z_norm?",
        "Draw the graph from Z to Z_norm: how many paths are there?",
        "mu and sigma2 depend on every example. dZ is the sum over three paths: straight, through sigma2, "
        "through mu.",
    ),
    "variance-path-missing": Help(
        "How many paths lead from Z to Z_norm, and which have you followed?",
        "What happens to sigma2 when one entry of Z changes?",
        "The path through the variance is missing: dsigma2 * 2 (Z - mu) / m belongs to dZ.",
    ),
    "mean-path-missing": Help(
        "How many paths lead from Z to Z_norm, and which have you followed?",
        "Add up a row of your dZ. It should be 0.",
        "The path through the mean is missing: dmu / m belongs to dZ.",
    ),
    "mean-path-twice": Help(
        "How often does the mean enter Z_norm?",
        "Add up a row of your dZ. It should be 0.",
        "The path through the mean counts once: dZ gets dmu / m, and dmu is the sum of -dZ_norm / std.",
    ),
    "gamma-missing-in-dz": Help(
        "What stands between Z_norm and Z_tilde?",
        "Double gamma: what should dZ do?",
        "The gradient passes through the scale first: dZ_norm = gamma * dZ_tilde.",
    ),
    "half-missing": Help(
        "What is the derivative of a root, or of a power -1/2?",
        "Check the factor in front of dsigma2.",
        "The derivative of (sigma2 + eps)**(-1/2) has the factor -1/2 in front.",
    ),
    "two-missing": Help(
        "What is the derivative of a square?",
        "Check the factor on the path from sigma2 back to Z.",
        "The derivative of (Z - mu)**2 is 2 (Z - mu): a factor 2 is missing.",
    ),
    "wrong-exponent": Help(
        "What becomes of a power -1/2 when it is differentiated?",
        "Check every power of sigma2 + eps on your way back.",
        "The exponent goes down by one: (sigma2 + eps)**(-1/2) becomes -1/2 (sigma2 + eps)**(-3/2), and the "
        "straight path divides by the root.",
    ),
    "averages-dgamma-dbeta": Help(
        "Does gamma's effect on the cost grow with the number of examples it touches?",
        "Compare: a sum over the examples, or a mean?",
        "dgamma and dbeta are sums over the mini-batch. The cost's 1/m is in dZ_tilde already.",
    ),
    "dgamma-uses-z": Help(
        "What is gamma multiplied by in the forward pass?",
        "Check the array beside dZ_tilde in your dgamma.",
        "gamma multiplies Z_norm, so dgamma is the sum of dZ_tilde * Z_norm, not of dZ_tilde * Z.",
    ),
    "dgamma-uses-output": Help(
        "What is gamma multiplied by in the forward pass?",
        "Does your dgamma depend on gamma itself?",
        "dgamma is the sum of dZ_tilde * Z_norm: the normalized values, before scale and shift.",
    ),
    "sums-over-units": Help(
        "How many examples does each gamma touch?",
        "Check the shapes and the axis of your sums.",
        "gamma and beta are shared by the examples, so the sums run over axis=1, for each unit by itself.",
    ),
    "branches-overwritten": Help(
        "What do you do with gradients that reach the same Z on several paths?",
        "Look for a line that assigns dZ anew where it should add to it.",
        "Gradients of several paths are added up. The last one alone is not the whole.",
    ),
}
