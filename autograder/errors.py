"""What an exception in a student's function usually means."""

from __future__ import annotations

import re

from .wire import CallError

# What an error's text holds -> what to look at.
USUAL_CAUSES = (
    (r"\bmatmul\b", "`@` is the matrix product; entry by entry it is `*`"),
    (r"bitwise_xor|for \^", "a power is written `**`"),
    (r"Implicit conversion to a NumPy array", "operators, methods and NumPy's functions work on it as it is"),
    (r"Unsupported type .*numpy\.ndarray", "an array on the host meets one on a device: which did you make?"),
    (
        r"could not be broadcast.*\(\d+,\d+,\d+,\d+\)",
        "shapes line up from the right: one number for each channel of (N, C, H, W) has shape (1, C, 1, 1)",
    ),
    (r"could not be broadcast.*\(\d+,\)", "print the shapes: does an (n,) stand where an (n, 1) is meant?"),
    (
        r"has no attribute 'mean'|'tuple' object|too many values to unpack",
        "does one of several results stand for all?",
    ),
)
OF_THE_CALL = (
    r"\(\) (?:missing|takes|got an unexpected)",
    "the function's signature has to stay as it was given",
)


def explain(error: CallError, function: str = "") -> str:
    """Tell an error in a line: its type, its text, where, and what it usually means.

    Parameters
    ----------
    error : CallError
    function : str
        The name of the function that was called; an error in calling another is that one's affair.

    Returns
    -------
    str
    """
    text = f"{error.kind}: {error.message.strip()}" if error.message.strip() else error.kind
    place = f" (line {error.line})" if error.line and "(line" not in text else ""
    pattern, of_the_call = OF_THE_CALL
    causes = (*USUAL_CAUSES, (rf"^(?:<lambda>|{re.escape(function)}){pattern}", of_the_call))
    cause = next((f"; {cause}" for pattern, cause in causes if re.search(pattern, error.message)), "")
    return f"{text}{place}{cause}"
