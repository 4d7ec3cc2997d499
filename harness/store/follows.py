"""Whether what a run says of itself follows from its records: pure, and the first thing that does not is named."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness.core.records import Doc, Estimate, MetricInfo, MetricValue, Record, Run

RELATIVE = 1e-6
"""Estimates are sums over docs: another version of numpy may add them in another order."""


def first_fault(run: Run, records: Sequence[Record]) -> str:
    """The first thing that a run's `records`, one a completion, contradict; empty where nothing does."""
    return next(_faults(run, records), "")


def estimate_fault(run: Run, records: Sequence[Record]) -> str:
    """The first estimate of a finished run that its records do not give; empty where all follow."""
    from harness.stats.estimate import estimate_metrics

    found: dict[str, Estimate] = estimate_metrics(records, run.metrics)
    for info in run.metrics:
        said = run.estimates.get(info.name)
        if said is None:
            return f"the run has no estimate of {info.name}"
        if name := _other_field(said, found[info.name]):
            told, given = getattr(said, name), getattr(found[info.name], name)
            return f"{info.name}: run.json says {name} {_short(told)}, its records give {_short(given)}"
    return ""


def _faults(run: Run, records: Sequence[Record]) -> Iterator[str]:
    infos = {info.name: info for info in run.metrics}
    for record in records:
        where = f"doc {record.doc.id!r}, repeat {record.completion.repeat}"
        yield from (f"{where}: {fault}" for fault in _of_one(record, infos))
    yield from _counts(run, records)
    yield from _docs(run, records)


def _of_one(record: Record, infos: Mapping[str, MetricInfo]) -> Iterator[str]:
    if record.completion.doc_id != record.doc.id:
        yield f"its completion is of doc {record.completion.doc_id!r}"
    for name, value in record.metrics.items():
        info = infos.get(name)
        if value is None or info is None:
            continue
        if fault := _value_fault(info, value):
            yield f"{name} is {_short(value)}, {fault}"
        score = record.scores.get(info.scorer)
        if record.completion.finish == "error" or (score is not None and score.outcome == "not_scored"):
            yield f"{name} is {_short(value)}, and {info.scorer} gave no verdict"


def _value_fault(info: MetricInfo, value: MetricValue) -> str:
    parts = value if isinstance(value, tuple) else (value,)
    if not all(part is None or isinstance(part, (int, float)) for part in parts) or len(parts) not in (1, 2):
        return "which is no number"
    if info.kind != "binary" or not all(part is not None and math.isfinite(part) for part in parts):
        return ""
    if isinstance(value, tuple) or not 0 <= parts[0] <= 1:  # type: ignore[operator]
        return "which no share of one completion is"
    return ""


def _counts(run: Run, records: Sequence[Record]) -> Iterator[str]:
    repeats = run.settings.repeats if run.settings is not None else math.inf
    seen = Counter((record.doc.id, record.completion.repeat) for record in records)
    for (doc_id, repeat), n in seen.items():
        if n > 1:
            yield f"doc {doc_id!r} has {n} completions of repeat {repeat}"
        if not 0 <= repeat < repeats:
            yield f"doc {doc_id!r} has a repeat {repeat}, and {repeats} were asked for"
    n_docs = len({record.doc.id for record in records})
    if n_docs > run.data.n_docs:
        yield f"it has records of {n_docs:,} docs, and its data has {run.data.n_docs:,}"


def _docs(run: Run, records: Sequence[Record]) -> Iterator[str]:
    """Held against the hashes of the data where every doc has a record."""
    from harness.data.identity import content_hash, docs_hash

    docs: dict[str, Doc] = {}
    for record in records:
        if docs.setdefault(record.doc.id, record.doc) != record.doc:
            yield f"doc {record.doc.id!r} is not the same in all of its records"
    if len(docs) != run.data.n_docs:
        return
    if docs_hash([*docs.values()]) != run.data.docs_hash:
        yield "questions or gold answers in its records are not those of the data it names"
    elif run.identity is not None and run.identity.data and content_hash([*docs.values()]) != run.identity.data:
        yield "gold reasoning or metadata in its records are not those of the data it names"


def _other_field(said: Estimate, found: Estimate) -> str:
    """The first field in which two estimates differ; ends of intervals count where they were made by one method."""
    names = ["value", "n_docs", "n_not_scored"]
    if (said.method, said.level) == (found.method, found.level):
        names += ["low", "high", "n_clusters"]
    return next((name for name in names if not _same(getattr(said, name), getattr(found, name))), "")


def _same(a: object, b: object) -> bool:
    if not isinstance(a, (int, float)) or not isinstance(b, (int, float)):
        return a == b
    return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=1e-9)


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:60]
