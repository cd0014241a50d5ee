"""The command line: what instructors and readers call, each command with an example."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

COURSE = click.option(
    "--course",
    type=click.Path(path_type=Path),
    default=Path("."),
    help="The course folder; this one unless given.",
)
JSON = click.option(
    "--json", "as_json", is_flag=True, help="JSON lines on standard output, and nothing else there."
)
UNSAFE = click.option("--unsafe-no-sandbox", "unsafe", is_flag=True, help="No wall: for your own code only.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="batchnorm-workbook")
def main() -> None:
    """Make a course of the batch normalization workbook, grade it, send feedback.

    \b
    Example, from an empty folder to feedback:
        autograder quickstart mycourse
        cd mycourse
        autograder release
        # collect notebooks into submitted/<student>/<assignment>/<assignment>.ipynb
        autograder grade 01-normalizing-activations
        autograder feedback 01-normalizing-activations
    """


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def quickstart(folder: Path) -> None:
    """Make a course folder with every assignment in source/.

    \b
    Example:
        autograder quickstart mycourse
    """
    import shlex

    from .course import quickstart

    with _one_line_errors():
        course = quickstart(folder)
        click.echo(f"{folder} is a course now, with {', '.join(course.assignments)} in source/.")
        click.echo(f"Next: autograder release --course {shlex.quote(str(folder))}")


@main.command()
@click.argument("assignments", metavar="[ASSIGNMENT]...", nargs=-1)
@COURSE
def release(assignments: tuple[str, ...], course: Path) -> None:
    """Make the students' versions in release/, of all assignments unless some are named.

    \b
    Example:
        autograder release 01-normalizing-activations --course mycourse
    """
    from .course import Course
    from .nbgrader_steps import release

    with _one_line_errors():
        for assignment in release(Course.open(course), assignments):
            click.echo(f"released {assignment}")


@main.command()
@click.argument("assignment")
@COURSE
@click.option(
    "--workers", type=click.IntRange(min=1), help="Processes that grade; one for each core unless given."
)
@click.option("--scheduler", metavar="ADDRESS", help="Grade on the Dask cluster of this scheduler.")
@click.option("--force", is_flag=True, help="Grade again what is graded already.")
@click.option("--call-seconds", type=click.FloatRange(min=0.1), help="Limit for one call.")
@click.option("--submission-seconds", type=click.FloatRange(min=0.1), help="Limit for one submission.")
@UNSAFE
@JSON
def grade(
    assignment: str,
    course: Path,
    workers: int | None,
    scheduler: str | None,
    force: bool,
    call_seconds: float | None,
    submission_seconds: float | None,
    unsafe: bool,
    as_json: bool,
) -> None:
    """Grade what was handed in for an assignment into the course's gradebook.

    Reads submitted/<student>/<assignment>/<assignment>.ipynb. What is graded already is told again, not
    graded again. Exit code 1 if anything failed through the grader's own fault.

    \b
    Example:
        autograder grade 01-normalizing-activations --course mycourse --json > lines.jsonl
    """
    from .batch import Cluster
    from .course import Course
    from .grading import Options, grade_assignment
    from .limits import Limits
    from .report import Progress

    asked = {"call_seconds": call_seconds, "submission_seconds": submission_seconds}
    limits = Limits(**{name: value for name, value in asked.items() if value is not None})
    options = Options(Cluster(workers, scheduler), limits, force, unsafe)
    failed = False
    with _one_line_errors(), Progress(as_json) as progress:
        for line in grade_assignment(Course.open(course), assignment, options, progress.start):
            progress.tell(line)
            failed |= line.status == "failed"
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("assignment")
@COURSE
def feedback(assignment: str, course: Path) -> None:
    """Write the pages that students get back, in feedback/.

    \b
    Example:
        autograder feedback 01-normalizing-activations --course mycourse
    """
    from .course import Course
    from .nbgrader_steps import feedback

    with _one_line_errors():
        pages = feedback(Course.open(course), assignment)
        click.echo(f"wrote {len(pages)} pages into {pages[0].parents[2]}")


@main.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--exercise", help="Grade this exercise only.")
@UNSAFE
@JSON
def check(files: tuple[str, ...], exercise: str | None, unsafe: bool, as_json: bool) -> None:
    """Grade the functions in plain Python files, exactly as the grader would.

    Exit code 2 if a file could not be read or there is no such exercise.

    \b
    Example:
        autograder check mine.py --exercise batch_variance
    """
    from .filecheck import check_files
    from .report import show_check

    with _one_line_errors():
        complete = True
        for result in check_files(files, exercise, unsafe):
            show_check(result, as_json)
            complete &= result.complete
    sys.exit(0 if complete else 2)


@main.command()
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path("demo"))
def demo(folder: Path) -> None:
    """Grade a sample class in a course folder made for it.

    \b
    Example:
        autograder demo mydemo
    """
    from .demo import run

    with _one_line_errors():
        run(folder)


@main.command()
def doctor() -> None:
    """Say what is here, what is missing, and what to do about it.

    \b
    Example:
        autograder doctor
    """
    from .doctor import examine
    from .report import show_findings

    findings = examine()
    show_findings(findings)
    sys.exit(0 if all(finding.fine or not finding.needed for finding in findings) else 1)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--reveal/--no-reveal",
    default=None,
    help="Whether solutions may be shown there after a try; as before unless given, in a new folder yes.",
)
def workspace(folder: Path, reveal: bool | None) -> None:
    """Put the students' notebooks into a folder of your own; what you wrote there stays.

    Checks remember there what you have reached, and start.ipynb shows it.

    \b
    Example:
        autograder workspace ~/workbook
    """
    from .nbgrader_steps import workspace
    from .workspace import MARKER, damaged

    if reveal is None and damaged(folder):
        click.echo(f"{folder / MARKER} was damaged: solutions stay hidden, --reveal shows them", err=True)
    with _one_line_errors():
        for notebook in workspace(folder, reveal):
            click.echo(str(notebook))
        click.echo(f"Start here: {folder / 'start.ipynb'}")


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def matrix(arguments: tuple[str, ...]) -> None:
    """Print the kill matrix: each known misconception against the checks of its exercise.

    \b
    Example:
        autograder matrix
    """
    from .matrix import main as print_matrix

    sys.exit(print_matrix(list(arguments)))


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """End with one clear line where a person can mend what is wrong."""
    from .course import CourseError
    from .wall import WallUnavailable

    try:
        yield
    except (CourseError, WallUnavailable) as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
    except KeyboardInterrupt:
        _stop("stopped; the next run goes on from here")


def _stop(message: str) -> NoReturn:
    from .markup import one_line

    click.echo(f"autograder: {one_line(message, 1000)}", err=True)
    sys.exit(1)
