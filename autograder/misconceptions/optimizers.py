"""Mistakes with optimizers and the training loop."""

from __future__ import annotations

from .help import Help

OPTIMIZERS: dict[str, Help] = {
    "one-minus-beta-missing": Help(
        "Average many gradients that are all 1: what should the average come to?",
        "Add up the two weights in your average.",
        "The weights are beta and 1 - beta, which add up to 1. Without 1 - beta the average grows to "
        "1 / (1 - beta) times the gradient.",
    ),
    "alpha-in-the-average": Help(
        "What does v average: gradients, or steps?",
        "Compare the formula for v with yours: does it contain the learning rate?",
        "v averages gradients, v = beta1 v + (1 - beta1) dtheta. alpha comes in once, in theta - alpha * v.",
    ),
    "average-not-used": Help(
        "Along what does the step go: this gradient, or the average of all so far?",
        "Look at what you multiply by alpha.",
        "The step goes along the average v (in Adam v_hat), not along this mini-batch's gradient.",
    ),
    "steps-by-old-average": Help(
        "Does this step already know about this gradient?",
        "Check the order of your lines: the average first, then the step.",
        "First update the averages with this gradient, then step by the new averages.",
    ),
    "looks-ahead": Help(
        "How often does this gradient enter the step?",
        "Compare your step with the formula: alpha times v, and nothing else.",
        "This is Nesterov's variant. Plain momentum steps by v itself: theta - alpha * v.",
    ),
    "moments-not-returned": Help(
        "Which averages will the next step begin with?",
        "Compare what you return with what you were given.",
        "Return the updated averages. With the old ones every step forgets the gradient that it saw.",
    ),
    "gradient-not-squared": Help(
        "What does s average?",
        "Give your function a gradient of 3 and s = 0: what is the new s?",
        "s averages squared gradients: s = beta2 s + (1 - beta2) dtheta**2.",
    ),
    "eps-inside-sqrt": Help(
        "What is the step divided by when s is 0?",
        "Compare the place of your eps with the formula: before or after the root?",
        "Optimizers add eps outside the root, sqrt(s) + eps. Inside is where batch norm has it.",
    ),
    "eps-before-correction": Help(
        "Which of the two gets eps added: the root of s, or that of s_hat?",
        "Compare your step with the formula for a large eps and t = 1.",
        "Correct s first, then take the root and add eps: sqrt(s_hat) + eps.",
    ),
    "eps-outside-the-quotient": Help(
        "Where should theta go when the gradient is 0?",
        "Look at the brackets around the divisor.",
        "eps belongs to the divisor, in brackets: dtheta / (np.sqrt(s) + eps).",
    ),
    "size-not-divided-out": Help(
        "Make the gradient ten times larger: how much longer is your step?",
        "Look for s in your step.",
        "The step is divided by the root of the averaged squares, np.sqrt(s) + eps.",
    ),
    "multiplies-by-size": Help(
        "Should an entry with large gradients take larger steps, or steps like the others?",
        "Look at what you do with the root of s.",
        "Divide by np.sqrt(s) + eps. You multiply by it.",
    ),
    "one-size-for-all": Help(
        "How many numbers does s hold?",
        "Look for a sum or a mean in your function: does the formula have one?",
        "Every entry is divided by the root of its own s. There is no sum over the entries.",
    ),
    "root-kept": Help(
        "What does the next step expect in s: squares, or their root?",
        "Give your function a gradient of 0: s should shrink by the factor beta2.",
        "Return s itself, the averaged squares. The root is taken in the step, and not kept.",
    ),
    "no-bias-correction": Help(
        "After the very first step, how does your v compare with the gradient?",
        "Look for beta1**t and beta2**t in your function.",
        "Both averages start at 0 and are too small at first: divide by 1 - beta1**t and 1 - beta2**t.",
    ),
    "moment-overwritten-by-correction": Help(
        "What will the second step begin with: v, or v_hat?",
        "Give the corrected averages names of their own, and look at what you return.",
        "v_hat and s_hat are for this step alone. Return v and s: corrected ones would be corrected again.",
    ),
    "t-from-zero": Help(
        "Which t does the first step have?",
        "Compute 1 - beta1**t for the first step, as you use it.",
        "t counts from 1, and the power is beta**t as it stands: neither t - 1 nor t + 1.",
    ),
    "power-missing": Help(
        "How does the correction change from step to step?",
        "Try a very large t: the corrected average should then be the average itself.",
        "The correction divides by 1 - beta**t, a power: it fades as t grows.",
    ),
    "multiplies-by-correction": Help(
        "Are the averages too small at first, or too large?",
        "At t = 1 and v = 0 before, v_hat should be the gradient.",
        "Divide by 1 - beta**t. You multiply by it, which makes a small average smaller still.",
    ),
    "betas-confused": Help(
        "Which beta belongs to the gradients, and which to their squares?",
        "Mark beta1 and beta2 wherever they stand in your function.",
        "beta1 averages the gradients and corrects v, beta2 averages the squares and corrects s.",
    ),
    "beta-hard-coded": Help(
        "What changes when somebody calls your function with other betas?",
        "Look for 0.9 and 0.999 in your function.",
        "Use the arguments beta1 and beta2. A number written into the function ignores what is asked for.",
    ),
    "gamma-beta-not-optimized": Help(
        "Which of a hidden layer's parameters does your optimizer move, and how?",
        "Compare gamma1 before and after a step; then compare its step with that of W1.",
        "gamma and beta are learned like W and b: each takes Adam's step, with averages of its own.",
    ),
    "plain-descent": Help(
        "How long is your first step where the gradient is very small?",
        "Compare your step with that of adam_update.",
        "Every parameter takes Adam's step here. Yours takes one of plain gradient descent.",
    ),
    "state-shared": Help(
        "Whose gradients does gamma2's v average?",
        "Count the averages in your state: there should be two for each parameter.",
        "Every parameter has a v and an s of its own. Yours are overwritten by the next parameter's.",
    ),
    "state-not-carried": Help(
        "What does the second step know of the first?",
        "Print the state that your second call receives.",
        "The averages begin at 0 only once. Return them in state, and take them from there in the next step.",
    ),
    "t-reset": Help(
        "Which t does your third step use?",
        "Look for the place where the argument t goes into Adam's step.",
        "Use the t that is given. Counted from 1 again each time, the correction blows the averages up.",
    ),
    "t-per-parameter": Help(
        "How many steps have been made when the last parameter gets its turn?",
        "Look for what changes t inside your loop.",
        "t counts steps, not parameters: it is the same for all parameters of a step.",
    ),
    "gradients-paired-by-order": Help(
        "How do you find the gradient that belongs to a parameter?",
        "Give your function gradients whose keys come in another order.",
        "Look each gradient up by its name, gradients[f'd{name}']. A dict's order means nothing.",
    ),
    "cost-after-update": Help(
        "With which parameters is a mini-batch's cost computed?",
        "Check which comes first in your loop: the cost, or the update.",
        "The cost is that of the mini-batch before its own update: the cost that the gradients belong to.",
    ),
    "cost-of-the-whole-set": Help(
        "How many examples go into one of your costs?",
        "Compare your first cost with that of the first mini-batch alone.",
        "Each cost is that of its own mini-batch, X_t and Y_t, not of the whole training set.",
    ),
    "averages-the-costs": Help(
        "How many costs does an epoch have?",
        "Print len(costs) next to the number of mini-batches.",
        "Return one cost for each mini-batch. Averaging them is left to whoever draws the curve.",
    ),
    "whole-set-in-every-step": Help(
        "Which examples does one step see?",
        "Look at what your loop passes on: X and Y, or the mini-batch's?",
        "A step uses its own mini-batch alone: X_t and Y_t, not the whole X and Y.",
    ),
    "one-step-for-all": Help(
        "How many steps does an epoch have?",
        "Count how often your parameters change.",
        "Each mini-batch is followed by an update of its own. An epoch makes as many steps as mini-batches.",
    ),
    "parameters-not-carried-over": Help(
        "With which parameters does the second mini-batch begin?",
        "Follow the name of your parameters through the loop.",
        "Every step begins where the one before it ended. Yours all begin with the parameters of the call.",
    ),
    "one-gradient-for-all": Help(
        "When is the gradient of the second mini-batch computed?",
        "Check what stands inside your loop, and what before it.",
        "Compute the gradients anew for each mini-batch, with the parameters as they are by then.",
    ),
    "shuffled-at-every-step": Help(
        "How often is the training set shuffled in one epoch?",
        "Count the calls of bnkit.mini_batches in an epoch.",
        "Call bnkit.mini_batches once an epoch: called at every step it draws a new order each time.",
    ),
}

