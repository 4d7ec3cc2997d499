"""A solution's steps checked, as the front door hands them out: the checks of one tier, which show themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.core.display import Shown
from harness.core.words import one_line
from tasks.scoring.steps.reference.check import check_with_reference
from tasks.scoring.steps.reference.records import ReferenceCheck
from tasks.scoring.steps.verdict.checker import check_solution
from tasks.scoring.steps.verdict.verdicts import SolutionCheck, StatementCheck, StepCheck, Tier, Verdict

SHOWN_STEPS = 12
SHOWN_CHARACTERS = 80
"""Of a `repr`: it is read in passing."""
STATEMENT_CHARACTERS = 100


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CheckedSteps(Shown):
    """The verdicts on a solution's steps. Shows itself in a notebook."""

    check: SolutionCheck
    """Every statement with its evidence, in both tiers."""
    tier: Tier = "strict"
    """Which flags count in what follows."""
    reference: ReferenceCheck | None = None
    """The steps beside a gold solution, where there is one; it then decides."""

    VIEWS: ClassVar[str] = "reports.inline.steps"

    @property
    def steps(self) -> tuple[StepCheck, ...]:
        """One a step, by proof alone and without the gold solution."""
        return self.check.steps

    def verdicts(self) -> tuple[Verdict, ...]:
        """One a step."""
        return (self.reference or self.check).verdicts(self.tier)

    def first_error(self) -> int:
        """Index of the first erroneous step, from 0; -1 for none."""
        return (self.reference or self.check).first_error(self.tier)

    @property
    def summary(self) -> str:
        """What was decided and where the first error stands, steps counted from 1."""
        first = self.first_error()
        found = f"first error at step {first + 1}" if first >= 0 else "no error found"
        return f"{found}; {self.check.n_decided_steps} of {len(self.steps)} steps decided"

    def __repr__(self) -> str:
        pairs = list(zip(self.steps, self.verdicts(), strict=False))[:SHOWN_STEPS]
        lines = [
            f"{step.index + 1:>3}  {verdict:<13}{one_line(step.text, SHOWN_CHARACTERS)}" for step, verdict in pairs
        ]
        more = len(self.steps) - len(pairs)
        return "\n".join([*lines, *([f"     ... {more} more"] if more else []), self.summary])


def checked(
    steps: Sequence[str], question: str = "", *, tier: Tier = "strict", gold_solution: str = ""
) -> CheckedSteps:
    """Check a solution's `steps` on their own, with the `question`, and beside a `gold_solution` where there is one.

    `tier` says whether heuristics count as flags.
    """
    if not gold_solution:
        return CheckedSteps(check=check_solution(steps, question), tier=tier)
    guided = check_with_reference(steps, question, gold_solution)
    return CheckedSteps(check=guided.alone, tier=tier, reference=guided)


def explain(statement: StatementCheck, tier: Tier = "strict") -> str:
    """One line on a statement: its verdict, why, and the values recomputed."""
    verdict = statement.verdict_in(tier)
    why = statement.suspicion if verdict == "suspicious" else statement.reason
    if statement.reading != "literal" and verdict == "valid":
        why = f"{why}, read as {statement.reading}" if statement.reading != why else f"read as {why}"
    values = f": {statement.left} against {statement.right}" if statement.left and statement.right else ""
    text = " ".join(statement.text.split())[:STATEMENT_CHARACTERS]
    return f"{text}  [{verdict}, {why}{values if verdict != 'valid' or statement.reason != 'exact' else ''}]"
