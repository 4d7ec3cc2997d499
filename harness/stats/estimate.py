"""Every metric of a run with its interval; `docs/method/statistics.md` says which interval is used where, and why."""

from __future__ import annotations

from collections.abc import Sequence

from harness.core.records import Estimate, MetricInfo, Record
from harness.stats.bootstrap import bootstrap_t
from harness.stats.clustered import Spread, ratio_spread
from harness.stats.intervals import Interval, bounded_mean, mean_t, wilson
from harness.stats.values import DocTable, DocValues


def estimate_metrics(
    records: Sequence[Record], infos: Sequence[MetricInfo], *, level: float = 0.95, seed: int = 0
) -> dict[str, Estimate]:
    """The value over docs of each metric in `infos`, and its interval at `level`, by metric name.

    `records` are all completions of a run; a doc's value is the mean over its repeats. What no doc has is None, with no
    interval. `seed` is that of the bootstrap where one is needed.
    """
    table = DocTable(records)
    return {info.name: estimate_values(table.values(info), level=level, seed=seed) for info in infos}


def estimate_values(values: DocValues, *, level: float = 0.95, seed: int = 0) -> Estimate:
    """The estimate of one metric from its values by doc."""
    if not values.is_defined:
        return _estimate(values, None, None, level, "no doc scored", 0)
    spread = ratio_spread(values.numerator, values.denominator, values.clusters)
    if values.is_binary and values.clusters is None:
        interval: Interval | None = wilson(float(values.numerator.sum()), values.n_docs, level=level)
        return _estimate(values, spread.value, interval, level, "Wilson", values.n_docs)
    interval, method = _bounded(values, spread, level) if values.is_bounded else _unbounded(spread, level, seed)
    over = "docs" if values.clusters is None else "clusters"
    value = _clip(spread.value) if values.is_bounded else spread.value
    return _estimate(values, value, interval, level, f"{method} over {over}", spread.n_clusters)


def _bounded(values: DocValues, spread: Spread, level: float) -> tuple[Interval, str]:
    most = max(float((values.denominator * values.completions).sum()), float(spread.n_clusters))
    return bounded_mean(
        _clip(spread.value), spread.variance, least=spread.units, most=most, df=spread.df, level=level
    ), "Wilson, effective n"


def _clip(value: float) -> float:
    """Rounding alone can leave the range."""
    return min(max(value, 0.0), 1.0)


def _unbounded(spread: Spread, level: float, seed: int) -> tuple[Interval | None, str]:
    resampled = bootstrap_t(spread, level=level, seed=seed)
    if resampled is not None:
        return resampled, "bootstrap-t"
    return mean_t(spread.value, spread.variance, df=spread.df, level=level), "t"


def _estimate(
    values: DocValues, value: float | None, interval: Interval | None, level: float, method: str, n_clusters: int
) -> Estimate:
    low, high = interval if interval is not None else (None, None)
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        method=method,
        n_docs=values.n_docs,
        n_clusters=n_clusters,
        n_not_scored=values.n_missing,
    )
