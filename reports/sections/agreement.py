"""Where scorers that read the same text disagree: ours beside lm-eval's, when the records carry both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.core.records import Record, Score
from harness.store.beside import LM_EVAL, read_beside
from reports.sections.fates import answer_score

OTHERS = ("lm_eval_strict", "lm_eval_flexible")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One other scorer against ours on one run's completions."""

    scorer: str
    n: int
    both_right: int
    only_ours: int
    only_theirs: int
    both_wrong: int
    doc_ids: tuple[str, ...]
    """Of the disagreements, in order."""


def with_others(records: Sequence[Record], folder: Path) -> Sequence[Record]:
    """The records with the verdicts that lie in the run's folder; unchanged without a usable file."""
    try:
        verdicts = read_beside(folder, LM_EVAL)
        return records if verdicts is None else add_others(records, verdicts)
    except (OSError, ValueError, AttributeError):
        return records  # it is an extra: a report must not fail on it


def add_others(records: Sequence[Record], verdicts: Mapping[str, Mapping[str, int]]) -> list[Record]:
    """The records with other scorers' verdicts (1 right, 0 wrong, by scorer and record key) as scores."""
    made = {verdict: Score(value=float(verdict), outcome="correct" if verdict else "wrong") for verdict in (0, 1)}
    told = {name: verdicts[name] for name in OTHERS if name in verdicts}
    return [
        replace(r, scores={**r.scores, **{name: made[found[r.key]] for name, found in told.items() if r.key in found}})
        for r in records
    ]


def agreements(records: Sequence[Record]) -> list[Agreement]:
    """One entry for each other scorer that the records carry."""
    return [_agreement(name, records) for name in OTHERS if any(name in record.scores for record in records)]


def disagrees(record: Record) -> bool:
    """Some other scorer judges this completion differently."""
    ours = _ours(record)
    return ours is not None and any(
        _is_right(record.scores[name]) != _is_right(ours) for name in OTHERS if name in record.scores
    )


def _agreement(name: str, records: Sequence[Record]) -> Agreement:
    judged = [(r, s) for r in records if name in r.scores and (s := _ours(r)) is not None]
    pairs = [(r.doc.id, _is_right(ours), _is_right(r.scores[name])) for r, ours in judged]
    return Agreement(
        scorer=name,
        n=len(pairs),
        both_right=sum(ours and theirs for _, ours, theirs in pairs),
        only_ours=sum(ours and not theirs for _, ours, theirs in pairs),
        only_theirs=sum(theirs and not ours for _, ours, theirs in pairs),
        both_wrong=sum(not ours and not theirs for _, ours, theirs in pairs),
        doc_ids=tuple(doc_id for doc_id, ours, theirs in pairs if ours != theirs),
    )


def _ours(record: Record) -> Score | None:
    """Our verdict, where there is one: what we could not score is no disagreement."""
    score = answer_score(record)
    return score if score is not None and score.outcome != "not_scored" else None


def _is_right(score: Score) -> bool:
    return score.outcome == "correct"
