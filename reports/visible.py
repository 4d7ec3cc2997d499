"""Model text made safe to look at: what would be invisible, or would turn the text around, is shown as a sign."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ud800-\udfff]"
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


class BrowserOffsets:
    """Python counts characters, browsers count UTF-16 units: from the one to the other, for one text."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._wide = [i for i, char in enumerate(text) if char > "\uffff"] if _is_wide(text) else []

    def __call__(self, offset: int) -> int:
        """The offset in UTF-16 units, kept inside the text."""
        from bisect import bisect_left

        offset = min(max(offset, 0), self._length)
        return offset + (bisect_left(self._wide, offset) if self._wide else 0)


def _is_wide(text: str) -> bool:
    return bool(text) and not text.isascii() and max(text) > "\uffff"
