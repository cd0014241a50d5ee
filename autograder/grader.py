"""One submission -> verdicts: a pure function of sources, exercises, environment and seed."""

from __future__ import annotations

import functools
import hashlib
import re
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from . import exercises
from .check import judge
from .exercise import CheckLine, Exercise, Verdict
from .flags import looks_for_grader
from .intake import Submission
from .limits import Limits
from .placement import PlacedCell
from .sandbox import Sandbox
from .scratch import HeldFolder
from .stripping import build_packages
from .wire import Call, CallError, Outcome

FILE = "file"  # what the one cell of a plain Python file is called
DEFINITION = re.compile(r"\bdef[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)


@dataclass(frozen=True)
class Job:
    """All that grading one submission needs; it travels to whichever process does it.

    Attributes
    ----------
    submission : Submission
    limits : Limits
    seed : int
        Secret; the same seed draws the same inputs again.
    unsafe : bool
        No wall: for one's own code only.
    environment : str
        The `environment` of whoever asks; another one does not grade.
    course : str
        The course's folder, of which nothing inside the wall may see anything.
    """

    submission: Submission
    limits: Limits
    seed: int
    unsafe: bool = False
    environment: str = ""
    course: str = ""


@dataclass(frozen=True)
class GradedSubmission:
    """What grading says of one submission.

    `flags` are the short names of `autograder.flags`, `notes` sentences for who reads the graded notebook.
    """

    student: str
    assignment: str
    verdicts: tuple[Verdict, ...]
    flags: tuple[str, ...]
    seed: int
    seconds: float
    notes: tuple[str, ...] = ()


def new_seed() -> int:
    """Return a seed that no student can guess."""
    return secrets.randbits(128)


def grade(job: Job) -> GradedSubmission:
    """Run a submission's cells behind the wall and judge every exercise of its assignment.

    Parameters
    ----------
    job : Job

    Returns
    -------
    GradedSubmission

    Raises
    ------
    WallUnavailable, SandboxError, RuntimeError
        The grader's own trouble; nothing that a student writes raises.
    """
    if job.environment and job.environment != environment():
        raise RuntimeError("this worker has other versions of Python, NumPy or the workbook's packages")
    start = time.monotonic()
    submission = job.submission
    specs = exercises.of_notebook(submission.assignment)
    run = _run(job, submission.cells, specs, _packages(submission.assignment))
    flags = {*submission.flags, *run.flags}
    suspects = [spec for spec in specs if _may_have_borrowed(spec, run, submission.cells)]
    if suspects and any(v.passed for v in _run(job, submission.cells, suspects, _packages(None)).verdicts):
        flags.add("borrowed-reference")
    if job.unsafe:
        flags.add("unsafe-no-sandbox")
    seconds = round(time.monotonic() - start, 3)
    return GradedSubmission(
        submission.student,
        submission.assignment,
        run.verdicts,
        tuple(sorted(flags)),
        job.seed,
        seconds,
        run.notes,
    )


@functools.cache
def environment() -> str:
    """Return a digest of what a verdict depends on besides the submission: our packages, NumPy, Python."""
    digest = hashlib.sha256(f"{sys.version} {np.__version__}".encode())
    for package in ("autograder", "bnkit"):
        root = Path(__file__).resolve().parents[1] / package
        for path in sorted(root.rglob("*.py")):
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def grade_source(
    source: str, names: Sequence[str] = (), limits: Limits | None = None, unsafe: bool = False
) -> list[Verdict]:
    """Grade the functions of a plain Python file, exactly as a submission's.

    Parameters
    ----------
    source : str
    names : sequence of str
        The exercises to grade; every one that the file defines, unless given.
    limits : Limits, optional
    unsafe : bool

    Returns
    -------
    list of Verdict
        Empty where the file defines no exercise.
    """
    limits = limits or Limits()
    wanted = set(names) or _defined_names(source, limits, unsafe)
    cell = PlacedCell("solution", FILE, source, 0)
    verdicts: list[Verdict] = []
    for assignment in exercises.ASSIGNMENTS:
        specs = [spec for spec in exercises.of_notebook(assignment) if spec.name in wanted]
        if specs:
            job = Job(Submission("", assignment, "", (cell,), {}), limits, new_seed(), unsafe)
            verdicts += _run(job, (cell,), specs, _packages(assignment)).verdicts
    return verdicts


def names_in_text(source: str) -> set[str]:
    """Return the names that a text seems to define, whether or not it is Python."""
    return {name for pair in DEFINITION.findall(source) for name in pair if name}


def _defined_names(source: str, limits: Limits, unsafe: bool) -> set[str]:
    """Return the names that a file binds at its top level, by any kind of statement."""
    with Sandbox(_packages(exercises.ASSIGNMENTS[0]), limits, unsafe=unsafe) as sandbox:
        scan = sandbox.scan(source)
    return names_in_text(source) if scan.error else set(scan.names)


@dataclass(frozen=True)
class _Run:
    """What came of the cells and of the judging; `slow` are the functions that took too long."""

    verdicts: tuple[Verdict, ...]
    flags: frozenset[str]
    notes: tuple[str, ...]
    slow: frozenset[str]


def _run(job: Job, cells: Sequence[PlacedCell], specs: Iterable[Exercise], packages: Path) -> _Run:
    running = [cell for cell in cells if cell.role != "demo"]
    # Blanks first: where a solution's cell is gone, its function may stand in one that the student added.
    running.sort(key=lambda cell: cell.role != "blank")
    flags, slow = set(), set()
    hidden = Path(job.course) if job.course else None
    with Sandbox(packages, job.limits, unsafe=job.unsafe, hidden=hidden) as sandbox:

        def call(request: Call) -> Outcome:
            outcome = sandbox.call(request)
            if outcome.error and outcome.error.kind == "timeout":
                slow.add(request.function)
            return outcome

        # Before anything runs, because what has run could answer for the scan.
        scans = [sandbox.scan(cell.source) for cell in running if cell.role in ("solution", "helper")]
        if looks_for_grader(mention for scan in scans for mention in scan.mentions):
            flags.add("looks-for-grader")
        problems = {}
        for cell in running:
            error = sandbox.run(cell.name, cell.source, helper=cell.role == "helper")
            if error and cell.role != "blank":
                problems[cell.name] = error
        verdicts = tuple(
            _with_problem(judge(spec, call, _generator(job.seed, spec.name)), problems) for spec in specs
        )
        wrong = any(verdict.status not in ("passed", "blank") for verdict in verdicts)
        # Much output harms nobody, and experiments that take long do not where every function is right.
        if set(sandbox.exceeded) - {"output"} or (sandbox.cut and wrong):
            flags.add("limit-exceeded")
        return _Run(verdicts, frozenset(flags), tuple(_notes(sandbox)), frozenset(slow))


def _notes(sandbox: Sandbox) -> Iterator[str]:
    limits = sandbox.limits
    if sandbox.cut:
        yield (
            f"Too slow to run to the end: {', '.join(sandbox.cut)}. Of such a cell the definitions count; "
            f"one may take {limits.call_seconds:g} s, all that were added {limits.helper_seconds:g} s."
        )
    if "output" in sandbox.exceeded:
        yield f"The code printed more than {limits.output} bytes; this costs nothing."


def _packages(assignment: str | None) -> Path:
    """Folder of the packages that an assignment's code may import; without one, the real packages."""
    return Path(_package_folder(assignment).name)


@functools.cache
def _package_folder(assignment: str | None) -> HeldFolder:
    # Written once by each process, and removed when it ends.
    folder = HeldFolder("autograder-packages-")
    withheld = exercises.withheld(assignment) if assignment else ()
    build_packages(withheld, Path(folder.name), with_autograder=assignment is None)
    return folder


def _generator(seed: int, name: str) -> np.random.Generator:
    """Inputs of an exercise do not depend on which others are judged, or in which order."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key,)))


def _with_problem(verdict: Verdict, problems: dict[str, CallError]) -> Verdict:
    """Tell of the cell that stopped, where that may be why a function is not right."""
    if FILE in problems and problems[FILE].kind == "SystemExit":
        place = f" in line {problems[FILE].line}" if problems[FILE].line else ""
        text = f"The file exits{place}; it has to define its functions and go on."
        return Verdict(verdict.exercise, 0.0, verdict.max_points, "wrong", message=text)
    if verdict.passed or verdict.status == "blank" or not problems:
        return verdict
    name = verdict.exercise if verdict.exercise in problems else next(iter(problems))
    error = problems[name]
    where = name if name == FILE else f"cell {name}"
    place = f" in line {error.line}" if error.line and "(line" not in error.message else ""
    told = f"stopped{place}: {error.kind}: {error.message}"
    lines = (CheckLine(f"the {where} runs", False, told), *verdict.lines)
    return replace(verdict, lines=lines, message=f"The {where} {told}. {verdict.message}")


def _may_have_borrowed(spec: Exercise, run: _Run, cells: Sequence[PlacedCell]) -> bool:
    """Whether a second look with the real packages could find what the first did not."""
    verdict = next(v for v in run.verdicts if v.exercise == spec.name)
    written = any(
        cell.role == "helper" or (cell.name == spec.name and cell.role == "solution") for cell in cells
    )
    return written and not verdict.passed and spec.name not in run.slow
