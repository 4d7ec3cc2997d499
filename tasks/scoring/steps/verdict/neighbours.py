"""Numbers beside a calculation that may belong to it in words: `3 less than 4 * 5 = 17`, `= 4 dozen`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from tasks.scoring.steps.read.statements import Statement
from tasks.scoring.steps.read.tokens import Token
from tasks.scoring.steps.read.words import MAGNITUDES, WORD_FRACTIONS
from tasks.scoring.steps.value.evaluate import Undefined, Value, divide, power
from tasks.scoring.steps.value.tolerance import closeness

_MAX_TOKENS_BEFORE = 40
_MAX_TOKENS_AFTER = 15
_MAX_NUMBERS = 8
_MAX_POWER = 12
_IN_WORDS: dict[str, Value] = {
    **{word: i + 1 for i, word in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
                                             "ten", "eleven", "twelve"))},
    **WORD_FRACTIONS, **MAGNITUDES, "dozen": 12, "dozens": 12, "pair": 2, "pairs": 2, "score": 20, "couple": 2,
    "percent": 100, "percentage": 100, "hundreds": 100, "thousands": 1000,
}  # fmt: skip


def explains(statement: Statement, left: Value, right: Value, decimals: int, recent: Sequence[Value]) -> bool:
    """Whether one operation with a number of the statement's sentence, or a `recent` result, makes the sides agree:
    their values are `left` and `right`, told with so many `decimals`."""
    tokens, first, last = statement.tokens, statement.sides[0].first, statement.sides[-1].last
    numbers = [*_before(tokens, first), *_after(tokens, last), *recent]
    return any(
        closeness(value, right, decimals) in ("exact", "rounded", "truncated")
        for number in numbers
        for value in _joined(left, number)
    )


def _before(tokens: Sequence[Token], first: int) -> list[Value]:
    """Numbers of the sentence in front of token `first`, the nearest first."""
    found: list[Value] = []
    for token in reversed(tokens[max(0, first - _MAX_TOKENS_BEFORE) : first]):
        if (token.kind == "stop" and token.text in ".\n") or len(found) >= _MAX_NUMBERS:
            break
        found.extend(_number(token))
    return found


def _after(tokens: Sequence[Token], last: int) -> list[Value]:
    """Numbers of the sentence from token `last` on."""
    found: list[Value] = []
    for token in tokens[last : last + _MAX_TOKENS_AFTER]:
        if token.kind == "stop" or len(found) >= _MAX_NUMBERS:
            break
        found.extend(_number(token))
    return found


def _number(token: Token) -> Iterator[Value]:
    if token.kind == "num":
        yield token.value
    elif token.kind == "percent":
        yield 100
    elif token.kind == "word" and token.text.lower() in _IN_WORDS:
        yield _IN_WORDS[token.text.lower()]


def _joined(value: Value, number: Value) -> Iterator[Value]:
    """Every value that one operation makes of the two."""
    if type(value) is float or type(number) is float:
        value, number = float(value), float(number)
    yield from (value + number, value - number, number - value, value * number)
    if value and number:
        yield from (divide(value, number), divide(number, value))
    percent = number / 100 if type(number) is float else Fraction(number) / 100
    yield from (value * percent, value * (1 - percent), value * (1 + percent))
    if type(value) is int and type(number) is int and 0 <= value <= _MAX_POWER and 0 <= number <= _MAX_POWER:
        try:
            yield from (power(value, number), power(number, value))
        except Undefined:
            return
