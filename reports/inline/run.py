"""A run as a notebook shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.core.errors import unknown_name
from harness.store.stored import StoredRun
from reports.tables import estimates_table, records_table, steps_table

if TYPE_CHECKING:
    import pandas as pd

_FRAMES: dict[str, Callable[[StoredRun], pd.DataFrame]] = {
    "records": lambda run: records_table(run.records),
    "estimates": lambda run: estimates_table(run.run),
    "steps": lambda run: steps_table(run.records),
}


def frame(run: StoredRun, what: str) -> pd.DataFrame:
    """The records (the default), the estimates or the step verdicts. Raises UserError for another name."""
    name = what or "records"
    if name not in _FRAMES:
        raise unknown_name("table", name, _FRAMES, tip=f"tables of a run: {', '.join(_FRAMES)}.")
    return _FRAMES[name](run)
