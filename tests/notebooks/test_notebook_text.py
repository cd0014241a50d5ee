"""What a reader reads: links that lead somewhere, one notation, hints that fold, parts in their order."""

import re
from urllib.parse import urlparse

import pytest
from workbook import code, markdown, nbgrader_of, path_of

GREEK = "mu sigma gamma beta varepsilon alpha theta delta lambda"
SIGNS = (
    "tilde hat partial frac tfrac sqrt sum log top approx cdot odot ge dots"
    " leftarrow longrightarrow xrightarrow"
)
LAYOUT = "text operatorname left right big Big quad qquad"
COMMANDS = {word for words in (GREEK, SIGNS, LAYOUT) for word in words.split()}
LETTERS = set("zZAWbJXYmnijlLdvhsUNCHatTwc")  # v, h, s: local to one derivation; d: a gradient's leading d


def without_code(text):
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def formulas(notebook):
    for cell in markdown(notebook):
        for double, single in re.findall(r"\$\$(.+?)\$\$|\$([^$]+?)\$", without_code(cell.source), re.DOTALL):
            yield cell.id, double or single


def test_links_lead_somewhere(assignment, notebook):
    for cell in markdown(notebook):
        prose = re.sub(r"\$[^$]*\$", "", without_code(cell.source).replace("$$", "$"))
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            address = urlparse(target)
            if address.scheme:
                assert address.scheme == "https", cell.id
                assert address.netloc, cell.id
            else:
                assert (path_of(assignment).parent / address.path).is_file(), target


def test_formulas_keep_to_the_notation_of_the_course(notebook):
    for name, formula in formulas(notebook):
        words_removed = re.sub(r"\\(?:text|operatorname)\{[^}]*\}|_\{\\text\{norm\}\}", "", formula)
        assert set(re.findall(r"\\([a-zA-Z]+)", words_removed)) <= COMMANDS, (name, formula)
        symbols = re.sub(r"\\[a-zA-Z]+", " ", words_removed)
        assert set(re.findall(r"[a-zA-Z]", symbols)) <= LETTERS, (name, formula)
        assert set(re.findall(r"\\hat\s*\{?\s*(.)", formula)) <= {"Y", "v", "s"}, (name, formula)


def test_dollars_are_balanced(notebook):
    for cell in markdown(notebook):
        assert without_code(cell.source).count("$") % 2 == 0, cell.id


def test_folds_are_closed_and_leave_room_for_markdown(notebook):
    for cell in markdown(notebook):
        folds = re.findall(
            r"<details><summary>[^<\n]+</summary>\n\n.+?\n\n</details>", cell.source, re.DOTALL
        )
        assert len(folds) == cell.source.count("<details>") == cell.source.count("</details>"), cell.id


def test_each_exercise_has_its_heading_and_hints_by_symptom(notebook):
    for number, cell in enumerate([c for c in code(notebook) if c.id.startswith("test_")], start=1):
        name = cell.id.removeprefix("test_")
        position = notebook.cells.index(cell)
        before, after = notebook.cells[position - 2], notebook.cells[position + 1 : position + 3]
        heading = rf"### Exercise {number} · `{name}`\n\ndifficulty [●○]{{5}} · about \d+ minutes · "
        assert re.search(heading + rf"{nbgrader_of(cell).points} points?\b", before.source), name
        assert any("<summary>Hint: " in following.source for following in after), name


PARTS = (
    "You will be able to",
    "**Time**",
    "Predict, then run",
    "What goes wrong in practice",
    "Catch the bug",
    "## Summary",
    "Your way through the workbook",
    "**Next:**",
)


@pytest.mark.parametrize("part", PARTS)
def test_no_part_of_a_notebook_is_missing(notebook, part):
    assert any(part in cell.source for cell in markdown(notebook))


def test_what_goes_wrong_names_its_source(notebook):
    boxes = [cell.source for cell in markdown(notebook) if "What goes wrong in practice" in cell.source]
    assert all("](https://" in box and "*Symptom:*" in box for box in boxes)


def test_paragraphs_are_short(notebook):
    for cell in markdown(notebook):
        if not cell.id.startswith("manual_"):
            for paragraph in cell.source.split("\n\n"):
                words = [] if paragraph.startswith(("|", "$$", ">", "-", "1.")) else paragraph.split()
                assert len(words) <= 90, (cell.id, paragraph)
