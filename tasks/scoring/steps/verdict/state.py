"""What earlier statements established: equations, rounded results, open named quantities."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

from tasks.scoring.steps.value.evaluate import Value
from tasks.scoring.steps.value.polynomial import Polynomial
from tasks.scoring.steps.value.quantities import Mentions
from tasks.scoring.steps.value.units import NO_QUANTITY, Quantity

EquationForm: TypeAlias = Literal["equation", "calculation", "value"]
"""'value': `x = 5`; 'calculation': `x = 240 / 0.8`, its result still to come; 'equation': anything else."""


@dataclass(frozen=True, slots=True)
class Equation:
    """An equation in one variable, kept for what follows from it."""

    step: int
    order: int
    """Position among the solution's statements."""
    coefficients: list[Fraction]
    """Of its polynomial, from the constant up; zero where the equation holds."""
    form: EquationForm
    n_operators: int
    """Operators on both sides."""
    trusted: bool
    """Its sides are whole, so that contradicting it means something."""
    is_plain: bool
    """Two sides and no more: a chain may be several formulas run together."""
    source: Equation | None = None
    """The equation that this value solves: another value beside it must solve it too."""
    instead_of: Equation | None = None
    """The equation that this wrong one should follow from: what comes next may follow from either."""
    quantity: Quantity = NO_QUANTITY
    """What its last side counts."""


@dataclass(frozen=True, slots=True)
class OpenQuantity:
    """`Total = 52 + 24`: a named calculation whose result is still to come."""

    step: int
    order: int
    value: Value
    n_operators: int


@dataclass(slots=True)
class SolutionState:
    """Grows while a solution is read; never leaves the checker."""

    rounded: dict[str, Value] = field(default_factory=dict)
    """Literal to the exact value it was rounded from."""
    equations: dict[str, Equation] = field(default_factory=dict)
    """Variable to its latest equation."""
    relations: list[Polynomial] = field(default_factory=list)
    """Recent equations in several variables."""
    defined: tuple[int, Polynomial] = (-3, {})
    """The latest equation of a variable with others, `J = 2D`, and when it was read."""
    values: dict[str, tuple[int, Fraction]] = field(default_factory=dict)
    """Values that variables were found to have, and when."""
    mixed_order: int = -1
    """When the last of them was read."""
    open_quantities: dict[str, OpenQuantity] = field(default_factory=dict)
    numbers: set[Value] = field(default_factory=set)
    """Of the question, and every value derived so far; empty where no question was given."""
    counts: dict[str, str] = field(default_factory=dict)
    """Variables that count things, with the things."""
    asked: frozenset[str] = frozenset()
    """Those of the question itself."""
    mentions: Mentions = field(default_factory=Mentions)
    """Units of the numbers in the question and the steps before."""
    local: Mentions = field(default_factory=Mentions)
    """Units of the numbers in digits of the step that is read."""
    recent: tuple[Value, ...] = ()
    """Results of the last four statements."""
    step: int = 0
    order: int = 0
    """Statements read so far."""
    following: str = ""
    """The beginning of the next steps."""
    is_last_step: bool = False
    announced: str = ""
    """The step before, where it ends in the middle of a sentence: its words bring in what this step begins with."""
    read_to: int = 0
    """Character of the step where the statement before ended; 0 at the start of a step."""

    def forget(self) -> None:
        """A new case begins: earlier equations and values no longer bind."""
        self.equations.clear()
        self.values.clear()
        self.defined = (-3, {})
