"""Where the workbook's notebooks are, and what nbgrader says of a cell."""

from pathlib import Path

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
ASSIGNMENTS = sorted(path.name for path in NOTEBOOKS.iterdir() if (path / f"{path.name}.ipynb").is_file())


def path_of(assignment):
    """Return the file of a notebook as it is committed."""
    return NOTEBOOKS / assignment / f"{assignment}.ipynb"


def nbgrader_of(cell):
    """Return nbgrader's metadata of a cell: empty for one that it leaves alone."""
    return cell.metadata.get("nbgrader", {})


def code(notebook):
    """Return the code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def markdown(notebook):
    """Return the cells to read."""
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def solutions(notebook):
    """Return the cells that hold a function to write."""
    return [cell for cell in code(notebook) if nbgrader_of(cell).get("solution")]
