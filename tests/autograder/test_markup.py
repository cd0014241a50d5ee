"""What may be shown of a student's text: rendered as nbgrader renders it, nothing of it is alive."""

import re
import subprocess
import sys

import pytest
from nbconvert.filters import markdown2html

from autograder.markup import one_line, plain_text, sanitize_markdown, shown_source

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
    "&#36;&#92;href{javascript:alert(1)}{click}&#36;",
    "&dollar;&bsol;href{javascript:alert(1)}{click}&dollar;",
    "&#x24&#x5chref{javascript:alert(1)}{click}$",
    "&#0000000000000000000000000000000000000000036;\\&#00092;class{a}{b}$",
    "&#92;begin{equation}&#92;require{html}&#92;end{equation}",
    "&amp;#36;&amp;bsol;href{x}{y}$",
    "\\&#36;\\&bsol;href{x}{y}$",
    "&\\#36;&\\#92;href{x}{y}$",
    "&\x00#36;&\x00bsol;href{x}{y}$",
    "[a&bsol;href{x}{y}](https://example.org '&bsol;href{x}{y}')",
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
        "AT&T, a && b, &mu; &le; &#963;, 2 &lt; 3 &amp; 4",
        "[query](https://example.org/?a=1&lang=en)",
        "\\begin{align} a &b \\\\ c &= d \\end{align}",
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


TOKENS = [
    *map(chr, range(0x20)),
    *"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ aZ0é",
    *("![", "](", "![](", "![a](attachment:", "![a](<attachment:", "\\h", "\\href", "\x1b[", "\x1b]"),
    *("\x1b[0", "```", "```a", "~~~\n", "```&#109;", "&#", "&#9", "&a", "&lt", "&amp;", "<a", "](  ", "](a"),
    *("a.", "\n ", "\n          ", "\\begin{a}"),
]
EVERY_TOKEN = """
import sys
from autograder.markup import one_line, plain_text, sanitize_markdown, shown_source
for token in eval(sys.stdin.read()):
    many = token * (1_000_000 // len(token))
    for text in (many, "![a](" + many, "&#" + many):
        for clean in (plain_text, one_line, sanitize_markdown, shown_source):
            clean(text)
"""


def test_nothing_makes_cleaning_slower_than_its_length():
    # Far more than it takes. Any step that looks at a megabyte for each of its characters takes hours.
    subprocess.run(
        [sys.executable, "-c", EVERY_TOKEN], input=repr(TOKENS), text=True, check=True, timeout=600
    )


def test_honest_code_is_shown_as_it_is():
    code = "def f(Z):\n\n\n\n\n    # why\n    return Z" + " " * 20
    assert shown_source(code) == code


def test_code_that_takes_long_to_show_is_shortened():
    assert shown_source("a" + "\n" + "          \n" * 5000 + "    b").endswith("    \n    b")
    assert len(shown_source(" " * 90_000)) < 1000
    assert shown_source("a." * 30_000) == "a." * 500 + " …"
    assert shown_source("x = 1\n" * 20_000).endswith("x = 1\n# … the rest is too long to be shown")
    assert len(shown_source("x = 1\n" * 20_000)) < 50_100
