"""Records as pandas tables: one row a completion, one column a metric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.comparison.records import Comparison, Difference
from harness.core.codec import encode
from harness.core.records import MetricValue, Record, Run
from harness.core.task import as_text
from reports.sections.fates import STEPS

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


def estimates_table(run: Run) -> pd.DataFrame:
    """Columns: metric, value, low, high, level, method, n_docs, n_clusters, n_not_scored. Values are fractions."""
    import pandas as pd

    return pd.DataFrame([{"metric": name, **encode(found)} for name, found in run.estimates.items()])


def differences_table(comparison: Comparison) -> pd.DataFrame:
    """Candidate minus baseline, a row a metric. Columns: metric, kind, baseline, candidate, difference, low, high,
    level, p_value, p_adjusted, fixed, broken, n_paired, minimum_detectable. Values are fractions."""
    import pandas as pd

    return pd.DataFrame([_difference(name, found) for name, found in comparison.differences.items()])


def pairs_table(comparisons: Sequence[Comparison], p_adjusted: Sequence[float | None]) -> pd.DataFrame:
    """The primary difference of every pair of several runs: ids of both, then the columns of `differences_table`, with
    `p_adjusted` over the pairs."""
    import pandas as pd

    rows = [
        {
            "baseline_run": made.baseline.id,
            "candidate_run": made.candidate.id,
            **_difference(made.primary, made.differences[made.primary]),
            "p_adjusted": p_value,
        }
        for made, p_value in zip(comparisons, p_adjusted, strict=True)
    ]
    return pd.DataFrame(rows)


def flips_table(comparison: Comparison) -> pd.DataFrame:
    """Columns: id, kind (fixed or broken), baseline, candidate: docs whose primary metric changed."""
    import pandas as pd

    rows = [[flip.doc_id, flip.kind, flip.baseline, flip.candidate] for flip in comparison.flips]
    return pd.DataFrame(rows, columns=["id", "kind", "baseline", "candidate"])


def steps_table(records: Sequence[Record]) -> pd.DataFrame:
    """A row a reasoning step that was checked. Columns: id, repeat, step (from 1), text, verdict, reason (of the first
    statement proven wrong in it). Empty where no scorer looked at steps."""
    import pandas as pd

    rows = [row for record in records if STEPS in record.scores for row in _steps(record)]
    return pd.DataFrame(rows, columns=["id", "repeat", "step", "text", "verdict", "reason"])


def _steps(record: Record) -> Iterator[list[Any]]:
    detail, reply = record.scores[STEPS].detail, record.completion.reply
    for number, (start, end, verdict) in enumerate(detail.get("steps", ()), 1):
        flags = [flag["reason"] for flag in detail.get("flags", ()) if flag["step"] == number - 1]
        text = reply[start:end].strip()
        yield [record.doc.id, record.completion.repeat, number, text, verdict, flags[0] if flags else ""]


def _difference(name: str, found: Difference) -> dict[str, Any]:
    return {
        "metric": name,
        "kind": found.metric.kind,
        "baseline": found.baseline.value,
        "candidate": found.candidate.value,
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "level": found.level,
        "p_value": found.p_value,
        "p_adjusted": found.p_adjusted,
        "fixed": found.fixed,
        "broken": found.broken,
        "n_paired": found.n_paired,
        "minimum_detectable": found.minimum_detectable,
    }


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
