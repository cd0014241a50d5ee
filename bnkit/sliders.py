"""A figure whose numbers the reader moves, and a plain picture where nothing can be moved."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from bnkit.figures import AccessibleFigure
from bnkit.sources import notebook_shell

Range = tuple[float, float, float] | list[Any]


def slider(
    draw: Callable[..., AccessibleFigure],
    *,
    title: str | None = None,
    start: Mapping[str, Any] | None = None,
    **ranges: Range,
) -> AccessibleFigure | None:
    """Show a figure below sliders that redraw it.

    The figure is an output like any other, and the sliders only replace it. So the one for the start values
    stays to be seen wherever sliders do not work: in a printed notebook, or without ipywidgets.

    Parameters
    ----------
    draw : callable
        Takes the ranges' names as arguments and returns the figure.
    title : str, optional
        Stands above the sliders: what to look for.
    start : dict, optional
        Values to begin with. Where it has none, draw's own default counts, and else a range's middle, or the
        first choice.
    **ranges : (low, high, step), or a list of choices
        Integers give integers.

    Returns
    -------
    AccessibleFigure or None
        The figure for the start values where no notebook shows it.

    Examples
    --------
    >>> slider(draw, gamma=(-3, 3, 0.5), m=[2, 8, 32], start={"gamma": 1})  # doctest: +SKIP
    """
    values = _start_values(draw, ranges, dict(start or {}))
    figure = draw(**values)
    if notebook_shell() is None:
        return figure
    _show(draw, title, values, ranges, figure)
    return None


def _start_values(draw: Any, ranges: Mapping[str, Range], start: dict[str, Any]) -> dict[str, Any]:
    if not ranges:
        raise ValueError("no range is given, expected one for each slider: gamma=(-3, 3, 0.5)")
    if unknown := sorted(start.keys() - ranges.keys()):
        raise ValueError(f"start has {unknown}, expected names that have a range: {list(ranges)}")
    parameters = inspect.signature(draw).parameters
    defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    return {name: _start(name, given, {**defaults, **start}) for name, given in ranges.items()}


def _start(name: str, given: Range, wanted: Mapping[str, Any]) -> Any:
    if isinstance(given, list) and given:
        value, inside = wanted.get(name, given[0]), wanted.get(name, given[0]) in given
    elif isinstance(given, tuple) and len(given) == 3 and given[0] < given[1] and given[2] > 0:
        low, high, step = given
        value = wanted.get(name, low + (high - low) / step // 2 * step)
        value, inside = (int(value) if _whole(given) else float(value)), low <= value <= high
    else:
        raise ValueError(
            f"{name} is {given!r}, expected (low, high, step), as in (-3, 3, 0.5), or a list of choices"
        )
    if not inside:
        raise ValueError(f"{name} starts at {value!r}, expected a value of its range {given!r}")
    return value


def _whole(given: Range) -> bool:
    return all(isinstance(bound, int) for bound in given)


def _show(
    draw: Any, title: str | None, values: dict[str, Any], ranges: Any, figure: AccessibleFigure
) -> None:
    from IPython.display import display

    try:
        import ipywidgets
    except ImportError:
        display(figure)
        print("The figure for " + _told(values) + ". To move it you need ipywidgets: pip install ipywidgets")
        return
    width = f"{max(map(len, ranges)) * 0.6 + 1}em"
    controls = {name: _control(ipywidgets, ranges[name], values[name], name, width) for name in ranges}
    heading = [ipywidgets.Label(title)] if title else []
    box = ipywidgets.VBox([*heading, *controls.values()])
    # Where widgets do not run, the text stands in their place.
    text = f"{title} (Drawn for {_told(values)}.)" if title else f"Drawn for {_told(values)}."
    display({**box._repr_mimebundle_(), "text/plain": text}, raw=True)
    shown = display(figure, display_id=True)

    def redraw(_change: Any) -> None:
        try:
            shown.update(draw(**{name: control.value for name, control in controls.items()}))
        except Exception as error:  # raised in a callback it would only reach a log that nobody reads
            shown.update({"text/plain": f"{type(error).__name__}: {error}"}, raw=True)

    for control in controls.values():
        control.observe(redraw, names="value")


def _told(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _control(ipywidgets: Any, given: Range, value: Any, name: str, width: str) -> Any:
    looks = {"description": name, "style": {"description_width": width}, "layout": {"width": "28em"}}
    if isinstance(given, list):
        return ipywidgets.SelectionSlider(options=given, value=value, **looks)
    low, high, step = given
    if _whole(given):
        return ipywidgets.IntSlider(min=low, max=high, step=step, value=value, **looks)
    decimals = len(f"{step:.6f}".rstrip("0").partition(".")[2])
    digits = f".{decimals}f"
    return ipywidgets.FloatSlider(min=low, max=high, step=step, value=value, readout_format=digits, **looks)
