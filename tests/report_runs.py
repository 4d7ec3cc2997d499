"""Two small runs with every kind of evidence, for tests of reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from compare_builders import run

from harness.audits.compared import ComparedRuns
from harness.comparison.compare import compare
from harness.comparison.records import Comparison
from harness.core.records import Completion, Doc, MetricInfo, Record, Run, Score
from harness.stats.estimate import estimate_metrics
from harness.store.stored import StoredRun

METRICS = (
    MetricInfo(name="accuracy", description="final answer equals the gold", scorer="final_answer", kind="binary"),
    MetricInfo(name="compliant", description="keeps the format", scorer="structure", kind="binary"),
    MetricInfo(
        name="words",
        description="words in the reply",
        scorer="final_answer",
        kind="mean",
        higher_is_better=False,
        diagnostic=True,
    ),
)
N_DOCS = 40


def reply(i: int, answer: int | str, *, slip: bool = False, closed: bool = True) -> str:
    """A reply to question i: one line of work, then the answer in tags."""
    total = 2 * i + (1 if slip else 0)
    return f"Twice {i} is needed.\nSo {i} + {i} = {total}.\n<answer>{answer}{'</answer>' if closed else ''}"


def doc(i: int) -> Doc:
    """Question i; its gold answer is 2i."""
    return Doc(
        id=f"q/{i}",
        question=f"What is twice {i}?",
        target=str(2 * i),
        gold_reasoning=f"{i} + {i} = {2 * i}",
        metadata={"n_steps": 1 + i % 2},
    )


def record(asked: Doc, text: str, **changes: Any) -> Record:
    """A completion with the scores that our scorers would give it; `changes` replace fields of the completion."""
    completion = replace(Completion(doc_id=asked.id, text=text), **changes)
    scores = {
        "final_answer": _answer(asked, completion),
        "structure": _structure(completion),
        "step_validity": _steps(completion),
    }
    metrics = {
        "accuracy": scores["final_answer"].value,
        "compliant": scores["structure"].value,
        "words": float(len(text.split())),
    }
    return Record(
        key=f"{asked.id}#{completion.repeat}", doc=asked, completion=completion, scores=scores, metrics=metrics
    )


def baseline_records() -> list[Record]:
    """Right on the first 20 of 40; every fourth wrong one has an invalid step; no reply closes its tag."""
    return [
        record(doc(i), reply(i, 2 * i if i < 20 else 7, slip=i >= 20 and i % 4 == 0, closed=False))
        for i in range(N_DOCS)
    ]


def candidate_records() -> list[Record]:
    """Right on 3 to 30: 3 broken, 11 fixed; one truncated, one without an answer."""
    made = [record(doc(i), reply(i, 2 * i if 3 <= i < 31 else 7, slip=i == 5)) for i in range(N_DOCS)]
    made[38] = record(doc(38), "Twice 38 is", finish="length")
    made[39] = record(doc(39), "")
    return made


def finished(name: str, records: Sequence[Record], **changes: Any) -> Run:
    """A finished run over `records`."""
    made = run(name, metrics=METRICS, n_expected=len(records), finished="2026-01-01T00:10:00Z", **changes)
    return replace(made, estimates=estimate_metrics(records, METRICS))


def compared(*, margin: float | None = 0.02, **changes: Any) -> tuple[Comparison, list[Record], list[Record]]:
    """The comparison of the two runs, with both sides' records."""
    before, after = baseline_records(), candidate_records()
    runs = finished("base", before, **changes), finished("tuned", after, **changes)
    return compare(runs[0], before, runs[1], after, margin=margin), before, after


def _answer(asked: Doc, completion: Completion) -> Score:
    start = completion.reply.find("<answer>") + len("<answer>")
    if start < len("<answer>"):
        return Score(value=0.0, outcome="no_answer", why="nothing to read", detail={"policy": "auto"})
    end = completion.reply.find("</answer>", start)
    end = len(completion.reply) if end < 0 else end
    found = completion.reply[start:end]
    right = found == asked.target
    return Score(
        value=float(right),
        outcome="correct" if right else "wrong",
        answer=found,
        why="the answer tags",
        detail={"rule": "tags", "span": [start, end], "policy": "auto"},
    )


def _structure(completion: Completion) -> Score:
    end = len(completion.reply)
    if "</answer>" in completion.reply:
        return Score(value=1.0, outcome="correct", answer="", why="compliant", detail={"rules": {}, "broken": {}})
    return Score(
        value=0.0,
        outcome="wrong",
        answer="",
        why="closed: no </answer>",
        detail={
            "rules": {"closed": False},
            "first_broken": "closed",
            "span": [end, end],
            "broken": {"closed": {"span": [end, end], "why": "no </answer>"}},
        },
    )


def _steps(completion: Completion) -> Score:
    """Steps are the lines before the answer; the second is decided."""
    text = completion.reply
    cut = text.find("\n")
    stop = text.find("\n<answer>")
    if cut < 0 or stop <= cut:
        return Score(
            value=0.0, outcome="no_answer", why="no statement that could be decided", detail={"first_error": -1}
        )
    claim = text[cut + 4 : stop - 1]
    left = str(2 * int(claim.split(" ")[0]))
    right = claim.split(" = ")[1]
    valid = left == right
    verdict = "valid" if valid else "invalid"
    return Score(
        value=float(valid),
        outcome="correct" if valid else "wrong",
        why="1 of 2 steps decided" if valid else f"step 2, mismatch: {left} against {right}: {claim!r}",
        detail={
            "first_error": -1 if valid else 1,
            "steps": [[0, cut, "unverifiable"], [cut + 1, stop, verdict]],
            "statements": [[cut + 4, stop - 1, verdict, left, right, "exact" if valid else "mismatch"]],
        },
    )


def kept(run: Run, records: Sequence[Record], folder: Path) -> StoredRun:
    """The run as one that lies in `folder`."""
    return StoredRun(path=folder, run=run, at_hand=records)


def both(comparison: Comparison, before: Sequence[Record], after: Sequence[Record], folder: Path) -> ComparedRuns:
    """The comparison with both of its runs, as if they lay in `folder`."""
    sides = kept(comparison.baseline, before, folder), kept(comparison.candidate, after, folder)
    return ComparedRuns(comparison=comparison, baseline=sides[0], candidate=sides[1])
