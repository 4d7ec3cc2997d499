"""What is known about the numerics of one model on one task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.core.display import Shown
from harness.core.late import load
from harness.core.records import Estimate, GenerationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseRun:
    """One of the runs that should have been the same."""

    id: str
    label: str
    """What it was run with: 'batch 8, seed 0', or the model's name."""
    accuracy: Estimate
    """Its primary metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoisePair:
    """Two of them, question by question."""

    first: str
    """Label."""
    second: str
    n_docs: int
    flips: Estimate
    """Share of docs whose primary metric changed."""
    answers: Estimate
    """Share of docs that got another answer, right or wrong."""
    texts: Estimate
    """Share of docs that got another text."""
    n_flips: int
    n_answers: int
    n_texts: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NoiseFloor(Shown):
    """Runs of one model on one task that differ in nothing but numerics. Shows itself in a notebook."""

    model: str
    fingerprints: tuple[str, ...]
    """Of the models of the runs: one, or one a file where completions came from elsewhere."""
    task: str
    task_version: str
    primary: str
    n_docs: int
    runs: tuple[NoiseRun, ...]
    pairs: tuple[NoisePair, ...]
    flips: Estimate
    """Share of docs that flip between two of the runs, averaged over pairs."""
    answers: Estimate
    texts: Estimate
    spread: float | None
    """Highest minus lowest primary metric among the runs, a fraction."""
    swing: float | None
    """By how much numerics alone move the primary metric between two runs, 95% of the time, as a fraction: 1.96 times
    sqrt(flips / n), each flip going either way with the same chance. None for a primary metric that is no share."""
    notes: tuple[str, ...] = ()
    """What the reader must take on trust."""
    made: str = ""
    """UTC, ISO 8601."""
    command: str = ""
    settings: GenerationSettings | None = None
    """Generation settings of the runs; None where they are unknown."""

    VIEWS: ClassVar[str] = "reports.inline.noise"

    def __repr__(self) -> str:
        return str(load("harness.audits.noise.words:floor_sentence")(self))
