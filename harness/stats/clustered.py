"""A ratio of sums and its cluster-robust variance; a plain mean is the ratio whose denominators are all 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Side: TypeAlias = tuple[Floats, Floats]
"""Numerator and denominator by doc, each [n]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A point estimate with the variance of that estimate."""

    value: float
    variance: float
    """0 with a single cluster: look at df before using it."""
    n_clusters: int
    """Independent units: clusters, or docs where none share one."""
    df: float
    """Degrees of freedom of the variance; 0 with a single cluster."""
    influence: Floats
    """What each unit adds to the estimate, [n_clusters]; sums to 0."""

    @property
    def units(self) -> float:
        """Effective number of independent units: fewer than n_clusters where a few of them weigh most (Kish 1965)."""
        return min(float(self.n_clusters), self.df + 1)

    @property
    def events(self) -> float:
        """How many units carry the variance: m where m of many units moved alike and the others did not."""
        squares = self.influence**2
        fourth = float((squares**2).sum())
        return float(squares.sum()) ** 2 / fourth if fourth > 0 else 0.0


def cluster_codes(names: list[str]) -> Ints:
    """One code a cluster, [n]; an empty name is a cluster of its own.

    >>> cluster_codes(["a", "", "a", ""]).tolist()
    [0, 1, 0, 2]
    """
    seen: dict[str | int, int] = {}
    return np.array([seen.setdefault(name or i, len(seen)) for i, name in enumerate(names)], dtype=np.int64)


def ratio_spread(numerator: Floats, denominator: Floats, clusters: Ints | None) -> Spread:
    """sum(numerator) / sum(denominator) with its linearised, cluster-robust variance.

    Arrays are [n], one entry a doc; `clusters` holds codes 0..G-1, or None where docs are independent.
    """
    total = float(denominator.sum())
    value = float(numerator.sum()) / total
    influence = (numerator - value * denominator) / total
    return spread_of(value, influence, denominator / total, clusters, scale=_largest(numerator) / total)


def difference_spread(base: Side, candidate: Side, clusters: Ints | None) -> Spread:
    """The candidate's ratio minus the baseline's; a side is (numerator, denominator), [n], docs in the same order."""
    value, influence, weight = _difference(base, candidate)
    scale = sum(_largest(numerator) / float(denominator.sum()) for numerator, denominator in (base, candidate))
    return spread_of(value, influence, weight, clusters, scale=scale)


def moved(base: Side, candidate: Side) -> float:
    """How much was gained and lost, added up, in the unit of the difference, which is their balance: of shares right,
    that of fixed and of broken docs together. Of ratios, what a doc adds to their difference counts."""
    value, influence, weight = _difference(base, candidate)
    return float(np.abs(influence + value * weight).sum())


def _difference(base: Side, candidate: Side) -> tuple[float, Floats, Floats]:
    """The difference of two ratios, what each doc adds to it (sum 0), and the doc's weight (sum 1)."""
    value, influence, weight = 0.0, np.zeros(len(base[0])), np.zeros(len(base[0]))
    for sign, (numerator, denominator) in ((-1, base), (1, candidate)):
        total = float(denominator.sum())
        side = float(numerator.sum()) / total
        value += sign * side
        influence += sign * (numerator - side * denominator) / total
        weight += denominator / total / 2
    return value, influence, weight


def _largest(numbers: Floats) -> float:
    return float(np.abs(numbers).max(initial=0.0))


def spread_of(value: float, influence: Floats, weight: Floats, clusters: Ints | None, *, scale: float = 0.0) -> Spread:
    """The variance of an estimate from what each doc adds to it (`influence`, sum 0) and its `weight` (sum 1), [n].
    What is nothing beside `scale` is what rounding left of 0.

    Influence is summed by cluster and divided by sqrt(1 - weight), the CR2 correction of Bell and McCaffrey (2002,
    Survey Methodology 28:169); for equal clusters that is the usual factor G / (G - 1). Degrees of freedom are the
    effective number of clusters, 1 / sum(weight ** 2), less one (Carter, Schnepel and Steigerwald 2017, Review of
    Economics and Statistics 99:698), which is G - 1 for equal clusters and fewer where a few clusters hold most docs.

    `value` is the estimate itself, passed on. `clusters` are codes 0, 1, ... of each doc, [n]; None: every doc is one.
    """
    if clusters is not None:
        influence = np.bincount(clusters, influence).astype(np.float64)
        weight = np.bincount(clusters, weight).astype(np.float64)
    n_clusters = len(influence)
    influence = np.where(np.abs(influence) <= 1e-12 * scale, 0.0, influence)
    if n_clusters < 2:
        return Spread(value=value, variance=0.0, n_clusters=n_clusters, df=0.0, influence=influence)
    variance = float((influence**2 / np.maximum(1 - weight, 1e-12)).sum())
    df = 1 / float((weight**2).sum()) - 1
    return Spread(value=value, variance=variance, n_clusters=n_clusters, df=max(df, 1.0), influence=influence)
