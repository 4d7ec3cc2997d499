"""Sentences that stand beside the numbers of a run or a comparison, as text and in a notebook alike."""

from __future__ import annotations

from harness.core.records import MetricInfo
from reports.sections.contamination import OverlapView


def overlap_said(view: OverlapView | None, info: MetricInfo) -> list[str]:
    """How many docs stand in the training data, and the metric without them; nothing where none does."""
    if view is None:
        return []
    everything, without, _ = view.rows
    said = f"{len(view.doc_ids):,} of {everything.n_docs:,} questions overlap with the training data"
    difference = f", difference {without.difference}" if without.difference else ""
    return [f"{said}; without them {info.name} is {' → '.join(without.cells)}{difference}"]
