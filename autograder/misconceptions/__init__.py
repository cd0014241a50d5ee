"""Help with each known mistake: a question, a pointer, a statement.

A misconception keeps its name and its help wherever it shows up. An exercise where the general
words do not fit gives its own.
"""

from __future__ import annotations

from .backward import BACKWARD
from .bias import BIAS
from .bugs import BUGS
from .covariate_shift import COVARIATE_SHIFT
from .devices import DEVICES
from .help import Help
from .mini_batches import MINI_BATCHES
from .network import NETWORK
from .normalizing import NORMALIZING
from .optimizers import OPTIMIZERS
from .other_norms import OTHER_NORMS
from .statistics import STATISTICS
from .test_time import TEST_TIME

__all__ = ["HELP", "Help"]

HELP: dict[str, Help] = {
    **STATISTICS,
    **NORMALIZING,
    **NETWORK,
    **BACKWARD,
    **MINI_BATCHES,
    **BIAS,
    **OPTIMIZERS,
    **TEST_TIME,
    **COVARIATE_SHIFT,
    **DEVICES,
    **OTHER_NORMS,
    **BUGS,
}
