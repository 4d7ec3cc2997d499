"""What earlier statements established: values of variables, equations, rounded results, derived values."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from tasks.scoring.steps.evaluate import Value
from tasks.scoring.steps.polynomial import Polynomial


@dataclass(frozen=True, slots=True)
class Equation:
    """An equation kept for what follows from it."""

    step: int
    polynomial: Polynomial
    """Zero where the equation holds."""
    order: int
    """Position among all statements of the solution."""


@dataclass(slots=True)
class SolutionState:
    """Grows while a solution is read; never leaves the checker."""

    rounded: dict[str, Value] = field(default_factory=dict)
    """Literal to the exact value it was rounded from."""
    values: dict[str, Fraction] = field(default_factory=dict)
    """Variable to its value, while it has one."""
    equations: list[Equation] = field(default_factory=list)
    order: int = 0
