"""Records as pandas tables: one row a completion, one column a metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.core.records import MetricValue, Record
from harness.core.task import as_text

if TYPE_CHECKING:
    import pandas as pd


def records_table(records: Sequence[Record]) -> pd.DataFrame:
    """Columns: id, repeat, cluster, question, target, reply, finish, tokens, seconds, `metric:NAME`, and
    `SCORER:outcome`, `SCORER:answer`, `SCORER:why` for every scorer. A ratio metric is its fraction."""
    import pandas as pd

    return pd.DataFrame([_row(record) for record in records])


def comparison_table(baseline: Sequence[Record], candidate: Sequence[Record]) -> pd.DataFrame:
    """Both runs' tables side by side, one row a (doc, repeat) that both have: columns end in `_base` and `_cand`."""
    left, right = records_table(baseline), records_table(candidate)
    same = ["id", "repeat", "cluster", "question", "target"]
    return left.merge(right.drop(columns=same[2:]), on=same[:2], suffixes=("_base", "_cand"))


def _row(record: Record) -> dict[str, Any]:
    completion = record.completion
    row: dict[str, Any] = {
        "id": record.doc.id,
        "repeat": completion.repeat,
        "cluster": record.doc.cluster,
        "question": as_text(record.doc.question),
        "target": record.doc.target,
        "reply": completion.reply,
        "finish": completion.finish,
        "error": completion.error,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "seconds": completion.seconds,
    }
    row |= {f"metric:{name}": _fraction(value) for name, value in record.metrics.items()}
    for name, score in record.scores.items():
        row |= {f"{name}:outcome": score.outcome, f"{name}:answer": score.answer, f"{name}:why": score.why}
    return row


def _fraction(value: MetricValue) -> float | None:
    if isinstance(value, (tuple, list)):
        return value[0] / value[1] if value[1] else None
    return value
