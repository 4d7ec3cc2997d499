"""The API key out of whatever a server says: its errors, its replies, its list of models."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from harness.core.words import one_line

PLACE = "[key]"
LEAST_SECRET = 8
"""Characters. A shorter key, or one word of letters ('EMPTY'), is a stand-in and no secret: replies may hold it."""
PART = 8
"""So many characters of a key in a row are still a part of it, where a server shows its beginning."""
LOOKED_AT = 40_000
"""Characters of an error that are cleaned before it is cut to a line: far more than the line will show."""
_SHARED_BITS = (0, 2, 3)
"""Characters of base64 that also carry bits of the bytes before, by how many of these there are."""


@dataclass(frozen=True)
class Secret:
    """A key, and how it is found again: in any case, spaced out, as HTML or URL escapes, in base64 or hex."""

    key: str = field(repr=False)

    def error_line(self, text: str) -> str:
        """A server's words on one line, without the key or a part of it: cleaned first and cut afterwards."""
        words = one_line(text, LOOKED_AT)
        if not self.key:
            return one_line(words)
        return one_line(self._without_parts(self._pattern.sub(PLACE, words)))

    def out_of(self, value: Any) -> Any:
        """A text, or all texts within lists and objects, without the key."""
        if not self._is_secret:
            return value
        if isinstance(value, str):
            return self._pattern.sub(PLACE, value)
        if isinstance(value, Mapping):
            return {self.out_of(key): self.out_of(item) for key, item in value.items()}
        return [self.out_of(item) for item in value] if isinstance(value, list) else value

    @property
    def _is_secret(self) -> bool:
        return len(self.key) >= LEAST_SECRET and not self.key.isalpha()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        forms = [r"\s*".join(_ways(character) for character in self.key)]
        if self._is_secret:
            forms += [re.escape(form) for form in (*_in_base64(self.key.encode()), self.key.encode().hex())]
        return re.compile("|".join(forms), re.IGNORECASE)

    def _without_parts(self, text: str) -> str:
        if len(self.key) < 2 * PART:
            return text
        parts = {self.key[i : i + PART].lower() for i in range(len(self.key) - PART + 1)}
        lower, kept, end = text.lower(), [], 0
        for start in range(len(text) - PART + 1):
            if lower[start : start + PART] in parts:
                if start >= end:
                    kept += [text[end:start], PLACE]
                end = start + PART
        return "".join([*kept, text[end:]])


def _ways(character: str) -> str:
    """One character as it stands, or as HTML, URLs and JSON write it."""
    code = ord(character)
    return rf"(?:{re.escape(character)}|&#0*{code};|&#x0*{code:x};|%{code:02x}|\\u{code:04x})"


def _in_base64(data: bytes) -> Iterator[str]:
    """What stands in a base64 text wherever the data begins in it: the characters that carry its bits alone."""
    for before in range(3):
        packed = bytes(before) + data
        text = b64encode(packed).decode()[_SHARED_BITS[before] : len(packed) * 8 // 6]
        yield text
        yield text.replace("+", "-").replace("/", "_")
