"""`harness contamination`: which evaluation docs stand in the training data, before anybody trains on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import DEFAULT_RUNS, read_options
from harness.core.errors import UserError
from harness.core.records import Doc, Record, Run
from harness.runner.begin import build_task

if TYPE_CHECKING:
    from harness.audits.contamination import Contamination, WithAndWithout

DATA_ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".jsonl.gz")


def contamination(
    train: Annotated[Path, typer.Argument(help="Training data: JSONL, JSON, CSV or Parquet; every text is compared.")],
    against: Annotated[list[str], typer.Argument(help="Evaluation sets: task names, or files with a question column.")],
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="A task option, key=value.")] = None,
    columns: Annotated[str, typer.Option(help="Of evaluation files: question=Q,answer=A.")] = "",
    ngram: Annotated[int, typer.Option(help="Words in a row that count as an overlap.")] = 13,
    run: Annotated[str | None, typer.Option(help="A finished run: its score with and without the overlap.")] = None,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = DEFAULT_RUNS,
    show: Annotated[int, typer.Option(help="Overlapping docs to list for each set.")] = 10,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output, every doc in it.")
    ] = False,
) -> None:
    """Find evaluation questions in training data: the same question, or 13 words in a row in common."""
    from harness.audits.contamination import find_overlaps
    from harness.cli.show.console import print_json
    from harness.data.rows import read_rows

    rows = read_rows(train)
    sets = {name: _docs(name, option, columns) for name in against}
    found = {name: find_overlaps(rows, docs, ngram=ngram) for name, docs in sets.items()}
    compared = {doc.id for docs in sets.values() for doc in docs}
    scores = _of_run(run, runs, found, compared) if run is not None else None
    if json:
        print_json({"train": str(train), "sets": found, "run": scores})
        return
    for name, one in found.items():
        print_set(name, one, show)
    if scores is not None:
        _print_run(str(run), scores)


def _docs(name: str, option: list[str] | None, columns: str) -> tuple[Doc, ...]:
    from harness.api.evaluate import tell_data
    from harness.data.questions import local_docs

    if name.endswith(DATA_ENDINGS):
        return local_docs(name, Path(name).name.split(".", 1)[0], columns)[0]
    task = build_task(name, read_options(option))
    tell_data(task)
    return task.docs


def _of_run(name: str, runs: Path, found: dict[str, Contamination], compared: set[str]) -> dict[str, Any]:
    from harness.store.folder import find_run, read_run, read_run_records

    folder = find_run(name, runs)
    run = read_run(folder)
    records = read_run_records(folder, run)
    if not any(record.doc.id in compared for record in records):
        raise UserError(
            f"run {run.id} has none of the docs compared",
            tip=f"compare with the task it ran: {run.task}, same options.",
        )
    return scores_of(run, records, found)


def scores_of(run: Run, records: Sequence[Record], found: Mapping[str, Contamination]) -> dict[str, Any]:
    """A run's id, its primary metric, and that metric with and without the docs that overlap in any set."""
    from harness.audits.contamination import with_and_without

    doc_ids = frozenset(doc_id for one in found.values() for doc_id in one.doc_ids())
    metric = next(info for info in run.metrics if info.name == run.primary)
    return {"id": run.id, "metric": metric.name, "scores": with_and_without(records, metric, doc_ids)}


def print_set(name: str, found: Contamination, show: int) -> None:
    """Counts of one evaluation set by kind, and its first `show` docs."""
    from harness.audits.contamination import KINDS, MEANINGS
    from harness.cli.show.console import out, table
    from harness.core.words import counted

    console = out()
    n_counted = len(found.doc_ids())
    share = f" ({100 * n_counted / found.n_docs:.1f}%)" if found.n_docs else ""
    verb = "overlaps" if found.n_docs == 1 else "overlap"
    docs, rows = counted(found.n_docs, "doc"), counted(found.n_rows, "training row")
    line = f"{name}: {n_counted} of {docs}{share} {verb} with {rows}"
    console.print(line, markup=False)
    for kind in KINDS:
        if found.count(kind):
            console.print(f"  {found.count(kind):6}  {kind}: {MEANINGS[kind]}", markup=False)
    listed = table("doc", "kind", "share", "train row", "shared words", right=("share",))
    for one in found.overlaps[:show]:
        first = one.places[0]
        place = f"{first.row}:{first.column}"
        listed.add_row(one.doc_id, one.kind, f"{100 * one.share:.0f}%", place, one.example[:100])
    if found.overlaps and show > 0:
        console.print(listed)
    if len(found.overlaps) > show > 0:
        console.print(f"  and {len(found.overlaps) - show} more; --show or --json lists them", markup=False)


def _print_run(name: str, found: dict[str, Any]) -> None:
    from harness.cli.show.console import out

    scores: WithAndWithout = found["scores"]
    console = out()
    console.print(f"{found['metric']} of {name}", markup=False)
    parts = (("every doc", scores.every_doc), ("without overlap", scores.without_overlap))
    for label, estimate in (*parts, ("overlap only", scores.overlap_only)):
        if estimate.value is None or estimate.low is None or estimate.high is None:
            shown = "–" if estimate.value is None else f"{100 * estimate.value:.2f}"
        else:
            shown = f"{100 * estimate.value:.2f} [{100 * estimate.low:.2f}, {100 * estimate.high:.2f}]"
        console.print(f"  {label:16} {shown}  n={estimate.n_docs}", markup=False)
