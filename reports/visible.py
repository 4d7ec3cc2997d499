"""Model text made safe to look at: what would be invisible, or would turn the text around, is shown as a sign."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ud800-\udfff"
    "\ufffe\uffff]"
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    r"""The text with controls, bidi marks and zero-width characters written out; newline and tab stay.

    >>> visible("a\x00b\u202ec")
    'a␀b⟨U+202E⟩c'
    """
    return _HIDDEN.sub(_sign, text)


def _sign(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else f"⟨U+{code:04X}⟩"


def encodable(text: str) -> str:
    """The text with lone surrogates, which no file can hold, replaced one for one."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def browser_offsets(text: str) -> Callable[[int], int]:
    """From offsets in characters, as Python counts, to UTF-16 units, as browsers do; only wide characters differ.

    >>> [browser_offsets("a😀b")(i) for i in range(4)]
    [0, 1, 3, 4]
    """
    if text.isascii() or max(text) <= "\uffff":
        return int  # nearly every text: the offset itself, at the price of a builtin
    wide = [i for i, char in enumerate(text) if char > "\uffff"]
    return lambda offset: offset + bisect_left(wide, offset)
