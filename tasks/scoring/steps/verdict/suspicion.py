"""Heuristics that raise doubt without proof, the tier 'suspicious': odd counts, numbers from nowhere."""

from __future__ import annotations

import re
from fractions import Fraction

from tasks.scoring.steps.read.context import is_rounding_marked
from tasks.scoring.steps.read.statements import Side, Statement
from tasks.scoring.steps.read.tree import is_literal, literals
from tasks.scoring.steps.read.words import WORD_FRACTIONS, singular, word_set
from tasks.scoring.steps.value.evaluate import Value

_NUMBER = re.compile(
    r"(?<![\d.])(?:\d{1,3}(?:,\d{3}){1,6}|\d{1,20})(?:\.\d{1,12})?(?![\d.]*\d)|(?<!\d)\.\d{1,12}(?!\d)", re.ASCII
)
_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19,
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "hundred": 100,
    "thousand": 1000, "dozen": 12, "once": 1, "couple": 2, "pair": 2,
}  # fmt: skip
_COMMON = frozenset(
    {
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        12,
        16,
        24,
        25,
        28,
        29,
        30,
        31,
        36,
        48,
        50,
        52,
        60,
        90,
        100,
        144,
        180,
        360,
        365,
        366,
        1000,
        3600,
        1440,
        5280,
    }
)
_WHOLE_THINGS = word_set(
    "person people student child children kid boy girl man men woman women friend dog cat car pupil teacher"
    " worker employee"
    " guest player passenger bird fish puppy kitten horse cow chicken sheep animal bus truck house customer adult baby"
    " book card sticker toy egg candy marble balloon pencil pen shirt ticket"
)
_MAY_BE_NEGATIVE = word_set("degree dollar point cent profit loss change difference temperature")


def suspect(statement: Statement, values: list[Value | None], text: str) -> str:
    """The doubt about the value that a statement arrives at, or ''."""
    last, value = statement.sides[-1], values[-1]
    if last.node is None or value is None or not last.unit or len(statement.sides) < 2 or not is_literal(last.node):
        return ""
    units = {singular(word) for word in last.unit.split()[:3]}
    if value < 0 and not units & _MAY_BE_NEGATIVE:
        return "negative quantity"
    is_whole = type(value) is not float and Fraction(value).denominator == 1
    if not is_whole and units & _WHOLE_THINGS and not is_rounding_marked(text, statement.start, statement.end):
        return "fraction of a whole thing"
    return ""


def numbers_in(text: str) -> set[Value]:
    """The numbers of a question, in digits and in words."""
    found: set[Value] = {Fraction(number.replace(",", "")) for number in _NUMBER.findall(text)[:200]}
    words = re.findall(r"[a-z]+(?:-[a-z]+)?", text.lower())
    for word in words:
        parts = word.split("-")
        if all(part in _NUMBER_WORDS for part in parts):
            found.add(Fraction(sum(_NUMBER_WORDS[part] for part in parts)))
        found.update({WORD_FRACTIONS[part] for part in (word, *parts) if part in WORD_FRACTIONS})
    return found


def ungrounded(side: Side, known: set[Value]) -> str:
    """The first literal of a calculation that stands neither in the question nor in an earlier result, else ''."""
    if side.node is None or is_literal(side.node):
        return ""
    for number in literals(side.node):
        value = number.value
        if value in _COMMON or value in known or any(_related(value, other) for other in known):
            continue
        return number.text
    return ""


def _related(value: Value, other: Value) -> bool:
    """A percent of a known number in another form: 0.8 for 20 or 80, 1.2 for 20."""
    return (
        value * 100 in (other, 100 - other, 100 + other)
        or other * 100 in (value, 100 - value, 100 + value)
        or value + other in (1, 100)
    )
