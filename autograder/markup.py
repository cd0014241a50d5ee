"""What of a student's text and outputs may be shown to other people, and how it is made harmless.

Written answers are Markdown that nbgrader turns into HTML as it is, with MathJax running over the page. So
the source is changed until nothing in it can become a tag, a script's address or an attribute; maths and code
stay readable.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Mapping
from typing import Any

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
DROPPED_IMAGE = "*(an attached image stood here; attachments are not kept)*"

# No tag, comment or autolink begins with a less-than sign and a space; `a < b` reads the same, in maths too.
TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
# A destination is kept when it plainly is the web, mail, a heading of the page or a relative path.
# The quantifiers are possessive: none may give back what would let the rest look harmless.
SAFE_DESTINATION = re.compile(
    r"\s*+<?+\s*+(?:https?://|mailto:|#|[\w./-]*+(?=[\s)>#?]|$))", re.IGNORECASE | re.ASCII
)
LINK_START = re.compile(r"\](?=[(:])")
# Bounded, because the search begins anew at each exclamation mark.
ATTACHED_IMAGE = re.compile(r"!\[[^\]\n]{0,300}+\]\(\s{0,9}+<?attachment:[^)\n]{0,300}+\)", re.IGNORECASE)
ENTITY = re.compile(r"&#?\w++;?")
KEPT_ENTITIES = {"&lt;", "&gt;", "&amp;", "&quot;"}  # of ASCII: no other is needed to write about maths
# MathJax's ways to reach HTML: links, classes, ids, styles and the extensions that bring them.
MATH_COMMANDS = (
    *("href", "url", "class", "cssId", "style", "require", "data", "mmlToken", "bbox", "includegraphics"),
    *(
        "html",
        "htmlClass",
        "htmlData",
        "htmlId",
        "htmlStyle",
        "unicode",
        "texttip",
        "mathtip",
        "action",
        "toggle",
    ),
)
MATH_COMMAND = re.compile(r"(?<!\\)\\++(" + "|".join(MATH_COMMANDS) + r")(?![A-Za-z])", re.IGNORECASE)
LONG_BLANK = re.compile(r"\s{200,}+")
LONGEST_LINE = 1000  # characters of code; a highlighter may look at a line once for each of its characters
LONGEST_CODE = 50_000
FENCE = re.compile(r"([`~]{3,})([^\n]*)")
# Terminal escapes: CSI, OSC, and the two-character ones.
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_a-z])")
# Control characters, and those that turn the direction of the text around.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain_text(text: str) -> str:
    """Return text without terminal escapes and control characters; tabs and line ends stay."""
    return CONTROL.sub("", ANSI.sub("", text.replace("\r\n", "\n")))


def one_line(text: str, longest: int = 300) -> str:
    """Return text fit for one line of a terminal."""
    line = " ".join(plain_text(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def sanitize_markdown(text: str) -> str:
    """Return a written answer in which nothing can become HTML, a script's address or an image.

    Parameters
    ----------
    text : str
        Markdown, as a student wrote it.

    Returns
    -------
    str
        Markdown that reads the same.
    """
    text = _short_blanks(plain_text(text))
    text = ATTACHED_IMAGE.sub(DROPPED_IMAGE, text)
    text = MATH_COMMAND.sub(r"\1", text)  # before the tags: what it removes could have kept one apart
    text = ENTITY.sub(_harmless_entity, text)
    text = TAG_START.sub("< ", text)
    text = text.replace("![", "! [")  # an image would be fetched by whoever reads the answer: leave its link
    text = FENCE.sub(_plain_fence, text)
    return LINK_START.sub(lambda match: _broken_link(match, text), text)


def shown_source(code: str) -> str:
    """Return code for pages that people read, shortened where showing it would take a page's maker hours."""
    lines = _short_blanks(code).splitlines(keepends=True)
    shown, size = [], 0
    for line in lines:
        bare = line.rstrip("\r\n")
        short = line if len(bare) <= LONGEST_LINE else f"{bare[:LONGEST_LINE]} …{line[len(bare) :]}"
        size += len(short)
        if size > LONGEST_CODE:
            return "".join([*shown, "# … the rest is too long to be shown"])
        shown.append(short)
    return "".join(shown)


def shown_outputs(outputs: Any, limit: int) -> tuple[tuple[Mapping[str, Any], ...], int, bool]:
    """Return the outputs of a submitted cell that may be shown again.

    Parameters
    ----------
    outputs : anything
        The cell's outputs, as they were submitted.
    limit : int
        Bytes that may be kept.

    Returns
    -------
    outputs : tuple of dict
        PNG images and plain text only.
    size : int
        Their bytes.
    complete : bool
        Whether all that could be shown fits.
    """
    kept, size = [], 0
    for output in outputs if isinstance(outputs, list) else ():
        shown = _shown_output(output) if isinstance(output, dict) else None
        if shown is None:
            continue
        cost = len(str(shown).encode("utf-8", "replace"))
        if size + cost > limit:
            return tuple(kept), size, False
        kept.append(shown)
        size += cost
    return tuple(kept), size, True


def _short_blanks(text: str) -> str:
    """Shorten long runs of blanks, also of blank lines; the indentation behind them stays."""
    return LONG_BLANK.sub(lambda match: match[0][:100] + match[0][-100:], text)


def _harmless_entity(match: re.Match[str]) -> str:
    """Keep a name for what Markdown and MathJax do not act upon; let any other be read as it is written."""
    entity = match[0]
    if entity in KEPT_ENTITIES:
        return entity
    # Python refuses to read a number of thousands of digits.
    meant = html.unescape(entity) if len(entity) < 40 else "&"
    if meant == entity or (not any(map(str.isascii, meant)) and plain_text(meant) == meant):
        return entity
    return f"&amp;{entity[1:]}"


def _plain_fence(match: re.Match[str]) -> str:
    """Keep a fence from naming a language that is drawn by a script, in whatever disguise."""
    fence, info = match.groups()
    bare = html.unescape(info).replace("\\", "").lower()
    return f"{fence}text {info}" if "mermaid" in bare else match[0]


def _broken_link(match: re.Match[str], text: str) -> str:
    """Set the bracket apart from its destination, unless that is harmless."""
    return "]" if SAFE_DESTINATION.match(text, match.end() + 1) else "] "


def _shown_output(output: Mapping[str, Any]) -> Mapping[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        return _stream(_joined(output.get("text")))
    if kind == "error":
        return _stream(f"{_joined(output.get('ename'))}: {_joined(output.get('evalue'))}\n")
    if kind not in ("display_data", "execute_result") or not isinstance(output.get("data"), dict):
        return None
    image = _png(_joined(output["data"].get("image/png")))
    text = plain_text(_joined(output["data"].get("text/plain")))
    data = {key: value for key, value in (("image/png", image), ("text/plain", text)) if value}
    return {"output_type": "display_data", "data": data, "metadata": {}} if data else None


def _stream(text: str) -> Mapping[str, Any] | None:
    text = plain_text(text)
    return {"output_type": "stream", "name": "stdout", "text": text} if text.strip() else None


def _png(encoded: str) -> str:
    """Return an image's base64 written anew, nothing if it is no PNG."""
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(data).decode() if data.startswith(PNG_SIGNATURE) else ""


def _joined(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = "".join(value)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
