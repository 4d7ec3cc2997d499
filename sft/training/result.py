"""What a training run came to: arms, their runs over the tasks, every pair compared, and what was checked beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from harness.audits.compared import ComparedRuns
from harness.audits.contamination import KINDS, Overlaps
from harness.core.codec import encode
from harness.core.display import Shown
from harness.core.late import load
from harness.store.stored import StoredRun
from sft.training.arms import TrainedArm
from sft.training.checked import Check

BASE = "base"
"""What the untrained model is called beside the arms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredModel:
    """One model over one task."""

    task: str
    model: str
    """'base', or the arm's order."""
    run: StoredRun
    contamination: Mapping[str, Any] | None
    """The primary metric with and without the docs that stand in the training data; None where they were not looked
    for."""

    def as_json(self) -> dict[str, Any]:
        """Values are fractions."""
        values = {metric: estimate.value for metric, estimate in self.run.estimates.items()}
        where = {"task": self.task, "model": self.model, "folder": str(self.run.path)}
        return where | {"metrics": values, "contamination": self.contamination}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPair:
    """Two models over one task, with the page of their comparison."""

    baseline: str
    candidate: str
    task: str = ""
    """Empty where there is only one."""
    compared: ComparedRuns
    report: Path

    @property
    def verdict(self) -> str:
        """One sentence with its interval."""
        return self.compared.verdict

    def as_json(self) -> dict[str, Any]:
        """The verdict and the primary difference, as fractions."""
        primary = self.compared.difference()
        names = {"task": self.task} if self.task else {}
        return names | {
            "baseline": self.baseline,
            "candidate": self.candidate,
            "verdict": self.verdict,
            "metric": self.compared.comparison.primary,
            "difference": primary.value,
            "low": primary.low,
            "high": primary.high,
            "p_value": primary.p_value,
            "report": str(self.report),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Base and arms over every task, and every pair compared."""

    models: tuple[MeasuredModel, ...] = ()
    pairs: tuple[ComparedPair, ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class TrainingResult(Shown):
    """A training run. Shows itself in a notebook; `repr` has its arms and verdicts."""

    folder: Path
    arms: tuple[TrainedArm, ...]
    measured: Measured | None = None
    """None where no benchmark was asked for."""
    contamination: Overlaps = field(default_factory=dict)
    """Which docs of each task stand in the samples, by task."""
    checks: tuple[Check, ...] | None = None
    """The plan that was given against each arm; None without one, empty where it is for other devices."""
    elsewhere: bool = False
    """Process 0 of several wrote it; this one trained its share and knows nothing of the runs."""

    VIEWS: ClassVar[str] = "reports.inline.training"

    @property
    def runs(self) -> Mapping[tuple[str, str], StoredRun]:
        """By task and model, where a model is 'base' or an arm's order."""
        return {(one.task, one.model): one.run for one in (self.measured.models if self.measured else ())}

    @property
    def comparisons(self) -> tuple[ComparedPair, ...]:
        """Every pair of models on every task: base first, the arm that reasons last."""
        return self.measured.pairs if self.measured else ()

    def as_json(self) -> dict[str, Any]:
        """The document of `harness train --json`."""
        return dict(self._parts())

    def _parts(self) -> Iterator[tuple[str, Any]]:
        yield "folder", str(self.folder)
        yield "arms", [asdict(arm) | {"folder": str(arm.folder), "model": str(arm.model)} for arm in self.arms]
        if not self.elsewhere:
            yield "contamination", overlap_counts(self.contamination)
        if self.measured is not None:
            yield "runs", [one.as_json() for one in self.measured.models]
            yield "comparisons", [pair.as_json() for pair in self.measured.pairs]
        if self.checks is not None:
            yield "plan", [encode(one) | {"peak_error": one.peak_error} for one in self.checks]

    def __repr__(self) -> str:
        return str(load(f"{self.VIEWS}:as_text")(self))


def overlap_counts(found: Overlaps) -> dict[str, Any]:
    """How many docs of each task stand in the samples, in all and by kind."""
    return {
        name: {"n_docs": one.n_docs, "n_overlap": len(one.doc_ids()), **{kind: one.count(kind) for kind in KINDS}}
        for name, one in found.items()
    }
