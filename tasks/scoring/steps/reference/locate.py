"""Where a solution departs from the gold one."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.scoring.steps.reference.gold import Gold
from tasks.scoring.steps.reference.trace import Claim, Trace


def status(claim: Claim, gold: Gold) -> str:
    if claim.slip:
        return "slip"
    if any(p.mark in gold.values for p in claim.readings):
        return "gold"
    if any(p.mark in gold.parts for p in claim.readings):
        return "part"
    if claim.kind == "stated" and not claim.foreign:
        return "known"
    if claim.written in gold.bases:
        return "base"
    if claim.kind == "computed" or claim.kind == "solved":
        known = {p.mark for p in gold.trace.question.points.values()} | {p.mark for p in gold.trace.question.related.values()}
        if any(p.mark in known for p in claim.readings):
            return "known"
    return "foreign" if claim.kind == "stated" else "off"
