"""What may be shown of a student's text: rendered as nbgrader renders it, nothing of it is alive."""

import re

import pytest
from nbconvert.filters import markdown2html

from autograder.markup import one_line, plain_text, sanitize_markdown

# Whatever would make a browser run, fetch or restyle something.
ALIVE = re.compile(
    r"<(?:script|img|iframe|svg|style|object|embed|form|input|base|meta|link|math|video|button)\b"
    r"|<[^>]*\son\w+\s*=|(?:href|src)\s*=\s*[\"']?\s*(?:javascript|data|vbscript|attachment|file):",
    re.IGNORECASE,
)
LIVELY_MATH = re.compile(r"\\(?:href|class|style|cssId|require|mmlToken|html\w*)\b", re.IGNORECASE)

HOSTILE = [
    "<script>alert(1)</script>",
    "<script",
    "<<script>alert(1)//<</script>",
    "<img src=x onerror=alert(1)>",
    "<IMG SRC=x\nonerror=alert(1)",
    "text <svg/onload=alert(1)> text",
    "<!-- <script> -->",
    "<?php x ?>",
    "</div></body><script>x</script>",
    "<\\script>",
    "<\x00script>alert(1)</script>",
    "<\x1b[0mscript>alert(1)</script>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a]( javascript:alert(1))",
    "[a](\n javascript:alert(1))",
    "[a](<javascript:alert(1)>)",
    "[a](< javascript:alert(1)>)",
    "[a](&#106;avascript:alert(1))",
    "[a](javascript&colon;alert(1))",
    "[a](java&Tab;script:alert(1))",
    "[a](\\javascript:alert(1))",
    "[a](vbscript:x)",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "[a][b]\n\n[b]:\n  javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](https://example.org/pixel.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](attachment:missing.png)",
    "![x]( attachment:missing.png 'title')",
    "![x][r]\n\n[r]: attachment:missing.png",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\\\href{javascript:alert(1)}{x}$",
    "$\\hrefhref\\href{x}{y}$",
    "$<\\class script>$",
    "$\\class{a}{x} \\style{color:red}{x} \\cssId{i}{x} \\require{html} \\mmlToken{mi}[href='x']{y}$",
    "```mermaid\n<script>alert(1)</script>\n```",
    "```&#109;ermaid\nclick A href javascript:x\n```",
    "> ~~~ mermaid\n> <img src=x>\n> ~~~",
    "`<script>`<script>`",
    "$`<script>$`",
    "# <script>x</script>",
    "| a |\n|---|\n| <script>x</script> |",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_hostile_answer_is_alive(text):
    page = markdown2html(sanitize_markdown(text))
    assert not ALIVE.search(page)
    assert not LIVELY_MATH.search(page)
    assert 'class="mermaid"' not in page


def test_the_examples_would_be_alive_without_it():
    for text in ("<script>alert(1)</script>", "[a](javascript:alert(1))"):
        assert ALIVE.search(markdown2html(text))


@pytest.mark.parametrize(
    "text",
    [
        "Plain *text* with **stress** and `code < 3`.",
        "$\\sigma^2 = \\frac{1}{m} \\sum_i (z_i - \\mu)^2$ and $$a \\leq b$$",
        "- one\n- two\n\n1. three",
        "[the paper](https://arxiv.org/abs/1502.03167) and [mail](mailto:a@b.org) and [up](#top)",
        "```python\nif a < b:\n    x[0] = 1\n```",
        "\\begin{align} a &= b \\end{align}",
        "Grüße, 数学, 🙂",
    ],
)
def test_honest_answers_stay_as_they_are(text):
    assert sanitize_markdown(text) == text


def test_a_less_than_sign_in_maths_stays_readable():
    page = markdown2html(sanitize_markdown("$a<b$ and $x<-1$, `if a<b:`"))
    assert "a&lt; b" in page
    assert "x&lt;-1" in page


def test_an_attached_image_leaves_a_note():
    assert "attachments are not kept" in sanitize_markdown("See ![plot](attachment:plot.png).")


def test_terminal_escapes_and_turned_directions_are_removed():
    assert plain_text("a\x1b[31mb\x1b]0;title\x07c\x9bd\u202ee\n\tf\r\n") == "abcde\n\tf\n"
    assert one_line("a\n\x1b[2Jb" + "x" * 400) == "a b" + "x" * 296 + "…"
