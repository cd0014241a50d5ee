"""A verdict is told in words and colour, in text and in HTML; nothing that a student wrote is markup."""

from html.parser import HTMLParser

import numpy as np
import pytest

from autograder.check import judge_function
from autograder.exercise import CheckLine, Example, Verdict
from autograder.exercises import every, find
from autograder.feedback import Score, as_html, as_text, in_print
from autograder.wire import Rng, Strided

HARMLESS = {
    *("div", "p", "b", "ul", "li", "span", "small", "pre"),
    *("details", "summary", "table", "tr", "th", "td"),
}
HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>&amp;\"'"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.open = set(), set(), []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parsed(html):
    tags = Tags()
    tags.feed(html)
    assert not tags.open
    return tags


def verdict_of(name, function, seed=0):
    return judge_function(find(name), function, np.random.default_rng(seed))


def unbiased(Z, mu):
    return ((Z - mu) ** 2).sum(axis=1, keepdims=True) / np.float64(Z.shape[1] - 1)


@pytest.fixture
def verdict():
    with np.errstate(all="ignore"):
        return verdict_of("batch_variance", unbiased)


def test_text_says_pass_or_fail_on_each_line(verdict):
    lines = as_text(verdict).splitlines()
    assert lines[0] == "batch_variance: not right yet (0 of 2 points)"
    words = [line.split()[0] for line in lines[1 : 1 + len(verdict.lines)]]
    assert words == ["pass" if line.passed else "FAIL" for line in verdict.lines]


@pytest.mark.parametrize(("step", "shown"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_help_has_as_many_steps_as_asked_for(verdict, step, shown):
    for told in (as_text(verdict, step), as_html(verdict, step)):
        assert sum(name in told for name in ("Question", "Pointer", "Explanation")) == shown
        assert "unbiased-variance" in told


def test_more_help_is_offered_until_there_is_no_more(verdict):
    assert "Check again for more help" in as_html(verdict, 2)
    assert "Check again for more help" not in as_html(verdict, 3)


def test_html_says_pass_and_fail_in_words_too(verdict):
    html = as_html(verdict)
    assert "FAIL" in html
    assert "pass" in html


def test_html_stands_alone_and_holds_no_script(verdict):
    tags = parsed(as_html(verdict))
    assert tags.tags <= HARMLESS
    assert tags.attributes <= {"style", "open"}


def test_everything_a_student_had_a_hand_in_is_escaped():
    verdict = Verdict(
        HOSTILE,
        0.0,
        1.0,
        "wrong",
        (CheckLine(HOSTILE, False, HOSTILE),),
        HOSTILE,
        (HOSTILE,) * 3,
        HOSTILE,
        Example(((HOSTILE, HOSTILE),), HOSTILE, HOSTILE),
    )
    tags = parsed(as_html(verdict))
    assert not {"script", "img"} & tags.tags
    assert "onerror" not in tags.attributes


def test_an_error_message_is_escaped():
    def batch_mean(Z):
        raise ValueError(HOSTILE)

    html = as_html(verdict_of("batch_mean", batch_mean))
    assert "<script" not in html
    assert "&lt;script" in html


def test_a_key_that_a_student_chose_is_escaped():
    def update_parameters(parameters, gradients, alpha):
        return {HOSTILE: np.zeros(2)}

    html = as_html(verdict_of("update_parameters", update_parameters))
    assert "<script" not in html
    assert "<img" not in html


@pytest.mark.parametrize("name", [exercise.name for exercise in every()])
def test_a_pass_is_told_with_its_points_and_no_help(name):
    verdict = verdict_of(name, find(name).reference)
    text = as_text(verdict)
    assert f"all checks passed ({verdict.points:g} of {verdict.points:g} point" in text
    assert "consistent" not in text
    assert "Try this by hand" not in text
    parsed(as_html(verdict))


def test_a_blank_is_told_in_one_line():
    def batch_mean(Z):
        raise NotImplementedError

    assert as_text(verdict_of("batch_mean", batch_mean)) == "batch_mean: not written yet (0 of 1 point)"


def test_a_partial_result_says_so():
    verdict = verdict_of("batch_variance", lambda Z, mu: (Z**2).mean(axis=1, keepdims=True) - mu**2)
    assert "right on ordinary inputs, not yet on every edge case (1.75 of 2 points)" in as_text(verdict)


def test_no_traceback_of_ours_is_shown():
    def batch_mean(Z):
        return Z / "text"

    text = as_text(verdict_of("batch_mean", batch_mean))
    assert "Traceback" not in text
    assert "autograder" not in text


def test_values_are_printed_as_one_writes_them():
    assert in_print(np.array([[1.0, 2.5]])) == "[[1. , 2.5]]"
    assert in_print(Strided(np.array([[1.0]]))) == "[[1.]]"
    assert in_print(Rng(3)) == "np.random.default_rng(3)"
    assert in_print(1e-5) == "1e-05"
    assert in_print((1.0, 2.0), ("gamma", "beta")) == "gamma = 1\nbeta = 2"


@pytest.mark.parametrize(("points", "text"), [(1.75, "1.75"), (2.0, "2"), (0.0, "0")])
def test_a_score_is_a_bare_number_in_text(points, text):
    assert repr(Score(points, 2)) == text
