"""A run with its records and where it lies: the one holder that verbs, pages and printers share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from harness.core.display import Shown
from harness.core.errors import UserError, unknown_name
from harness.core.late import load
from harness.core.records import Estimate, Record, Run
from harness.store.folder import find_run, read_run, read_run_records
from harness.store.verified import check_numbers

_PROBES = "harness.audits.probes.store:read_summaries"
_LM_EVAL = "harness.lm_eval_bridge.verdicts:read_summary"
"""What reads a file beside a run; named by strings, as its readers stand on the store."""


@dataclass(frozen=True, kw_only=True, repr=False)
class StoredRun(Shown):
    """A run in its folder, with every record. Shows itself in a notebook; `str` has its metrics."""

    path: Path
    """Its folder."""
    run: Run
    at_hand: Sequence[Record] | None = None
    """Its records where they were just made; None: they are read when they are asked for."""
    elsewhere: bool = False
    """Process 0 of several wrote it; this one drew its share, and `run` has no estimates."""

    VIEWS: ClassVar[str] = "reports.inline.run"

    @cached_property
    def records(self) -> Sequence[Record]:
        """One a completion, in order of doc and repeat.

        Raises UserError where the journal is missing or damaged, and where another run, or more of this one, lies in
        the folder since it was read.
        """
        if self.at_hand is not None:
            return self.at_hand
        now = read_run(self.path)
        if (now.started, now.finished, now.model.fingerprint) != (
            self.run.started,
            self.run.finished,
            self.run.model.fingerprint,
        ):
            raise UserError(f"{self.path} changed since it was read", tip="read it again: harness.load_run.")
        return read_run_records(self.path, self.run)

    @property
    def id(self) -> str:
        """Of the run: the name of its folder."""
        return self.run.id

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """By metric."""
        return self.run.estimates

    def estimate(self, metric: str = "") -> Estimate:
        """Of a metric by name; of the primary one without. Raises UserError with the nearest name."""
        name = metric or self.run.primary
        if name not in self.run.estimates:
            raise unknown_name("metric", name, self.run.estimates, tip=f"metrics: {', '.join(self.run.estimates)}.")
        return self.run.estimates[name]

    @cached_property
    def probes(self) -> Mapping[str, Any]:
        """Summaries of the probes of this run, by probe; empty where none was made."""
        return dict(load(_PROBES)(self.path))

    @cached_property
    def lm_eval(self) -> dict[str, Any] | None:
        """lm-eval's verdicts on the same completions by filter; None where they were not asked for."""
        found = load(_LM_EVAL)(self.path, self.records)
        return None if found is None else dict(found)

    def __repr__(self) -> str:
        return str(load(f"{self.VIEWS}:as_text")(self))


class StoredRuns(list[StoredRun], Shown):
    """Several runs. Shows itself in a notebook; `str` is a table with a line a run."""

    VIEWS: ClassVar[str] = "reports.inline.runs"

    def __repr__(self) -> str:
        return str(load(f"{self.VIEWS}:as_text")(self))


def read_stored(folder: Path) -> StoredRun:
    """The run in a folder; its records are read when they are asked for. Raises UserError where the folder holds none,
    a damaged one, or one whose numbers do not follow from its records."""
    run = read_run(folder)
    return StoredRun(path=folder, run=run, at_hand=check_numbers(folder, run))


def stored(run: str | Path | StoredRun, root: Path) -> StoredRun:
    """A run by folder, id or start of its id under `root`; one that was read already is taken as it is.

    Raises UserError where there is none of that name, or several.
    """
    return run if isinstance(run, StoredRun) else read_stored(find_run(str(run), root))


def refuse_twice(runs: Sequence[StoredRun], *, tip: str = "`harness history` lists the runs.") -> None:
    """Raise UserError where one run is given twice: beside itself it has no differences, whatever the model does."""
    seen: dict[Path, StoredRun] = {}
    for one in runs:
        place = one.path.resolve()
        if place in seen:
            raise UserError(f"{seen[place].path} and {one.path} are one run: {place}", tip=tip)
        seen[place] = one
