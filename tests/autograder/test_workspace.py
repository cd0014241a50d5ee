"""Where a reader's workspace begins and ends."""

from readers import FIRST

from autograder.workspace import MARKER, Workspace, damaged, find, mark


def test_it_is_found_from_any_folder_below_its_root(place, monkeypatch):
    assert find() == place
    deeper = place.root / FIRST / "figures" / "old"
    deeper.mkdir(parents=True)
    monkeypatch.chdir(deeper)
    assert find() == place


def test_outside_there_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find() is None


def test_while_nbgrader_grades_there_is_none(place, monkeypatch):
    for step in ("autograde", "validate"):
        monkeypatch.setenv("NBGRADER_EXECUTION", step)
        assert find() is None


def test_in_a_folder_that_was_deleted_there_is_none(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert find() is None


def test_solutions_may_be_shown_unless_it_was_made_otherwise(tmp_path):
    assert mark(tmp_path).reveals
    assert not mark(tmp_path, reveals=False).reveals
    assert not mark(tmp_path).reveals  # `make lab` keeps what was chosen
    assert mark(tmp_path, reveals=True).reveals


def test_a_marker_that_cannot_be_read_shows_nothing(place):
    for content in (b"", b"[]", b'{"reveals": "yes"}', b"\xff"):
        (place.root / MARKER).write_bytes(content)
        assert find() == Workspace(place.root, reveals=False)
        assert damaged(place.root)
    for reveals in (False, True):
        mark(place.root, reveals)
        assert not damaged(place.root)
    assert not damaged(place.root / FIRST)
