"""Small runs and records for tests of statistics and comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.core.records import (
    Completion,
    DataInfo,
    Doc,
    GenerationSettings,
    MetricInfo,
    MetricValue,
    ModelInfo,
    Outcome,
    Record,
    Run,
    Score,
)

ACCURACY = MetricInfo(name="accuracy", description="answers right", scorer="final_answer", kind="binary")
COMPLIANT = MetricInfo(name="compliant", description="keeps the format", scorer="structure", kind="binary")
TOKENS = MetricInfo(name="tokens", description="length", scorer="final_answer", kind="mean", higher_is_better=False)
STEPS = MetricInfo(name="valid_steps", description="valid steps", scorer="step_validity", kind="ratio")


def record(
    doc_id: str,
    metrics: Mapping[str, MetricValue],
    *,
    repeat: int = 0,
    cluster: str = "",
    scores: Mapping[str, Score] | None = None,
    question: str = "",
    target: str = "1",
) -> Record:
    """One record; the question defaults to one of the doc's own."""
    doc = Doc(id=doc_id, question=question or f"question {doc_id}", target=target, cluster=cluster)
    completion = Completion(doc_id=doc_id, repeat=repeat, text="")
    return Record(
        key=f"{doc_id}#{repeat}", doc=doc, completion=completion, scores=dict(scores or {}), metrics=dict(metrics)
    )


def accuracy_records(values: Sequence[float | None], *, clusters: Sequence[str] | None = None) -> list[Record]:
    """One record a doc, docs d0000, d0001, ..., with these accuracies."""
    names = clusters or [""] * len(values)
    return [record(f"d{i:04}", {"accuracy": v}, cluster=names[i]) for i, v in enumerate(values)]


def from_table(both_right: int, fixed: int, broken: int, both_wrong: int) -> tuple[list[Record], list[Record]]:
    """Baseline and candidate records with this 2x2."""
    before = [1.0] * both_right + [0.0] * fixed + [1.0] * broken + [0.0] * both_wrong
    after = [1.0] * both_right + [1.0] * fixed + [0.0] * broken + [0.0] * both_wrong
    return accuracy_records(before), accuracy_records(after)


def answer(outcome: Outcome, text: str = "") -> Mapping[str, Score]:
    """The scores of a completion judged by `final_answer` alone."""
    value = None if outcome == "not_scored" else float(outcome == "correct")
    return {"final_answer": Score(value=value, outcome=outcome, answer=text)}


def run(name: str = "base", **changes: Any) -> Run:
    """A run of our own; `changes` replace fields."""
    made = Run(
        id=name,
        task="gsm8k",
        task_version="1",
        task_options={},
        data=DataInfo(source="file:test.jsonl", docs_hash="d" * 16, n_docs=100),
        prompt_hash="p" * 16,
        prompt_note="",
        scorers={"final_answer": "f1"},
        primary="accuracy",
        metrics=(ACCURACY,),
        model=ModelInfo(name=name, fingerprint=name),
        settings=GenerationSettings(),
        versions={},
        git_sha="",
        command="",
        invocation={},
        started="2026-01-01T00:00:00Z",
    )
    return replace(made, **changes)


def recorded_run(name: str = "theirs", **changes: Any) -> Run:
    """A run whose completions came from elsewhere."""
    return run(name, **({"settings": None, "prompt_hash": ""} | changes))
