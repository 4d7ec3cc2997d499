"""Text repair: mojibake, Unicode, whitespace, and how numbers and amounts of money are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

Repair: TypeAlias = Literal["mojibake", "unicode", "numbers", "whitespace"]

LOST = "�"
"""Stands where a character could not be decoded: nothing brings it back."""
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_GROUP_GAP = re.compile("(?<=\\d)[\u00a0\u202f\u2009](?=\\d{3}(?!\\d))")
_SPACES = re.compile(r"[^\S\n]+")
_LINE_SPACE = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")
_MINUS = re.compile(r"[−‒﹣－](?=\s?[\d.$€£₹(])")
_CURRENCY_GAP = re.compile(r"([€£₹¥])[^\S\n]+(?=\d)")
_DOLLAR_GAP = re.compile(r"\$[^\S\n]+(?=\d)")
_FORMULA = re.compile(r"\\|\$[^$\n]*[=+^_{}][^$\n]*\$")


class Repaired(NamedTuple):
    """A text with what had to be mended in it."""

    text: str
    repairs: frozenset[Repair]


def repair(text: str) -> Repaired:
    """The text as it was meant: decoded once, NFC, plain quotes, ASCII digits, `$5` and `-5`, single spaces.

    >>> repair("It costs  â‚¹ 240").text
    'It costs ₹240'
    """
    repairs: set[Repair] = set()
    for name, step in _STEPS:
        after = step(text)
        if after != text:
            repairs.add(name)
            text = after
    return Repaired(text, frozenset(repairs))


def _mojibake(text: str) -> str:
    if text.isascii():
        return text
    import ftfy

    return ftfy.fix_encoding(text)


def _unicode(text: str) -> str:
    """What ftfy mends besides encodings (entities, widths, curly quotes, control characters), and invisible ones."""
    if text.isascii() and "&" not in text and not _CONTROL.search(text):
        return text
    import ftfy

    return _INVISIBLE.sub("", ftfy.fix_text(text, _ftfy_settings()))


@lru_cache(maxsize=1)
def _ftfy_settings() -> Any:
    import ftfy

    return ftfy.TextFixerConfig(fix_encoding=False, normalization="NFC")


def _numbers(text: str) -> str:
    if not text.isascii():
        text = _GROUP_GAP.sub("", text)
        text = _MINUS.sub("-", text)
        text = _CURRENCY_GAP.sub(r"\1", text)
        text = "".join(map(ascii_digit, text))
    if "$ " in text and not _FORMULA.search(text):
        text = _DOLLAR_GAP.sub("$", text)
    return text


def _whitespace(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = _LINE_SPACE.sub("\n", _SPACES.sub(" ", text))
    return _BLANK_LINES.sub("\n\n", text).strip()


def ascii_digit(character: str) -> str:
    """The digit 0 to 9 that a decimal digit of any script is; other characters unchanged.

    >>> ascii_digit("५"), ascii_digit("x")
    ('5', 'x')
    """
    if character.isascii() or not character.isdecimal():
        return character
    return str(unicodedata.decimal(character))


_STEPS: tuple[tuple[Repair, Callable[[str], str]], ...] = (
    ("mojibake", _mojibake),
    ("unicode", _unicode),
    ("numbers", _numbers),
    ("whitespace", _whitespace),
)
