"""Two runs' areas over the curve, paired by question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.audits.probes.records import ProbeSummary
from harness.core.records import Estimate, MetricInfo, Record

AOC = "aoc"


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDifference:
    """Candidate minus baseline in the area over the curve of early answering."""

    baseline: Estimate
    """Over every probed question of its own run."""
    candidate: Estimate
    value: float | None
    """Over the questions that were probed in both; None without one."""
    low: float | None
    high: float | None
    p_value: float | None
    n_paired: int


def compare_areas(
    baseline: ProbeSummary | None,
    baseline_records: Sequence[Record],
    candidate: ProbeSummary | None,
    candidate_records: Sequence[Record],
) -> AreaDifference | None:
    """The areas over the curve of early answering of two runs and their paired difference; None unless both runs have
    one.

    `baseline` and `candidate` are the summaries of that probe, None where it was not run; `baseline_records` and
    `candidate_records` the runs' own records, which say what pairs with what.
    """
    from harness.comparison.pair import PairedRuns
    from harness.stats.paired import paired_difference

    if baseline is None or candidate is None or AOC not in baseline.estimates or AOC not in candidate.estimates:
        return None
    info = MetricInfo(name=AOC, description="area over the curve", scorer="", kind="mean")
    rows = (_rows(baseline, baseline_records), _rows(candidate, candidate_records))
    pair = PairedRuns(*rows).pair(info)
    result = paired_difference(pair.baseline, pair.candidate) if pair.is_defined else None
    return AreaDifference(
        baseline=baseline.estimates[AOC],
        candidate=candidate.estimates[AOC],
        value=result.value if result else None,
        low=result.low if result else None,
        high=result.high if result else None,
        p_value=result.p_value if result else None,
        n_paired=pair.baseline.n_docs,
    )


def _rows(summary: ProbeSummary, records: Sequence[Record]) -> list[Record]:
    """The first completion of each probed doc, with its area as the one metric."""
    return [
        replace(record, scores={}, metrics={AOC: summary.areas[record.doc.id]})
        for record in records
        if record.completion.repeat == 0 and record.doc.id in summary.areas
    ]
