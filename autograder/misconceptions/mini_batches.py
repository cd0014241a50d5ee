"""Mistakes with mini-batches."""

from __future__ import annotations

from .help import Help

CUTTING: dict[str, Help] = {
    "x-and-y-shuffled-apart": Help(
        "Which label does the first example have, before you shuffle and after?",
        "Count the random orders that your function draws. How many belong to one epoch?",
        "X and Y have to come in one and the same order: draw it once, and use it for the columns of both.",
    ),
    "shuffles-rows": Help(
        "What is a row of X: an example or a feature?",
        "Look up along which axis your shuffle works when nobody tells it. It is the first.",
        "Examples are columns. Shuffling rows swaps the features and leaves the examples in their order.",
    ),
    "examples-torn-apart": Help(
        "Is each column of X_t still one of the columns of X?",
        "Check whether the numbers of one example travel together, or each row by itself.",
        "Every row was shuffled by itself, so a column now mixes several examples. Move whole columns.",
    ),
    "drops-the-tail": Help(
        "How many examples are left over when m is not a multiple of batch_size?",
        "Add up the sizes of your mini-batches and compare with m.",
        "The last mini-batch is smaller, and it is kept: without it, the examples left over are never seen.",
    ),
    "no-shuffle": Help(
        "In what order do your mini-batches take the examples?",
        "Check whether the random generator is used at all.",
        "The columns come in their old order. Shuffle them with the rng that is given, then cut.",
    ),
    "same-permutation-every-epoch": Help(
        "Call your function twice with the same generator: should both epochs have one order?",
        "Ask where the randomness comes from: the rng you are given, or a seed written into the function?",
        "The order is the same in every call. Draw it from the rng that is given, which moves on by itself.",
    ),
    "overlapping-batches": Help(
        "In how many mini-batches may one example be?",
        "Write down the first and the last column of the first two mini-batches.",
        "Neighbouring mini-batches share examples. Each one starts where the one before stopped.",
    ),
    "drawn-with-replacement": Help(
        "After one epoch, how often has each example been seen?",
        "A draw that does not remember the earlier ones may repeat an example and miss another.",
        "An epoch goes through every example once: put all of them into a random order, then cut it.",
    ),
    "gaps-between-batches": Help(
        "Which example comes right after the last one of the first mini-batch?",
        "Remember that a slice leaves out its end. Is there one subtraction too many?",
        "Each mini-batch is too short, and examples between them are lost: cut [start:start + batch_size].",
    ),
    "tail-merged": Help(
        "How large may a mini-batch be?",
        "Look at the size of your last mini-batch.",
        "What is left over makes a smaller mini-batch of its own. Yours was added to the one before.",
    ),
    "empty-mini-batch": Help(
        "How many mini-batches are there when m is a multiple of batch_size?",
        "Compute m // batch_size + 1 for m equal to batch_size.",
        "Your last mini-batch is empty when m is a multiple of batch_size: count by range(0, m, batch_size).",
    ),
    "evened-out-batches": Help(
        "How many examples has your first mini-batch, and how many were asked for?",
        "np.array_split makes parts of nearly equal size. Is that what is wanted?",
        "Every mini-batch but the last has exactly batch_size examples; only the last is smaller.",
    ),
    "count-taken-for-size": Help(
        "Does batch_size say how many mini-batches there are, or how large each one is?",
        "Count your mini-batches, and count the examples in one of them.",
        "batch_size is the number of examples in a mini-batch. You make that many mini-batches.",
    ),
    "one-batch-for-all": Help(
        "Does your result change with batch_size?",
        "Look for the place where one mini-batch, or its statistics, serves for all of them.",
        "Each mini-batch stands alone: cut after every batch_size examples, and treat each part by itself.",
    ),
    "shuffles-within-batches": Help(
        "Can the first and the last example ever meet in one mini-batch?",
        "Which comes first in your function: the cut or the shuffle?",
        "Every epoch makes mini-batches of the same examples. Shuffle all examples first, then cut.",
    ),
    "shuffles-batches-only": Help(
        "Can two neighbours in X ever come into different mini-batches?",
        "Which comes first in your function: the cut or the shuffle?",
        "Only the order of the mini-batches is random, not who is in them. Shuffle the examples, then cut.",
    ),
    "two-lists": Help(
        "What does one entry of your list hold?",
        "A loop over the mini-batches should find X_t and Y_t together.",
        "Return one list of pairs (X_t, Y_t), rather than a list of all X_t and another of all Y_t.",
    ),
    "examples-as-rows": Help(
        "Which way do the examples lie in this course: as rows or as columns?",
        "Compare the shape of your X_t with that of X.",
        "Examples are columns: X_t has the rows of X and at most batch_size columns. Yours is transposed.",
    ),
}

