"""The words around a statement: whether its sides are whole, and whether it is meant to be true."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.scoring.steps.read.statements import Side, Statement
from tasks.scoring.steps.read.tokens import Token
from tasks.scoring.steps.read.tree import Bin, Neg, Num, Sym
from tasks.scoring.steps.read.words import (
    AMBIGUOUS_AFTER,
    AMBIGUOUS_BEFORE,
    CORRECTION_CUES,
    FRACTION_NOUNS,
    HYPOTHETICAL_CUES,
    LENGTHS,
    MASS,
    MONEY,
    MONTHS,
    NEGATION_CUES,
    ROUNDING_CUES,
    SECONDS,
    UNIT_BREAKERS,
    singular,
)

_COMPOUND_UNITS = SECONDS.keys() | MONTHS.keys() | LENGTHS.keys() | MASS.keys() | MONEY.keys()
_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
_LEADS_TO = re.compile(r"(?:simplif|reduc|equal|equivalen|amount|com|lead|transform|equat|down)", re.IGNORECASE)
_NEXT_STOP = re.compile(r"[.;?!]\s|\n|$")


def left_is_whole(statement: Statement, side: Side) -> bool:
    """Nothing before the side could belong to its value."""
    i = side.first
    tokens = statement.tokens
    if i == 0:
        return not _is_label_range(side)
    before = tokens[i - 1]
    if before.kind in ("stop", "comma", "open"):
        return _is_clean_break(tokens, i - 1)
    if before.kind in ("op", "num", "close", "sub", "opaque", "percent", "command", "rel"):
        return False
    if _is_label_range(side):
        return False
    if before.kind == "word" and before.text[0].isupper() and i >= 2 and tokens[i - 2].kind == "rel":
        return False  # `= Widgeteer 3000 * 30`: the number may be part of a name
    if before.kind == "word" and before.text == "of" and i >= 2 and tokens[i - 2].kind == "word":
        noun = tokens[i - 2].text.lower()
        if statement.origin == "verbal":
            return noun in ("total", "sum") or (noun == "value" and type(side.node) is Sym)
        return noun not in FRACTION_NOUNS
    if before.kind == "word" and before.text == "to" and i >= 2 and _LEADS_TO.match(tokens[i - 2].text):
        return True
    if before.kind == "word" and before.text == "and" and i >= 2 and _after_statement(tokens, i - 2):
        return True
    if before.kind == "word" and (before.text.lower() in AMBIGUOUS_BEFORE or len(before.text) == 1):
        return False
    j = i - 1
    while j >= 0 and i - j < 8 and tokens[j].kind == "word":
        j -= 1
    if j > 0 and tokens[j].kind == "num" and tokens[j - 1].kind == "op":
        return False
    return j < 0 or tokens[j].kind not in ("op", "command", "opaque")


def _is_clean_break(tokens: Sequence[Token], i: int) -> bool:
    """No number was cut at the mark (`16,0000`, `. 84`), and no bracket opened in the middle of a calculation."""
    if i == 0:
        return True
    mark, before = tokens[i], tokens[i - 1]
    if mark.kind == "comma":
        return before.kind != "num" or before.end < mark.start
    if mark.text == "." and before.text == "0":
        return False  # '0. 70'
    return before.kind != "op" and not (mark.kind == "open" and before.kind in ("num", "close"))


def _after_statement(tokens: Sequence[Token], i: int) -> bool:
    """A relation stands shortly before token i: `3*4 = 12 and 5*6 = 30`."""
    return any(token.kind == "rel" for token in tokens[max(0, i - 8) : i]) and not any(
        token.kind == "stop" for token in tokens[max(0, i - 8) : i]
    )


def _is_label_range(side: Side) -> bool:
    """`Week 1-2`: two bare integers around a hyphen."""
    node = side.node
    return (
        type(node) is Bin
        and node.op == "-"
        and type(node.left) is type(node.right) is Num
        and node.right.start - node.left.end == 1
        and side.cut
    )


def right_is_whole(statement: Statement, side: Side) -> bool:
    """Nothing after the side could belong to its value."""
    i = side.last
    tokens = statement.tokens
    if i >= len(tokens):
        return True
    after = tokens[i]
    if after.kind in ("stop", "close", "rel"):
        return True
    if after.kind == "comma":
        listed = i + 1 < len(tokens) and tokens[i + 1].kind in ("num", "opaque")
        return not listed or (tokens[i + 1].start > after.end and _before_relation(tokens, i + 1))
    if after.kind == "open":
        return i + 1 < len(tokens) and tokens[i + 1].kind == "word" and len(tokens[i + 1].text) > 1
    if after.kind != "word":
        return False
    if after.text.lower() in AMBIGUOUS_AFTER or (len(after.text) == 1 and after.text not in "aI"):
        return False
    following = tokens[i + 1] if i + 1 < len(tokens) else None
    if after.text in ("and", "to", "or", "more", "less", "fewer") and following is not None:
        if following.kind == "num" and after.text != "or" and after.text != "and":
            return False
        if after.text == "and" and (
            following.text in ("a", "one", "half") or (following.kind == "num" and not _before_relation(tokens, i + 1))
        ):
            return False
        if following.text == "than":
            return i + 2 < len(tokens) and tokens[i + 2].kind == "word"
    if statement.origin == "verbal" and len(after.text) > 1 and not _ends_soon(statement, i):
        return False
    j = i
    while j < len(tokens) and j - i < 6 and tokens[j].kind == "word":
        j += 1
    if j < len(tokens) and tokens[j].kind == "num" and j - i <= 2 and singular(after.text) in _COMPOUND_UNITS:
        return False  # `2 hours 40 minutes`
    if (
        j + 1 < len(tokens)
        and tokens[j].kind == "num"
        and tokens[j - 1].text == "and"
        and not _before_relation(tokens, j)
    ):
        return False
    if j >= len(tokens) or tokens[j].kind in ("stop", "comma", "close", "rel"):
        return True
    return tokens[j].kind not in ("op", "command", "opaque")


def _before_relation(tokens: Sequence[Token], i: int) -> bool:
    """A calculation with a relation of its own begins at token i."""
    return i + 1 < len(tokens) and tokens[i + 1].kind == "op"


def _ends_soon(statement: Statement, i: int) -> bool:
    """At most three unit words, then a stop: what a statement in words needs to be whole."""
    tokens = statement.tokens
    j = i
    while j < len(tokens) and j - i < 4 and tokens[j].kind == "word" and tokens[j].text.lower() not in UNIT_BREAKERS:
        j += 1
    return j >= len(tokens) or tokens[j].kind in ("stop", "comma", "close")


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
            if statement.origin == "verbal" or (glued and side.unit):
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


def _sentence(text: str, start: int, end: int) -> tuple[str, str]:
    """The words before the statement in its sentence, and those after it up to the end of the next sentence."""
    begin = max(text.rfind(". ", 0, start), text.rfind("\n", 0, start), text.rfind("? ", 0, start), -1) + 1
    first = _NEXT_STOP.search(text, end)
    middle = first.end() if first else len(text)
    second = _NEXT_STOP.search(text, middle) if middle < len(text) else None
    return text[begin:start], text[end : min(second.end() if second else len(text), end + 200)]


_STRONG_DENIAL = re.compile(
    r"\b(?:false|contradict\w*|incorrect|impossible|not true|no solution|not satisf\w*|not equal|not work"
    r"|not (?:be )?possible"
    r"|not (?:the )?correct|not valid|cannot be|can't be|not make sense|doesn't make sense|is not \d+|isn't)\b",
    re.IGNORECASE,
)


def _words(text: str) -> set[str]:
    return {word.lower().replace("’", "'") for word in _WORD.findall(text)}


def is_rounding_marked(text: str, start: int, end: int) -> bool:
    """A word like 'round' or 'about' stands near the statement."""
    before, after = _sentence(text, start, end)
    return not ROUNDING_CUES.isdisjoint(_words(before) | _words(after) | _words(text[start:end]))


def is_denied(text: str, start: int, end: int, following: str = "") -> bool:
    """The text says itself that the statement from `start` to `end` is not so: beside it, in the next sentence, or soon
    after.

    `following` is what comes after the text.
    """
    before, after = _sentence(text, start, end)
    rest = after[: _NEXT_STOP.search(after).start()]  # type: ignore[union-attr]
    return (
        not NEGATION_CUES.isdisjoint(_words(rest[:80]) | _words(before[-14:]) | _words(text[start:end]))
        or not CORRECTION_CUES.isdisjoint(_words(after[len(rest) :][:60]))
        or "≠" in after
        or "\\ne" in after
        or _STRONG_DENIAL.search(f"{text[end : end + 240]}\n{following}"[:400]) is not None
    )


_CLOCK = re.compile(r"\b[ap]\.?m\b|o'clock|\bnoon\b|\bmidnight\b", re.IGNORECASE)


def is_clock_time(text: str, left: Side, right: Side) -> bool:
    """`10 am - 12 hours`: times of the day count modulo twelve."""
    return _CLOCK.search(text, max(0, left.start - 8), min(len(text), right.end + 8)) is not None


def is_cut_off(text: str, statement: Statement, side: Side) -> bool:
    """The reply ends inside the last number: an open formula, or digits that only begin the value."""
    if side.end < len(text.rstrip(" \n,.")):
        return False
    return text.count("$") % 2 == 1 or text.count("\\(") > text.count("\\)")


def is_hypothetical(text: str, start: int, end: int) -> bool:
    """The statement is supposed, tried or one case of several."""
    before, _ = _sentence(text, start, end)
    return not HYPOTHETICAL_CUES.isdisjoint(_words(before) | _words(text[start:end]))
