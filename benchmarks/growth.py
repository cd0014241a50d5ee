"""How the time for an entry grows with the size of the array: ours, PyTorch and a copy, as a picture."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import numpy as np
from cpu import draw, our_jobs, torch_jobs
from timing import Report, in_turn, tell

PICTURE = Path(__file__).with_name("growth.png")


def timed(exponent: int, with_torch: bool, rounds: int) -> dict[str, Any]:
    """Return a row: nanoseconds an entry of an array with 2 to that power of them, about square."""
    n = 2 ** (exponent // 2)
    m = 2**exponent // n
    a = draw(n, m)
    jobs = our_jobs(a, np.empty_like(a["Z"]))["forward"]
    del jobs["ours"], jobs["formulas"]
    if with_torch:
        jobs |= torch_jobs(a, compiled=False)["forward"]
    timings = in_turn(jobs, rounds, seconds=0.01)
    row = {"entries": f"2^{exponent}", "copy": "copy", "ours": "ours, out="}
    if with_torch:
        row["PyTorch"] = timings.fastest([name for name in jobs if name.startswith("PyTorch")])
    return {
        name: job if name == "entries" else 1e9 * timings.median(job) / (n * m) for name, job in row.items()
    }


def draw_picture(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw nanoseconds an entry against the number of entries, titled by what it shows."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    sizes = [2 ** int(row["entries"][2:]) for row in rows]
    styles = {
        "copy": ("o", "--", "#666666"),
        "ours": ("s", "-", "#0072b2"),
        "PyTorch": ("^", "-.", "#d55e00"),
    }
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for name, (marker, line, colour) in styles.items():
        if name in rows[0]:
            axes.plot(
                sizes, [row[name] for row in rows], marker=marker, linestyle=line, color=colour, label=name
            )
    axes.set(xscale="log", yscale="log", xlabel="entries of Z (float32)", ylabel="nanoseconds an entry")
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes)
    axes.set_title(finding(rows), loc="left")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)


def finding(rows: list[dict[str, Any]]) -> str:
    """Say in one sentence what the large arrays cost."""
    large = [row for row in rows if int(row["entries"][2:]) >= 22] or rows[-1:]
    copies = np.median([row["ours"] / row["copy"] for row in large])
    told = f"Batch norm forward costs {copies:.1f} copies of a large array"
    if "PyTorch" in rows[0]:
        told += f", PyTorch's {np.median([row['PyTorch'] / row['copy'] for row in large]):.1f}"
    return told


@click.command()
@click.option("--largest", type=click.IntRange(10, 30), default=28, show_default=True, help="A power of 2.")
@click.option("--rounds", default=5, show_default=True)
@click.option("--picture", type=click.Path(path_type=Path), default=PICTURE, help="Where the picture goes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--markdown", is_flag=True, help="Print the table as RESULTS.md has it.")
def main(largest: int, rounds: int, picture: Path, as_json: bool, markdown: bool) -> None:
    """Time batch norm forward for arrays of 2^10 entries and more, and draw the time for one entry.

    The copy and ours write into an array that is there, PyTorch into one of its own, as its users have it.
    The largest array, its result and PyTorch's copies take 5 GB for 2^28 entries.

    \b
    Example:
      python benchmarks/growth.py --largest 24
    """
    with_torch = find_spec("torch") is not None
    rows = []
    for exponent in range(10, largest + 1, 2):
        rows.append(timed(exponent, with_torch, rounds))
        click.echo(f"2^{exponent} timed", err=True)
    tell([Report("Nanoseconds an entry, forward, float32", rows)], as_json, markdown)
    draw_picture(rows, picture)
    click.echo(f"{finding(rows)}: {picture}", err=True)


if __name__ == "__main__":
    main()
