"""How constraints count: what a word, a sentence, a line and a paragraph of a reply are."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)*_]*(?=\s|$)")
_BULLET = re.compile(r"[ \t]*[-*•][ \t]+\S")
_NUMBERED = re.compile(r"[ \t]*(\d{1,3})[.)][ \t]+\S")


def words(text: str) -> list[str]:
    """Runs of letters and digits; hyphens and apostrophes inside of one belong to it.

    >>> words("It's a well-known - fact: 3 of 4.")
    ["It's", 'a', 'well-known', 'fact', '3', 'of', '4']
    """
    return _WORD.findall(text)


def sentences(text: str) -> int:
    """Stretches that end with . ! or ? before white space; what follows the last of them is one more.

    >>> sentences("It rains. Does it? Yes"), sentences("3.5 is a number."), sentences("...")
    (3, 1, 0)
    """
    parts = _SENTENCE_END.split(text)
    return sum(bool(words(part)) for part in parts)


def lines(text: str) -> list[str]:
    """Lines with any text, without the white space around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def paragraphs(text: str) -> int:
    """Blocks of text between blank lines.

    >>> paragraphs("one\\nstill one\\n\\n \\ntwo")
    2
    """
    return sum(bool(block.strip()) for block in re.split(r"\n[ \t]*\n", text))


def bullets(text: str) -> list[bool]:
    """For each line with text, whether it is a bullet point ("- x", "* x")."""
    return [bool(_BULLET.match(line)) for line in lines(text)]


def numbers_of_list(text: str) -> list[int | None]:
    """For each line with text, its number ("1. x", "2) x"), or None where it has none."""
    return [int(found[1]) if (found := _NUMBERED.match(line)) else None for line in lines(text)]


def occurrences(text: str, word: str) -> int:
    """How often a word stands in a text as a whole word, in any case."""
    return sum(found.casefold() == word.casefold() for found in words(text))


def letters(text: str) -> str:
    """The letters alone, in lower case.

    >>> letters("T-a-c. 4")
    'tac'
    """
    return "".join(char for char in text.casefold() if char.isalpha())
