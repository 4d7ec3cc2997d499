"""The gold solution replayed: the values that support a solution, and how each value of one stands to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.scoring.answer.extract import find_answer
from tasks.scoring.answer.numbers import Number
from tasks.scoring.steps.read.tree import literals
from tasks.scoring.steps.reference.expand import expander
from tasks.scoring.steps.reference.points import PRIME, Exact, NoPoint, Point, constant, inverse, whole
from tasks.scoring.steps.reference.question import QuestionNumbers
from tasks.scoring.steps.reference.records import Support
from tasks.scoring.steps.reference.replay import replay
from tasks.scoring.steps.reference.trace import Claim, Trace

MAX_GOLD_CHARS = 20_000
MAX_IMPLIED = 3_000
_BARE = re.compile(r"[#\s$]*-?[\d,.]+\s*")
_UNIT_FACTORS = frozenset({2, 3, 4, 7, 12, 16, 24, 30, 52, 60, 100, 365, 1000})
"""Factors between everyday units: feet in a yard, quarts in a gallon, days, months, dozens, minutes, cents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """What the gold solution supports."""

    trace: Trace
    values: dict[int, str]
    """Its own values by mark, with the statement that has them."""
    numbers: dict[Exact, str]
    """The same by what is written."""
    implied: dict[int, str]
    """What its calculations imply, by mark."""
    final: Number | None
    """The gold answer."""
    answer: Exact | None
    """Its value."""
    answer_marks: frozenset[int]
    """The marks of the last calculation that arrives at the answer; empty where the question's numbers do not enter."""
    points: dict[Exact, Point]
    """Its values by size."""
    given: frozenset[int]
    """The marks of the question's numbers."""


def read_gold(text: str, question: QuestionNumbers) -> Gold:
    """Replay a gold solution, GSM8K's annotations or plain text. Never raises."""
    text = text[-MAX_GOLD_CHARS:]
    found = find_answer(text)
    final = found.number if found is not None else None
    answer = whole(final.value) if final is not None else None
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and _BARE.fullmatch(lines[-1]):
        lines.pop()
    trace = replay(lines, question)
    known = (*question.points.values(), *question.related.values())
    own = [claim for claim in trace.claims if claim.kind != "stated" or claim.is_new]
    arrivals = [claim for claim in own if arrives_at(claim, answer)]
    return Gold(
        trace=trace,
        values={mark: claim.text for claim in reversed(own) for mark in claim.marks},
        numbers={claim.written: claim.text for claim in reversed(own)},
        implied=_implied(trace),
        points={claim.written: claim.readings[0].point for claim in reversed(own)},
        final=final,
        answer=answer,
        answer_marks=_answer_marks(arrivals[-1]) if arrivals else frozenset(),
        given=frozenset(point.mark for point in known),
    )


def _answer_marks(arrival: Claim) -> frozenset[int]:
    """The marks but that of the bare number, which any calculation without the question's numbers may give."""
    return frozenset(r.point.mark for r in arrival.readings if r.point.mark != constant(r.point.base).mark)


def arrives_at(claim: Claim, answer: Exact | None) -> bool:
    """Whether a calculation ends at the answer; '= 60%' ends at 60."""
    if claim.kind == "stated" or claim.is_slip or answer is None:
        return False
    return claim.written == answer or ("%" in claim.text and claim.written * 100 == answer)


def _implied(trace: Trace) -> dict[int, str]:
    implied: dict[int, str] = {}
    implied_by = expander(trace)
    for claim in trace.claims:
        if claim.node is None or len(implied) > MAX_IMPLIED:
            continue
        try:
            for mark in implied_by(claim.node):
                implied.setdefault(mark, claim.text)
        except NoPoint:
            continue
    return implied


def support_of(claim: Claim, gold: Gold) -> tuple[Support, str]:
    """How a value stands to the gold solution, and the gold statement that has it or implies it, '' for none."""
    if claim.is_slip:
        return "slip", ""
    if source := _first(gold.values, claim.marks):
        return "gold", source
    if source := _first(gold.implied, claim.marks):
        return "implied", source
    if claim.kind == "stated" and not claim.is_new:
        return "stated", ""
    if source := _related(claim, gold):
        return "implied", source
    if claim.written in gold.numbers:
        return "coincident", gold.numbers[claim.written]
    if claim.kind != "stated" and _is_given(claim, gold):
        return "implied", "a number of the question"
    if claim.kind != "stated" and (source := _converted(claim, gold)):
        return "implied", source
    return ("unexplained" if claim.kind == "stated" else "departs"), ""


def _first(table: dict[int, str], marks: list[int]) -> str:
    return next((table[mark] for mark in marks if mark in table), "")


def _related(claim: Claim, gold: Gold) -> str:
    """The negative or the inverse of a gold value."""
    marks = [-mark % PRIME for mark in claim.marks]
    marks += [inverse(mark) for mark in claim.marks if mark]
    return _first(gold.values, marks) or _first(gold.implied, marks)


def _is_given(claim: Claim, gold: Gold) -> bool:
    """A calculation that ends where the question began, `8 / 2 * 2`, or at a fraction that it names."""
    return any(mark in gold.given for mark in claim.marks) or (
        claim.written.denominator > 1 and gold.trace.is_known(claim.written)
    )


def _converted(claim: Claim, gold: Gold) -> str:
    """A gold value in another unit, where the calculation has the factor."""
    if claim.node is None:
        return ""
    for factor in {number.value for number in literals(claim.node)} & _UNIT_FACTORS:
        n = int(factor)
        marks = [other for mark in claim.marks for other in (mark * n % PRIME, mark * inverse(n) % PRIME)]
        if source := _first(gold.values, marks):
            return source
    return ""
