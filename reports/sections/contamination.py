"""The primary metric with and without the docs that stand in the training data, where `contamination.json` says which.

`harness contamination TRAIN TASK --run RUN --json` writes that file, and so does `harness train`; it lies in a run's
folder. Only its list of docs is read: the numbers are worked out from the records that the page shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.comparison.pair import PairedRuns
from harness.core import words
from harness.core.records import MetricInfo, Record
from harness.core.words import counted
from harness.stats.estimate import estimate_values
from harness.stats.paired import paired_difference
from harness.stats.values import DocTable, DocValues

FILE = "contamination.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Which docs of a run's task stand in some training data."""

    train: str
    """The training data's name."""
    n_docs: int
    """Docs that were looked at."""
    doc_ids: frozenset[str]

    @property
    def sentence(self) -> str:
        """For a table of facts."""
        return f"{len(self.doc_ids):,} of {counted(self.n_docs, 'doc')} overlap with {self.train}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapRow:
    """The primary metric over some of the docs."""

    label: str
    n_docs: int
    cells: tuple[str, ...]
    """Value and interval of each run."""
    difference: str
    """Candidate minus baseline with its interval; empty for one run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapView:
    """The section of a page."""

    train: tuple[str, ...]
    """Names of the training data, each once."""
    rows: tuple[OverlapRow, ...]
    doc_ids: tuple[str, ...]
    """Of the docs that overlap, in order."""


def read_overlap(folder: Path) -> Overlap | None:
    """What lies in a run's folder; None without a usable file."""
    try:
        return _overlap(json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # it is an extra: a report must not fail on it


def _overlap(document: Mapping[str, Any]) -> Overlap:
    sets = list(document["sets"].values())
    return Overlap(
        train=Path(document["train"]).name,
        n_docs=sum(found["n_docs"] for found in sets),
        # A question with other numbers is a new question: listed in the file, counted nowhere.
        doc_ids=frozenset(
            str(one["doc_id"]) for found in sets for one in found["overlaps"] if one["kind"] != "numbers"
        ),
    )


def overlap_view(
    found: Sequence[Overlap | None], records: Sequence[Sequence[Record]], primary: MetricInfo
) -> OverlapView | None:
    """The metric of one run, or of two and their paired difference; None where no doc that was scored overlaps."""
    known = [one for one in found if one is not None]
    doc_ids = frozenset[str]().union(*(one.doc_ids for one in known))
    sides = _sides(records, primary)
    overlapping = [i for i, doc_id in enumerate(sides[0].doc_ids) if doc_id in doc_ids]
    if not overlapping:
        return None
    others = [i for i, doc_id in enumerate(sides[0].doc_ids) if doc_id not in doc_ids]
    parts = {"all": None, "without those that overlap": others, "only those that overlap": overlapping}
    return OverlapView(
        train=tuple(dict.fromkeys(one.train for one in known if one.doc_ids)),
        rows=tuple(_row(label, sides, keep, primary) for label, keep in parts.items()),
        doc_ids=tuple(sides[0].doc_ids[i] for i in overlapping),
    )


def _sides(records: Sequence[Sequence[Record]], primary: MetricInfo) -> list[DocValues]:
    """One run's values, or both runs' over the docs that both have scored."""
    if len(records) == 1:
        return [DocTable(records[0]).values(primary)]
    pair = PairedRuns(*records).pair(primary)
    return [pair.baseline, pair.candidate]


def _row(label: str, sides: Sequence[DocValues], keep: Sequence[int] | None, primary: MetricInfo) -> OverlapRow:
    kept = list(sides) if keep is None else [side.subset(keep) for side in sides]
    cells = tuple(words.estimate(estimate_values(side), primary.kind) for side in kept)
    return OverlapRow(
        label=label, n_docs=kept[0].n_docs, cells=cells, difference=_difference(kept, primary) if len(kept) == 2 else ""
    )


def _difference(kept: Sequence[DocValues], primary: MetricInfo) -> str:
    if not all(side.is_defined for side in kept):
        return words.UNDEFINED
    found = paired_difference(*kept)
    ends = words.signed_interval(found.low, found.high, primary.kind)
    return f"{words.change(found.value, primary.kind)} [{ends}]"
