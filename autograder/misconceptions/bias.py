"""Mistakes with the bias before batch norm."""

from __future__ import annotations

from .help import Help

BIAS: dict[str, Help] = {
    "gradient-of-beta": Help(
        "Where is b added: before batch norm or after it?",
        "Your result is the gradient of a shift that comes after the normalizing. Which parameter is that?",
        "The sum of dZ_tilde is the gradient of beta. A b before batch norm is reached only through Z: add "
        "up dZ.",
    ),
    "examples-not-summed": Help(
        "How many numbers does the gradient of one unit's bias have?",
        "Your result has one number per example. Each of them is one path on which b reaches the cost.",
        "A unit has one b for all its examples: add up dZ over axis=1, and keep the column.",
    ),
    "one-number-for-all-units": Help(
        "How many biases does a layer of n units have?",
        "Look for a sum or a mean over everything, or for a bare number.",
        "Each unit has a b and a running mean of its own. Take the units one by one: a column of shape (n, "
        "1).",
    ),
    "output-bias-removed-too": Help(
        "What takes the output layer's bias out again?",
        "Which layers have a gamma? Look at the last layer of your result.",
        "The output layer has no batch norm, so nothing takes over from its b: it has to stay.",
    ),
    "plain-bias-removed-too": Help(
        "What does a hidden layer do with its b when no batch norm comes after it?",
        "Not every hidden layer has batch norm. How do you recognize one that has?",
        "Drop b{l} only where gamma{l} is among the parameters. A layer without batch norm needs its b.",
    ),
    "beta-removed-too": Help(
        "Which of the parameters begin with the letter b?",
        "Print the keys that you drop. All of them are biases?",
        "beta{l} begins with a b as well, and it is the shift that is left when b has gone: it stays.",
    ),
    "bias-kept": Help(
        "Which keys does your result have that it should not?",
        "Print the keys before and after, for one layer with batch norm.",
        "Where a layer has gamma{l}, the key b{l} has to go from the dict. A b of zeros is still a "
        "parameter.",
    ),
    "keeps-the-wrong-ones": Help(
        "Which biases have no effect: those with a gamma beside them, or the others?",
        "Try a network of one hidden layer. Which b is left?",
        "Your condition is the wrong way round: b{l} goes where gamma{l} is there, and stays where it is "
        "not.",
    ),
    "bias-added-to-beta": Help(
        "Does b change what a layer with batch norm gives in training?",
        "Compare your beta with the one that went in.",
        "The mean takes b out completely, so there is nothing to make up for: beta stays what it is.",
    ),
    "layers-forgotten": Help(
        "Do you visit every layer?",
        "Try three hidden layers with batch norm, and one without among them. Which b is left over?",
        "Every layer that has gamma{l} loses its b{l}: the first, the last hidden one, and those behind a "
        "layer without batch norm.",
    ),
    "layer-number-cut-short": Help(
        "To which layer does the key b10 belong?",
        "Try a network of eleven layers in which layers 1 and 10 are not alike.",
        "A layer's number may have two digits. Take all of key[1:], and compare whole keys, not beginnings.",
    ),
    "every-bias-expected": Help(
        "Does every layer with batch norm have a b to begin with?",
        "Call your function twice in a row: what happens the second time?",
        "A b may be gone already. Ask whether the key is there, or use pop(key, None) on a copy.",
    ),
    "counts-bias-with-batch-norm": Help(
        "Which vectors does a hidden layer with batch norm have beside its weights?",
        "Count one hidden layer of 10 units: how many numbers per unit, besides its weights?",
        "With batch norm a hidden unit has gamma and beta, and no b: two numbers per unit, not three.",
    ),
    "forgets-gamma-beta": Help(
        "What does batch norm learn?",
        "Count one hidden layer of 10 units: how many numbers per unit, besides its weights?",
        "Each hidden unit with batch norm has two learned numbers, gamma and beta. They take the place of "
        "one b.",
    ),
    "flag-ignored": Help(
        "What does your function do when batch_norm is False?",
        "Call it with True and with False: the answers should differ by one number per hidden unit.",
        "Without batch norm a hidden unit has one b; gamma and beta are counted only with batch norm.",
    ),
    "flag-inverted": Help(
        "Which of the two networks has more parameters?",
        "Call your function with True and with False. Which answer is larger?",
        "Your cases are exchanged: with batch norm two numbers per hidden unit, without it one.",
    ),
    "counts-running-statistics": Help(
        "Which numbers of a layer does gradient descent move?",
        "Batch norm keeps four numbers per unit. Two of them have a gradient.",
        "The running mean and variance are kept, but not trained. Only gamma and beta count.",
    ),
    "one-per-layer": Help(
        "How many units share one gamma?",
        "Look at the shapes in the table: what is (n_l, 1) in numbers?",
        "b, gamma and beta have one number per unit, so a layer of n units has n of each.",
    ),
    "weights-left-out": Help(
        "Which array of a layer is the largest?",
        "Your result counts only columns. What multiplies A_prev?",
        "Each layer has a matrix W of n_l times n_{l-1} weights. They are nearly all of the parameters.",
    ),
    "weights-by-units-alone": Help(
        "How many weights does one unit have?",
        "What is the shape of W? Both of its numbers come from layer_dims.",
        "W{l} has shape (n_l, n_{l-1}): multiply each layer's size by that of the layer before.",
    ),
    "inputs-counted-as-a-layer": Help(
        "Do the inputs have parameters?",
        "layer_dims has one number more than the network has layers.",
        "The first number of layer_dims is the number of inputs. It has no b, gamma or beta of its own.",
    ),
    "layer-left-out": Help(
        "How many matrices W does your sum run over?",
        "Try a network without hidden layers: it still has one W and one b.",
        "Five numbers in layer_dims make four layers. Your sum leaves out the first or the last.",
    ),
    "wrong-sign-of-running-mean": Help(
        "With b gone, are the layer's Z larger or smaller than before?",
        "Write down Z + b - running_mu, and sort it into Z minus something.",
        "Z + b - running_mu = Z - (running_mu - b). The mean has to lose what the activations lose.",
    ),
    "running-mean-not-corrected": Help(
        "With which Z was the running mean gathered: with b in it, or without?",
        "Take one unit with b = 5 and running_mu = 5. What does it give before and after, for Z = 0?",
        "The running mean contains b. If b goes and the mean stays, every output at test time is shifted.",
    ),
    "bias-returned-instead": Help(
        "Which of the two numbers stays in the layer when b is deleted?",
        "Your result does not depend on running_mu.",
        "What is asked for is a new running mean: the old one, less b.",
    ),
    "running-mean-thrown-away": Help(
        "Is b all that the running mean holds?",
        "Your result is 0 whatever the layer has seen.",
        "The mean of W A_prev is in the running mean too. Take b out of it, and leave the rest.",
    ),
    "old-average-still-counts": Help(
        "Is this one more step of a running average?",
        "Where does the decay in your formula come from?",
        "Nothing is averaged here. The outputs have to stay exactly as they are: running_mu - b, at once.",
    ),
}
