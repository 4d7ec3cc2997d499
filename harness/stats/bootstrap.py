"""The seeded bootstrap-t over docs or clusters, for numbers without a range: token counts, seconds, costs."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from harness.stats.clustered import Floats, Spread
from harness.stats.intervals import Interval, mean_t

RESAMPLES = 999
FEWEST_UNITS = 10
"""Below, a resample too often repeats one unit and its spread is no guide."""
MOST_UNITS = 2000
"""Above, the t interval covers as well and costs nothing."""


def bootstrap_t(spread: Spread, *, level: float, seed: int) -> Interval | None:
    """The studentised bootstrap interval (Efron 1979; Hall 1988, Annals of Statistics 16:927), each end at least as far
    out as that of the t interval.

    Unlike a t it is lopsided where the data are. Its far end is what a t lacks, its near end alone is a bit too near:
    `benchmarks/coverage_rejected.py` shows both. None where it does not apply: few or very many units, or no spread.
    """
    plain = mean_t(spread.value, spread.variance, df=spread.df, level=level)
    if plain is None or not FEWEST_UNITS <= spread.n_clusters <= MOST_UNITS or spread.variance <= 0:
        return None
    statistics = _studentised(spread.influence, seed)
    tail = (1 - level) / 2
    low, high = np.quantile(statistics, [tail, 1 - tail])
    error = spread.variance**0.5
    return (min(spread.value - float(high) * error, plain[0]), max(spread.value - float(low) * error, plain[1]))


def _studentised(influence: Floats, seed: int) -> Floats:
    """The t statistic of every resample, [RESAMPLES]."""
    n = len(influence)
    drawn = influence[_draws(n, seed)]
    shift = drawn.sum(axis=1)
    squares = np.einsum("ij,ij->i", drawn, drawn) - shift**2 / n
    error = np.sqrt(np.maximum(squares, 0.0) * n / (n - 1))
    return np.divide(shift, error, out=np.zeros_like(shift), where=error > 0)


@lru_cache(maxsize=2)
def _draws(n: int, seed: int) -> NDArray[np.int32]:
    """Which unit each resample draws, [RESAMPLES, n]; one run's metrics share them."""
    return np.random.default_rng(seed).integers(0, n, size=(RESAMPLES, n), dtype=np.int32)
