"""The nouns of probes: what is asked again about one completion, and what came out over all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from harness.core.display import Shown
from harness.core.errors import unknown_name
from harness.core.late import load
from harness.core.records import Estimate, MetricInfo

ProbeName: TypeAlias = Literal["early-answering", "injected-slip", "filler", "paraphrase"]
PROBES: tuple[ProbeName, ...] = get_args(ProbeName)

VERSIONS: Mapping[ProbeName, str] = {"early-answering": "2", "injected-slip": "1", "filler": "2", "paraphrase": "1"}
"""Raise one whenever its probe would ask something else about the same completion, or read the reply otherwise; it is
part of the journal key."""

CUTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the steps that early answering shows."""

SplitSteps: TypeAlias = Callable[[str], list[tuple[int, int]]]
"""A text to its steps: start and end in characters, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One thing that a probe asks about a completion."""

    name: str
    """Unique within the probe and the completion: '3 of 8 steps', 'slip'."""
    prefill: str = ""
    """How the model's reply opens; empty with a `question`: the task's own opening."""
    question: str = ""
    """Asked instead of the doc's question."""
    answer_only: bool = False
    """The prefill ends where the answer begins: few tokens are needed."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What the summary needs to read the reply: JSON-able."""


Asked: TypeAlias = tuple[Variant, ...] | str
"""What a probe asks about one completion, or why it cannot ask anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Answers forced with only the first steps shown."""

    cut: float
    """At most this share of the steps was shown."""
    accuracy: Estimate
    same: Estimate
    """Share of answers equal to the one with all reasoning shown."""
    reasoned_on: Estimate | None = None
    """Share of replies that reason where they were made to answer, and are in neither of the others; None in summaries
    of version 1, which scored them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeExample:
    """One question of a probe, to read."""

    doc_id: str
    reading: str
    """'same' or 'changed', 'reasoned on', or the reaction to a slip."""
    given: str
    """The end of what the reply opened with, or the question in other words."""
    written: str
    """What the model went on with, shortened."""
    recorded: str
    """The answer that the run had recorded."""
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSummary:
    """One probe over one run."""

    probe: ProbeName
    version: str
    n_completions: int
    """Of the run: the first completion of each doc."""
    n_probed: int
    left_out: Mapping[str, int]
    """Why the others could not be probed, and how many."""
    n_failed: int
    """Probe completions that the backend failed to give."""
    metrics: tuple[MetricInfo, ...] = ()
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    """By metric name, over docs; shares are fractions."""
    curve: tuple[CurvePoint, ...] = ()
    """Of early answering."""
    areas: Mapping[str, float] = field(default_factory=dict)
    """Of early answering: each doc's area over the curve, by doc id, so that two runs can be paired."""
    examples: tuple[ProbeExample, ...] = ()
    """A few of each reading, in order of doc; of early answering those without any reasoning."""


class ProbeSummaries(tuple[ProbeSummary, ...], Shown):
    """Several probes over one run. Shows itself in a notebook; `str` has their numbers."""

    VIEWS: ClassVar[str] = "reports.inline.probes"

    def __repr__(self) -> str:
        return str(load(f"{self.VIEWS}:as_text")(self))


def read_probe_names(given: list[str] | None) -> tuple[ProbeName, ...]:
    """Names of `--probe`, comma-separated or repeated, each once. Raises UserError, with the nearest name.

    >>> read_probe_names(["filler,paraphrase", "filler"])
    ('filler', 'paraphrase')
    """
    names = dict.fromkeys(name.strip() for part in given or [] for name in part.split(",") if name.strip())
    return tuple(_known(name) for name in names)


def _known(name: str) -> ProbeName:
    for probe in PROBES:
        if probe == name:
            return probe
    raise unknown_name("probe", name, PROBES, tip=f"probes: {', '.join(PROBES)}.")
