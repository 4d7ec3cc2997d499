"""A scorer judges one completion; its metrics say what that judgement adds to which number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.core.hashing import stable_hash
from harness.core.records import Completion, Doc, MetricInfo, MetricValue, Score

Scores = Mapping[str, Score]

FAULT = "fault"
"""In the detail of a score that could not be made: what the scorer raised, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A number over a run, built from what each completion's scores add to it."""

    info: MetricInfo
    read: Callable[[Doc, Scores], MetricValue]
    """Pure; may look at the scores of several scorers (sound-and-correct needs two)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """A named, versioned, pure judgement of one completion."""

    name: str
    version: str
    """Raise it whenever any completion could get another score: runs then refuse to compare."""
    score: Callable[[Doc, Completion], Score]
    metrics: tuple[Metric, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """Hash of name, version and options: what must agree before two runs are compared."""
        return stable_hash({"name": self.name, "version": self.version, "options": dict(self.options)})


def value_metric(
    name: str, scorer: str, description: str, *, binary: bool = True, higher_is_better: bool = True
) -> Metric:
    """The plainest metric, called `name`: the mean of the value of one `scorer`; 'not_scored' is outside the
    denominator.

    `description` stands in reports. `binary` values are 0 or 1, others any number; `higher_is_better` says which way a
    difference is good.
    """
    info = MetricInfo(
        name=name,
        description=description,
        scorer=scorer,
        kind="binary" if binary else "mean",
        higher_is_better=higher_is_better,
    )
    return Metric(info=info, read=lambda doc, scores: scores[scorer].value if scorer in scores else None)
