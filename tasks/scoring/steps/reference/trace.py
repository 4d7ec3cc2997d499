"""The record of a replayed solution: the values it arrives at, and what a literal in it may stand for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Literal, TypeAlias

from tasks.scoring.steps.read.tree import Node, literals
from tasks.scoring.steps.reference.affine import System
from tasks.scoring.steps.reference.points import Exact, NoPoint, Point, constant, multiply, value_of, whole
from tasks.scoring.steps.reference.question import QuestionNumbers

MAX_READINGS = 12
MAX_LITERALS = 60
"""Literals of one expression."""
MAX_CLAIMS = 300
SMALL = 12
"""Up to here a literal may be a number of its own whatever the question says: 'half' is / 2, a week has 7 days."""
_EVERYDAY = frozenset({24, 30, 52, 60, 100, 365})
"""Larger constants that everybody knows."""
_PERCENT = (100, Fraction(1, 100))

ClaimKind: TypeAlias = Literal["computed", "solved", "stated"]


@dataclass(frozen=True, slots=True)
class Link:
    """What one literal stands for."""

    point: Point
    claim: int = -1
    """Number of the claim that gave it; -1 for the question or a constant."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An expression with its literals linked in one way."""

    point: Point
    uses: frozenset[int] = frozenset()
    """Numbers of the claims that it is computed from."""
    is_certain: bool = False
    """Every literal can stand for one thing only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One value that a step arrives at."""

    number: int
    step: int
    kind: ClaimKind
    """Calculated, solved from equations, or only stated."""
    written: Exact
    """As the step writes it."""
    readings: tuple[Reading, ...]
    """Likeliest first, never empty."""
    text: str
    node: Node | None = None
    """What is calculated."""
    is_slip: bool = False
    """The written value is not the calculated one."""
    is_new: bool = True
    """Stated, and known from nowhere."""
    is_certain: bool = True
    """Every literal behind it can stand for one thing only."""

    @property
    def uses(self) -> frozenset[int]:
        """Claims that the likeliest reading is computed from."""
        return self.readings[0].uses

    @property
    def marks(self) -> list[int]:
        """The mark of every reading."""
        return [reading.point.mark for reading in self.readings]


@dataclass(slots=True, kw_only=True)
class Trace:
    """A solution as far as it is replayed."""

    question: QuestionNumbers
    preferred: Sequence[Collection[int]] = ()
    """Marks that decide between several readings, first those of the gold values, then of what they imply."""
    stated: Mapping[Exact, Point] = field(default_factory=dict)
    """What a number that is stated without its calculation is taken for: the gold value of that size."""
    claims: list[Claim] = field(default_factory=list)
    results: dict[Exact, list[Link]] = field(default_factory=dict)
    """Earlier results by written value, newest last."""
    unknowns: System = field(default_factory=System)
    equation_uses: frozenset[int] = frozenset()
    """Claims that the equations so far use."""

    @property
    def is_full(self) -> bool:
        """No further claim is taken."""
        return len(self.claims) >= MAX_CLAIMS

    def is_known(self, value: Exact) -> bool:
        """Whether the question or an earlier result gives the number."""
        return (value <= 2 and value.denominator == 1) or value in self.results or self.question.gives(value)

    def links(self, value: Exact) -> list[Link]:
        """What a literal of this value may stand for, likeliest first.

        Earlier results, numbers of the question, else a value that is stated without its calculation; or itself.
        """
        found = self.results.get(value, [])[:-3:-1]
        found = [*found, *(Link(point) for point in self.question.points_of(value))]
        is_unlinked = not found
        if is_unlinked and value in self.stated:
            found.append(Link(self.stated[value]))
        if is_unlinked or value <= SMALL or value in _EVERYDAY or value in self.question.fixed:
            found.append(Link(constant(value)))
        return found

    def read(self, node: Node) -> tuple[Reading, ...]:
        """The readings of an expression, those of the gold solution first. Raises NoPoint."""
        numbers = literals(node)
        if len(numbers) > MAX_LITERALS:
            raise NoPoint
        every = [self.links(number.value) for number in numbers]
        is_plain = all(len(links) == 1 for links in every)
        options = _bounded(every)
        found: dict[int, Reading] = {}
        for choice in product(*options):
            point = value_of(node, {id(number): link.point for number, link in zip(numbers, choice, strict=True)})
            if point.mark not in found:
                uses = frozenset(link.claim for link in choice if link.claim >= 0)
                is_certain = is_plain and all(self.claims[number].is_certain for number in uses)
                found[point.mark] = Reading(point, uses, is_certain)
        return tuple(
            sorted(found.values(), key=lambda reading: [reading.point.mark not in marks for marks in self.preferred])
        )

    def add(
        self,
        kind: ClaimKind,
        step: int,
        written: Exact,
        readings: tuple[Reading, ...],
        text: str,
        *,
        node: Node | None = None,
        is_slip: bool = False,
        is_new: bool = True,
    ) -> None:
        """Take the claim of a `step` in: the value `written` in `text`, with its `readings`, the likeliest first.

        `kind` says how it was claimed, `node` is the expression where there is one, `is_slip` that its own arithmetic
        is wrong. A value that `is_new` can be linked to from now on.
        """
        number = len(self.claims)
        self.claims.append(
            Claim(
                number=number, step=step, kind=kind, written=written, readings=readings, text=text, node=node,
                is_slip=is_slip, is_new=is_new, is_certain=readings[0].is_certain and not is_slip,
            )
        )  # fmt: skip
        if is_new:
            self._remember(written, readings[0].point, number, is_percent="%" in text and not is_slip)

    def _remember(self, written: Exact, point: Point, number: int, is_percent: bool) -> None:
        kept = self.results.setdefault(written, [])
        if all(link.point.mark != point.mark for link in kept):
            kept.append(Link(point, number))
        if point.base != written:
            self.results.setdefault(point.base, []).append(Link(point, number))
        if is_percent and written:
            for factor in _PERCENT:
                other = Link(multiply(point, constant(factor)), number)
                self.results.setdefault(whole(written * factor), []).append(other)


def _bounded(options: list[list[Link]]) -> list[list[Link]]:
    """The options with at most MAX_READINGS combinations: later literals keep only their likeliest."""
    count = 1
    bounded: list[list[Link]] = []
    for links in options:
        kept = links if count * len(links) <= MAX_READINGS else links[:1]
        count *= len(kept)
        bounded.append(kept)
    return bounded
