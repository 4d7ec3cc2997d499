"""Fixed facts in words: parts of a unit, days of a month, quarters of a year, half a dozen, the worth of a coin;
and weeks of five days that the question does not give."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from tasks.scoring.steps.read.context import is_rounding_marked
from tasks.scoring.steps.read.withdrawn import is_withdrawn
from tasks.scoring.steps.read.words import singular, word_set
from tasks.scoring.steps.verdict.verdicts import StatementCheck

_PARTS: dict[tuple[str, str], tuple[int, ...]] = {
    ("second", "minute"): (60,), ("minute", "hour"): (60,), ("hour", "day"): (24,), ("second", "hour"): (3600,),
    ("minute", "day"): (1440,), ("hour", "week"): (168,), ("day", "week"): (7, 6, 5, 2), ("week", "month"): (4, 5),
    ("day", "month"): (28, 29, 30, 31), ("month", "year"): (12,), ("week", "year"): (52,),
    ("day", "year"): (365, 366, 360), ("quarter", "year"): (4,), ("month", "quarter"): (3,), ("year", "decade"): (10,),
    ("year", "century"): (100,), ("inch", "foot"): (12,), ("foot", "yard"): (3,), ("inch", "yard"): (36,),
    ("foot", "mile"): (5280,), ("yard", "mile"): (1760,), ("ounce", "pound"): (16,), ("cup", "pint"): (2,),
    ("cup", "quart"): (4,), ("cup", "gallon"): (16,), ("pint", "quart"): (2,), ("pint", "gallon"): (8,),
    ("quart", "gallon"): (4,), ("cent", "dollar"): (100,), ("gram", "kilogram"): (1000,),
    ("meter", "kilometer"): (1000,), ("centimeter", "meter"): (100,), ("milliliter", "liter"): (1000,),
    ("day", "weekend"): (2, 3), ("day", "fortnight"): (14,), ("hour", "weekend"): (48,),
}  # fmt: skip
"""(part, whole) to the counts that people mean: a week of working days, a year of 360 days."""
_MONTH_DAYS = {
    "january": (31,), "february": (28, 29), "march": (31,), "april": (30,), "may": (31,), "june": (30,),
    "july": (31,), "august": (31,), "september": (30,), "october": (31,), "november": (30,), "december": (31,),
}  # fmt: skip
_CENTS = {"penny": 1, "nickel": 5, "dime": 10}
_NUMBER_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"
)  # fmt: skip
_N = r"(?P<n>\d{1,6}(?:,\d{3})?(?:\.\d{1,4})?|" + "|".join(_NUMBER_WORDS) + r")"
_MONTH = "(?P<month>" + "|".join(_MONTH_DAYS) + ")"
_END = r"(?![-\w]|\s?[-+*/×÷^]|\s(?:per|a|an|each|every|and|plus|times|x|of)\b|\.\d)"
_IS = r"(?:is|means|equals|=|has|contains)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bthere (?:are|is) {_N} (?P<part>[a-z]{{2,20}}) in (?:a|an|one|each|every|1) (?P<whole>[a-z]{{2,20}}){_END}",
        rf"(?<![\d/.])(?<!\d )\b(?:1|one) (?P<whole>[a-z]{{2,20}}) {_IS} (?:exactly |equal to )?"
        rf"{_N} (?P<part>[a-z]{{2,20}}){_END}",
        rf"\b{_N} days in (?:the month of )?{_MONTH}\b",
        rf"\b{_MONTH} (?:has|contains) {_N} days\b",
        rf"\b(?P<quarterly>quarterly)\b[^.\n]{{0,60}}?\b{_N} times (?:in a|a|per|each|every) year\b",
        rf"\b(?P<half>half a dozen)\b[^.\n=]{{0,30}}? {_IS} (?:[\d /]{{1,12}}= ?)?{_N}{_END}",
    )
)
_COIN = re.compile(
    r"\b(?P<coin>nickels?|dimes?|penny|pennies) (?:is|are) (?:each )?(?:worth |valued at )?"
    r"(?P<dollars>\\?\$)?(?P<n>\d{0,3}(?:\.\d{1,2})?)(?P<cents> ?(?:cents?|¢))?(?: \(\d+ cents?\))?(?P<each> each)?"
    + _END,
    re.IGNORECASE,
)
_HINT = re.compile(
    r"\bin (?:a|an|one|each|every|1) |\b(?:1|one) [a-z]+ |\bdays\b|quarterly|half a dozen|nickel|dime|penn",
    re.IGNORECASE,
)
_FIVE_DAYS = re.compile(
    r"\b(?:(?:5|five) (?:working |work |week)?days (?:a|per|in a|in the|each|every) (?:work ?)?week\b"
    r"|work ?week of (?:5|five) days|(?:5|five)-day (?:work ?)?week)",
    re.IGNORECASE,
)
_FIVE_COMPUTED = re.compile(r"\d ?=(?:<<[^>\n]{0,40}>>)? ?5\b(?! ?(?:[-+*/×÷x]|\\))")
_MAY_MEAN_FIVE = re.compile(
    r"\b(?:5|five)\b|weekday|work ?-?week|weekend|school|business|work(?:ing)? ?days?|office"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|days off|\bclosed?\b",
    re.IGNORECASE,
)
"""What a question says from which five days of a week may follow."""
_SUPPOSED = word_set("if suppose assume assuming imagine working work business school")


def fact_statements(text: str, question: str, following: str = "") -> Iterator[StatementCheck]:
    """Every such fact in a step: valid, or invalid where it is wrong, not supposed or denied, and not of the question.

    >>> [s.verdict for s in fact_statements("There are 30 days in March.", "")]
    ['invalid']
    """
    yield from _assumed_weeks(text, question, following)
    if not _HINT.search(text):
        return
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            counts = _counts(match)
            if counts:
                yield _check(text, match, _number(match["n"]), counts, question, following)
    for match in _COIN.finditer(text):
        value = _coin_cents(match)
        if value is not None:
            yield _check(text, match, value, (_CENTS[singular(match["coin"].lower())],), question, following)


def _assumed_weeks(text: str, question: str, following: str) -> Iterator[StatementCheck]:
    """`He works 5 days a week` where the question speaks of a week and gives no reason for five."""
    if not question or "eek" not in text or _MAY_MEAN_FIVE.search(question):
        return
    for match in _FIVE_DAYS.finditer(text):
        is_derived = _FIVE_COMPUTED.search(text) is not None or is_withdrawn(
            text, match.start(), match.end(), following
        )
        yield StatementCheck(
            kind="verbal",
            verdict="unverifiable" if is_derived else "invalid",
            reason="five days derived or denied" if is_derived else "a week of five days that nothing gives",
            start=match.start(),
            end=match.end(),
            text=match.group(),
            left="7",
            right="5",
        )


def _counts(match: re.Match[str]) -> tuple[int, ...]:
    groups = match.groupdict()
    if groups.get("part"):
        return _PARTS.get((singular(match["part"]), singular(match["whole"])), ())
    if groups.get("month"):
        return _MONTH_DAYS[match["month"].lower()]
    return (4,) if groups.get("quarterly") else (6,)


def _number(text: str) -> Fraction:
    return Fraction(_NUMBER_WORDS.index(text.lower())) if text[0].isalpha() else Fraction(text.replace(",", ""))


def _coin_cents(match: re.Match[str]) -> Fraction | None:
    """Cents that the text gives to one coin; None where it names no money, or several coins together."""
    plural = match["coin"].lower() in ("nickels", "dimes", "pennies")
    if not match["n"] or match["n"] == "." or (plural and not match["each"]):
        return None
    if match["dollars"]:
        return Fraction(match["n"]) * 100
    return Fraction(match["n"]) if match["cents"] else None


def _check(
    text: str, match: re.Match[str], value: Fraction, counts: tuple[int, ...], question: str, following: str
) -> StatementCheck:
    holds = value in counts
    before = set(text[max(0, match.start() - 40) : match.end()].lower().split())
    excused = (
        not before.isdisjoint(_SUPPOSED)
        or re.search(rf"\b{re.escape(match['n'])}(?:st|nd|rd|th)?\b", question) is not None
        or is_rounding_marked(text, match.start(), match.end())
        or is_withdrawn(text, match.start(), match.end(), following)
    )
    return StatementCheck(
        kind="verbal",
        verdict="valid" if holds else "unverifiable" if excused else "invalid",
        reason="known fact" if holds else "supposed, given or denied" if excused else "false fact",
        start=match.start(),
        end=match.end(),
        text=match.group(),
        left=str(counts[0]),
        right=str(value),
    )
