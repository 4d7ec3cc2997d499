"""Where a solution departs: at the first value that the gold solution does not support and no later value redeems."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.scoring.steps.reference.gold import Gold, support_of
from tasks.scoring.steps.reference.points import Exact
from tasks.scoring.steps.reference.records import Support
from tasks.scoring.steps.reference.trace import SMALL, Claim, Trace

_MAX_BARE = 60
"""Characters of a bare answer."""
_BARE = re.compile(r"\s*(?:step \d{1,3}:\s*)?(?:(?:the )?(?:final )?answer(?: is)?)?[^\w,.]*[\d,.]+[^\w]*", re.I)
"""A step that is only the answer: '7', '#### 7', 'Step 4: The answer is: 7'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The claims of a solution beside the gold solution."""

    claims: Sequence[Claim]
    supports: tuple[Support, ...]
    sources: tuple[str, ...]
    """The gold statement behind each."""
    behind: tuple[frozenset[int], ...]
    """Every claim that each is computed from, directly or not."""
    is_redeemed: tuple[bool, ...]
    """A later gold value is computed from it: another way to the same place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """The step of the first departure and the reason."""

    step: int
    why: str


def judge_claims(trace: Trace, gold: Gold) -> Judged:
    """Every claim beside the gold solution."""
    found = [support_of(claim, gold) for claim in trace.claims]
    behind: list[frozenset[int]] = []
    redeemed = [False] * len(found)
    reached: set[Exact] = set()
    for claim, (support, _) in zip(trace.claims, found, strict=True):
        behind.append(claim.uses.union(*(behind[number] for number in claim.uses)))
        if support == "gold" and claim.kind != "stated" and claim.written not in gold.trace.question.points:
            if claim.written not in reached:  # a reply that repeats itself redeems nothing the second time
                for number in behind[-1]:
                    redeemed[number] = True
            reached.add(claim.written)
    return Judged(
        claims=trace.claims,
        supports=tuple(support for support, _ in found),
        sources=tuple(source for _, source in found),
        behind=tuple(behind),
        is_redeemed=tuple(redeemed),
    )


def first_departure(judged: Judged, gold: Gold, steps: Sequence[str], answer: Exact | None) -> Departure | None:
    """The first departure of a solution (its `steps`, their claims `judged`) whose answer is not the gold answer.

    What stands before the gold answer was reached is right. After it, in order, the first claim to blame; where every
    claim is supported, the step that takes the wrong one for the answer; None where no answer can be read.
    """
    reached = _reached(judged, gold)
    lost = [c.number for c in judged.claims if _is_lost(judged, c)]
    for claim in judged.claims:
        if claim.number > reached and (why := _blame(judged, claim, lost, answer)):
            return Departure(step=claim.step, why=why)
    return None if answer is None else _wrong_answer(judged, steps, answer, gold, reached)


def _reached(judged: Judged, gold: Gold) -> int:
    """Number of the first claim that computes the gold answer, -1 for none; a number of the question is no sign."""
    if gold.answer is None or gold.answer in gold.trace.question.points:
        return -1
    for claim in judged.claims:
        if claim.kind != "stated" and claim.written == gold.answer and not gold.answer_marks.isdisjoint(claim.marks):
            return claim.number
    return -1


def _is_lost(judged: Judged, claim: Claim) -> bool:
    return judged.supports[claim.number] in ("departs", "slip") and not judged.is_redeemed[claim.number]


def _blame(judged: Judged, claim: Claim, lost: list[int], answer: Exact | None) -> str:
    """Why the claim is the departure; '' where it is not."""
    number = claim.number
    support = judged.supports[number]
    if support == "slip":
        return "the calculation does not give the value that is written"
    if judged.is_redeemed[number]:
        return ""
    if support == "departs":
        return "no value of the gold solution, nor part of one"
    if support == "implied" and claim.kind != "stated":
        # A right value of another grouping is to blame only where the first loss comes from it.
        following = next((other for other in lost if other > number), None)
        if following is None or number in judged.behind[following]:
            return f"part of '{judged.sources[number]}', but what follows from it departs"
    matters = claim.written == answer or any(number in judged.behind[other] for other in lost)
    if support == "unexplained" and claim.written > SMALL and matters:
        return "a number that neither the question nor an earlier step gives"
    return ""


def _wrong_answer(judged: Judged, steps: Sequence[str], answer: Exact, gold: Gold, reached: int) -> Departure:
    """Where a supported value is taken for the answer: at its first statement as such after its calculation."""
    why = "taken for the answer, which the gold solution goes on from"
    stating = [c for c in judged.claims if c.written == answer]
    if reached >= 0:
        later = [c.step for c in stating if c.step > judged.claims[reached].step]
        if later:
            return Departure(step=later[0], why="the gold answer was reached before, and is not given")
    spoken = [c.step for c in stating if not is_bare(steps[c.step])]
    computed = next((c.step for c in stating if c.kind != "stated"), None)
    if spoken:
        after = [step for step in spoken if computed is not None and step > computed]
        return Departure(step=(after or spoken)[0], why=why)
    return Departure(step=last_spoken(steps), why="no value before it departs, and the answer is not the gold answer")


def last_spoken(steps: Sequence[str]) -> int:
    """The last step, or the one before where the last is a bare number.

    >>> last_spoken(["So 3 + 4 = 7.", "He has 7.", " 7"])
    1
    """
    return max(0, len(steps) - (2 if len(steps) > 1 and is_bare(steps[-1]) else 1))


def is_bare(step: str) -> bool:
    """Whether a step is only the answer.

    >>> is_bare("Step 4: The answer is: $7."), is_bare("So 7 are left.")
    (True, False)
    """
    return len(step) <= _MAX_BARE and _BARE.fullmatch(step) is not None
