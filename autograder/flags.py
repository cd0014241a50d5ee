"""Flags: short names of what an instructor should look at. An honest submission has none."""

from __future__ import annotations

from collections.abc import Iterable

FLAGS = {
    "borrowed-reference": "An answer was taken from bnkit or autograder at run time.",
    "duplicate-cell": "A cell occurs twice; the first one counted.",
    "limit-exceeded": "The code went over a limit of time, memory, processes or disk.",
    "looks-for-grader": "The code looks for the grading environment or reaches into the interpreter.",
    "unsafe-no-sandbox": "Graded without a wall; only for one's own code.",
}

# Dotted names and one-word strings that honest solutions of these exercises have no use for.
NAMES = {
    "NBGRADER_EXECUTION",
    "sys.settrace",
    "sys.setprofile",
    "sys.displayhook",
    "sys.meta_path",
}
ATTRIBUTES = {
    *("_getframe", "currentframe", "f_back", "f_locals", "f_globals", "tb_frame", "__subclasses__"),
    *("get_objects", "get_referrers", "get_referents", "ast_transformers", "do_execute"),
}
PREFIXES = ("autograder.", "nbgrader", "/proc/", "/worker", "/packages")
# What notebooks and readers call of ours; who measures a run's time tells on which machine it ran.
OURS = {
    *("autograder.check", "autograder.progress", "autograder.reveal", "autograder.*"),
    *("autograder.stand_in", "autograder.stand_in.DeviceArray"),
}
ALLOWED = OURS | {"/proc/cpuinfo", "/proc/meminfo", "/proc/version"}


def looks_for_grader(mentions: Iterable[str]) -> bool:
    """Whether names used in a submission reach for the grader.

    Parameters
    ----------
    mentions : iterable of str
        As `sandbox.Scan` gives them.
    """
    return any(
        mention in NAMES or mention.rpartition(".")[2] in ATTRIBUTES or mention.startswith(PREFIXES)
        for mention in mentions
        if mention not in ALLOWED
    )
