"""Notebook 03: how a training set is cut into mini-batches, and what each makes of its own statistics."""

from __future__ import annotations

from .cutting_into_mini_batches import SPLIT_INTO_MINI_BATCHES
from .each_mini_batch import NORMALIZE_BY_MINI_BATCH
from .mini_batch_moments import MINI_BATCH_STATISTICS
from .spread_of_batch_means import VARIANCE_OF_BATCH_MEAN
from .tails import EXPOSE_TAIL

EXERCISES = (
    SPLIT_INTO_MINI_BATCHES,
    MINI_BATCH_STATISTICS,
    NORMALIZE_BY_MINI_BATCH,
    VARIANCE_OF_BATCH_MEAN,
    EXPOSE_TAIL,
)
