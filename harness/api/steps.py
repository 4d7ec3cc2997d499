"""`check_steps`: every reasoning step of a solution recomputed, and where the first error stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.core.errors import unknown_name

if TYPE_CHECKING:
    from tasks.scoring.steps.checked import CheckedSteps
    from tasks.scoring.steps.verdict.verdicts import Tier

TIERS = ("strict", "suspicious")


def check_steps(
    solution: str | Sequence[str], question: str = "", *, tier: Tier = "strict", gold_solution: str = ""
) -> CheckedSteps:
    """Recompute every step of a solution, compare it with the question and the steps before, say what is wrong.

    `solution` is a text, which is split into steps, or its steps. The `tier` strict flags proofs only, suspicious adds
    heuristics. With a `gold_solution` the first step that leaves it for good is an error too.

    Raises UserError for another tier. Nothing in a solution raises.

    >>> check_steps("3 * 4 = 12\\n12 - 2 = 11").first_error()
    1
    """
    from tasks.scoring.steps.checked import checked
    from tasks.scoring.steps.read.split import split_steps

    if tier not in TIERS:
        raise unknown_name("tier", tier, TIERS, tip=f"tiers: {', '.join(TIERS)}.")
    steps = split_steps(solution) if isinstance(solution, str) else list(solution)
    return checked(steps, question, tier=tier, gold_solution=gold_solution)