STATISTICS_OF_EACH: dict[str, Help] = {
    "whole-set-statistics": Help(
        "Over which examples do you take the mean and the variance?",
        "Your statistics should change from one mini-batch to the next.",
        "Each mini-batch is described by its own mean and variance. You take those of all examples together.",
    ),
    "tail-divided-by-batch-size": Help(
        "How many examples does the last mini-batch have?",
        "Check by what number you divide when the mini-batch is smaller than batch_size.",
        "The smaller last mini-batch has fewer examples than batch_size: divide by the number that it has.",
    ),
    "tail-by-other-statistics": Help(
        "Whose mean and variance normalize the last, smaller mini-batch?",
        "Compute the row means of the tail of your result. They should be 0.",
        "The tail is a mini-batch like the others: it is normalized by its own mean and variance.",
    ),
    "tail-not-normalized": Help(
        "What are the row means of the last columns of your result?",
        "Follow the loop to its end: which columns does it never reach?",
        "The examples of the smaller last mini-batch are not normalized. They form a mini-batch too.",
    ),
    "interleaved-batches": Help(
        "Which columns make up the first mini-batch?",
        "Consecutive means side by side. Look at the step of your slice.",
        "A mini-batch is batch_size columns in a row, Z[:, start:start + batch_size], not every T-th column.",
    ),
    "cumulative-batches": Help(
        "Does your second mini-batch still contain the first one?",
        "Check where each slice begins.",
        "Each mini-batch starts where the one before stopped. Yours all start at the first example.",
    ),
    "batches-as-rows": Help(
        "Which way do the mini-batches lie in your result?",
        "Print the shape: one row for each unit, one column for each mini-batch.",
        "Each mini-batch is a column of the result, of shape (n, T). Yours lie along the first axis: put "
        "them side by side.",
    ),
    "batch-size-ignored": Help(
        "What does your result do when the mini-batch grows?",
        "Check whether batch_size takes part in the formula.",
        "The mean of more examples scatters less: the variance is divided by batch_size.",
    ),
    "multiplies-by-batch-size": Help(
        "Does the mean of many examples scatter more or less than a single one?",
        "Try batch_size 1 and 100 in your head: which result has to be smaller?",
        "Averaging makes the spread smaller: divide by batch_size, do not multiply.",
    ),
    "divides-by-root": Help(
        "Is it the variance or the standard deviation that shrinks with the root of batch_size?",
        "Pull the factor 1/m out of the variance of a sum: it comes out squared.",
        "The standard deviation shrinks by the root of batch_size; the variance by batch_size itself.",
    ),
    "divides-by-its-square": Help(
        "How large is the variance of a sum of independent numbers?",
        "The factor 1/m comes out squared, but the sum has m terms. What is left?",
        "The sum has the variance batch_size * sigma2; divided by batch_size squared, this is sigma2 / "
        "batch_size.",
    ),
    "variance-within-the-batch": Help(
        "Which spread is asked for: of the examples in a mini-batch, or of the means of many mini-batches?",
        "Try batch_size 1: the mean is the one example, so how much does it scatter?",
        "That is the variance inside a mini-batch. The mean itself scatters by sigma2 / batch_size.",
    ),
}

MINI_BATCHES = {**CUTTING, **STATISTICS_OF_EACH}
