"""Mistakes with running statistics, inference and folding."""

from __future__ import annotations

from .help import Help

AVERAGES = {
    "decay-swapped": Help(
        "With a decay of 0.9, how much of the old average should be left after one update?",
        "Try average 10, value 20 and decay 0.9. Is your result nearer to 10 or to 20?",
        "decay is the weight of the old value: decay * average + (1 - decay) * value. Yours are swapped.",
    ),
    "decay-hard-coded": Help(
        "What changes in your result when somebody calls your function with another decay?",
        "Look for a 0.9, a 0.99 or a 0.1 written out in your code.",
        "Use the argument decay. A number written into the function ignores what the caller asks for.",
    ),
    "old-value-not-decayed": Help(
        "What do the weights of the old and the new value add up to?",
        "Let average and value both be 10. What should come out?",
        "The old value keeps the weight decay only. With a weight of 1 the average grows without end.",
    ),
    "never-updated": Help(
        "Does anything that a mini-batch holds reach your result?",
        "Print the running values after each mini-batch. Do they move?",
        "The running values are still those of the start: assign each update to the name that you return.",
    ),
    "replaced-by-last-batch": Help(
        "How much of the mini-batches before the last one is left in your result?",
        "Look for an assignment that forgets what the name held before.",
        "The old average has to stay in, with the weight decay. You keep the newest value alone.",
    ),
    "plain-average": Help(
        "Which counts more: the newest mini-batch, or one from long ago?",
        "Does decay change your result at all?",
        "All values count the same in yours. In an exponentially weighted average the old ones fade: "
        "weights decay and 1 - decay.",
    ),
    "bias-corrected-anyway": Help(
        "Was a bias correction asked for here?",
        "Look for a division by 1 - decay or by 1 - decay**t.",
        "No correction here: return the average as it is. Batch norm's running statistics start at 0 and 1 "
        "and stay uncorrected.",
    ),
    "brackets-forgotten": Help(
        "In which order does Python work through your line?",
        "What does Python divide by, if there are no brackets?",
        "Division comes before subtraction: put 1 - decay**t into brackets, so that all of it divides.",
    ),
    "product-instead-of-power": Help(
        "What is left of the starting value after two updates, and after three?",
        "Try decay 0.5 and t 3: the start still weighs an eighth.",
        "Each update multiplies by decay once more: decay**t, not decay * t.",
    ),
    "power-of-the-new-weight": Help(
        "Whose weight shrinks with every update: that of the start, or that of the newest value?",
        "Check your brackets: what exactly is raised to the power t?",
        "The weight of the start is decay**t, and the rest is 1 - decay**t, not (1 - decay)**t.",
    ),
    "divides-by-weight-of-start": Help(
        "Which share of the weights belongs to the start, and which to the values?",
        "For a large t nothing has to be corrected. What does your divisor become?",
        "decay**t is the weight of the start. Divide by what the values weigh: 1 - decay**t.",
    ),
}

RUNNING = {
    "only-mean-updated": Help(
        "How many running values does a unit have?",
        "Print running_sigma2 after each mini-batch. Does it move?",
        "Both are averaged: running_mu and running_sigma2. Your variance never leaves its start.",
    ),
    "only-variance-updated": Help(
        "How many running values does a unit have?",
        "Print running_mu after each mini-batch. Does it move?",
        "Both are averaged: running_mu and running_sigma2. Your mean never leaves its start.",
    ),
    "averages-deviation": Help(
        "In which unit is your running_sigma2 measured: that of Z, or that of Z squared?",
        "Look for a square root. Which quantity enters the average?",
        "Average the variances. The root is taken at test time, and the mean of roots is not the root of "
        "the mean.",
    ),
    "averages-variance-plus-eps": Help(
        "Where does eps belong: into the statistic, or under the root that divides?",
        "What is the running variance of a constant unit? Look for a small number added to sigma2.",
        "Average sigma2 alone. eps joins it at test time, under the root; here it would count twice.",
    ),
    "starts-from-zero-variance": Help(
        "With which mean and variance do the running statistics start?",
        "What would a network that has not been trained divide by at test time?",
        "running_sigma2 starts at 1, not at 0: an untrained layer then passes Z on, nearly as it is.",
    ),
    "starts-from-first-batch": Help(
        "With which mean and variance do the running statistics start?",
        "Call your function with one mini-batch. How much of the start is left?",
        "They start at mean 0 and variance 1, and the first mini-batch gets the weight 1 - decay like "
        "every other.",
    ),
    "variance-around-running-mean": Help(
        "From which mean does sigma2 of a mini-batch measure its distances?",
        "Look at what you subtract from Z before squaring.",
        "Each mini-batch's variance is taken around its own mean, not around the running one.",
    ),
    "returns-inside-the-loop": Help(
        "How many of the mini-batches does your function look at?",
        "Check how far your return statement is indented.",
        "Only the first mini-batch is used: the return stands inside the loop. Move it behind the loop.",
    ),
}

INFERENCE = {
    "batch-statistics-at-test-time": Help(
        "Does your answer for one example depend on the others in the batch?",
        "Look for mean, var or std of Z. Which statistics is the function given?",
        "At test time mean and variance both come from the running statistics, whatever the batch holds.",
    ),
    "sqrt-missing": Help(
        "Does batch norm divide by a variance or by a standard deviation?",
        "Look for the root in your code, and for eps under it.",
        "running_sigma2 is a variance: divide by np.sqrt(running_sigma2 + eps).",
    ),
    "moves-statistics-at-test-time": Help(
        "What may a test example change about the network?",
        "Look for an average of the running values and those of Z.",
        "The running statistics are frozen at test time: use them as they are. Updates belong to training.",
    ),
}

FOLDING = {
    "fold-shift-lost": Help(
        "What should the folded layer give where W @ A_prev is 0?",
        "Write out gamma * (Z - running_mu) / std + beta. Which terms do not contain Z?",
        "b_folded takes all that does not depend on Z: beta - gamma * running_mu / "
        "np.sqrt(running_sigma2 + eps).",
    ),
    "fold-wrong-axis": Help(
        "Which entries of W make one hidden unit?",
        "The scale has one number per unit. Which way does it have to lie beside W?",
        "A unit is a row of W: multiply each row by its scale, a column of shape (n, 1).",
    ),
    "mean-not-scaled": Help(
        "By what is the mean multiplied on its way to the output?",
        "Write out gamma * (Z - running_mu) / std + beta and multiply out the brackets.",
        "The mean goes through the same scale as Z: subtract scale * running_mu, not running_mu.",
    ),
    "weights-not-scaled": Help(
        "What does the folded layer do to the spread of Z?",
        "Write out gamma * (Z - running_mu) / std + beta. What stands in front of Z?",
        "Each row of W is multiplied by its unit's gamma / sqrt(running_sigma2 + eps).",
    ),
}

TEST_TIME: dict[str, Help] = {**AVERAGES, **RUNNING, **INFERENCE, **FOLDING}
