"""Mistakes with networks, their parameters and gradients."""

from __future__ import annotations

from .help import Help

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
    "only-weights-updated": Help(
        "Which parameters are learned?",
        "Compare every key before and after: which ones did not move?",
        "Only the W have moved. gamma, beta and the b are learned as well: update every key of parameters.",
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
