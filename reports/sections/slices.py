"""The primary metric in parts of the data: intervals and p-values adjusted for how many parts are looked at."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.comparison.pair import PairedRuns
from harness.core.records import Doc, MetricInfo, Record
from harness.stats.estimate import estimate_values
from harness.stats.holm import holm
from harness.stats.paired import paired_difference
from harness.stats.values import DocTable, DocValues

MIN_DOCS = 8
"""A part with fewer docs says nothing once adjusted."""
MAX_PARTS = 12
"""Of one kind; the largest stay."""
LEVEL = 0.95

Key = Callable[[Doc, Record], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One part of the data. Values are fractions; without a candidate `value` to `p_adjusted` describe the run."""

    group: str
    label: str
    n_docs: int
    baseline: float | None
    candidate: float | None
    value: float | None
    low: float | None
    high: float | None
    p_adjusted: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slices:
    """All parts, in groups, and the level that each interval was given so that all hold together."""

    rows: tuple[Slice, ...]
    level: float
    """Of each interval: 1 - 0.05 / parts (Bonferroni)."""


def run_slices(records: Sequence[Record], info: MetricInfo) -> Slices:
    """The metric of one run by part."""
    values = DocTable(records).values(info)
    parts = _parts(records, values.doc_ids)
    level = _level(len(parts))
    return Slices(rows=tuple(_run_row(part, values.subset(rows), level) for part, rows in parts.items()), level=level)


def comparison_slices(baseline: Sequence[Record], candidate: Sequence[Record], info: MetricInfo) -> Slices:
    """The paired difference by part; the baseline's records say which part a doc is in."""
    pair = PairedRuns(baseline, candidate).pair(info)
    parts = _parts(baseline, pair.baseline.doc_ids)
    level = _level(len(parts))
    rows = [
        _pair_row(part, pair.baseline.subset(docs), pair.candidate.subset(docs), level) for part, docs in parts.items()
    ]
    adjusted = holm({str(i): row.p_adjusted for i, row in enumerate(rows) if row.p_adjusted is not None})
    return Slices(rows=tuple(replace(row, p_adjusted=adjusted.get(str(i))) for i, row in enumerate(rows)), level=level)


def _level(n_parts: int) -> float:
    return 1 - (1 - LEVEL) / max(n_parts, 1)


def _run_row(part: tuple[str, str], values: DocValues, level: float) -> Slice:
    found = estimate_values(values, level=level)
    return Slice(
        group=part[0],
        label=part[1],
        n_docs=values.n_docs,
        baseline=found.value,
        candidate=None,
        value=found.value,
        low=found.low,
        high=found.high,
        p_adjusted=None,
    )


def _pair_row(part: tuple[str, str], before: DocValues, after: DocValues, level: float) -> Slice:
    is_defined = before.is_defined and after.is_defined
    result = paired_difference(before, after, level=level) if is_defined else None
    return Slice(
        group=part[0],
        label=part[1],
        n_docs=before.n_docs,
        baseline=_share(before),
        candidate=_share(after),
        value=result.value if result else None,
        low=result.low if result else None,
        high=result.high if result else None,
        p_adjusted=result.p_value if result else None,
    )


def _share(values: DocValues) -> float | None:
    return float(values.numerator.sum() / values.denominator.sum()) if values.is_defined else None


def _parts(records: Sequence[Record], doc_ids: Sequence[str]) -> dict[tuple[str, str], list[int]]:
    """(group, label) to positions in `doc_ids`; a group of one part is no group."""
    first = {record.doc.id: record for record in reversed(records)}
    known = [(i, first[doc_id]) for i, doc_id in enumerate(doc_ids) if doc_id in first]
    found: dict[tuple[str, str], list[int]] = {}
    for group, key in _keys([record for _, record in known]).items():
        parts: dict[str, list[int]] = {}
        for i, record in known:
            label = key(record.doc, record)
            if label:
                parts.setdefault(label, []).append(i)
        kept = _largest({label: rows for label, rows in parts.items() if len(rows) >= MIN_DOCS})
        if len(kept) > 1:
            found |= {(group, label): kept[label] for label in sorted(kept, key=_natural)}
    return found


def _largest(parts: Mapping[str, list[int]]) -> dict[str, list[int]]:
    return dict(sorted(parts.items(), key=lambda item: -len(item[1]))[:MAX_PARTS])


def _keys(records: Sequence[Record]) -> dict[str, Key]:
    cuts = _quartiles([len(record.completion.reply.split()) for record in records])
    return {
        "steps to the answer": _steps,
        "operations": _operations,
        "size of the answer": _magnitude,
        "length of the reply, words": lambda doc, record: _between(len(record.completion.reply.split()), cuts),
        "template": lambda doc, record: doc.cluster,
    }


def _steps(doc: Doc, record: Record) -> str:
    known = doc.metadata.get("n_steps")
    n = known if isinstance(known, int) else sum(bool(line.strip()) for line in doc.gold_reasoning.splitlines())
    return "" if not n else f"{n}" if n < 7 else "7 or more"


def _operations(doc: Doc, record: Record) -> str:
    """By the operators between numbers in the gold reasoning."""
    plus = bool(re.search(r"\d\s{0,3}[%)]?\s{0,3}[+−-]\s*[$(]?\d", doc.gold_reasoning))
    times = bool(re.search(r"\d\s{0,3}[%)]?\s{0,3}[*/×÷·]\s*[$(]?\.?\d", doc.gold_reasoning))
    return {(True, True): "+ − and × ÷", (True, False): "only + −", (False, True): "only × ÷", (False, False): ""}[
        plus, times
    ]


def _magnitude(doc: Doc, record: Record) -> str:
    try:
        size = abs(float(doc.target.replace(",", "").lstrip("$")))
    except ValueError:
        return ""
    if not math.isfinite(size):  # 'inf', 'nan': answers that are words
        return ""
    if size != int(size):
        return "with decimals"
    return next((label for limit, label in _SIZES if size < limit), "1,000 or more")


_SIZES = ((10, "0 to 9"), (100, "10 to 99"), (1000, "100 to 999"))


def _quartiles(lengths: Sequence[int]) -> list[int]:
    return [int(q) for q in np.quantile(lengths, [0.25, 0.5, 0.75])] if lengths else [0, 0, 0]


def _between(n: int, cuts: Sequence[int]) -> str:
    place = sum(n > cut for cut in cuts)
    return (f"0 to {cuts[0]}", f"{cuts[0] + 1} to {cuts[1]}", f"{cuts[1] + 1} to {cuts[2]}", f"{cuts[2] + 1} or more")[
        place
    ]


def _natural(label: str) -> tuple[int, float, str]:
    start = re.match(r"[\d,]+", label)
    return (0, float(start.group().replace(",", "")), label) if start else (1, 0.0, label)
