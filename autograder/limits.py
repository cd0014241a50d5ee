"""What one submission may take: one table, each figure configurable."""

from dataclasses import dataclass

KIB, MIB, GIB = 2**10, 2**20, 2**30


@dataclass(frozen=True)
class Limits:
    """What one submission may take. Sizes are in bytes."""

    call_seconds: float = 10
    submission_seconds: float = 60
    helper_share: float = 0.5  # of the submission's seconds: for the cells that a student added
    memory: int = GIB
    processes: int = 64  # and threads, together
    written: int = 64 * MIB
    output: int = MIB
    sources: int = 1_000_000
    notebook: int = 20_000_000

    @property
    def helper_seconds(self) -> float:
        """What all the cells that a student added may take together; judging keeps the rest."""
        return self.helper_share * self.submission_seconds
