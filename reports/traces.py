"""Every question with its completions as compact JSON, for the page to browse: text, and where in it things stand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from harness.comparison.records import Comparison
from harness.core.records import Record
from harness.core.task import as_text
from reports.sections.agreement import OTHERS, disagrees
from reports.sections.fates import (
    STEPS,
    STRUCTURE,
    answer_score,
    fate,
    has_invalid_step,
    has_structure_fault,
    is_truncated,
)
from reports.visible import browser_offsets, encodable

Json: TypeAlias = dict[str, Any]
Place: TypeAlias = Callable[[int], int]
VERDICTS = {"valid": "v", "invalid": "i", "imprecise": "p", "suspicious": "s", "unverifiable": "u"}


NO_DOCS: frozenset[str] = frozenset()


def run_questions(records: Sequence[Record], overlapping: frozenset[str] = NO_DOCS) -> list[Json]:
    """One entry a doc, with the completions of the only side; `overlapping` are docs of the training data."""
    return [_question([group], _state(group), overlapping) for group in _by_doc(records).values()]


def comparison_questions(
    comparison: Comparison,
    baseline: Sequence[Record],
    candidate: Sequence[Record],
    overlapping: frozenset[str] = NO_DOCS,
) -> list[Json]:
    """One entry a doc of either run (records of `baseline` and `candidate`); `k` says what happened to its primary
    metric in the `comparison`. Docs in `overlapping` are marked as standing in the training data.
    """
    before, after = _by_doc(baseline), _by_doc(candidate)
    kinds = {flip.doc_id: str(flip.kind) for flip in comparison.flips}
    unpaired = set(comparison.unpaired)
    questions = []
    for doc_id in {**before, **after}:
        sides = [before.get(doc_id, []), after.get(doc_id, [])]
        kind = kinds.get(doc_id) or ("unpaired" if doc_id in unpaired else f"both_{_state(sides[0])}")
        questions.append(_question(sides, kind, overlapping))
    return questions


def _by_doc(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record.doc.id, []).append(record)
    return found


def _state(records: Sequence[Record]) -> str:
    """'right' where at least half of the completions are, 'wrong', or 'unscored'."""
    values = [s.value for r in records if (s := answer_score(r)) is not None and s.value is not None]
    if not values:
        return "unscored"
    return "right" if sum(values) / len(values) >= 0.5 else "wrong"


def _question(sides: Sequence[Sequence[Record]], kind: str, overlapping: frozenset[str]) -> Json:
    doc = next(record.doc for side in sides for record in side)
    made: Json = {
        "id": encodable(doc.id),
        "q": encodable(as_text(doc.question)),
        "t": encodable(doc.target),
        "k": kind,
        "s": [[_completion(record) for record in side] for side in sides],
        "f": _flags([record for side in sides for record in side]) + ["overlap"] * (doc.id in overlapping),
    }
    if doc.gold_reasoning:
        made["g"] = encodable(doc.gold_reasoning)
    if doc.cluster:
        made["c"] = encodable(doc.cluster)
    return made


def _flags(records: Sequence[Record]) -> list[str]:
    """What the list can be filtered by: true of any completion of the doc."""
    tests = {
        "invalid": has_invalid_step,
        "structure": has_structure_fault,
        "truncated": is_truncated,
        "no_answer": lambda record: fate(record) in ("no_answer", "unparsable"),
        "disagree": disagrees,
    }
    return [name for name, test in tests.items() if any(test(record) for record in records)]


def _completion(record: Record) -> Json:
    completion, score = record.completion, answer_score(record)
    place = browser_offsets(completion.reply)
    made: Json = {"x": encodable(completion.reply), "e": fate(record)}
    if completion.prefill:
        made["p"] = place(len(completion.prefill))
    if score is not None:
        made |= {"o": score.outcome, "a": encodable(score.answer), "w": encodable(score.why)}
        if span := _span(score.detail.get("span"), place):
            made["at"] = span
    if others := {name: int(record.scores[name].outcome == "correct") for name in OTHERS if name in record.scores}:
        made["l"] = others
    if completion.error:
        made["err"] = encodable(completion.error)
    if completion.completion_tokens is not None:
        made["n"] = completion.completion_tokens
    return made | _structure(record, place) | _steps(record, place)


def _structure(record: Record, place: Place) -> Json:
    score = record.scores.get(STRUCTURE)
    broken = score.detail.get("broken") if score is not None else None
    if not isinstance(broken, Mapping) or not broken:
        return {}
    faults = [
        [name, *(_span(found.get("span"), place) or [0, 0]), encodable(str(found.get("why", "")))]
        for name, found in broken.items()
    ]
    return {"b": faults}


def _steps(record: Record, place: Place) -> Json:
    """`v`: one [start, end, verdict, statements] a step; a statement is [start, end, verdict, left, right, reason]."""
    score = record.scores.get(STEPS)
    found = score.detail.get("steps") if score is not None else None
    if score is None or not isinstance(found, Sequence) or not found:
        return {}
    steps: list[list[Any]] = [[place(s), place(e), VERDICTS.get(verdict, "u"), []] for s, e, verdict in found]
    starts = [start for start, _, _ in found]
    for start, end, verdict, *texts in score.detail.get("statements", ()):
        told = [place(start), place(end), VERDICTS.get(verdict, "u"), *(encodable(str(text)) for text in texts)]
        steps[max(bisect_right(starts, start) - 1, 0)][3].append(told)
    first = score.detail.get("first_error", -1)
    return {"v": steps} | ({"fe": first} if isinstance(first, int) and first >= 0 else {})


def _span(span: Any, place: Place) -> list[int] | None:
    """A [start, end) of the reply in the browser's units, or None where there is none."""
    if not isinstance(span, Sequence) or len(span) != 2 or not all(isinstance(end, int) for end in span):
        return None
    return [place(span[0]), place(span[1])]
