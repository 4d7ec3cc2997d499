"""A plan as it is printed, written to plan.json, and compared with what a run measures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from harness.core.codec import decode, encode
from harness.core.display import Shown
from harness.core.errors import UserError
from harness.core.late import load
from harness.hardware.records import Figures
from harness.hardware.roofline import StepTime
from sft.planning.decide import Choice, Verdict

FILE = "plan.json"
CHECK_FILE = "plan_check.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """One configuration on one topology."""

    topology: str
    kinds: tuple[str, ...]
    """What JAX calls the chip."""
    n_devices: int
    choice: Choice
    verdict: Verdict
    figures: Figures | None
    """Of one micro-batch on one device; None where the compiler refused."""
    refused: str = ""
    """The compiler's own words."""
    update: StepTime | None = None
    tokens: float | None = None
    """Of samples in an update, padding left out."""
    updates: int | None = None
    """Of the whole run, all arms."""
    flops: float = 0.0
    """Of a whole update on one device: the larger of the compiler's count and the model's."""
    nearest: str = ""
    """What fits instead, where this does not."""

    @property
    def run_seconds(self) -> tuple[float, float] | None:
        """All updates, without evaluation and start."""
        if self.update is None or self.updates is None:
            return None
        return self.updates * self.update.low, self.updates * self.update.high

    @property
    def device_hours(self) -> tuple[float, float] | None:
        """Of these updates, all devices together."""
        run = self.run_seconds
        return None if run is None else (run[0] * self.n_devices / 3600, run[1] * self.n_devices / 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTime:
    """Evaluating one model on one task, every reply as long as its budget allows."""

    task: str
    docs: int
    max_new_tokens: int
    low_seconds: float
    high_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodePlan:
    """The decode engine on one topology."""

    topology: str
    n_devices: int
    rows: int
    """Of one device."""
    span: int
    """Tokens of a row, prompt and reply."""
    verdict: Verdict
    figures: Figures
    """Of one step of all rows of a device."""
    step: StepTime
    tasks: tuple[TaskTime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What `--search` tried on one topology, and what it takes."""

    topology: str
    tried: int
    chosen: str
    reason: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What to set, by dotted key."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PlanDocument(Shown):
    """All of one `harness plan`. Shows itself in a notebook; `repr` has what fits and how long it takes."""

    model: str
    layers: int
    compiled_layers: tuple[int, ...]
    """The depths that were compiled; of two, figures of the whole depth lie on the line through them."""
    as_run: bool = False
    """For a TPU: at the compiler's default level, which a run has."""
    length: Mapping[str, Any]
    """How long the run is, and how that is known."""
    training: tuple[TrainingPlan, ...] = ()
    decoding: tuple[DecodePlan, ...] = ()
    searches: tuple[Search, ...] = ()
    chips: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The peaks that were reckoned with, by chip."""
    versions: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The run's, by section."""

    VIEWS: ClassVar[str] = "reports.inline.plan"

    def as_json(self) -> dict[str, Any]:
        """The document of `harness plan --json`."""
        return as_json(self)

    def __repr__(self) -> str:
        return str(load(f"{self.VIEWS}:as_text")(self))


def as_json(document: PlanDocument) -> dict[str, Any]:
    """The document with what the tables make of it: whether it fits, and ranges of times. Read back, these are left."""
    made: dict[str, Any] = encode(document)
    for found, one in zip(made["training"], document.training, strict=True):
        times = None if one.update is None else (one.update.low, one.update.high)
        found |= {"fits": one.verdict.fits, "missing_bytes": one.verdict.missing_bytes, "update_seconds": times}
        found |= {"run_seconds": one.run_seconds, "device_hours": one.device_hours}
    for found, decoded in zip(made["decoding"], document.decoding, strict=True):
        found |= {"fits": decoded.verdict.fits, "missing_bytes": decoded.verdict.missing_bytes}
        found |= {"step_seconds": (decoded.step.low, decoded.step.high)}
    return made


def write_plan(document: PlanDocument, path: Path) -> None:
    """Write plan.json."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_json(document), indent=2) + "\n", encoding="utf-8")


def read_plan(path: Path) -> PlanDocument:
    """A plan that was written. Raises UserError for a file that is none."""
    try:
        return decode(PlanDocument, json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}", tip="write one: harness plan ... --out plan.json") from error
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} is no plan: {error}", tip="write one: harness plan ... --out plan.json") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What of a run says which plan is its own."""

    model: str
    method: str
    remat: str
    batch_rows: int
    micro_batches: int
    row_length: int
    """As it was set: data.row_length, or data.max_length."""
    device_kind: str
    n_devices: int


def matching(document: PlanDocument, ran: Ran) -> TrainingPlan | None:
    """The plan of this run on these devices, where there is one with figures."""
    data = document.settings.get("data", {})
    if (document.model, data.get("row_length") or data.get("max_length")) != (ran.model, ran.row_length):
        return None
    for one in document.training:
        chosen = one.choice
        planned = (chosen.method, chosen.remat, chosen.batch_rows, chosen.micro_batches)
        same = planned == (ran.method, ran.remat, ran.batch_rows, ran.micro_batches)
        on_these = one.n_devices == ran.n_devices and ran.device_kind in one.kinds
        if same and on_these and one.figures is not None and one.update is not None:
            return one
    return None
