"""The packages that student code meets behind the wall: bnkit without the answers, a check that is mute.

An exercise withholds the functions of bnkit that would hand over its answer. Their bodies are taken out of a
copy of the sources, so that nothing is left to be read, called or rebuilt.
"""

import ast
import contextlib
import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Stand = Callable[[Any], Any]

STUB = '''\
"""Stands in for the grading package where student code runs: everything in it does nothing."""


class _Nothing:
    def __call__(self, *args, **kwargs):
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __repr__(self):
        return ""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _Nothing()
'''

NO_KERNELS = '''\
"""Stands in for the kernels where answers are graded: everything stays with the formulas."""


def worth_starting(like, size):
    return False


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)

    def refuse(*args, **kwargs):
        raise RuntimeError(REFUSAL.format(name))

    return refuse
'''

# What networks and optimizers ask of bnkit.kernels also where there are none.
WITHOUT_KERNELS = {"worth_starting": lambda like, size: False}


def build_packages(withheld: Iterable[str], destination: Path, *, with_autograder: bool = False) -> Path:
    """Write the packages that student code may import.

    Parameters
    ----------
    withheld : iterable of str
        Public names of bnkit, such as ``"batch_mean"``, that raise RuntimeError instead of answering.
        (A NotImplementedError would look like an exercise left blank.)
    destination : Path
        A folder; bnkit/ and autograder/ are made in it.
    with_autograder : bool
        The real autograder instead of one whose ``check`` does nothing.

    Returns
    -------
    destination : Path

    Raises
    ------
    ValueError
        If bnkit defines none of a withheld name.
    """
    withheld = frozenset(withheld)
    destination = Path(destination)
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(_source("bnkit"), destination / "bnkit", ignore=ignore)
    if withheld:
        _leave_out_kernels(destination / "bnkit" / "kernels")
    found = set()
    for path in sorted((destination / "bnkit").rglob("*.py")) if withheld else ():
        found |= _strip(path, withheld)
    if missing := sorted(withheld - found):
        raise ValueError(f"bnkit defines no {', '.join(missing)}: nothing to withhold, check the spelling")
    if with_autograder:
        shutil.copytree(_source("autograder"), destination / "autograder", ignore=ignore)
    else:
        (destination / "autograder").mkdir()
        (destination / "autograder" / "__init__.py").write_text(STUB, encoding="utf-8")
    return destination


def refusal(name: str) -> str:
    """Say why a function of bnkit does not answer."""
    return f"bnkit.{name} is withheld: your function has to do without it, here and when it is graded"


@contextlib.contextmanager
def withholding(names: Iterable[str], namespace: dict[str, Any] | None = None) -> Iterator[Stand]:
    """Have the bnkit of this process refuse what the one behind the wall would.

    For a student's own checks only, so that they agree with the grader: it keeps nobody from an answer.

    Parameters
    ----------
    names : iterable of str
        Public names of bnkit.
    namespace : dict, optional
        Where the student's code looks its names up. ``from bnkit import batch_mean as mean`` leaves an answer
        there that bnkit's own modules no longer hold.

    Yields
    ------
    callable
        Gives the stand-in for a withheld function or class, and anything else as it is.
    """
    import bnkit

    withheld = [(name, getattr(bnkit, name)) for name in names]
    if withheld:
        withheld += _kernels()
    refusing = {
        id(real): WITHOUT_KERNELS.get(name) or _refusing(name, isinstance(real, type))
        for name, real in withheld
    }
    modules = [vars(module) for name, module in sys.modules.items() if name.partition(".")[0] == "bnkit"]
    places = [
        (place, name, value)
        for place in (*modules, {} if namespace is None else namespace)
        for name, value in list(place.items())
        if id(value) in refusing
    ]
    for place, name, value in places:
        place[name] = refusing[id(value)]
    try:
        yield lambda thing: refusing.get(id(thing), thing)
    finally:
        for place, name, value in places:
            if place.get(name) is refusing[id(value)]:  # else the student's code has given the name anew
                place[name] = value


def _source(package: str) -> Path:
    """The folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"no package {package} is installed here: pip install batchnorm-workbook")
    return Path(next(iter(spec.submodule_search_locations)))


def _kernels() -> list[tuple[str, Any]]:
    """Every function of bnkit.kernels, with the name that students call it by."""
    folder = _source("bnkit") / "kernels"
    names = (path.stem for path in folder.glob("*.py") if path.stem not in ("__init__", "buffers"))
    modules = [importlib.import_module(f"bnkit.kernels.{name}") for name in names]
    return [
        (name if name in WITHOUT_KERNELS else f"kernels.{name}", value)
        for module in modules
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", None) == module.__name__
    ]


def _leave_out_kernels(folder: Path) -> None:
    """Leave nothing that computes: a kernel answers under other names, for other shapes and in pieces."""
    for path in folder.iterdir():
        if path.name != "buffers.py":
            path.unlink()
    told = NO_KERNELS.replace("REFUSAL", repr(refusal("kernels.{}")))
    (folder / "__init__.py").write_text(told, encoding="utf-8")


def _strip(path: Path, withheld: frozenset[str]) -> set[str]:
    """Take the withheld definitions out of one file; returns the names that it defined."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for position, node in enumerate(tree.body):
        for name in _defined(node) & withheld:
            tree.body[position] = _refusal(name, isinstance(node, ast.ClassDef))
            found.add(name)
    if found:
        path.write_text(ast.unparse(ast.fix_missing_locations(tree)) + "\n", encoding="utf-8")
    return found


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def _refusing(name: str, is_class: bool) -> Callable:
    def refuse(*args, **kwargs):
        raise RuntimeError(refusal(name))

    refuse.__name__ = name
    return type(name, (), {"__init__": refuse}) if is_class else refuse


def _refusal(name: str, is_class: bool) -> ast.stmt:
    """A definition of that name, with any signature, that refuses to work."""
    head = f"def {name}(*args, **kwargs):"
    if is_class:
        head = f"class {name}:\n  def __init__(self, *args, **kwargs):"
    return ast.parse(f"{head}\n    raise RuntimeError({refusal(name)!r})").body[0]
