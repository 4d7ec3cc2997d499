"""`also lm-eval`: lm-eval's two gsm8k filters on the same completions, beside our answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.core.errors import UserError, unknown_name
from harness.core.records import Record
from harness.core.task import Task
from harness.lm_eval_bridge.filters import gsm8k_config, lm_eval_scores
from harness.store.beside import LM_EVAL, read_beside, write_beside

ALSO = ("lm-eval",)
SCORES = {"strict-match": "lm_eval_strict", "flexible-extract": "lm_eval_flexible"}
"""What reports call each filter's verdicts."""


def check_names(names: Sequence[str]) -> None:
    """Raise UserError, with the nearest name, for a harness that cannot judge beside ours."""
    for name in names:
        if name not in ALSO:
            raise unknown_name("--also", name, ALSO)


def check_also(names: Sequence[str], task: Task) -> None:
    """Raise UserError for a name that is not known, and for a task that has no final answers to compare with."""
    check_names(names)
    if names and "final_answer" not in {scorer.name for scorer in task.scorers}:
        raise UserError(
            f"--also lm-eval sets lm-eval's gsm8k filters beside the scorer final_answer, which {task.name!r} lacks",
            tip="leave out --also; an lm_eval: task has lm-eval's own filters already.",
        )
    if names:
        gsm8k_config()  # what is not installed shows before anything is drawn


def lm_eval_verdicts(records: Sequence[Record]) -> dict[str, dict[str, int]]:
    """1 where lm-eval's filter finds the gold answer, else 0, by filter and record key.

    Completions that failed are left out, and those of tasks without final answers.
    """
    judged = [r for r in records if "final_answer" in r.scores and r.completion.finish != "error"]
    scored = lm_eval_scores([r.doc for r in judged], [r.completion for r in judged])
    return {
        name: {record.key: int(bool(value)) for record, value in zip(judged, values, strict=True)}
        for name, values in scored.items()
    }


def as_scores(verdicts: Mapping[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """The verdicts under the names that reports give to scores."""
    return {SCORES[name]: found for name, found in verdicts.items()}


def keep_verdicts(records: Sequence[Record], folder: Path) -> None:
    """Judge the records, and keep that beside their run in `folder`, so that its pages show it."""
    write_beside(folder, LM_EVAL, as_scores(lm_eval_verdicts(records)), indent=None)


def read_summary(folder: Path, records: Sequence[Record]) -> dict[str, Any] | None:
    """What lies beside the run in `folder`, whose records are `records`: for each filter its accuracy, its n and where
    it disagrees with ours; None without a usable file."""
    try:
        kept = read_beside(folder, LM_EVAL)
        return None if kept is None else {name: summary(records, kept[score]) for name, score in SCORES.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None  # it is an extra: a run must not fail on it


def summary(records: Sequence[Record], found: Mapping[str, int]) -> dict[str, Any]:
    """Accuracy, n and disagreements with ours of one filter's verdicts, `found`, by record key."""
    judged = [(r, r.scores["final_answer"], found[r.key]) for r in records if r.key in found]
    differing = [
        {"id": r.doc.id, "target": r.doc.target, "ours": s.answer, "our_outcome": s.outcome, "lm_eval": bool(theirs)}
        for r, s, theirs in judged
        if s.outcome != "not_scored" and (s.outcome == "correct") != bool(theirs)
    ]
    accuracy = sum(found.values()) / len(found) if found else None
    return {"accuracy": accuracy, "n": len(found), "disagreements": differing}
