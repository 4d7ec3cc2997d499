"""A run folder that is read for its numbers: they are those of its records, or it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.core.errors import UserError
from harness.core.records import Record, Run
from harness.store.folder import RECORDS_FILE, read_document, read_run_records
from harness.store.follows import estimate_fault, first_fault
from harness.store.seal import broken


def check_numbers(folder: Path, run: Run) -> list[Record] | None:
    """Raises UserError where the numbers of a finished run do not follow from its records, naming the first.

    A folder that is as it was sealed is trusted at once; else everything is reckoned again, and the records that were
    read for it are given back. Runs of before there were seals have none.
    """
    if not run.finished:
        return None
    changed: tuple[str, ...] = ()
    if run.identity is not None:
        changed = broken(read_document(folder), folder / RECORDS_FILE)
        if not changed:
            return None
    records = read_run_records(folder, run)
    fault = first_fault(run, records) or estimate_fault(run, records)
    if changed and not fault:
        fault = f"{' and '.join(changed)} changed after the run had finished"
    if fault:
        raise UserError(f"{folder}: its numbers do not follow from its records: {fault}", tip=_tip(folder, run))
    return records


def check_records(folder: Path, run: Run, records: Sequence[Record]) -> None:
    """Raises UserError where the records of a run contradict what the run says of its data, repeats and metrics."""
    if fault := first_fault(run, records):
        raise UserError(f"{folder}: its records do not fit the run: {fault}", tip=_tip(folder, run))


def _tip(folder: Path, run: Run) -> str:
    if run.settings is None:
        return "score the completions again with `harness score`."
    return f"`harness run --resume {folder}` reckons them again; keep a copy if you do not know what changed."
