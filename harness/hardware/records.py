"""What is compiled for a plan, and the figures that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One program to compile for one topology."""

    builder: str
    """`module:function` that lowers it: (arguments, devices, mesh) -> what has `compile`."""
    topology: str
    fsdp: int
    tp: int
    layers: int
    """Of the model that is compiled; fewer than the model has where the figures are carried on to its depth."""
    arguments: Mapping[str, Any]
    """Plain values that the builder reads."""
    sources: tuple[str, ...] = ()
    """Modules and packages whose text decides the program: a change of theirs makes its kept figures stale."""
    as_run: bool = False
    """For a TPU: at the compiler's default level of optimisation, which a run has, not at the quick one of a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the compiler says of one program, for one device."""

    arguments_bytes: float
    """What it is given: weights, optimizer state, batch or cache."""
    temporaries_bytes: float
    outputs_bytes: float
    aliased_bytes: float
    """Of the outputs, written over arguments that are given up."""
    peak_bytes: float
    flops: float
    """As the compiler counts: the body of a loop once."""
    accessed_bytes: float
    """Read and written in memory, loop bodies as often as they run."""
    network_bytes: float
    """Received from other devices, loop bodies as often as they run."""
    pass_bytes: float = 0.0
    """Of those accessed, by one pass of a loop whose length only the data decides: the steps of a decode block."""
    collectives: Mapping[str, float] = field(default_factory=dict)
    """Of these bytes, by operation."""
    cpu_seconds: float = 0.0
    """Compiling took, of one core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A job's outcome."""

    figures: Figures | None = None
    too_large: str = ""
    """The compiler's own words where it refused because memory does not hold the program."""
    cached: bool = False
