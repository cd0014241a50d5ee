"""Mistakes with devices, frameworks and memory traffic."""

from __future__ import annotations

from .help import Help

PORTABLE = {
    "host-copy": Help(
        "Where do your numbers travel on their way through the function?",
        "Look for .get(), .item(), .tolist() or bnkit.to_numpy: each copies from the device to the host.",
        "The result is right, but the data left the device. Compute there: operators, methods and NumPy's "
        "functions all work on a device array.",
    ),
    "numpy-only": Help(
        "Which line of yours works for a NumPy array and for no other?",
        "Look for np.array, np.zeros, np.empty, float(), math or an if about values: they live on the host.",
        "New arrays have to live where Z lives (np.zeros_like, bnkit.array_module), and no value may "
        "become a Python number.",
    ),
}

CONVENTIONS = {
    "momentum-hard-coded": Help(
        "What changes in your result when decay does?",
        "Look for a number written out in your code.",
        "Compute it from decay: the weights of the old and the new value add up to 1.",
    ),
    "window-instead-of-weight": Help(
        "Should the momentum be a weight between 0 and 1, or a number of mini-batches?",
        "Try decay 0.9. Is your result below 1?",
        "1 / (1 - decay) tells how many mini-batches the average remembers. Momentum is the weight of one.",
    ),
    "reciprocal-of-decay": Help(
        "Do the two weights of a weighted average multiply to 1, or add up to 1?",
        "Try decay 0.5: old and new value count the same.",
        "The weights add up to 1, so the weight of the new value is what decay leaves of it.",
    ),
    "rounds-to-a-whole-number": Help(
        "What is the result for decay 0.9?",
        "Look for int, round or //.",
        "The momentum is a number between 0 and 1, such as 0.1. Rounded to a whole number, nothing is left.",
    ),
    "correction-inverted": Help(
        "Which of the two variances is larger, the biased or the unbiased one?",
        "Ours divided by m, the framework's by m - 1. Which division gives more?",
        "The unbiased variance is the larger one: multiply by m / (m - 1). You have it upside down.",
    ),
    "correction-missing": Help(
        "By which number does the framework divide the sum of squares, and by which do we?",
        "For m = 2 the two conventions differ by a factor of 2. Does your result?",
        "The framework stores the unbiased variance, which is larger by m / (m - 1).",
    ),
    "correction-twice": Help(
        "How often is the divisor m exchanged for m - 1?",
        "Try m = 2: the result is twice the biased variance. How large is yours?",
        "The factor m / (m - 1) comes in once. You have squared it.",
    ),
    "variance-taken-for-sum": Help(
        "Has running_sigma2 been divided by m already?",
        "Undo the division by m before you divide by m - 1.",
        "running_sigma2 is a mean of squares and not their sum: multiply by m as well.",
    ),
    "another-count": Help(
        "By which two numbers do the two conventions divide?",
        "Write both variances with the same sum of squares on top, then take their ratio.",
        "Biased divides by m, unbiased by m - 1: the factor is m / (m - 1).",
    ),
    "factor-of-the-deviation": Help(
        "Is running_sigma2 a variance or a standard deviation?",
        "Look for a square root. Which quantity is asked for?",
        "Variances are converted by m / (m - 1). The root of it belongs to standard deviations.",
    ),
    "integer-division": Help(
        "What does your division by m - 1 do with the digits after the point?",
        "Look at the operator in front of m - 1. Try it on 10 and 9.",
        "// drops what comes after the point: 10 // 9 is 1. Divide with /.",
    ),
    "variance-over-units": Help(
        "Does this function see any examples?",
        "running_sigma2 holds variances already, one per unit. None has to be computed anew.",
        "Convert each unit's variance by m / (m - 1). Yours is the variance of the variances.",
    ),
}

MEMORY = {
    "itemsize-ignored": Help(
        "How many bytes does one entry take?",
        "Compare your result for float32 and for float64.",
        "Each entry takes itemsize bytes: you count entries, not bytes.",
    ),
    "itemsize-hard-coded": Help(
        "What changes in your result when the dtype does?",
        "Look for a 2, a 4 or an 8 in your code.",
        "An entry takes as many bytes as the argument itemsize says.",
    ),
    "overflows-32-bits": Help(
        "What is the largest number that an int32 holds?",
        "Print your result for a layer of more than four gigabytes. Is it negative, or far too small?",
        "32 bits end at 2,147,483,647. Python's own int has no end: do not turn the sizes into an int32.",
    ),
    "passes-ignored": Help(
        "How often is each entry read or written?",
        "Which of the four arguments does your result not depend on?",
        "Every pass moves all of Z once: multiply by passes.",
    ),
    "passes-hard-coded": Help(
        "What changes in your result when a kernel goes over the data more often?",
        "Look for a 2, a 3 or a 5 in your code.",
        "Take the number of passes from the argument: it differs from one implementation to another.",
    ),
    "counts-entries": Help(
        "What is asked for: the number of entries, or the bytes that are moved?",
        "Two of the four arguments do not occur in your result.",
        "n * m is the number of entries. Each takes itemsize bytes, and each pass moves all of them.",
    ),
    "bits-for-bytes": Help(
        "In which unit is itemsize given?",
        "Look for a factor of 8.",
        "itemsize counts bytes and the result does, too. The 8 bits of a byte play no part.",
    ),
    "units-forgotten": Help(
        "How many entries does Z have?",
        "Your result is that of a layer with a single unit.",
        "Z has n rows of m entries: multiply by n as well.",
    ),
    "examples-forgotten": Help(
        "How many entries does Z have?",
        "Your result is that of a mini-batch with a single example.",
        "Z has n rows of m entries: multiply by m as well.",
    ),
    "each-pass-counted-twice": Help(
        "What does one pass do: read, or write, or both?",
        "Your result is exactly twice what is expected. Where does the 2 come from?",
        "A pass either reads Z or writes an array of its size. Reading and writing are two passes already.",
    ),
    "counts-the-columns-too": Help(
        "How large are mu, sigma2, gamma and beta beside Z?",
        "The question is about passes over Z alone.",
        "Only Z counts here. The columns are m times smaller, and stay in the cache.",
    ),
    "another-unit-of-memory": Help(
        "In which unit is the result asked for?",
        "Compare your result with the expected one: by which factor is it too small?",
        "The result is in bytes, not in thousands or millions of them.",
    ),
    "added-instead-of-multiplied": Help(
        "How many entries does an array of shape (3, 4) have?",
        "Look for a + in your formula.",
        "Everything multiplies: n times m entries, each of itemsize bytes, moved passes times.",
    ),
}

DEVICES: dict[str, Help] = {**PORTABLE, **CONVENTIONS, **MEMORY}
