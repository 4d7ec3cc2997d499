"""`--also lm-eval`: lm-eval's two gsm8k filters on the same completions, beside our answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.core.errors import UserError, unknown_name
from harness.core.records import Record
from harness.core.task import Task

ALSO = ("lm-eval",)
HELP = "lm-eval: score the same text by lm-eval's two gsm8k filters too, and list where they differ from ours."
SCORES = {"strict-match": "lm_eval_strict", "flexible-extract": "lm_eval_flexible"}
"""What reports call each filter's verdicts."""
SHOWN = 5
"""Disagreements printed of each filter."""


def check_also(names: Sequence[str], task: Task) -> None:
    """Raise UserError for a name that is not known, and for a task that has no final answers to compare with."""
    for name in names:
        if name not in ALSO:
            raise unknown_name("--also", name, ALSO)
    if names and "final_answer" not in {scorer.name for scorer in task.scorers}:
        raise UserError(
            f"--also lm-eval sets lm-eval's gsm8k filters beside the scorer final_answer, which {task.name!r} lacks",
            tip="leave out --also; an lm_eval: task has lm-eval's own filters already.",
        )
    if names:
        from harness.lm_eval_bridge.filters import gsm8k_config

        gsm8k_config()  # what is not installed shows before anything is drawn


def also_lm_eval(records: Sequence[Record], folder: Path) -> dict[str, Any]:
    """lm-eval's verdicts beside ours, and where they differ; kept in the run's folder, so that its pages show them."""
    verdicts = lm_eval_verdicts(records)
    _keep(verdicts, folder)
    return {name: _summary(records, found) for name, found in verdicts.items()}


def lm_eval_verdicts(records: Sequence[Record]) -> dict[str, dict[str, int]]:
    """1 where lm-eval's filter finds the gold answer, else 0, by filter and record key.

    Completions that failed are left out, and those of tasks without final answers.
    """
    from harness.lm_eval_bridge.filters import lm_eval_scores

    judged = [r for r in records if "final_answer" in r.scores and r.completion.finish != "error"]
    scored = lm_eval_scores([r.doc for r in judged], [r.completion for r in judged])
    return {
        name: {record.key: int(bool(value)) for record, value in zip(judged, values, strict=True)}
        for name, values in scored.items()
    }


def as_scores(verdicts: Mapping[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """The verdicts under the names that reports give to scores."""
    return {SCORES[name]: found for name, found in verdicts.items()}


def _keep(verdicts: Mapping[str, dict[str, int]], folder: Path) -> None:
    from harness.store.beside import LM_EVAL, write_beside

    write_beside(folder, LM_EVAL, as_scores(verdicts), indent=None)


def _summary(records: Sequence[Record], found: Mapping[str, int]) -> dict[str, Any]:
    judged = [(r, r.scores["final_answer"], found[r.key]) for r in records if r.key in found]
    differing = [
        {"id": r.doc.id, "target": r.doc.target, "ours": s.answer, "our_outcome": s.outcome, "lm_eval": bool(theirs)}
        for r, s, theirs in judged
        if s.outcome != "not_scored" and (s.outcome == "correct") != bool(theirs)
    ]
    accuracy = sum(found.values()) / len(found) if found else None
    return {"accuracy": accuracy, "n": len(found), "disagreements": differing}


def print_lm_eval(summary: dict[str, Any]) -> None:
    """A table of both filters, and the first disagreements of each."""
    from harness.cli.show.console import out, table
    from harness.core.words import percent

    console = out()
    made = table(
        "lm-eval filter", "accuracy", "n", "disagrees with ours", right=("accuracy", "n", "disagrees with ours")
    )
    for name, row in summary.items():
        made.add_row(name, percent(row["accuracy"]), str(row["n"]), str(len(row["disagreements"])))
    console.print(made)
    for name, row in summary.items():
        for item in row["disagreements"][:SHOWN]:
            verdict = "correct" if item["lm_eval"] else "wrong"
            ours = f"{item['ours'] or '–'} ({item['our_outcome']})"
            console.print(f"  {item['id']}: target {item['target']}, ours {ours}, {name} {verdict}", markup=False)
        if len(row["disagreements"]) > SHOWN:
            more = len(row["disagreements"]) - SHOWN
            console.print(f"  ... {more} more of {name}: --json lists them all", markup=False)
