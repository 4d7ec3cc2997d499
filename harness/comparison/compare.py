"""Two runs to one Comparison: refuse or label, pair, test every metric, decide."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.comparison.gate import check_margin, decide
from harness.comparison.lost import lost_labels
from harness.comparison.pair import Paired, PairedRuns, require_pairs
from harness.comparison.records import Comparison, Difference, Flip
from harness.comparison.refuse import check_comparable, is_recorded
from harness.comparison.verdict import verdict
from harness.core.errors import UserError
from harness.core.records import MetricInfo, Record, Run
from harness.stats.estimate import estimate_values
from harness.stats.holm import holm
from harness.stats.paired import PairedResult, TwoByTwo, paired_difference, two_by_two
from harness.stats.power import detectable_binary, detectable_mean


def compare(
    baseline: Run,
    baseline_records: Sequence[Record],
    candidate: Run,
    candidate_records: Sequence[Record],
    *,
    allow: frozenset[str] = frozenset(),
    margin: float | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Candidate minus baseline in every metric that both runs have, paired by doc.

    `baseline_records` and `candidate_records` are all records of the two runs, `baseline` and `candidate`. `allow`
    names what may differ (data, version, prompt, settings, scorers); it is then a label of the result. Docs are paired
    only where question and gold answer agree, allowed data or not. With a `margin` (a share: 0.02 is two points) the
    gate decides too. `level` is that of every interval, `seed` that of the bootstrap of numbers without a range. Raises
    UserError for runs that differ otherwise, for no doc in common, and for a margin outside [0, 1].
    """
    if margin is not None:
        check_margin(margin)
    labels = check_comparable(baseline, candidate, allow)
    labels += (*_unfinished(baseline, baseline_records), *_unfinished(candidate, candidate_records))
    infos = _shared_metrics(baseline, candidate)
    runs = PairedRuns(baseline_records, candidate_records, repeats=(_repeats(baseline), _repeats(candidate)))
    pairs = {info.name: runs.pair(info) for info in infos}
    primary = pairs[baseline.primary]
    require_pairs(primary)
    results = {name: _result(pair, level) for name, pair in pairs.items()}
    differences = _adjust({name: _difference(pairs[name], results[name], level, seed) for name in pairs}, primary.info)
    decided = primary.info.name
    lost = runs.lost(primary, same_data=baseline.data.docs_hash == candidate.data.docs_hash)
    labels += lost_labels(primary.info, lost, (baseline, baseline_records), (candidate, candidate_records))
    deviation = _deviation(primary, results[decided])
    gate = None if margin is None else decide(differences[decided], margin, deviation, lost)
    return Comparison(
        baseline=baseline,
        candidate=candidate,
        primary=decided,
        differences=differences,
        flips=_flips(primary),
        labels=labels,
        unpaired=primary.unpaired,
        verdict=verdict(decided, differences, n_unpaired=len(primary.unpaired), n_changed=len(primary.changed)),
        gate=gate,
        changed=primary.changed,
    )


def _repeats(run: Run) -> int:
    return run.settings.repeats if run.settings is not None else 1


def _unfinished(run: Run, records: Sequence[Record]) -> tuple[str, ...]:
    """A label where a run stopped early, or a file lacks docs: those it did reach may not be like the others."""
    if len(records) >= run.n_expected:
        return ()
    state = "lacks docs" if is_recorded(run) else "is unfinished"
    return (f"{run.model.name} {state}: {len(records):,} of {run.n_expected:,} completions",)


def _shared_metrics(baseline: Run, candidate: Run) -> list[MetricInfo]:
    """Metrics of both runs, the primary first. Raises UserError where one lacks the primary metric."""
    theirs = {info.name: info for info in candidate.metrics}
    shared = [info for info in baseline.metrics if info.name in theirs and theirs[info.name].kind == info.kind]
    if baseline.primary not in {info.name for info in shared}:
        raise UserError(f"the primary metric {baseline.primary!r} is not in both runs")
    return sorted(shared, key=lambda info: info.name != baseline.primary)


def _result(pair: Paired, level: float) -> PairedResult | None:
    return paired_difference(pair.baseline, pair.candidate, level=level) if pair.is_defined else None


def _difference(pair: Paired, result: PairedResult | None, level: float, seed: int) -> Difference:
    sides = [estimate_values(side, level=level, seed=seed) for side in (pair.baseline, pair.candidate)]
    table = _table(pair)
    return Difference(
        metric=pair.info,
        baseline=sides[0],
        candidate=sides[1],
        value=result.value if result else None,
        low=result.low if result else None,
        high=result.high if result else None,
        level=level,
        method=result.method if result else "no doc scored in both runs",
        p_value=result.p_value if result else None,
        p_adjusted=None,
        test=result.test if result else "",
        n_paired=pair.baseline.n_docs,
        n_clusters=result.spread.n_clusters if result else 0,
        minimum_detectable=_detectable(pair, result, table, level),
        both_right=table.both_right if table else None,
        fixed=table.fixed if table else None,
        broken=table.broken if table else None,
        both_wrong=table.both_wrong if table else None,
    )


def _table(pair: Paired) -> TwoByTwo | None:
    """The 2x2 of a binary metric with one completion a doc; 'right' is the better value."""
    if not (pair.is_defined and pair.info.kind == "binary"):
        return None
    if not (pair.baseline.is_binary and pair.candidate.is_binary):
        return None
    table = two_by_two(pair.baseline, pair.candidate)
    if pair.info.higher_is_better:
        return table
    return TwoByTwo(both_right=table.both_wrong, fixed=table.broken, broken=table.fixed, both_wrong=table.both_right)


def _detectable(pair: Paired, result: PairedResult | None, table: TwoByTwo | None, level: float) -> float | None:
    if result is None:
        return None
    if table is not None and pair.baseline.clusters is None:
        discordant = (table.fixed + table.broken + 1) / (table.n + 2)  # never 0: one pair more that changed, of two
        return detectable_binary(table.n, discordant, level=level)
    most = 1.0 if pair.baseline.is_bounded and pair.candidate.is_bounded else math.inf
    return detectable_mean(result.standard_error, result.spread.df, most=most, level=level)


def _deviation(pair: Paired, result: PairedResult | None) -> float:
    return result.standard_error * math.sqrt(pair.baseline.n_docs) if result else math.inf


def _adjust(differences: Mapping[str, Difference], primary: MetricInfo) -> dict[str, Difference]:
    """Holm over the secondary metrics and, as a family of their own, the diagnostic ones; the primary's p stands."""
    adjusted = {primary.name: differences[primary.name].p_value}
    for diagnostic in (False, True):
        family = {n: d for n, d in differences.items() if n != primary.name and d.metric.diagnostic is diagnostic}
        adjusted |= holm({name: d.p_value for name, d in family.items() if d.p_value is not None})
    return {name: replace(d, p_adjusted=adjusted.get(name)) for name, d in differences.items()}


def _flips(pair: Paired) -> tuple[Flip, ...]:
    """Docs whose primary value changed, in the baseline's order."""
    before, after = pair.baseline.by_doc, pair.candidate.by_doc
    gain = (after - before) * (1 if pair.info.higher_is_better else -1)
    return tuple(
        Flip(
            doc_id=pair.baseline.doc_ids[i],
            kind="fixed" if gain[i] > 0 else "broken",
            baseline=float(before[i]),
            candidate=float(after[i]),
        )
        for i in np.flatnonzero(np.abs(gain) > 1e-9)
    )
