"""The words around a statement: whether its sides are whole, and whether it is meant to be true."""

from __future__ import annotations

import re

from tasks.scoring.steps.statements import Side, Statement
from tasks.scoring.steps.tree import Bin, Neg, Num
from tasks.scoring.steps.words import AMBIGUOUS_AFTER, AMBIGUOUS_BEFORE, HYPOTHETICAL_CUES, NEGATION_CUES, ROUNDING_CUES

_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
_NEXT_STOP = re.compile(r"[.;?!]\s|\n|$")


def left_is_whole(statement: Statement, side: Side) -> bool:
    """Nothing before the side could belong to its value."""
    i = side.first
    tokens = statement.tokens
    if not side.cut or i == 0:
        return not _is_label_range(side)
    before = tokens[i - 1]
    if before.kind in ("stop", "comma"):
        return True
    if before.kind == "open":
        return True
    if before.kind in ("op", "num", "close", "sub", "opaque", "percent", "command", "rel"):
        return False
    if _is_label_range(side):
        return False
    if before.kind == "word" and (before.text.lower() in AMBIGUOUS_BEFORE or len(before.text) == 1):
        return False
    j = i - 1
    while j >= 0 and i - j < 8 and tokens[j].kind == "word":
        j -= 1
    return j < 0 or tokens[j].kind not in ("op", "command", "opaque")


def _is_label_range(side: Side) -> bool:
    """`Week 1-2`: two bare integers around a hyphen."""
    node = side.node
    return type(node) is Bin and node.op == "-" and type(node.left) is type(node.right) is Num and node.right.start - node.left.end == 1 and side.cut


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
        return not (i + 1 < len(tokens) and tokens[i + 1].kind == "num" and tokens[i + 1].start == after.end)
    if after.kind == "open":
        return after.start > tokens[i - 1].end
    if after.kind != "word":
        return False
    if after.text.lower() in AMBIGUOUS_AFTER or (len(after.text) == 1 and after.text not in "aI"):
        return False
    j = i
    while j < len(tokens) and j - i < 6 and tokens[j].kind == "word":
        j += 1
    if j >= len(tokens) or tokens[j].kind in ("stop", "comma", "close", "rel"):
        return True
    return tokens[j].kind not in ("op", "command", "opaque")


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


def _words(text: str) -> set[str]:
    return {word.lower().replace("’", "'") for word in _WORD.findall(text)}


def is_rounding_marked(text: str, start: int, end: int) -> bool:
    """A word like 'round' or 'about' stands near the statement."""
    before, after = _sentence(text, start, end)
    return not ROUNDING_CUES.isdisjoint(_words(before) | _words(after) | _words(text[start:end]))


def is_denied(text: str, start: int, end: int) -> bool:
    """The text says itself that the statement is not so."""
    before, after = _sentence(text, start, end)
    return not NEGATION_CUES.isdisjoint(_words(after[:160]) | _words(before[-40:]) | _words(text[start:end])) or "≠" in after or "\\ne" in after


def is_hypothetical(text: str, start: int, end: int) -> bool:
    """The statement is supposed, tried or one case of several."""
    before, after = _sentence(text, start, end)
    return not HYPOTHETICAL_CUES.isdisjoint(_words(before) | _words(text[start:end]))
