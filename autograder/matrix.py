"""The kill matrix: every known mistake against the checks of its exercise, every correct variant too.

A mistake has to be rejected and named as itself, a variant accepted. The README's table is what
``autograder matrix --markdown --by-notebook`` prints.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from .check import judge_function
from .exercise import Exercise
from .exercises import every, find

HEADINGS = ("exercise", "misconceptions", "forms", "rejected", "named", "variants", "accepted")


@dataclass(frozen=True)
class Row:
    """What the checks of one exercise did, over all draws together."""

    exercise: str
    misconceptions: int
    implementations: int
    runs: int
    rejected: int
    named: int
    variants: int
    variant_runs: int
    accepted: int
    failures: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every mistake was rejected and named, and every variant accepted."""
        return self.rejected == self.named == self.runs and self.accepted == self.variant_runs

    def cells(self) -> tuple[str, ...]:
        """Return the row as `HEADINGS` has it."""
        return (
            self.exercise,
            str(self.misconceptions),
            str(self.implementations),
            _percent(self.rejected, self.runs),
            _percent(self.named, self.runs),
            str(self.variants),
            _percent(self.accepted, self.variant_runs),
        )


def row(exercise: Exercise, seeds: Iterable[int]) -> Row:
    """Run one exercise's misconceptions and variants, each on fresh inputs for every seed."""
    from .exercises.variants import VARIANTS

    seeds = tuple(seeds)
    variants = VARIANTS.get(exercise.name, ())
    wrong = [(known.name, form) for known in exercise.misconceptions for form in known.implementations]
    rejected = named = accepted = 0
    failures = []
    for seed in seeds:
        for name, form in wrong:
            verdict = _judged(exercise, form, seed)
            rejected += not verdict.passed
            named += verdict.misconception == name
            if verdict.passed or verdict.misconception != name:
                found = "accepted" if verdict.passed else f"named {verdict.misconception}"
                failures.append(f"{exercise.name}: {name} was {found} (seed {seed})")
        for variant in variants:
            verdict = _judged(exercise, variant, seed)
            accepted += verdict.passed
            if not verdict.passed:
                failures.append(
                    f"{exercise.name}: {variant.__name__} was rejected (seed {seed}): {verdict.message}"
                )
    return Row(
        exercise.name,
        len(exercise.misconceptions),
        len(wrong),
        len(wrong) * len(seeds),
        rejected,
        named,
        len(variants),
        len(variants) * len(seeds),
        accepted,
        tuple(failures),
    )


def by_notebook(rows: Iterable[Row]) -> list[Row]:
    """Add up the rows of each notebook."""
    groups = groupby(rows, key=lambda each: find(each.exercise).notebook)
    return [total(list(group), notebook) for notebook, group in groups]


def total(rows: Sequence[Row], name: str = "all") -> Row:
    """Add up rows; what they come to has this name."""
    numbers = {
        name: sum(getattr(each, name) for each in rows)
        for name in Row.__dataclass_fields__
        if name not in ("exercise", "failures")
    }
    return Row(name, **numbers, failures=tuple(text for each in rows for text in each.failures))


def as_markdown(rows: Sequence[Row]) -> str:
    """Return the table as Markdown, numbers to the right."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---|" + "---:|" * (len(HEADINGS) - 1)]
    lines += ["| " + " | ".join(each.cells()) + " |" for each in (*rows, total(rows))]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the kill matrix.

    Parameters
    ----------
    arguments : sequence of str, optional
        ``--markdown``, ``--by-notebook``, ``--seeds N``; those of the command line unless given.

    Returns
    -------
    int
        0 when every mistake was rejected and named and every variant accepted, 1 otherwise.
    """
    parser = argparse.ArgumentParser(prog="autograder matrix", description="Print the kill matrix.")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--by-notebook", action="store_true", help="a line for each notebook, not exercise")
    parser.add_argument("--seeds", type=int, default=1, help="fresh draws for each function (default 1)")
    options = parser.parse_args(arguments)
    rows = [row(exercise, range(options.seeds)) for exercise in every()]
    rows = by_notebook(rows) if options.by_notebook else rows
    if options.markdown:
        print(as_markdown(rows))
    else:
        _print_table(rows)
    for failure in total(rows).failures:
        print(failure, file=sys.stderr)
    return 0 if total(rows).complete else 1


def _judged(exercise: Exercise, function: Callable[..., Any], seed: int):
    # What the wrong functions have to say (a NumPy warning for each division by zero) is no news here.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return judge_function(exercise, function, np.random.default_rng(seed))


def _percent(part: int, whole: int) -> str:
    # Rounded down: 100 % means all of them.
    return f"{100 * part // whole} %" if whole else "-"


def _print_table(rows: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Kill matrix")
    for heading in HEADINGS:
        name = heading == "exercise"
        table.add_column(heading, justify="left" if name else "right", no_wrap=name)
    for each in rows:
        table.add_row(*each.cells(), style=None if each.complete else "bold red")
    table.add_section()
    table.add_row(*total(rows).cells())
    console = Console()
    # Cut off, the names say nothing; better a wide line where there is no terminal to measure.
    console.width = max(console.width, 100)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
