"""The ways of optimizers on a map can be seen, and read."""

import numpy as np
import pytest

import bnkit

pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install '.[course]'")

WAY = np.array([[-4.0, 1.0], [-2.0, -0.5], [-1.0, 0.25]])


def bowl(first, second):
    return (first**2 + 10 * second**2) / 2 + 0.1


def test_each_path_is_drawn_and_told():
    figure = bnkit.valley_paths(bowl, {"plain": WAY, "careful": WAY[:2]}, "Both go down")
    assert figure.to_png().startswith(b"\x89PNG")
    assert "plain: from cost 13.1 to 0.912 in 2 steps" in figure.alt
    assert [row[:2] for row in figure.rows] == [("plain", "2"), ("careful", "1")]
    assert "(-1, 0.25)" in figure.to_text()


@pytest.mark.parametrize("path", [np.zeros((3, 3)), np.zeros(4), np.zeros((1, 2))])
def test_what_is_no_path_is_told(path):
    with pytest.raises(ValueError, match="expected \\(steps \\+ 1, 2\\)"):
        bnkit.valley_paths(bowl, {"path": path}, "Nothing")


def test_a_path_that_blew_up_is_told():
    with pytest.raises(ValueError, match="not finite"):
        bnkit.valley_paths(bowl, {"path": np.array([[1.0, 1.0], [np.inf, 0.0]])}, "Nothing")
