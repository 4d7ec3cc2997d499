"""A ratio of sums and its cluster-robust variance; a plain mean is the ratio whose denominators are all 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A point estimate with the variance of that estimate."""

    value: float
    variance: float
    """0 with a single cluster: look at df before using it."""
    n_clusters: int

    @property
    def df(self) -> float:
        """Degrees of freedom of the variance: clusters - 1."""
        return self.n_clusters - 1


def cluster_codes(names: list[str]) -> Ints:
    """One code a cluster, [n]; an empty name is a cluster of its own.

    >>> cluster_codes(["a", "", "a", ""]).tolist()
    [0, 1, 0, 2]
    """
    seen: dict[str | int, int] = {}
    return np.array([seen.setdefault(name or i, len(seen)) for i, name in enumerate(names)], dtype=np.int64)


def compact(codes: Ints) -> Ints:
    """The same clusters numbered 0..G-1, [n]: bincount of a subset then has no empty cluster."""
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def ratio_spread(numerator: Floats, denominator: Floats, clusters: Ints | None) -> Spread:
    """sum(numerator) / sum(denominator) with its linearised, cluster-robust variance.

    Arrays are [n], one entry a doc; `clusters` holds codes 0..G-1, or None where docs are independent. Residuals of
    cluster g are summed and divided by sqrt(1 - leverage), the CR2 correction of Bell and McCaffrey (2002, Survey
    Methodology 28:169), which for equal clusters is the usual factor G / (G - 1).
    """
    total = float(denominator.sum())
    value = float(numerator.sum()) / total
    residual = numerator - value * denominator
    weight = denominator
    if clusters is not None:
        residual, weight = np.bincount(clusters, residual), np.bincount(clusters, weight)
    if len(residual) < 2:
        return Spread(value=value, variance=0.0, n_clusters=len(residual))
    leverage = np.minimum(weight / total, 1 - 1e-12)
    variance = float((residual**2 / (1 - leverage)).sum()) / total**2
    return Spread(value=value, variance=variance, n_clusters=len(residual))
