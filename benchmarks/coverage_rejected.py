"""What the plainer intervals would have covered on the same simulated runs: why `harness/stats` does not use them.

    python benchmarks/coverage_rejected.py [--runs 1000]

n in {50, 200} by p in {0.02, 0.2, 0.5, 0.9}, like benchmarks/coverage.py; about a minute on one core.
"""

from __future__ import annotations

import argparse
import math
from statistics import NormalDist

import numpy as np

from harness.stats.clustered import Floats, Spread, difference_spread, ratio_spread
from harness.stats.intervals import wilson
from harness.stats.simulate import SCENARIOS, IntervalOf, Scenario, Simulated, measure, ours
from harness.stats.student import t_quantile

NS = (50, 200)
BY_DOC = SCENARIOS["8 repeats, correlation 0.6"]


def spread_of(made: Simulated) -> Spread:
    """Value and variance, before any interval is chosen."""
    run, other = made.run, made.candidate
    if other is None:
        return ratio_spread(run.numerator, run.denominator, run.clusters)
    return difference_spread((run.numerator, run.denominator), (other.numerator, other.denominator), run.clusters)


def plain_t(made: Simulated) -> tuple[float, float]:
    """value +- t * standard error."""
    spread = spread_of(made)
    half = t_quantile(0.975, spread.df) * math.sqrt(spread.variance)
    return spread.value - half, spread.value + half


def bare_effective_n(made: Simulated) -> tuple[float, float]:
    """Wilson at p (1 - p) / variance, without the pull towards the number of units."""
    spread, value = spread_of(made), min(max(spread_of(made).value, 0.0), 1.0)
    least, most = spread.n_clusters, float((made.run.denominator * made.run.completions).sum())
    n = value * (1 - value) / spread.variance if spread.variance > 0 else least
    n = min(max(n, least), most)
    return wilson(value * n, n, quantile=t_quantile(0.975, spread.df))


def percentile(made: Simulated) -> tuple[float, float]:
    """The percentile bootstrap (Efron 1979)."""
    spread = spread_of(made)
    low, high = np.quantile(_resampled(spread), [0.025, 0.975])
    return spread.value + float(low), spread.value + float(high)


def bca(made: Simulated) -> tuple[float, float]:
    """The bias-corrected and accelerated bootstrap (Efron 1987)."""
    spread, normal = spread_of(made), NormalDist()
    shifts, y = _resampled(spread), spread.influence
    bias = normal.inv_cdf(float(np.clip((shifts < 0).mean(), 1e-3, 1 - 1e-3)))
    skew = float((y**3).sum() / (6 * (y**2).sum() ** 1.5))
    ends = [normal.cdf(bias + (bias + z) / (1 - skew * (bias + z))) for z in (-1.959964, 1.959964)]
    low, high = np.quantile(shifts, ends)
    return spread.value + float(low), spread.value + float(high)


def bare_bootstrap_t(made: Simulated) -> tuple[float, float]:
    """The bootstrap-t as it is."""
    spread = spread_of(made)
    y = spread.influence[np.random.default_rng(0).integers(0, spread.n_clusters, size=(999, spread.n_clusters))]
    shift = y.sum(axis=1)
    error = np.sqrt(np.maximum((y**2).sum(axis=1) - shift**2 / spread.n_clusters, 1e-300))
    low, high = np.quantile(shift / error, [0.025, 0.975]) * math.sqrt((spread.n_clusters - 1) / spread.n_clusters)
    scale = math.sqrt(spread.variance)
    return spread.value - float(high) * scale, spread.value - float(low) * scale


def _resampled(spread: Spread) -> Floats:
    """How far each of 999 resamples lands from the estimate."""
    n = spread.n_clusters
    return spread.influence[np.random.default_rng(0).integers(0, n, size=(999, n))].sum(axis=1)


ROWS: tuple[tuple[str, Scenario, IntervalOf], ...] = (
    ("binary: t (Wald)", SCENARIOS["binary: Wilson"], plain_t),
    ("8 repeats: t", BY_DOC, plain_t),
    ("8 repeats: bare effective n", BY_DOC, bare_effective_n),
    ("8 repeats: ours", BY_DOC, ours),
    ("pairs in clusters: t", SCENARIOS["pairs in clusters of 5"], plain_t),
    ("pairs in clusters: ours", SCENARIOS["pairs in clusters of 5"], ours),
    ("skewed mean: t", SCENARIOS["skewed mean, sigma 0.7"], plain_t),
    ("skewed mean: percentile", SCENARIOS["skewed mean, sigma 0.7"], percentile),
    ("skewed mean: BCa", SCENARIOS["skewed mean, sigma 0.7"], bca),
    ("skewed mean: bare bootstrap-t", SCENARIOS["skewed mean, sigma 0.7"], bare_bootstrap_t),
    ("skewed mean: ours", SCENARIOS["skewed mean, sigma 0.7"], ours),
    ("skewed clusters: t", SCENARIOS["skewed mean in clusters of 5"], plain_t),
    ("skewed clusters: percentile", SCENARIOS["skewed mean in clusters of 5"], percentile),
    ("skewed clusters: BCa", SCENARIOS["skewed mean in clusters of 5"], bca),
    ("skewed clusters: bare bootstrap-t", SCENARIOS["skewed mean in clusters of 5"], bare_bootstrap_t),
    ("skewed clusters: ours", SCENARIOS["skewed mean in clusters of 5"], ours),
)


def main() -> None:
    """One line per method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000, help="simulated runs a cell")
    runs = parser.parse_args().runs
    for name, scenario, interval in ROWS:
        cells = measure(scenario, runs=runs, seed=0, ns=NS, interval=interval)
        rows = [" ".join(f"{100 * cell.covered:5.1f}" for cell in cells if cell.n == n) for n in NS]
        print(f"{name:34s} least {100 * min(cell.covered for cell in cells):5.1f} | {' | '.join(rows)}", flush=True)


if __name__ == "__main__":
    main()
