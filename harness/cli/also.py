"""`--also lm-eval`: lm-eval's two gsm8k filters on the same completions, beside our answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.core.errors import UserError, unknown_name
from harness.core.records import Record
from harness.core.task import Task

ALSO = ("lm-eval",)
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
        from tasks.scoring.lm_eval_filters import gsm8k_config

        gsm8k_config()  # what is not installed shows before anything is drawn


def also_lm_eval(records: Sequence[Record]) -> dict[str, Any]:
    """lm-eval's verdicts beside ours, and where they differ. Completions that failed are left out."""
    from tasks.scoring.lm_eval_filters import lm_eval_scores

    records = [record for record in records if record.completion.finish != "error"]
    scored = lm_eval_scores([r.doc for r in records], [r.completion for r in records])
    ours = [r.scores["final_answer"] for r in records]
    summary: dict[str, Any] = {}
    for name, theirs in scored.items():
        differing = [
            {"id": r.doc.id, "target": r.doc.target, "ours": s.answer, "our_outcome": s.outcome, "lm_eval": bool(t)}
            for r, s, t in zip(records, ours, theirs, strict=True)
            if (s.outcome == "correct") != bool(t)
        ]
        accuracy = sum(map(bool, theirs)) / len(theirs) if theirs else None
        summary[name] = {"accuracy": accuracy, "n": len(theirs), "disagreements": differing}
    return summary


def print_lm_eval(summary: dict[str, Any]) -> None:
    """A table of both filters, and the first disagreements of each."""
    from harness.cli.console import out, table
    from harness.cli.show import percent

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
