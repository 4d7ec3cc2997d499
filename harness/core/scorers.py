"""Scorers by name, so that `--scorer` and training can ask for one without importing its package."""

from __future__ import annotations

import importlib
from typing import Any

from harness.core.errors import unknown_name
from harness.core.scorer import Scorer

SCORERS = {
    "final_answer": "tasks.scoring.final_answer:final_answer",
    "structure": "tasks.scoring.structure:structure",
    "step_validity": "tasks.scoring.step_validity:step_validity",
    "step_reference": "tasks.scoring.step_reference:step_reference",
}


def load_scorer(name: str, **options: Any) -> Scorer:
    """The scorer of that name. Raises UserError, with the nearest name, for one that is not there."""
    if name not in SCORERS:
        raise unknown_name("scorer", name, SCORERS, tip=f"scorers: {', '.join(SCORERS)}.")
    module_name, _, function_name = SCORERS[name].partition(":")
    return getattr(importlib.import_module(module_name), function_name)(**options)
