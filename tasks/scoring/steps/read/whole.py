"""Whether the sides of a statement are whole, or may be only a part of a calculation that goes on in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from tasks.scoring.steps.read.statements import Side, Statement
from tasks.scoring.steps.read.tokens import Token
from tasks.scoring.steps.read.tree import Bin, Num, Sym
from tasks.scoring.steps.read.words import (
    AMBIGUOUS_AFTER,
    AMBIGUOUS_BEFORE,
    FRACTION_NOUNS,
    FUNCTION_NOUNS,
    FUNCTION_WORDS,
    LABELS,
    LENGTHS,
    MASS,
    MONEY,
    MONTHS,
    SECONDS,
    UNIT_BREAKERS,
    singular,
)

Wholeness: TypeAlias = Literal["whole", "open", "part"]
"""'open': a word beside the side may join it to a number of its sentence; 'part': something does, or it is unclear."""

_COMPOUND_UNITS = SECONDS.keys() | MONTHS.keys() | LENGTHS.keys() | MASS.keys() | MONEY.keys()
_LEADS_TO = ("simplif", "reduc", "equal", "equivalen", "amount", "com", "lead", "transform", "equat", "down")
_TIGHT = ("op", "num", "close", "sub", "opaque", "percent", "command", "rel")


def left_is_whole(statement: Statement, side: Side) -> bool:
    """Nothing before the side could belong to its value."""
    return left_wholeness(statement, side) == "whole"


def right_is_whole(statement: Statement, side: Side) -> bool:
    """Nothing after the side could belong to its value."""
    return right_wholeness(statement, side) == "whole"


def left_wholeness(statement: Statement, side: Side) -> Wholeness:
    """Whether something before the side could belong to its value."""
    i = side.first
    tokens = statement.tokens
    if _is_label_range(statement, side):
        return "part"
    if i == 0:
        return "whole"
    before = tokens[i - 1]
    if before.kind in ("stop", "comma", "open"):
        return "whole" if _is_clean_break(tokens, i - 1) else "part"
    if before.kind in _TIGHT or (tokens[i].kind == "open" and before.kind == "word" and _explains(tokens, i - 1)):
        return "part"
    found = _after_word(statement, side, i)
    return "part" if found == "open" and statement.origin == "verbal" else found


def _after_word(statement: Statement, side: Side, i: int) -> Wholeness:
    """The wholeness of a side that stands behind a word."""
    tokens = statement.tokens
    word, lower = tokens[i - 1].text, tokens[i - 1].text.lower()
    earlier = tokens[i - 2] if i >= 2 else None
    if word.isascii() and tokens[i - 1].end == tokens[i].start and not tokens[i].gap:
        return "part"  # AB\\sqrt{2}
    if earlier is not None and earlier.kind == "rel" and word[0].isupper():
        return "part"  # `= Widgeteer 3000 * 30`: the number may be part of a name
    if lower == "of" and earlier is not None and earlier.kind == "word":
        counts = i >= 3 and tokens[i - 3].kind == "num"  # 8 packs of 5 bags
        return "part" if counts else _after_of(statement, side, earlier.text.lower())
    if lower == "to" and earlier is not None and earlier.text.lower().startswith(_LEADS_TO):
        return "whole"
    if lower == "and" and earlier is not None:
        if _after_statement(tokens, i - 2):
            return "whole"
        if any(token.text.lower() in FUNCTION_WORDS for token in tokens[max(0, i - 7) : i - 1]):
            return "part"  # the sum of 3 and 4 * 2
    if lower in FUNCTION_WORDS or (len(word) == 1 and word.isascii() and not _is_article(tokens, i - 1)):
        return "part"
    before_words = _words_before(tokens, i)
    return "open" if before_words == "whole" and lower in AMBIGUOUS_BEFORE else before_words


def _explains(tokens: Sequence[Token], i: int) -> bool:
    """The bracket behind token i explains a number before it: `$4.40 per week ($2.20/trip) - $20`."""
    j = i
    while j > 0 and i - j < 3 and tokens[j].kind == "word" and tokens[j].text.lower() not in UNIT_BREAKERS:
        j -= 1
    return j < i and tokens[j].kind in ("num", "percent")


def _is_article(tokens: Sequence[Token], i: int) -> bool:
    """`a 10 - 6 = 4 change`: no variable, as in `a(1 + 3) = 40`."""
    before = tokens[i - 1].kind if i else "word"
    is_apart = tokens[i].end < tokens[i + 1].start and tokens[i + 1].kind != "open"
    return tokens[i].text in "aA" and is_apart and before == "word" and not tokens[i].gap


def _after_of(statement: Statement, side: Side, noun: str) -> Wholeness:
    if statement.origin == "verbal":
        return "whole" if noun in ("total", "sum") or (noun == "value" and type(side.node) is Sym) else "part"
    if noun in FUNCTION_NOUNS:
        return "part"
    return "open" if noun in FRACTION_NOUNS else "whole"


def _words_before(tokens: Sequence[Token], i: int) -> Wholeness:
    """Up to seven words before token i, and what stands in front of them."""
    j = i - 1
    while j >= 0 and i - j < 8 and tokens[j].kind == "word":
        j -= 1
    if j < 0 or not (tokens[j].kind in ("op", "command", "opaque") or _is_operand(tokens, j)):
        return "whole"
    # `at $10/hour so she made 3 * $10`: another clause has begun
    return "open" if any(token.text.lower() in UNIT_BREAKERS for token in tokens[j + 1 : i]) else "part"


def _is_operand(tokens: Sequence[Token], j: int) -> bool:
    return j > 0 and tokens[j].kind == "num" and tokens[j - 1].kind == "op"


def _is_clean_break(tokens: Sequence[Token], i: int) -> bool:
    """No number was cut at the mark (`16,0000`, `. 84`), and no bracket opened in the middle of a calculation."""
    if i == 0:
        return True
    mark, before = tokens[i], tokens[i - 1]
    if mark.kind == "comma":
        has_space = i + 1 < len(tokens) and tokens[i + 1].start > mark.end
        return before.kind != "num" or before.end < mark.start or has_space
    if mark.text == "." and before.text == "0":
        return False  # '0. 70'
    return before.kind != "op" and not (mark.kind == "open" and before.kind in ("num", "close"))


def _after_statement(tokens: Sequence[Token], i: int) -> bool:
    """A relation stands shortly before token i: `3*4 = 12 and 5*6 = 30`."""
    return any(token.kind == "rel" for token in tokens[max(0, i - 8) : i]) and not any(
        token.kind == "stop" for token in tokens[max(0, i - 8) : i]
    )


def _is_label_range(statement: Statement, side: Side) -> bool:
    """`Week 1-2`, `ages 8-12`: integers around a hyphen, behind a label or upwards. `He has 37-4` subtracts."""
    node = side.node
    if type(node) is not Bin or node.op != "-" or not side.cut:
        return False
    left, right = node.left, node.right
    if type(left) is Bin and left.op == "-" and type(left.right) is Num and type(right) is Num:
        return right.start - left.right.end == 1  # a 30-60-90 triangle
    if type(left) is not Num or type(right) is not Num or right.start - left.end != 1:
        return False
    before = statement.tokens[side.first - 1].text.lower() if side.first else ""
    return left.value < right.value or singular(before) in LABELS


def right_wholeness(statement: Statement, side: Side) -> Wholeness:
    """Whether something after the side could belong to its value."""
    i = side.last
    tokens = statement.tokens
    if i >= len(tokens):
        return "whole"
    after = tokens[i]
    if after.kind in ("stop", "close", "rel"):
        return "whole"
    if after.kind == "comma":
        listed = i + 1 < len(tokens) and tokens[i + 1].kind in ("num", "opaque")
        return "part" if listed and not _begins_statement(tokens, i) else "whole"
    if after.kind == "open":
        return "whole" if i + 1 < len(tokens) and _is_long_word(tokens[i + 1]) else "part"
    if after.text == "..." and type(side.node) is Num and side.node.decimals:
        return "open"  # 5.428571...
    if after.kind != "word":
        return "part"
    found = _before_word(statement, i)
    return "part" if found == "open" and statement.origin == "verbal" else found


def _is_long_word(token: Token) -> bool:
    return token.kind == "word" and len(token.text) > 1


def _begins_statement(tokens: Sequence[Token], comma: int) -> bool:
    """Behind the comma a calculation of its own begins: `3*4 = 12, 5*6 = 30`."""
    return tokens[comma + 1].start > tokens[comma].end and _before_relation(tokens, comma + 1)


def _before_word(statement: Statement, i: int) -> Wholeness:
    """The wholeness of a side that stands before a word."""
    tokens = statement.tokens
    after = tokens[i]
    lower = after.text.lower()
    if len(after.text) == 1 and after.text.isascii() and after.text not in "aI":
        return "part"
    if lower in AMBIGUOUS_AFTER:
        return "part" if lower in FUNCTION_WORDS else "open"
    if i + 1 < len(tokens) and (joined := _joined_number(tokens, i)) is not None:
        return joined
    if statement.origin == "verbal" and len(after.text) > 1 and not _ends_soon(statement, i):
        return "part"
    return _words_after(tokens, i)


def _joined_number(tokens: Sequence[Token], i: int) -> Wholeness | None:
    """`5 and a half`, `4 to 5`, `3 more than the rest`: a word that joins another number; None for no such word."""
    word, following = tokens[i].text, tokens[i + 1]
    if word not in ("and", "to", "or", "more", "less", "fewer"):
        return None
    if following.kind == "num" and word not in ("or", "and"):
        return "part"
    if word == "and" and following.text in ("a", "one", "half"):
        return "part"
    if word == "and" and following.kind == "num" and not _before_relation(tokens, i + 1):
        return "open"
    if following.text == "than":
        return "whole" if i + 2 < len(tokens) and tokens[i + 2].kind == "word" else "open"
    return None


def _words_after(tokens: Sequence[Token], i: int) -> Wholeness:
    """Up to six words from token i on, and what stands behind them."""
    j = i
    while j < len(tokens) and j - i < 6 and tokens[j].kind == "word":
        j += 1
    if j >= len(tokens) or tokens[j].kind in ("stop", "comma", "close", "rel"):
        return "whole"
    if tokens[j].kind == "num" and j - i <= 2 and singular(tokens[i].text) in _COMPOUND_UNITS:
        return "part"  # `2 hours 40 minutes`
    if tokens[j].kind == "num" and tokens[j - 1].text == "and" and not _before_relation(tokens, j):
        return "open"
    return "open" if tokens[j].kind in ("op", "command", "opaque") else "whole"


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
