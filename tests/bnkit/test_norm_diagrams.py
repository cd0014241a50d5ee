"""The picture of the four norms tells which numbers share a mean, with and without eyes."""

import pytest

import bnkit

pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install '.[course]'")

TITLE = "Four norms share four kinds of means"


def test_each_norm_has_a_panel_in_which_every_image_is_labelled():
    panels = bnkit.normalization_sets(TITLE, N=2, C=4, groups=2).figure.axes
    labels = {ax.get_title(): [int(text.get_text()) for text in ax.texts] for ax in panels}
    assert labels == {
        "batch norm": [1, 1, 2, 2, 3, 3, 4, 4],
        "layer norm": [1, 2, 1, 2, 1, 2, 1, 2],
        "group norm, 2 groups": [1, 3, 1, 3, 2, 4, 2, 4],
        "instance norm": [1, 5, 2, 6, 3, 7, 4, 8],
    }


def test_the_first_set_has_a_pattern_besides_its_colour():
    panels = bnkit.normalization_sets(TITLE).figure.axes
    assert [len(ax.patches) for ax in panels] == [4, 6, 2, 1]
    assert all(patch.get_hatch() for ax in panels for patch in ax.patches)


def test_the_table_counts_the_sets_and_tells_who_mixes_examples():
    rows = bnkit.normalization_sets(TITLE, N=4, C=6, groups=3).rows
    assert [(name, sets, mixes) for name, sets, _, mixes in rows] == [
        ("batch norm", "6", "yes"),
        ("layer norm", "4", "no"),
        ("group norm, 3 groups", "12", "no"),
        ("instance norm", "24", "no"),
    ]


def test_groups_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(ValueError, match="groups is 4, expected a divisor of the 6 channels"):
        bnkit.normalization_sets(TITLE, groups=4)
