"""`harness score`: completions made elsewhere, scored like our own; no model needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.also import HELP as ALSO_HELP
from harness.cli.options import DEFAULT_RUNS, build_task, read_options, with_data
from harness.cli.planned import new_run
from harness.core.records import Completion, Doc, ModelInfo, Record, Run
from harness.core.task import Task
from harness.store.folder import new_folder

LOOKED_AT = 200
"""Replies, evenly spread, from which their form is guessed."""
CLEARLY_MORE = 0.3
"""Of a form's markers, on average, that replies hold beyond those of the declared form before a word is said of it."""


def score(
    file: Annotated[Path, typer.Argument(help="Completions: JSONL with id or idx, lm-eval samples, or a run folder.")],
    task: Annotated[str, typer.Option("--task", "-t", help="Task name or path to a .py file.")],
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="A task option, key=value.")] = None,
    data: Annotated[str | None, typer.Option(help="Local data file instead of the task's own source.")] = None,
    columns: Annotated[str | None, typer.Option(help="Which column holds what: question=Q,answer=A.")] = None,
    scorer: Annotated[list[str] | None, typer.Option(help="Add a scorer, for example step_validity.")] = None,
    prefill: Annotated[
        str, typer.Option(help="Text that opened the replies but is not in the file; \\n is a newline.")
    ] = "",
    prompt_note: Annotated[str, typer.Option(help="Label for the prompt, which the harness does not know.")] = "",
    model_name: Annotated[str, typer.Option(help="What to call the model. Default: the file's name.")] = "",
    also: Annotated[list[str] | None, typer.Option(help=ALSO_HELP)] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of this run. Default: a new one under --runs.")] = None,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = DEFAULT_RUNS,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Score completions made elsewhere with a task's scorers."""
    from harness.cli.also import also_lm_eval, check_also, print_lm_eval
    from harness.cli.show.console import print_json
    from harness.cli.show.run import print_run, run_document, tell_data, tell_faults
    from harness.data.rows import missing_file

    if not file.exists():
        raise missing_file(file)
    built = build_task(task, with_data(read_options(option), data, columns, task), extra_scorers=scorer)
    check_also(also or [], built)
    name = model_name or file.stem
    completions, kind = matched_completions(file, built, prefill)
    tell_data(built)
    _tell_other_form(built, completions)
    folder = new_folder(out, runs, built.name, name)
    run, records = score_completions(folder, built, file, kind, completions, name=name, note=prompt_note)
    tell_faults(records)
    compared = also_lm_eval(records, folder) if also else None
    if json:
        document = run_document(run, folder)
        print_json(document if compared is None else document | {"lm_eval": compared})
        return
    print_run(run, folder)
    if compared is not None:
        print_lm_eval(compared)


def _tell_other_form(task: Task, completions: list[Completion]) -> None:
    """Say so where the replies were written in another response format than the one that they are held against."""
    from harness.cli.show.console import notice
    from harness.core.reply.infer import infer_format, marker_share, missing_opening

    some = completions[:: max(1, len(completions) // LOOKED_AT)]
    declared, replies = task.prompt.response_format, [completion.reply for completion in some]
    found = infer_format(replies)
    if marker_share(found, replies) < marker_share(declared, replies) + CLEARLY_MORE:
        return
    opening = missing_opening(found, replies)
    prefill = "" if not opening else " --prefill " + repr(opening)
    notice(
        f"most replies are in the form {found.name!r}, not {declared.name!r}: for their structure and reasoning add "
        f"-o format={found.name}{prefill}"
    )


def matched_completions(file: Path, task: Task, prefill: str = "") -> tuple[list[Completion], str]:
    """A file's completions of the task's docs, and which tool wrote the file; what is amiss is said on the way."""
    from harness.cli.show.console import notice
    from harness.recorded import match_to_docs, read_completions

    foreign = read_completions(file)
    matched = match_to_docs(foreign.rows, task.docs, where=str(file))
    for line in foreign.notices:
        notice(line)
    if matched.missing:
        some = f"{len(matched.missing)} of {len(task.docs)} docs"
        notice(f"{some} have no completion (first: {matched.missing[0]}): left out")
    opening = prefill or task.prompt.prefill
    return [_with_prefill(completion, opening) for completion in matched.completions], foreign.kind


def score_completions(
    folder: Path, task: Task, file: Path, kind: str, completions: list[Completion], *, name: str, note: str = ""
) -> tuple[Run, list[Record]]:
    """Score completions made elsewhere into a run folder."""
    run = _foreign_run(folder, task, file, kind, completions, name, note)
    return _write(folder, run, task, completions)


def _with_prefill(completion: Completion, prefill: str) -> Completion:
    text = prefill.replace("\\n", "\n")
    return replace(completion, prefill=text) if text and not completion.prefill else completion


def _foreign_run(
    folder: Path,
    task: Task,
    file: Path,
    kind: str,
    completions: list[Completion],
    name: str,
    note: str,
) -> Run:
    from harness.core.hashing import stable_hash

    texts = stable_hash([[c.doc_id, c.repeat, c.text] for c in completions], length=32)
    model = ModelInfo(name=name, fingerprint=f"completions:{texts}", backend="foreign", detail={"format": kind})
    invocation = {"file": str(file), "task": task.name, "options": dict(task.options)}
    run = new_run(folder, task, model, None, invocation)
    n_absent = len({doc.id for doc in task.docs} - {c.doc_id for c in completions})
    return replace(run, prompt_note=note, n_expected=len(completions) + n_absent)


def _write(folder: Path, run: Run, task: Task, completions: list[Completion]) -> tuple[Run, list[Record]]:
    """Score everything in memory and write it once: unlike a model's, these completions cannot be lost."""
    from harness.runner.run import summary_of, utc_now
    from harness.runner.scoring import score_completion
    from harness.stats.estimate import estimate_metrics
    from harness.store.folder import RECORDS_FILE, sort_records, write_run
    from harness.store.journal import Journal

    docs: dict[str, Doc] = {doc.id: doc for doc in task.docs}
    records = sort_records(
        [score_completion(f"{c.doc_id}#{c.repeat}", docs[c.doc_id], c, task.scorers) for c in completions]
    )
    with Journal(folder / RECORDS_FILE) as journal:
        journal.extend(records)
    estimates = estimate_metrics(records, run.metrics)
    estimates |= summary_of(task, records)
    run = replace(run, estimates=estimates, finished=utc_now())
    write_run(folder, run)
    return run, records
