"""What a notebook's cells are to the worker: sources to scan, and to run as forgivingly as an honest reader.

Like the worker it lies alone inside the wall, and imports nothing of ours but its neighbour wire.
"""

import ast
import inspect
import linecache
import re
import symtable
from collections import deque
from collections.abc import Iterator
from typing import Any

if __package__:
    from . import wire
else:
    import wire

MAX_MESSAGE = 1000
MAX_MENTIONS = 5000
# These cell magics run the rest of the cell as Python; what follows any other is another language or a file.
PYTHON_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")
TIMED = re.compile(r"^([ \t]*)%time[ \t]+(?=[^ \t\n-])", re.MULTILINE)
# A command may go on in the next line; `x = !ls` binds its name all the same.
COMMAND = re.compile(
    r"^([ \t]*)(?:(\w+[ \t]*=)[ \t]*[%!]|[%!?])(?:[^\\\n]|\\.|\\\n)*$|^([ \t]*)[\w.]+\?{1,2}[ \t]*$",
    re.MULTILINE,
)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.ExceptHandler, ast.AsyncFor, ast.AsyncWith)


class Mute:
    """Takes whatever is asked of it, and does nothing: IPython's shell where there is none."""

    def __call__(self, *args: Any, **kwargs: Any) -> "Mute":
        return self

    def __getattr__(self, name: str) -> "Mute":
        if name.startswith("__"):
            raise AttributeError(name)
        return self


def scan(source: str) -> wire.Scan:
    """Say what a cell's source binds and mentions, without running it."""
    try:
        text = without_magics(source)
        tree = ast.parse(text)
        names = _bound(symtable.symtable(text, "<cell>", "exec")) | _walruses(tree)
        return wire.Scan(None, frozenset(names), frozenset(sorted(_mentions(tree))[:MAX_MENTIONS]))
    except Exception as exception:
        return wire.Scan(describe(exception))


def run_cell(
    source: str, name: str, namespace: dict[str, Any], definitions: bool = False
) -> wire.CallError | None:
    """Run a cell's source in the namespace, statement by statement.

    A statement that raises costs itself only. An exit or an interrupt ends the cell.

    Parameters
    ----------
    source, name : str
    namespace : dict
    definitions : bool
        Run only what defines something and computes nothing.

    Returns
    -------
    CallError or None
        The first thing that went wrong.
    """
    filename = f"<cell {name}>"
    try:
        text = without_magics(source)
        linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
        body = ast.parse(text, filename).body
    except BaseException as exception:
        return describe(exception, filename)
    futures = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    errors = []
    waiting = deque(_definitions(body) if definitions else body)
    while waiting:
        node = waiting.popleft()
        try:
            _run(ast.Module([*futures, node], []), filename, namespace)
        except BaseException as exception:
            errors.append(describe(exception, filename))
            if not isinstance(exception, Exception):
                break
            if isinstance(node, BLOCKS):
                waiting.extendleft(reversed(list(_definitions([node]))))
    return errors[0] if errors else None


def without_magics(source: str) -> str:
    """The source as plain Python: where it does not parse as it is, IPython's lines become ``pass``."""
    source = source.removeprefix("\ufeff")
    try:
        ast.parse(source)
        return source
    except SyntaxError:
        first = source.lstrip().split(maxsplit=1)[:1]
        if first and first[0].startswith("%%") and first[0] not in PYTHON_MAGICS:
            return ""
        return COMMAND.sub(_instead, TIMED.sub(r"\1", source))


def describe(exception: BaseException, filename: str | None = None) -> wire.CallError:
    """An exception as kind, message and the last line of the given file that it passed through."""
    kind = type(exception).__name__
    try:
        message = str(exception)
    except BaseException:
        message = "its message could not be read"
    line = None
    if isinstance(exception, SyntaxError) and exception.lineno is not None:
        line = exception.lineno
        message = f"{exception.msg} (line {exception.lineno}, column {exception.offset})"
    else:
        trace = exception.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == filename:
                line = trace.tb_lineno
            trace = trace.tb_next
    message = message[:MAX_MESSAGE].encode(errors="replace").decode()
    return wire.CallError(kind if kind.isidentifier() else "Exception", message, line)


def _run(module: ast.Module, filename: str, namespace: dict[str, Any]) -> None:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile(module, filename, "exec", flags, dont_inherit=True)
    if code.co_flags & inspect.CO_COROUTINE:
        import asyncio

        asyncio.run(eval(code, namespace))
    else:
        exec(code, namespace)


def _instead(match: re.Match[str]) -> str:
    # `pass` and not nothing: the line may be all that a block holds. Lines keep their numbers.
    indent, bound, before_help = match.groups()
    statement = f"{bound} None" if bound else "pass"
    return f"{indent or before_help or ''}{statement}" + "\n" * match[0].count("\n")


def _definitions(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield what defines something without computing anything, also from within blocks."""
    for node in body:
        if isinstance(node, DEFINITIONS) or (isinstance(node, ast.Assign) and not _calls(node)):
            yield node
        elif isinstance(node, BLOCKS):
            for part in ("body", "handlers", "orelse", "finalbody"):
                yield from _definitions(getattr(node, part, []))


def _calls(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Call | ast.Await) for part in ast.walk(node))


def _bound(table: symtable.SymbolTable) -> set[str]:
    """Names bound at module level, also by `global` in a function."""
    top = table.get_type() == "module"
    names = set()
    for symbol in table.get_symbols():
        if (symbol.is_assigned() or symbol.is_imported()) and (top or symbol.is_global()):
            names.add(symbol.get_name())
    return names.union(*map(_bound, table.get_children()))


def _walruses(tree: ast.AST) -> set[str]:
    """Names bound by ``:=``; from Python 3.12 on, symtable forgets those in comprehensions."""
    return {node.target.id for node in ast.walk(tree) if isinstance(node, ast.NamedExpr)}


def _mentions(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(_dotted(node))
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(f"{node.module}.{alias.name}" for alias in node.names if node.module)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value.split()) == 1:
            found.add(node.value.strip())
    return {text for text in found if len(text) <= wire.MAX_NAME}


def _dotted(node: ast.Attribute) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))
