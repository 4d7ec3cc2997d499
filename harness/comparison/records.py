"""What a comparison of two runs consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.core.late import load
from harness.core.records import Estimate, MetricInfo, Run

GateOutcome: TypeAlias = Literal["pass", "fail", "inconclusive"]
FlipKind: TypeAlias = Literal["fixed", "broken"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Difference:
    """Candidate minus baseline in one metric, paired by doc. Values are fractions, not points."""

    metric: MetricInfo
    baseline: Estimate
    """Over the paired docs only."""
    candidate: Estimate
    value: float | None
    low: float | None
    high: float | None
    level: float
    method: str
    """Of the interval."""
    p_value: float | None
    p_adjusted: float | None
    """Holm over the secondary metrics, and over the diagnostic ones; the primary's own p is not adjusted."""
    test: str
    """Of the p-value."""
    n_paired: int
    n_clusters: int
    minimum_detectable: float | None
    """The smallest true difference that this n would show with 80% power, two-sided 5%."""
    both_right: int | None = None
    """The 2x2 of a binary metric with one completion a doc; None otherwise."""
    fixed: int | None = None
    broken: int | None = None
    both_wrong: int | None = None

    def __repr__(self) -> str:
        return str(load("harness.comparison.words:difference_line")(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A doc whose primary metric changed."""

    doc_id: str
    kind: FlipKind
    baseline: float
    candidate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Whether the candidate may ship: its primary metric must not be worse than the baseline by the margin or more."""

    margin: float
    outcome: GateOutcome
    n_needed: int | None
    """Docs that would settle an inconclusive gate at the observed difference; None where none are needed or enough."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs over the same docs."""

    baseline: Run
    candidate: Run
    primary: str
    differences: Mapping[str, Difference]
    """By metric name, the primary first."""
    flips: tuple[Flip, ...]
    """Of the primary metric, in order of doc."""
    labels: tuple[str, ...]
    """What differs between the runs and was allowed, in words."""
    unpaired: tuple[str, ...]
    """Ids of docs that are scored on the primary metric and have no partner in the other run."""
    verdict: str
    gate: Gate | None = None
    changed: tuple[str, ...] = ()
    """Of the unpaired, docs that both runs have scored, with another question or gold answer."""
