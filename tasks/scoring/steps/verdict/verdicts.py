"""What the checker says: one verdict a statement, one a step, one a solution, with the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["valid", "invalid", "imprecise", "suspicious", "unverifiable"]
Kind: TypeAlias = Literal[
    "annotation",
    "equality",
    "chain",
    "named_quantity",
    "comparison",
    "identity",
    "equation",
    "assignment",
    "simplification",
    "verbal",
    "final_answer",
    "prose",
]
Tier: TypeAlias = Literal["strict", "suspicious"]
"""'strict' flags proofs only; 'suspicious' adds the heuristics."""

_WORST_FIRST: tuple[Verdict, ...] = ("invalid", "suspicious", "imprecise", "valid", "unverifiable")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementCheck:
    """The verdict on one statement."""

    kind: Kind
    verdict: Verdict
    """By proof only; never 'suspicious'."""
    reason: str
    """Which rule decided: 'exact', 'rounded', 'mismatch', 'not implied', ..."""
    start: int
    """First character in the step's text."""
    end: int
    text: str
    """The statement as written."""
    left: str = ""
    """Value recomputed for the left side of the deciding relation, in plain text."""
    right: str = ""
    """Value of its right side."""
    reading: str = "literal"
    """How the text was read: 'literal', or the charitable reading that makes it hold."""
    value: str = ""
    """What the statement arrives at: the exact value of its last side, '7/2'; empty where it has none."""
    suspicion: str = ""
    """A doubt without proof: 'negative quantity', ...; empty for none."""

    def verdict_in(self, tier: Tier) -> Verdict:
        """The verdict with the heuristics of a tier."""
        doubted = tier == "suspicious" and self.suspicion and self.verdict != "invalid"
        return "suspicious" if doubted else self.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCheck:
    """The verdict on one step: its worst statement; 'unverifiable' where nothing could be decided."""

    index: int
    text: str
    verdict: Verdict
    """By proof only."""
    statements: tuple[StatementCheck, ...]

    def verdict_in(self, tier: Tier) -> Verdict:
        """The verdict with the heuristics of a tier."""
        return worst([statement.verdict_in(tier) for statement in self.statements])


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionCheck:
    """The verdict on a whole solution."""

    steps: tuple[StepCheck, ...]
    truncated: bool = False
    """Steps past the cap were not read."""

    def verdicts(self, tier: Tier = "strict") -> tuple[Verdict, ...]:
        """One verdict a step."""
        return tuple(step.verdict_in(tier) for step in self.steps)

    def first_error(self, tier: Tier = "strict") -> int:
        """Index of the first flagged step, -1 for none."""
        return next((i for i, verdict in enumerate(self.verdicts(tier)) if verdict in ("invalid", "suspicious")), -1)

    @property
    def statements(self) -> tuple[StatementCheck, ...]:
        """Every statement, in reading order."""
        return tuple(statement for step in self.steps for statement in step.statements)

    @property
    def is_sound(self) -> bool:
        """No step is proven wrong."""
        return all(step.verdict != "invalid" for step in self.steps)

    @property
    def n_decided_steps(self) -> int:
        """Steps with a verdict other than 'unverifiable'."""
        return sum(step.verdict != "unverifiable" for step in self.steps)


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict of a step from those of its statements.

    >>> worst(["valid", "unverifiable", "invalid"]), worst(["unverifiable", "valid"]), worst([])
    ('invalid', 'valid', 'unverifiable')
    """
    return next((verdict for verdict in _WORST_FIRST if verdict in verdicts), "unverifiable")
