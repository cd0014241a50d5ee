"""What a reply from behind the wall claims, read as words or refused."""

from __future__ import annotations

from typing import Any

from .markup import plain_text
from .wire import CallError
from .worker_process import Broken

# Only the trusted side may say these: a student's exception of such a name is called Exception.
OUR_KINDS = ("crashed", "timeout", "protocol")


def error_of(head: dict[str, Any]) -> CallError | None:
    """The error that a reply claims."""
    claim = head.get("error")
    if claim is None:
        return None
    match claim:
        case [str(kind), str(message), int() | None as line]:
            kind = "Exception" if kind in OUR_KINDS or not kind.isidentifier() else kind
            return CallError(_clean(kind), _clean(message), line if line and 0 < line < 10**6 else None)
    raise Broken("protocol", "the reply's error is none")


def words_of(head: dict[str, Any], name: str) -> list[str]:
    """A list of words that a reply claims."""
    words = head.get(name, [])
    if type(words) is not list or not all(type(word) is str for word in words):
        raise Broken("protocol", f"the reply's {name} are no words")
    return [_clean(word) for word in words]


def _clean(text: str) -> str:
    """Printable whatever it holds: lone surrogates break whoever writes them down, escapes who reads them."""
    return plain_text(text[:1000].encode(errors="replace").decode())
