"""What commands say on a terminal: progress, verdicts, findings; student text without control characters."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from .feedback import as_text
from .flags import FLAGS
from .markup import one_line, plain_text
from .records import Line

STYLES = {"graded": "green", "refused": "yellow", "failed": "red"}


class Progress:
    """Tells a line for each submission, with a bar on standard error where that is a terminal.

    Parameters
    ----------
    as_json : bool
        JSON lines on standard output instead of sentences.
    """

    def __init__(self, as_json: bool):
        self._as_json = as_json
        self._bar: Any = None
        self._task: Any = None
        self._count = 0
        self._flags: set[str] = set()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._bar:
            self._bar.stop()
        if kind is None and not self._count:
            click.echo("nothing was handed in", err=True)
        for flag in sorted(self._flags & FLAGS.keys()):
            click.echo(f"{flag}: {FLAGS[flag]}", err=True)

    def start(self, total: int) -> None:
        """Draw the bar, once it is known how long it is."""
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress as Bar

            # Not redirected: standard output stays standard output, even beside the bar.
            console = Console(stderr=True)
            self._bar = Bar(console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
            self._task = self._bar.add_task("grading", total=total)
            self._bar.start()

    def tell(self, line: Line) -> None:
        """Tell of one submission."""
        self._count += 1
        self._flags.update(line.flags)
        if self._bar:
            self._bar.advance(self._task)
        text = line.to_json() if self._as_json else _sentence(line)
        if self._bar and sys.stdout.isatty():
            from rich.text import Text

            self._bar.console.print(Text.from_ansi(text), soft_wrap=True)
        else:
            click.echo(text)
            sys.stdout.flush()


def show_check(result: Any, as_json: bool) -> None:
    """Tell of one exercise in one file."""
    if as_json:
        click.echo(result.to_json())
        return
    click.secho(one_line(result.file), bold=True)
    text = as_text(result.verdict) if result.verdict else result.message
    click.secho(plain_text(text), fg="green" if result.passed else "yellow")
    click.echo()


def show_findings(findings: Sequence[Any]) -> None:
    """Tell what the doctor found."""
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        word = "ok" if finding.fine else "MISSING" if finding.needed else "not here"
        colour = "green" if finding.fine else "red" if finding.needed else "yellow"
        click.echo(
            f"{finding.name:<{width}}  {click.style(f'{word:<8}', fg=colour)}  {one_line(finding.told, 1000)}"
        )


def _sentence(line: Line) -> str:
    student = one_line(line.student, 60)
    if line.status == "graded":
        told = f"{line.points:g} of {line.max_points:g} points in {line.seconds:.1f} s"
        told += ", a written answer waits for you" if line.needs_manual else ""
        told += f" [{', '.join(line.flags)}]" if line.flags else ""
    else:
        told = one_line(line.reason)
    return f"{student}  {click.style(line.status, fg=STYLES[line.status])}  {told}"
