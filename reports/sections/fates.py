"""What became of each completion: where an answer was lost on the way from question to sound and correct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from harness.core.records import Record, Score

Fate: TypeAlias = Literal[
    "not_scored", "truncated", "no_answer", "unparsable", "wrong_invalid", "wrong", "right_invalid", "right"
]

ANSWER = "final_answer"
STRUCTURE = "structure"
STEPS = "step_validity"

LOSSES: tuple[Fate, ...] = (
    "not_scored", "truncated", "no_answer", "unparsable", "wrong_invalid", "wrong", "right_invalid"
)  # fmt: skip
"""In the order in which they are taken off; what remains is 'right'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """Completions of one run by fate."""

    total: int
    counts: Mapping[Fate, int]
    has_steps: bool
    """Some completion was judged step by step."""

    def rows(self) -> list[tuple[Fate, int, int]]:
        """(fate, completions lost, completions left after it) in order; fates without a completion too."""
        left, rows = self.total, []
        for fate in LOSSES:
            left -= self.counts.get(fate, 0)
            rows.append((fate, self.counts.get(fate, 0), left))
        return rows


def fates(records: Sequence[Record]) -> Fates:
    """Every completion that can be right counted once, under the first thing that went wrong."""
    records = [record for record in records if not _is_measured(record)]
    return Fates(
        total=len(records),
        counts=Counter(fate(record) for record in records),
        has_steps=any(STEPS in record.scores for record in records),
    )


def fate(record: Record) -> Fate:
    """The fate of one completion; without step validity no step is known to be invalid."""
    score = answer_score(record)
    if score is None or score.outcome == "not_scored":
        return "not_scored"
    if score.outcome == "correct":
        return "right_invalid" if has_invalid_step(record) else "right"
    if is_truncated(record):
        return "truncated"
    if score.outcome == "no_answer":
        return "unparsable" if _has_answer_text(record) else "no_answer"
    return "wrong_invalid" if has_invalid_step(record) else "wrong"


def answer_score(record: Record) -> Score | None:
    """The score that says right or wrong: the final answer's, else the first there is."""
    return record.scores.get(ANSWER) or next(iter(record.scores.values()), None)


def is_truncated(record: Record) -> bool:
    """Cut by the token limit, or, where completions came from elsewhere, visibly cut short."""
    rules = _detail(record, STRUCTURE).get("rules") or {}
    return record.completion.finish == "length" or rules.get("not_truncated") is False


def has_invalid_step(record: Record) -> bool:
    """Some step is proven wrong."""
    first = _detail(record, STEPS).get("first_error")
    return isinstance(first, int) and first >= 0


def has_structure_fault(record: Record) -> bool:
    """Some rule that the format requires is broken."""
    return bool(_detail(record, STRUCTURE).get("first_broken"))


def _is_measured(record: Record) -> bool:
    """A quantity was read off it, and nothing was answered."""
    score = answer_score(record)
    return score is not None and score.outcome == "measured"


def _has_answer_text(record: Record) -> bool:
    score = record.scores.get(STRUCTURE)
    return score is not None and bool(score.answer.strip())


def _detail(record: Record, scorer: str) -> Mapping[str, Any]:
    score = record.scores.get(scorer)
    return score.detail if score is not None else {}
