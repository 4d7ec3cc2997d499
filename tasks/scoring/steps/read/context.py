"""The words around a statement: rounding, suppositions, clock times, sizes, and what only begins a number."""

from __future__ import annotations

import re

from tasks.scoring.steps.read.statements import Side, Statement
from tasks.scoring.steps.read.tree import Neg
from tasks.scoring.steps.read.withdrawn import sentence_around
from tasks.scoring.steps.read.words import HYPOTHETICAL_CUES, ROUNDING_CUES

_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")


def has_stray_minus(statement: Statement, side: Side) -> bool:
    """`x + 2 -16`: the sign may open the next formula."""
    tokens = statement.tokens
    return any(
        tokens[i].text == "-"
        and tokens[i - 1].kind in ("num", "close", "word")
        and tokens[i - 1].end < tokens[i].start
        and tokens[i].end == tokens[i + 1].start
        for i in range(side.first + 1, min(side.last, len(tokens)) - 1)
    )


def has_dimensions(statement: Statement, side: Side) -> bool:
    """`2x4 sticks`, `2 x 4 x 10 board is $10`: an x that names a size."""
    tokens = statement.tokens
    for i in range(side.first + 1, min(side.last, len(tokens)) - 1):
        if tokens[i].text in ("x", "X") and tokens[i - 1].kind == tokens[i + 1].kind == "num":
            glued = tokens[i - 1].end == tokens[i].start and tokens[i].end == tokens[i + 1].start
            names = statement.origin == "verbal" and tokens[side.last].text != "equals"
            if names or (glued and side.unit):
                return True
    return False


def is_stated_alone(statement: Statement) -> bool:
    """`So we can write: 180 = 330.`: two bare numbers between stops, no unit, no more sides."""
    left, right = statement.sides[0], statement.sides[-1]
    tokens = statement.tokens
    opens = left.first == 0 or tokens[left.first - 1].text == ":"
    closes = right.last >= len(tokens) or tokens[right.last].text in (".", "\n")
    return opens and closes and len(statement.sides) == 2 and not left.unit and not right.unit


def starts_with_dangling_sign(statement: Statement, side: Side) -> bool:
    """A leading minus that may be a dash: `cost - 5 = ...`."""
    return type(side.node) is Neg and side.first > 0 and statement.tokens[side.first - 1].kind == "word"


def _words(text: str) -> set[str]:
    return {word.lower().replace("’", "'") for word in _WORD.findall(text)}


def is_rounding_marked(text: str, start: int, end: int) -> bool:
    """A word like 'round' or 'about' stands near the statement."""
    before, after = sentence_around(text, start, end)
    return not ROUNDING_CUES.isdisjoint(_words(before) | _words(after) | _words(text[start:end]))


_CLOCK = re.compile(r"\b[ap]\.?m\b|o'clock|\bnoon\b|\bmidnight\b", re.IGNORECASE)


def is_clock_time(text: str, left: Side, right: Side) -> bool:
    """`10 am - 12 hours`: times of the day count modulo twelve."""
    return _CLOCK.search(text, max(0, left.start - 8), min(len(text), right.end + 8)) is not None


_OPEN_FORMULA = re.compile(r"(?:^|[^\\])\$(?:[^$A-Za-z]|\\[A-Za-z]+|\b[A-Za-z]{1,2}\b|[A-Za-z](?![A-Za-z]))*$")


def is_cut_off(text: str, side: Side) -> bool:
    """The reply ends with this side, inside a formula that is still open.

    In `= $22` the sign is money: what follows the last one is the number itself.
    """
    if side.end < len(text.rstrip()):
        return False
    if text.count("\\(") > text.count("\\)") or text.count("\\[") > text.count("\\]"):
        return True
    is_money = text[max(0, side.start - 2) : side.start].endswith("$")
    return text.count("$") % 2 == 1 and not is_money and _OPEN_FORMULA.search(text) is not None


def is_hypothetical(text: str, start: int, end: int) -> bool:
    """The statement is supposed, tried or one case of several."""
    before, _ = sentence_around(text, start, end)
    return not HYPOTHETICAL_CUES.isdisjoint(_words(before) | _words(text[start:end]))
