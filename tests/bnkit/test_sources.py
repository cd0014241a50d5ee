"""A function's source is shown as it stands."""

import pytest

import bnkit


def halve(x):
    """Return half of x."""
    return x / 2


def test_a_functions_source_is_printed_outside_of_a_notebook(capsys):
    bnkit.show_source(halve)
    assert capsys.readouterr().out == 'def halve(x):\n    """Return half of x."""\n    return x / 2\n'


def test_a_function_within_another_is_shown_from_the_margin(capsys):
    def inner(x):
        return x

    bnkit.show_source(inner)
    assert capsys.readouterr().out == "def inner(x):\n    return x\n"


def test_what_has_no_source_is_told():
    with pytest.raises(TypeError, match="len has no source to show"):
        bnkit.show_source(len)
    with pytest.raises(TypeError, match="3 has no source to show"):
        bnkit.show_source(3)


@pytest.mark.slow
def test_a_notebook_highlights_it_as_markdown():
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    source = "import bnkit\n\ndef halve(x):\n    return x / 2\n\nbnkit.show_source(halve)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbclient.NotebookClient(notebook, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert output.data["text/markdown"] == "```python\ndef halve(x):\n    return x / 2\n```"
    assert output.data["text/plain"] == "def halve(x):\n    return x / 2"
