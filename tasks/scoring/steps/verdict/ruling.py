"""What is said of one relation of a statement."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.scoring.steps.verdict.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict on one relation."""

    verdict: Verdict
    reason: str
    left: str = ""
    right: str = ""
    reading: str = "literal"
