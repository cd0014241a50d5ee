"""Help with each known mistake: a question, a pointer, a statement.

A misconception keeps its name and its help wherever it shows up. An exercise where the general
words do not fit gives its own.
"""

from __future__ import annotations

from typing import NamedTuple


class Help(NamedTuple):
    """Three steps that escalate."""

    question: str
    pointer: str
    statement: str


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
        "What does the array that you were given look like after the call?",
        "Look for an operation that writes into an argument: +=, -=, *=, /=, out=, or assignment to a slice.",
        "A function returns new arrays and leaves its arguments alone: write Z - mu, not Z -= mu.",
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

NETWORK = {
    "batch-norm-on-output-layer": Help(
        "Which layers have batch norm, and which has not?",
        "Look at what you do between the last Z and softmax.",
        "The output layer has W and b and no batch norm: softmax takes W A_prev + b as it is.",
    ),
    "activation-before-batch-norm": Help(
        "In which order come the activation and batch norm?",
        "Follow one Z through your layer: Z, Z_tilde, A.",
        "Batch norm comes before the activation: A = relu(Z_tilde), where Z_tilde is normalized Z.",
    ),
    "activation-missing": Help(
        "Can an entry of your A be negative?",
        "Three steps make a layer: linear, batch norm, and one more.",
        "A hidden layer ends with the activation: A = np.maximum(Z_tilde, 0).",
    ),
    "wrong-activation": Help(
        "Which activation do the hidden layers have?",
        "Plot your activation: what does it do with -1, 0 and 2?",
        "Hidden layers use ReLU, np.maximum(Z_tilde, 0).",
    ),
    "batch-norm-missing": Help(
        "What is the mean of Z_tilde over the mini-batch?",
        "Look at what happens between W A_prev and the activation.",
        "A hidden layer normalizes Z = W A_prev over the mini-batch, scales and shifts it, then takes ReLU.",
    ),
    "normalizes-the-layer-input": Help(
        "Which quantity of a layer is normalized: what comes in, or what the weights make of it?",
        "Check the order of the matrix product and batch norm.",
        "Batch norm acts on Z = W A_prev, after the weights, not on A_prev.",
    ),
    "weights-transposed": Help(
        "What do the rows of W stand for?",
        "Check the shapes: W has a row for each unit and a column for each input.",
        "W has shape (n, n_prev), and Z = W @ A_prev. You use the transpose.",
    ),
    "bias-left-out": Help(
        "Which layers keep their b?",
        "Look into parameters: which keys begin with b?",
        "The output layer has a b, and so has a hidden layer without batch norm: Z = W A_prev + b.",
    ),
    "softmax-missing": Help(
        "What does each column of Y_hat add up to?",
        "Look at the last step of the network: from numbers to probabilities.",
        "The output layer ends with softmax, so that each example's probabilities add up to 1.",
    ),
    "softmax-over-everything": Help(
        "Over what should the probabilities add up to 1?",
        "Add up the probabilities of one example: is the sum 1?",
        "Each column is one example: divide its powers by their sum over axis=0, not by the sum of the whole "
        "array.",
    ),
    "softmax-over-examples": Help(
        "What does each column of Y_hat add up to?",
        "An example is a column. Along which axis do its probabilities lie?",
        "Softmax runs over the classes, axis=0; yours runs over the examples.",
    ),
    "softmax-overflows": Help(
        "What is np.exp(1000)?",
        "Adding a number to all logits of an example changes no probability. Which number helps?",
        "Subtract each column's maximum before the exponential: no power is then larger than 1.",
    ),
    "activation-on-output-layer": Help(
        "What goes into softmax?",
        "Look at the last layer: which activation does it have?",
        "The output layer's activation is softmax alone. A ReLU before it throws away the negative logits.",
    ),
    "layers-sorted-as-text": Help(
        "Which comes first in the alphabet: W10 or W2?",
        "Try a network with ten layers and more, and print the order in which you take them.",
        "Sorted as text, W10 comes before W2. Count the layers, and build each key from its number.",
    ),
    "order-of-keys": Help(
        "Does a dict know which layer comes first?",
        "Call your function with the same parameters in another order.",
        "Go through the layers by number, l = 1 to L, and look up W{l}. A dict's order means nothing.",
    ),
    "gamma-initialized-to-zero": Help(
        "With your parameters, what does a hidden layer give for two different examples?",
        "Look at what multiplies Z_norm.",
        "gamma starts at 1. With gamma = 0 every example looks the same, and no gradient reaches W.",
    ),
    "bias-in-hidden-layer": Help(
        "What does batch norm do with a constant that was added to Z?",
        "Compare the keys of your dict with those of the table: which layers have a b?",
        "A layer with batch norm has no b: the mean takes it out again, and beta does its work.",
    ),
    "weights-not-random": Help(
        "What tells two hidden units apart at the start?",
        "Print W1, and look at its rows.",
        "Weights are drawn at random. Units that start equal get equal gradients and stay equal.",
    ),
    "rng-ignored": Help(
        "Where do your random numbers come from?",
        "Call your function twice with generators of one seed, and once with another seed.",
        "Draw every weight from the rng that is given, so that one seed always gives the same network.",
    ),
    "same-numbers-in-every-layer": Help(
        "Can two layers of one shape start with the same weights?",
        "Compare W2 and W3 in a network whose hidden layers have the same size.",
        "Let one generator run on from layer to layer; do not start it anew for each.",
    ),
    "uniform-weights": Help(
        "Which distribution do He's weights have?",
        "Draw a histogram of W1.",
        "He-normal weights follow a normal distribution: rng.standard_normal(...) times np.sqrt(2 / n_prev).",
    ),
    "he-spread-missing": Help(
        "What is the standard deviation of your W1, and on what should it depend?",
        "Print W1.std() for 100 inputs and for 400.",
        "He's weights have the standard deviation np.sqrt(2 / n_prev); n_prev counts the layer's inputs.",
    ),
    "spread-from-outputs": Help(
        "Over what does a unit's sum run: the layer's inputs or its units?",
        "Check which of the two layer sizes stands under your root.",
        "The spread depends on how many inputs a unit adds up: np.sqrt(2 / n_prev), not np.sqrt(2 / n).",
    ),
    "variance-as-spread": Help(
        "Is 2 / n_prev the weights' variance, or their standard deviation?",
        "Print W1.var() and compare it with 2 / n_prev.",
        "The variance is 2 / n_prev, so multiply by its root: np.sqrt(2 / n_prev).",
    ),
    "relu-derivative-missing": Help(
        "What does a unit that was off pass back?",
        "Look at the step from dA to dZ_tilde.",
        "ReLU passes a gradient back only where it was on: dZ_tilde = dA * (Z_tilde > 0).",
    ),
    "relu-derivative-at-z": Help(
        "Which quantity went into ReLU?",
        "Check the array that you compare with 0 on the way back.",
        "ReLU was applied to Z_tilde, so its derivative is that of Z_tilde > 0, not of Z > 0.",
    ),
    "divides-by-m-again": Help(
        "How often does 1/m occur on your way back?",
        "The cost already is a mean over the mini-batch: where does its 1/m enter, and where does it not?",
        "One division by m is enough. Here the gradients are divided by m where the chain rule does not.",
    ),
    "one-over-m-missing": Help(
        "What is averaged, and by how much does one example count?",
        "Look for the factor 1/m that the formula has and your code has not.",
        "A factor 1/m is missing: an example's share in a mean over the mini-batch is 1/m.",
    ),
    "softmax-gradient-wrong": Help(
        "What is the gradient of cross-entropy with respect to the logits?",
        "Check your dZ of the output layer: are its columns' sums 0?",
        "Softmax and cross-entropy together give dZ = (Y_hat - Y) / m, with no further factor.",
    ),
    "shift-and-scale-without-gradient": Help(
        "Which parameters are learned?",
        "Compare the keys of your gradients with those of parameters.",
        "gamma and beta are learned too: dgamma{l} and dbeta{l} belong among the gradients.",
    ),
    "updates-in-place": Help(
        "What do the old parameters look like after the call?",
        "Look for -= and for an assignment into the dict that you were given.",
        "Build a new dict: {key: parameters[key] - alpha * gradients['d' + key] for key in parameters}.",
    ),
    "gradient-ascent": Help(
        "Does the cost go down when you move along the gradient, or against it?",
        "Check the sign in your update.",
        "The gradient points uphill. Subtract it: theta - alpha * dtheta.",
    ),
    "shift-and-scale-not-updated": Help(
        "Which parameters are learned?",
        "Compare every key before and after: which ones did not move?",
        "gamma and beta are learned like W and b: update every key of parameters.",
    ),
    "gamma-not-updated": Help(
        "Which parameters are learned?",
        "Compare every key before and after: which ones did not move?",
        "gamma is learned too: update every key of parameters.",
    ),
    "beta-not-updated": Help(
        "Which parameters are learned?",
        "Compare every key before and after: which ones did not move?",
        "beta is learned too: update every key of parameters.",
    ),
    "bias-not-updated": Help(
        "Which parameters are learned?",
        "Compare every key before and after: which ones did not move?",
        "The output layer's b is learned too: update every key of parameters.",
    ),
    "alpha-ignored": Help(
        "What changes when the learning rate is halved?",
        "Check where alpha stands in your update.",
        "The step is alpha times the gradient: theta - alpha * dtheta.",
    ),
    "not-updated": Help(
        "What changes when you call your function?",
        "Compare what comes in with what you return.",
        "Every parameter takes a step: theta - alpha * dtheta.",
    ),
    "returns-the-step": Help(
        "Do you return where the parameters go, or how far they go?",
        "With a learning rate of 0, what should come back?",
        "Return the new parameters, theta - alpha * dtheta, not the step alone.",
    ),
    "divides-by-alpha": Help(
        "Does a large learning rate make your step larger or smaller?",
        "Check where alpha stands in your update.",
        "The step is alpha times the gradient.",
    ),
    "weights-decayed": Help(
        "What should come back where the gradient is 0?",
        "Check what your update subtracts besides the gradient's step.",
        "Plain gradient descent subtracts alpha * dtheta and nothing else.",
    ),
}

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

HELP: dict[str, Help] = {**STATISTICS, **NORMALIZING, **NETWORK, **BACKWARD}
