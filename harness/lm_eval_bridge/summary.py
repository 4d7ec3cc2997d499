"""lm-eval's own aggregates of a run, by its own functions: what `lm_eval run` would print for these completions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.core.records import Completion, Estimate, Record
from harness.lm_eval_bridge.compat import Group, Loaded, lm_eval_name
from harness.lm_eval_bridge.prompts import Asked
from harness.lm_eval_bridge.scoring import reader_of, results_of

METHOD = "lm-eval's own aggregate"

Numbers = dict[tuple[str, str], tuple[float, int]]
"""(task or group, `metric,filter`) to (value, docs)."""


def lm_eval_summary(loaded: Loaded, asked: Mapping[str, Asked]) -> Callable[[Sequence[Record]], Mapping[str, Estimate]]:
    """What lm-eval prints and our own metrics do not say: numbers of tasks and groups, and of no single doc."""

    def summary(records: Sequence[Record]) -> dict[str, Estimate]:
        several = len(loaded.tasks) > 1
        repeated = any(record.completion.repeat for record in records)
        n_failed = sum(1 for record in records if record.completion.finish == "error")
        found = {}
        for (owner, key), (value, n_docs) in lm_eval_numbers(loaded, asked, records).items():
            if several or repeated or not _is_ours(loaded.tasks[owner], key):
                name = f"{owner}: {key}" if several else f"lm-eval {key}"
                found[name] = _estimate(value, n_docs, n_failed)
        return found

    return summary


def lm_eval_numbers(loaded: Loaded, asked: Mapping[str, Asked], records: Sequence[Record]) -> Numbers:
    """Every number of lm-eval's results table, to the last digit. Failed completions are left out."""
    by_doc: dict[str, list[Record]] = {}
    for record in records:
        if record.completion.finish != "error":
            by_doc.setdefault(record.doc.id, []).append(record)
    numbers: Numbers = {}
    for name, task in loaded.tasks.items():
        own = [one for one in asked.values() if one.task == name and one.doc.id in by_doc]
        for filter_name in (f.name for f in task._filters):
            for metric, values in _values(task, own, by_doc, filter_name).items():
                aggregate = task.aggregation().get(metric, lm_eval_name("lm_eval.api.metrics:mean"))
                numbers[name, f"{metric},{filter_name}"] = float(aggregate(values)), len(values)
    for group in loaded.groups:
        numbers |= _group_numbers(group, numbers)
    return numbers


def _values(
    task: Any, own: Sequence[Asked], by_doc: Mapping[str, list[Record]], filter_name: str
) -> dict[str, list[Any]]:
    """Each metric's values in the order of docs."""
    values: dict[str, list[Any]] = {}
    for one in own:
        for metric, value in _metrics_of(task, one, by_doc[one.doc.id], filter_name).items():
            values.setdefault(metric, []).append(value)
    return values


def _metrics_of(task: Any, one: Asked, records: Sequence[Record], filter_name: str) -> Mapping[str, Any]:
    """Of one completion, as scored; of several, by a filter that sees them all (majority vote)."""
    if len(records) == 1:
        metrics: Mapping[str, Any] = records[0].scores[filter_name].detail.get("metrics", {})
        return metrics
    completions: list[Completion] = [r.completion for r in sorted(records, key=lambda r: r.completion.repeat)]
    found: Mapping[str, Any] = results_of(task, one, completions, filter_name)[1]
    return found


def _group_numbers(group: Group, numbers: Numbers) -> Numbers:
    combine = lm_eval_name("lm_eval.api.metrics:aggregate_subtask_metrics")
    found: Numbers = {}
    for metric in group.metrics:
        present = sorted({key.partition(",")[2] for owner, key in numbers if owner in group.tasks})
        for filter_name in metric.filters if metric.filters is not None else present:
            key = f"{metric.metric},{filter_name}"
            parts = [numbers[task, key] for task in group.tasks if (task, key) in numbers]
            if parts:
                values, sizes = [value for value, _ in parts], [n for _, n in parts]
                found[group.name, key] = float(combine(values, sizes, metric.weight_by_size)), sum(sizes)
    return found


def _is_ours(task: Any, key: str) -> bool:
    """Whether our own metric of that name is this very number."""
    read = reader_of(task.aggregation().get(key.partition(",")[0]))
    return read is not None and not read[0]


def _estimate(value: float, n_docs: int, n_failed: int) -> Estimate:
    return Estimate(
        value=value,
        low=None,
        high=None,
        level=0.95,
        method=METHOD,
        n_docs=n_docs,
        n_clusters=n_docs,
        n_not_scored=n_failed,
    )
