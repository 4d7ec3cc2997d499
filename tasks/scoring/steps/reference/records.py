"""What the comparison with a gold solution says: one record a value, a step and a solution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tasks.scoring.steps.verdict.verdicts import SolutionCheck, Tier, Verdict

Support: TypeAlias = Literal["gold", "implied", "stated", "coincident", "unexplained", "departs", "slip"]
"""How a value stands to the gold solution:
gold         the gold solution has it: the same function of the question's numbers
implied      part of a gold value, another grouping, its inverse or its conversion to another unit; or a given number
stated       a number of the question or an earlier result, stated again
coincident   equal to a gold value as numbers stand, but another function of the question's numbers
unexplained  stated, but neither the question nor an earlier step gives it
departs      calculated, and nothing in the gold solution supports it
slip         the calculation does not give the value that is written
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One value of a step beside the gold solution."""

    text: str
    """The statement as written."""
    value: str
    """What it arrives at, as written: '7/2'."""
    support: Support
    why: str
    """In words; for 'gold' and 'implied', where the gold solution has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceStep:
    """One step beside the gold solution."""

    index: int
    verdict: Verdict
    """'invalid': proven wrong, or the first departure; 'suspicious': departs after it; 'valid': all supported."""
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceCheck:
    """A solution beside the gold solution."""

    departure: int
    """Index of the first step that is proven wrong or departs from the gold solution, -1 for none."""
    why: str
    """Why that step; '' for none."""
    certified: bool | None
    """Whether the final answer is the same function of the question's numbers as the gold answer; None: not decided."""
    answer: str
    """The final answer found in the solution, '' for none."""
    gold_answer: str
    steps: tuple[ReferenceStep, ...]
    alone: SolutionCheck
    """The reference-free check of the same steps."""

    def first_error(self, tier: Tier = "strict") -> int:
        """Index of the first erroneous step, -1 for none.

        The tier 'suspicious' adds the reference-free heuristics where nothing departs and the answer is not certified.
        """
        if self.departure >= 0 or self.certified or tier == "strict":
            return self.departure
        return self.alone.first_error(tier)

    def verdicts(self, tier: Tier = "strict") -> tuple[Verdict, ...]:
        """One verdict a step."""
        own = tuple(step.verdict for step in self.steps)
        if tier == "strict" or self.certified:
            return own
        doubted = self.alone.verdicts(tier)
        pairs = zip(own, doubted, strict=True)
        return tuple("suspicious" if (a, b) == ("unverifiable", "suspicious") else a for a, b in pairs)
