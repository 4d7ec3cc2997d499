"""Unknowns that count things: an equation that only a negative or a broken number solves cannot be right."""

from __future__ import annotations

import re
from fractions import Fraction

from tasks.scoring.steps.read.tree import Node, Num, walk
from tasks.scoring.steps.read.words import singular, word_set

_IN_QUESTION = re.compile(
    r"(?<![\w$.+*/=^-])(?<![+*/=^-] )(?P<name>[b-hj-z])\s"
    r"(?P<words>(?:[a-z]+ ){0,2}?(?:[a-z]{2,}s|people|children|men|women))\b"
)
"""`x clusters`, `x chocolate cupcakes`."""
_LET = re.compile(
    r"\blet(?:'s (?:say|call|denote))? [\\($\"“]{0,3}(?P<name>[b-hj-zA-HJ-Z])[\\)$\"”]{0,3}"
    r" (?:be|represent|denote|stand for|equal|=)(?: equal to)? (?:the )?number of (?P<words>[a-z]+(?: [a-z]+)?)",
    re.IGNORECASE,
)
"""`Let x be the number of goats`."""
_CALLED = re.compile(
    r"\b(?:call|denote|represent) the number of (?P<words>[a-z]+(?: [a-z]+)?)(?: [a-z]+){0,6} (?:as |by |with )?"
    r"[\\($\"“]{0,3}(?P<name>[b-hj-zB-HJ-Z])\b",
    re.IGNORECASE,
)
_NO_THINGS = word_set(
    "hour minute second day week month year mile foot inch meter kilometer centimeter yard pound ounce gram kilogram"
    " liter gallon cup pint quart dollar cent percent degree point unit square cubic mph km cm mm kg ml acre ton"
    " tablespoon teaspoon calorie calory time is was has as less more of does plus minus equal gives means becomes get"
    " cost weigh take make spend was pay earn"
)
"""Words that follow a variable and are no things to be counted, singular."""
_NO_EXACT_SOLUTION = re.compile(
    r"\b(?:at least|at most|minimum|maximum|least number|greatest number|largest|smallest|average|approximat\w*|"
    r"estimate|nearest|round\w*|expected|probability)\b",
    re.IGNORECASE,
)
"""Questions whose equation is a bound or an average: its solution need not be whole."""


def counted_in_question(question: str) -> dict[str, str]:
    """Variables of a question that count things, with the things.

    >>> counted_in_question("A bush has x clusters of 20 fruit. What is the value of x?")
    {'x': 'clusters'}
    """
    if _NO_EXACT_SOLUTION.search(question):
        return {}
    found = {match["name"]: match["words"] for match in _IN_QUESTION.finditer(question)}
    return {name: words for name, words in found.items() if _are_things(words)}


def counted_in_step(text: str) -> dict[str, str]:
    """Variables that a step introduces as a number of things."""
    if "number of" not in text or _NO_EXACT_SOLUTION.search(text):
        return {}
    found = {match["name"]: match["words"] for pattern in (_LET, _CALLED) for match in pattern.finditer(text)}
    return {name: words for name, words in found.items() if _are_things(words)}


def _are_things(words: str) -> bool:
    return _NO_THINGS.isdisjoint(singular(word) for word in words.split())


_TAKEN_BACK = re.compile(
    r"\b(?:integer|whole|round\w*|possible|impossible|incorrect|wrong|contradict\w*|mistake|misinterpret\w*"
    r"|misunderst\w*|negative|n't make sense|n't be|cannot be|not make sense)\b",
    re.IGNORECASE,
)


def is_taken_back(text: str, end: int, following: str) -> bool:
    """The text goes on to say that its number is no count: 'since x must be an integer, ...'."""
    return _TAKEN_BACK.search(f"{text[end : end + 300]}\n{following}"[:500]) is not None


def is_no_count(solution: Fraction, left: Node, right: Node, *, divisible: bool) -> bool:
    """Whether a number of things cannot be that: negative, or broken by more than rounded literals explain.

    `solution` solves the equation of `left` and `right`. `divisible`: the unknown is the question's; rewritten
    questions ask for 3.875 pizzas.
    """
    if solution < 0 or divisible:
        return solution < 0
    gap = abs(solution - round(solution))
    rounded = any(type(part) is Num and part.decimals for node in (left, right) for part in walk(node))
    return gap * 50 > max(Fraction(1), solution) if rounded else gap > 0