# Names from elsewhere, in the words of an optimizer or a training loop.
IN_AN_OPTIMIZER: dict[str, Help] = {
    "decay-swapped": Help(
        "With a beta of 0.9, how much of the old average is left after a step?",
        "Check which of beta and 1 - beta multiplies the old average.",
        "beta is the weight of the old average and 1 - beta that of the new gradient. Yours are swapped.",
    ),
    "sqrt-missing": Help(
        "Make the gradients ten times larger: what should happen to the step?",
        "s is an average of squares. What brings it back to the size of a gradient?",
        "Divide by the root, np.sqrt(s) + eps. Divided by s itself, large gradients make small steps.",
    ),
    "eps-missing": Help(
        "What is your step where every gradient so far was 0?",
        "Look at your divisor: can it be 0?",
        "Divide by np.sqrt(s) + eps. Without eps a parameter that had no gradient yet becomes 0 / 0.",
    ),
    "eps-as-maximum": Help(
        "For which s does your eps make a difference?",
        "Compare your divisor with the formula for a large eps.",
        "eps is added to the root, sqrt(s) + eps. Taking the larger of the two is another formula.",
    ),
    "not-updated": Help(
        "What does theta look like after the call?",
        "Look at the theta that you return.",
        "Return the theta that has taken its step: theta - alpha * step.",
    ),
    "weights-decayed": Help(
        "What should come back where every gradient so far was 0?",
        "Compare your step with the formula: what stands in it besides the averages?",
        "theta enters once, as what the step is subtracted from. A further theta would be weight decay.",
    ),
    "gradient-ascent": Help(
        "Does the cost go down when you move along the gradient, or against it?",
        "Look at the sign of the step.",
        "The gradient points uphill, and so does its average. Subtract the step: theta - alpha * step.",
    ),
    "alpha-ignored": Help(
        "What changes when the learning rate is halved?",
        "Look for alpha in your step.",
        "The step is multiplied by the learning rate: theta - alpha * step.",
    ),
    "divides-by-alpha": Help(
        "Does a large learning rate make your step larger or smaller?",
        "Look at what you do with alpha.",
        "The step is multiplied by alpha, not divided by it.",
    ),
    "returns-the-step": Help(
        "Do you return where the parameters go, or how far they go?",
        "Compare the theta that you return with the one that you were given.",
        "Return the new theta, theta - alpha * step, and not the step alone.",
    ),
    "drops-the-tail": Help(
        "What happens to the examples that do not fill a whole mini-batch?",
        "Compare the number of your costs with the number of mini-batches.",
        "Use every mini-batch that bnkit.mini_batches returns, the smaller last one too.",
    ),
    "x-and-y-shuffled-apart": Help(
        "Which column of Y belongs to a given column of X?",
        "Count the calls of bnkit.mini_batches in an epoch: each draws an order of its own.",
        "X and Y are shuffled together, by one call of bnkit.mini_batches: for X_t, Y_t in ...",
    ),
    "no-shuffle": Help(
        "In which order do the examples come in your epoch?",
        "Look at where your mini-batches come from.",
        "Take them from bnkit.mini_batches(X, Y, batch_size, rng): it shuffles. Yours come in X's order.",
    ),
    "rng-ignored": Help(
        "Which generator shuffles your examples?",
        "Call your function twice, with generators of two different seeds.",
        "Hand the rng that you are given on to bnkit.mini_batches, and make none of your own.",
    ),
    "one-batch-for-all": Help(
        "Which mini-batch does your second step see?",
        "Look at what changes from round to round in your loop.",
        "Each step has a mini-batch of its own. Yours all use the same one.",
    ),
    "updates-in-place": Help(
        "What do the parameters that were passed in look like after the epoch?",
        "Look for -= and for assignments into parameters.",
        "Build a new dict of new arrays in every step, with theta - alpha * dtheta and not with -=.",
    ),
    "sum-instead-of-mean": Help(
        "What happens to your cost when every example appears twice?",
        "Compare a cost of yours with the mean over its mini-batch.",
        "The cost is the mean over the mini-batch, not the sum.",
    ),
}
