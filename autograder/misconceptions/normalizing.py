"""Mistakes with normalizing, scaling and shifting."""

from __future__ import annotations

from .help import Help

NORMALIZING = {
    "divides-by-variance": Help(
        "Multiply a row by 10: by how much does your Z_norm change?",
        "A unit's spread is measured by its standard deviation. What do you divide by?",
        "Divide by the standard deviation, np.sqrt(sigma2 + eps), not by the variance.",
    ),
    "eps-outside-sqrt": Help(
        "When sigma2 is 0, what do you divide by?",
        "Put your brackets beside those of the formula: what stands under the root?",
        "eps is added to the variance inside the root: np.sqrt(sigma2 + eps).",
    ),
    "eps-missing": Help(
        "What happens to a unit that is the same for every example?",
        "Try a constant row. By what do you divide?",
        "Divide by np.sqrt(sigma2 + eps): without eps a constant unit is 0 / 0.",
    ),
    "eps-hard-coded": Help(
        "What changes when somebody calls your function with another eps?",
        "Look for a small number written out in your code.",
        "Use the argument eps. A number written into the function ignores what the caller asks for.",
    ),
    "eps-as-maximum": Help(
        "For which variances does your eps make a difference?",
        "The formula adds something to every variance, small or large.",
        "eps is added, sigma2 + eps. Taking the larger of the two is another formula.",
    ),
    "eps-squared": Help(
        "What exactly stands under the root?",
        "Check the powers: what is squared, and what is not?",
        "Divide by np.sqrt(sigma2 + eps): sigma2 already is a square, and eps is added as it is.",
    ),
    "multiplies-by-deviation": Help(
        "Should a unit with a large spread become larger or smaller?",
        "Compute the variance of your result. It should be nearly 1.",
        "Divide by np.sqrt(sigma2 + eps); you multiply by it.",
    ),
    "not-divided": Help(
        "What is the variance of your result?",
        "Centering is the first half. The second half makes every unit's spread the same.",
        "After subtracting mu, divide by np.sqrt(sigma2 + eps).",
    ),
    "sign-error": Help(
        "Which way does each of your terms point?",
        "Go through the formula sign by sign, and try a case small enough to do by hand.",
        "The sizes are right and a sign is not: somewhere a plus stands for a minus or the other way round.",
    ),
    "gamma-ignored": Help(
        "What does your result do when gamma is doubled?",
        "Check that both learned parameters are used.",
        "Z_tilde = gamma * Z_norm + beta: the scale gamma is missing.",
    ),
    "beta-ignored": Help(
        "What does your result do when beta grows by 1?",
        "Check that both learned parameters are used.",
        "Z_tilde = gamma * Z_norm + beta: the shift beta is missing.",
    ),
    "gamma-beta-skipped": Help(
        "What is learned in a batch norm layer?",
        "Check whether your result depends on gamma and beta at all.",
        "After normalizing, scale and shift: Z_tilde = gamma * Z_norm + beta.",
    ),
    "gamma-beta-swapped": Help(
        "Which of the two parameters belongs to the spread, and which to the mean?",
        "Check what is multiplied and what is added, and the order in which you name the two.",
        "gamma scales and beta shifts: Z_tilde = gamma * Z_norm + beta. Yours have changed places.",
    ),
    "shift-before-scale": Help(
        "What is the mean of your result: beta, or something else?",
        "Check the order of the two steps. Are there brackets that the formula lacks?",
        "Scale first, then shift: gamma * Z_norm + beta. In gamma * (Z_norm + beta) the shift is scaled too.",
    ),
    "divides-by-gamma": Help(
        "What does a large gamma do to the spread of your result?",
        "Compare how gamma enters the formula and your code.",
        "gamma multiplies: Z_tilde = gamma * Z_norm + beta.",
    ),
    "results-in-another-order": Help(
        "In which order are the results asked for?",
        "Compare your return statement with the one in the function's docstring.",
        "The values are right, but stand in another order than the one that is asked for.",
    ),
    "changes-its-input": Help(
        "What does the argument that you were given look like after the call?",
        "Look for an operation that writes into an argument: +=, -=, *=, /=, out=, or assignment to a slice.",
        "A function makes new arrays and leaves its arguments alone: x = x - 1 is a new array, x -= 1 writes "
        "into the old one. Copy a dict before you change it.",
    ),
    "eps-forgotten-in-identity": Help(
        "What exactly does batch norm divide by, which gamma has to undo?",
        "Put your gamma into gamma * (Z - mu) / np.sqrt(sigma2 + eps) + beta. Does everything cancel?",
        "gamma undoes the whole divisor: gamma = np.sqrt(sigma2 + eps), with eps.",
    ),
    "variance-instead-of-deviation": Help(
        "Does batch norm divide by a variance or by a standard deviation?",
        "Compare the units: gamma multiplies Z_norm and has to give something measured like Z.",
        "The standard deviation np.sqrt(sigma2 + eps) is what is needed; you use the variance.",
    ),
    "gamma-inverted": Help(
        "Should gamma undo the division by the standard deviation, or repeat it?",
        "Put your gamma into gamma * (Z - mu) / np.sqrt(sigma2 + eps) + beta. What is left?",
        "gamma has to cancel the divisor: gamma = np.sqrt(sigma2 + eps), not one over it.",
    ),
    "mean-over-deviation": Help(
        "When the scale is undone, what is still missing to get back Z?",
        "Write out gamma * Z_norm with your gamma. What do you have to add?",
        "gamma * Z_norm is Z - mu already, so beta = mu. No division is left to be done.",
    ),
    "ones-and-zeros": Help(
        "With your gamma and beta, what are the mean and variance of Z_tilde?",
        "These are the values that batch norm starts with. Do they give back Z?",
        "With gamma = 1 and beta = 0 the result is Z_norm. Z comes back with gamma = np.sqrt(sigma2 + eps), "
        "beta = mu.",
    ),
    "test-set-own-statistics": Help(
        "Which data may you look at before testing?",
        "Check from which array each mean and each variance is computed.",
        "Both sets go through one transformation: the mean and variance of the training set.",
    ),
    "both-sets-together": Help(
        "What does your training set know of the test set?",
        "Check over how many columns your statistics run.",
        "Statistics come from the training set alone. Computed over both sets, they leak the test set.",
    ),
    "test-set-not-normalized": Help(
        "Which transformation will the test examples have gone through?",
        "Compare the two arrays that you return.",
        "The test set is normalized as well, by the training set's mean and variance.",
    ),
}
