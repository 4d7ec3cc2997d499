"""Candidate minus baseline over the same docs: interval, p-value and standard error."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.stats.clustered import Side, Spread, difference_spread, moved
from harness.stats.intervals import Interval, drawn_to_units
from harness.stats.student import t_quantile, two_sided_p, z_quantile
from harness.stats.values import DocValues

_HALVINGS = 60


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
    """With added pairs where the metric lives in [0, 1], see `padded_error`."""


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

    Binary, one completion a doc, no clusters: Tango's score interval and McNemar's mid-p. Otherwise, where the metric
    lives in [0, 1], Tango's with an effective n and a t quantile over docs or clusters. A plain t if it has no range.
    """
    spread = difference_spread(*_sides(base, candidate), base.clusters)
    if base.is_binary and candidate.is_binary and base.clusters is None:
        return _binary(two_by_two(base, candidate), spread, level)
    over = "docs" if base.clusters is None else "clusters"
    if base.is_bounded and candidate.is_bounded:
        return _by_score(base, candidate, spread, over, level)
    return _by_t(spread, over, level)


def _sides(*both: DocValues) -> tuple[Side, Side]:
    base, candidate = ((side.numerator, side.denominator) for side in both)
    return base, candidate


def two_by_two(base: DocValues, candidate: DocValues) -> TwoByTwo:
    """Counts for values 0 and 1, 1 being right."""
    before, after = base.numerator > 0.5, candidate.numerator > 0.5
    counts = [int((x & y).sum()) for x, y in ((before, after), (~before, after), (before, ~after), (~before, ~after))]
    return TwoByTwo(both_right=counts[0], fixed=counts[1], broken=counts[2], both_wrong=counts[3])


def tango(fixed: float, broken: float, n: float, *, level: float = 0.95, quantile: float | None = None) -> Interval:
    """Score interval for a difference of paired proportions: all differences that the data do not contradict.

    `fixed` and `broken` count the pairs that changed from 0 to 1 and from 1 to 0, `n` all pairs; counts need not be
    whole: an effective n is allowed. n = 0 gives (-1, 1).

    Tango (1998), Statistics in Medicine 17:891: those whose score statistic lies within `quantile`, by default the
    normal one of `level`. Both tails keep their half of the error where few pairs changed, which Wald's interval with
    added pairs (Agresti and Min 2005) does not: at n = 100 it left out a true loss of 2 points, all of it breaks, 13
    times in 100.
    """
    z = z_quantile((1 + level) / 2) if quantile is None else quantile
    if n <= 0 or math.isinf(z):
        return (-1.0, 1.0)
    return (-_farthest(broken, fixed, n, z), _farthest(fixed, broken, n, z))


def _farthest(fixed: float, broken: float, n: float, z: float) -> float:
    """The largest difference whose score statistic is not below -z; the statistic falls as the difference grows."""
    low, high = (fixed - broken) / n, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _score(fixed, broken, n, middle) < -z:
            high = middle
        else:
            low = middle
    return 1.0 if high == 1.0 else low


def _score(fixed: float, broken: float, n: float, difference: float) -> float:
    """Tango's statistic for a true `difference`, with the likeliest share of broken pairs under it."""
    linear = fixed + broken - (2 * n - fixed + broken) * difference
    constant = broken * difference * (1 - difference)
    share = (linear + math.sqrt(max(0.0, linear * linear + 8 * n * constant))) / (4 * n)
    variance = n * (2 * share + difference * (1 - difference))
    gain = fixed - broken - n * difference
    return gain / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, gain) if gain else 0.0


def padded_error(difference: float, variance: float, n: float) -> float:
    """The standard error once one concordant pair and half a pair of each discordant kind join n pairs.

    `variance` is that of `difference`. Agresti and Min (2005), Statistics in Medicine 24:729: it keeps power reckoned
    from a run in which nothing changed from claiming certainty.
    """
    return math.sqrt(n * n * variance + 1 + 2 * n * difference**2 / (n + 2)) / (n + 2)


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
    low, high = tango(table.fixed, table.broken, table.n, level=level)
    return PairedResult(
        value=(table.fixed - table.broken) / table.n,
        low=low,
        high=high,
        method="Tango score",
        p_value=mcnemar_mid_p(table.fixed, table.broken),
        test="McNemar mid-p",
        spread=spread,
        standard_error=padded_error(spread.value, spread.variance, table.n),
    )


def _by_score(base: DocValues, candidate: DocValues, spread: Spread, over: str, level: float) -> PairedResult:
    """Tango's interval with an effective n; p is 1 - level at the level whose interval touches zero."""
    change = moved(*_sides(base, candidate))
    n = _effective_pairs(base, candidate, spread, change)
    low = high = p_value = None
    if spread.df >= 1:
        fixed, broken = n * (change + spread.value) / 2, n * (change - spread.value) / 2
        low, high = tango(fixed, broken, n, quantile=t_quantile((1 + level) / 2, spread.df))
        p_value = two_sided_p(spread.value * math.sqrt(n / change), spread.df) if change else 1.0
    error = padded_error(spread.value, (change - spread.value**2) / n, n)
    return _with_method(f"Tango score, effective n over {over}", spread, error, low, high, p_value)


def _effective_pairs(base: DocValues, candidate: DocValues, spread: Spread, change: float) -> float:
    """The n of independent pairs whose difference would vary as much, if a share `change` of them is fixed or broken.

    n = (change - difference ** 2) / variance, kept and drawn to the number of independent units as `effective_n` is.
    Where docs are the units, the variance is that with one doc more that changed wholly (as Agresti and Min add one): a
    doc's many completions or steps do not tell how often a whole doc is lost.
    """
    bound, units = change - spread.value**2, spread.units
    variance = spread.variance + (1 / (units + 2) ** 2 if base.clusters is None else 0.0)
    if bound <= 0 or variance <= 1e-12 * bound:  # rounding leaves crumbs where every unit agrees
        return units
    draws = min(float((side.denominator * side.completions).sum()) for side in (base, candidate))
    n = min(max(bound / variance, units), max(draws, spread.n_clusters))
    return drawn_to_units(n, units, events=min(n * change, spread.events))


def _by_t(spread: Spread, over: str, level: float) -> PairedResult:
    """A plain t over docs or clusters."""
    low = high = p_value = None
    error = math.sqrt(spread.variance)
    if spread.df >= 1 and error > 0:
        half = t_quantile((1 + level) / 2, spread.df) * error
        low, high = spread.value - half, spread.value + half
        p_value = two_sided_p(spread.value / error, spread.df)
    return _with_method(f"t over {over}", spread, error, low, high, p_value)


def _with_method(
    name: str, spread: Spread, error: float, low: float | None, high: float | None, p_value: float | None
) -> PairedResult:
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
