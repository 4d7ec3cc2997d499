"""A comparison as a notebook shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.audits.compared import ComparedRuns
from harness.core.errors import unknown_name
from reports.tables import comparison_table, differences_table, flips_table

if TYPE_CHECKING:
    import pandas as pd

_FRAMES: dict[str, Callable[[ComparedRuns], pd.DataFrame]] = {
    "differences": lambda made: differences_table(made.comparison),
    "records": lambda made: comparison_table(made.baseline.records, made.candidate.records),
    "flips": lambda made: flips_table(made.comparison),
}


def frame(made: ComparedRuns, what: str) -> pd.DataFrame:
    """The differences (the default), both runs' records side by side, or the flips. Raises UserError for others."""
    name = what or "differences"
    if name not in _FRAMES:
        raise unknown_name("table", name, _FRAMES, tip=f"tables of a comparison: {', '.join(_FRAMES)}.")
    return _FRAMES[name](made)
