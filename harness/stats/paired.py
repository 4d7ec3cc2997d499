"""Candidate minus baseline over the same docs: interval, p-value and standard error."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from harness.stats.clustered import Side, Spread, difference_spread
from harness.stats.intervals import Interval
from harness.stats.student import t_quantile, two_sided_p, z_quantile
from harness.stats.values import DocValues


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedResult:
    """A paired difference. Without an interval (fewer than two independent docs, or all of them alike in a metric
    without a range) low, high and p are None."""

    value: float
    low: float | None
    high: float | None
    method: str
    p_value: float | None
    test: str
    spread: Spread
    standard_error: float
    """With the added pairs, where the interval has them; 0 with a single cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoByTwo:
    """Docs by what happened to them, of a binary metric."""

    both_right: int
    fixed: int
    broken: int
    both_wrong: int

    @property
    def n(self) -> int:
        return self.both_right + self.fixed + self.broken + self.both_wrong


def paired_difference(base: DocValues, candidate: DocValues, *, level: float = 0.95) -> PairedResult:
    """The difference of one metric; both sides hold the same docs in the same order.

    Binary, one completion a doc, no clusters: Agresti-Min and McNemar's mid-p. Otherwise a t over docs or clusters,
    with Agresti and Min's added pairs where the metric lives in [0, 1].
    """
    sides = ((base.numerator, base.denominator), (candidate.numerator, candidate.denominator))
    spread = difference_spread(*sides, base.clusters)
    if base.is_binary and candidate.is_binary and base.clusters is None:
        return _binary(two_by_two(base, candidate), spread, level)
    bounded = base.is_bounded and candidate.is_bounded
    steadied, n = _steadied(sides, spread) if bounded else (spread, math.inf)
    return _by_t(steadied, n, "docs" if base.clusters is None else "clusters", level)


def two_by_two(base: DocValues, candidate: DocValues) -> TwoByTwo:
    """Counts for values 0 and 1, 1 being right."""
    before, after = base.numerator > 0.5, candidate.numerator > 0.5
    counts = [int((x & y).sum()) for x, y in ((before, after), (~before, after), (before, ~after), (~before, ~after))]
    return TwoByTwo(both_right=counts[0], fixed=counts[1], broken=counts[2], both_wrong=counts[3])


def agresti_min(fixed: int, broken: int, n: int, *, level: float = 0.95) -> Interval:
    """Interval for a difference of paired proportions: Wald after adding 0.5 to each cell of the 2x2.

    Agresti and Min (2005), Statistics in Medicine 24:729. `n` counts all pairs. n = 0 gives (-1, 1).
    """
    if n == 0:
        return (-1.0, 1.0)
    difference = (fixed - broken) / n
    raw = (fixed + broken) / n**2 - difference**2 / n
    return _around(difference, *with_added_pairs(difference, raw, n), z_quantile((1 + level) / 2), bound=1.0)


def with_added_pairs(difference: float, variance: float, n: float) -> tuple[float, float]:
    """Centre and standard error once one concordant pair and half a pair of each discordant kind join n pairs.

    `variance` is that of `difference`. For a binary metric this is Agresti and Min's interval; elsewhere it keeps a
    run in which nothing changed from claiming certainty. An infinite n adds nothing.
    """
    if math.isinf(n):
        return difference, math.sqrt(variance)
    squares = n * n * variance + 1 + 2 * n * difference**2 / (n + 2)
    return difference * n / (n + 2), math.sqrt(squares) / (n + 2)


def mcnemar_exact(fixed: int, broken: int) -> float:
    """McNemar's exact two-sided p: of fixed + broken changes, each goes either way with probability 1/2."""
    tail, _ = _tail_ways(fixed, broken)
    return min(1.0, 2 * tail / 2 ** (fixed + broken))


def mcnemar_mid_p(fixed: int, broken: int) -> float:
    """McNemar's two-sided mid-p: 2 * (P(X < x) + P(X = x) / 2), X binomial(fixed + broken, 1/2), x the smaller count.

    Fagerland, Lydersen and Laake (2013), BMC Medical Research Methodology 13:91. Equal counts give 1.
    """
    tail, last = _tail_ways(fixed, broken)
    return min(1.0, (2 * tail - last) / 2 ** (fixed + broken))


def _tail_ways(fixed: int, broken: int) -> tuple[int, int]:
    """Ways for at most, and for exactly, min(fixed, broken) of the changes to go one way; exact integers."""
    least, total = min(fixed, broken), fixed + broken
    ways = tail = 1
    for i in range(least):
        ways = ways * (total - i) // (i + 1)
        tail += ways
    return tail, ways


def _binary(table: TwoByTwo, spread: Spread, level: float) -> PairedResult:
    low, high = agresti_min(table.fixed, table.broken, table.n, level=level)
    _, error = with_added_pairs(spread.value, spread.variance, table.n)
    return PairedResult(
        value=(table.fixed - table.broken) / table.n,
        low=low,
        high=high,
        method="Agresti-Min",
        p_value=mcnemar_mid_p(table.fixed, table.broken),
        test="McNemar mid-p",
        spread=spread,
        standard_error=error,
    )


def _by_t(spread: Spread, n: float, over: str, level: float) -> PairedResult:
    """t over docs or clusters; p is 1 - level at the level whose interval touches zero."""
    name = f"t over {over}" + ("" if math.isinf(n) else ", added pairs")
    centre, error = with_added_pairs(spread.value, spread.variance, n)
    low = high = p_value = None
    if spread.df >= 1 and error > 0:
        bound = math.inf if math.isinf(n) else 1.0
        low, high = _around(spread.value, centre, error, t_quantile((1 + level) / 2, spread.df), bound=bound)
        p_value = two_sided_p(centre / error, spread.df)
    return PairedResult(
        value=spread.value,
        low=low,
        high=high,
        method=name,
        p_value=p_value,
        test=name,
        spread=spread,
        standard_error=error,
    )


def _around(value: float, centre: float, error: float, quantile: float, *, bound: float) -> Interval:
    """centre +- quantile * error, inside [-bound, bound] and never leaving out the estimate itself."""
    low, high = centre - quantile * error, centre + quantile * error
    return (min(max(low, -bound), value), max(min(high, bound), value))


def _steadied(sides: tuple[Side, Side], spread: Spread) -> tuple[Spread, float]:
    """The spread with a variance that few events cannot make too small, and the independent pairs it speaks for.

    Without clusters both are plain: the spread as it is, and the docs. With clusters the variance is drawn, by a weight
    of 1 / (events + 1), towards its value if all docs of a cluster moved together, as `effective_n` does for one run.
    """
    n_docs = len(sides[0][0])
    alone = difference_spread(*sides, None).variance
    if spread.n_clusters == n_docs:
        return spread, n_docs
    if spread.variance <= 0 or alone <= 0:
        return spread, spread.n_clusters
    events = _pairs(n_docs, alone, spread) * (n_docs * alone + spread.value**2)
    trust = 1 / (events + 1)
    together = alone * n_docs / spread.n_clusters
    steadied = replace(spread, variance=(1 - trust) * spread.variance + trust * max(together, spread.variance))
    return steadied, _pairs(n_docs, alone, steadied)


def _pairs(n_docs: int, alone: float, spread: Spread) -> float:
    """Between clusters and docs: the pairs that would vary as much if they were independent."""
    return min(max(n_docs * alone / spread.variance, spread.n_clusters), n_docs)
