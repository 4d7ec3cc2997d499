"""Results in words: `The sum of 12 and 15 is 27`, `Half of 50 is 25`, `Adding 12 and 15 gives 27`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import reduce

from tasks.scoring.steps.read.context import is_hypothetical, is_rounding_marked
from tasks.scoring.steps.read.withdrawn import is_withdrawn
from tasks.scoring.steps.read.words import WORD_FRACTIONS
from tasks.scoring.steps.value.tolerance import closeness, exact_text, near, show_value
from tasks.scoring.steps.verdict.verdicts import StatementCheck

_N = r"\$?-?\d{1,12}(?:,\d{3})*(?:\.\d{1,9})?(?![\d.,:/]*\d)"
_LIST = rf"(?P<list>{_N}(?:, {_N}){{0,12}},? and {_N})"
_IS = r" (?:is|are|equals|gives(?: us)?|makes|yields|is equal to|comes to) (?:exactly )?"
_END = (
    r"(?=[ ]?(?:[a-z][a-z-]{2,}(?: [a-z]+){0,2})?(?:[.,;!)\n]|$))(?! (?:times|percent|more|less|and|plus|minus|of|per))"
)
_RESULT = rf"(?P<result>{_N}){_END}"
_SHARES = "|".join(sorted((word.replace("-", "[- ]") for word in WORD_FRACTIONS), key=len, reverse=True))

Numbers = list[Fraction]
_FOLDS: dict[str, Callable[[Numbers], Fraction]] = {
    "sum": lambda n: sum(n, Fraction(0)),
    "total": lambda n: sum(n, Fraction(0)),
    "product": lambda n: reduce(lambda a, b: a * b, n),
    "average": lambda n: sum(n, Fraction(0)) / len(n),
    "mean": lambda n: sum(n, Fraction(0)) / len(n),
    "difference": lambda n: abs(n[0] - n[1]) if len(n) == 2 else n[0],
}
_VERBS: dict[str, tuple[str, Callable[[Fraction, Fraction], Fraction | None]]] = {
    "adding": ("(?:and|to)", lambda a, b: a + b),
    "subtracting": ("from", lambda a, b: b - a),
    "multiplying": ("(?:by|and)", lambda a, b: a * b),
    "dividing": ("by", lambda a, b: a / b if b else None),
}
_FOLD = re.compile(rf"\b[Tt]he (?P<fold>{'|'.join(_FOLDS)}) (?:of|between) {_LIST}{_IS}{_RESULT}")
_SHARE = re.compile(
    rf"(?:^|[.,;:] |\b(?:so|and|then|because|since|that|as) )(?:a |an |one )?(?P<share>{_SHARES}) (?:of )?"
    rf"(?P<whole>{_N})(?: [a-z]+)?{_IS}{_RESULT}",
    re.IGNORECASE,
)
_VERB_PATTERNS = tuple(
    (re.compile(rf"\b{verb} (?P<a>{_N}) {word} (?P<b>{_N}){_IS}{_RESULT}", re.IGNORECASE), compute)
    for verb, (word, compute) in _VERBS.items()
)
_HINT = re.compile(rf"\b(?:{'|'.join((*_FOLDS, *_VERBS, _SHARES))})\b", re.IGNORECASE)


def worded_statements(text: str, following: str = "") -> Iterator[StatementCheck]:
    """Every result in words with its verdict.

    >>> [s.verdict for s in worded_statements("The sum of 12 and 15 is 28. Half of 50 is 25.")]
    ['invalid', 'valid']
    """
    if not _HINT.search(text):
        return
    for match, value in _found(text):
        if value is not None:
            yield _check(text, match, value, following)


def _found(text: str) -> Iterator[tuple[re.Match[str], Fraction | None]]:
    for match in _FOLD.finditer(text):
        yield match, _FOLDS[match["fold"]]([_number(n) for n in re.findall(_N, match["list"])])
    for match in _SHARE.finditer(text):
        yield match, WORD_FRACTIONS[match["share"].lower().replace(" ", "-")] * _number(match["whole"])
    for pattern, compute in _VERB_PATTERNS:
        for match in pattern.finditer(text):
            yield match, compute(_number(match["a"]), _number(match["b"]))


def _number(text: str) -> Fraction:
    return Fraction(text.replace(",", "").replace("$", ""))


def _check(text: str, match: re.Match[str], value: Fraction, following: str) -> StatementCheck:
    written = _number(match["result"])
    decimals = len(match["result"].partition(".")[2])
    close = closeness(value, written, decimals)
    start, end = match.span()
    excused = (
        (near(value, written) and is_rounding_marked(text, start, end))
        or is_hypothetical(text, start, end)
        or is_withdrawn(text, start, end, following, exact_text(value))
    )
    verdicts = {"exact": "valid", "rounded": "valid", "truncated": "imprecise", "integer": "imprecise"}
    return StatementCheck(
        kind="verbal",
        verdict=verdicts.get(close, "unverifiable" if excused else "invalid"),  # type: ignore[arg-type]
        reason=close if close in verdicts else "supposed, rounded or withdrawn" if excused else "mismatch",
        start=start,
        end=end,
        text=match.group(),
        left=show_value(value),
        right=show_value(written),
        value=exact_text(written),
    )
