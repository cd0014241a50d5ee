"""A function's source, to be read where it is used."""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any


def show_source(function: Callable[..., Any]) -> None:
    """Show how a function is written: highlighted in a notebook, as plain text elsewhere.

    Parameters
    ----------
    function : callable
        Written in Python: in a module, or in a cell of a notebook.

    Raises
    ------
    TypeError
        If it has no source in Python, as NumPy's own functions have none.
    """
    try:
        source = textwrap.dedent(inspect.getsource(function)).rstrip()
    except (TypeError, OSError) as error:
        name = getattr(function, "__name__", repr(function))
        raise TypeError(f"{name} has no source to show, expected a function written in Python") from error
    shell = notebook_shell()
    if shell is None:
        print(source)
    else:
        # As Markdown, so that whoever shows it highlights it in the reader's own colours.
        bundle = {"text/markdown": f"```python\n{source}\n```", "text/plain": source}
        shell.display_pub.publish(bundle)


def notebook_shell() -> Any:
    """Return the IPython of the kernel that runs this code, or None where no notebook is."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    return shell if hasattr(shell, "kernel") else None
