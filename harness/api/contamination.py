"""`find_contamination`: which evaluation docs stand in the training data, before anybody trains on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.api.evaluate import tell_data
from harness.audits.contaminated import FoundOverlaps, RunOverlap, run_overlap
from harness.audits.contamination import NGRAM, Contamination, find_overlaps
from harness.core.errors import UserError
from harness.core.records import Doc
from harness.core.task import Task
from harness.runner.begin import build_task
from harness.store.folder import DEFAULT_RUNS
from harness.store.stored import StoredRun, stored

DATA_ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".jsonl.gz")
AnySet = str | Path | Task


def find_contamination(
    rows: str | Path | Iterable[Mapping[str, Any]],
    against: AnySet | Sequence[AnySet],
    *,
    options: Mapping[str, Any] | None = None,
    columns: str = "",
    ngram: int = NGRAM,
    run: str | Path | StoredRun | None = None,
    runs: str | Path = DEFAULT_RUNS,
) -> FoundOverlaps:
    """Find evaluation questions in training data: the same question, or `ngram` words in a row in common.

    `rows` are training rows, of which every text is compared, or their file. `against` is one evaluation set or more:
    a task by name, with its `options`, or as an object, or a file whose questions stand in `columns` (question=Q,
    answer=A). With a finished `run`, read already or by its name under `runs`, its primary metric is worked out with
    and without the docs that overlap.

    Raises UserError for data that cannot be read, an `ngram` below 3, two sets of one name, and a run that has none of
    the docs.
    """
    from harness.data.sources import read_source

    is_file = isinstance(rows, str | Path)
    train = read_source(str(rows), split="train") if isinstance(rows, str | Path) else list(rows)
    names = [against] if isinstance(against, str | Path | Task) else list(against)
    sets = _by_name([_docs(one, options or {}, columns) for one in names])
    found = {name: find_overlaps(train, docs, ngram=ngram) for name, docs in sets.items()}
    compared = {doc.id for docs in sets.values() for doc in docs}
    scores = None if run is None else _of_run(stored(run, Path(runs)), found, compared)
    return FoundOverlaps(train=str(rows) if is_file else "rows", sets=found, run=scores)


def _by_name(sets: Sequence[tuple[str, tuple[Doc, ...]]]) -> dict[str, tuple[Doc, ...]]:
    """One must not hide another of its name."""
    found: dict[str, tuple[Doc, ...]] = {}
    for name, docs in sets:
        if found.setdefault(name, docs) != docs:
            raise UserError(f"two sets are called {name!r}", tip="give each task a name of its own.")
    return found


def _docs(given: AnySet, options: Mapping[str, Any], columns: str) -> tuple[str, tuple[Doc, ...]]:
    """An evaluation set's name and docs."""
    from harness.data.questions import local_docs

    if isinstance(given, Task):
        return given.name, given.docs
    name = str(given)
    if name.endswith(DATA_ENDINGS):
        return name, local_docs(name, Path(name).name.split(".", 1)[0], columns)[0]
    task = build_task(name, options)
    tell_data(task)
    return name, task.docs


def _of_run(run: StoredRun, found: Mapping[str, Contamination], compared: set[str]) -> RunOverlap:
    if not any(record.doc.id in compared for record in run.records):
        raise UserError(
            f"run {run.id} has none of the docs compared",
            tip=f"compare with the task it ran: {run.run.task}, same options.",
        )
    return run_overlap(run.run, run.records, found)
