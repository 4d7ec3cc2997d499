"""`harness probe`, and `--probe` of `harness run`: does the answer come from the reasoning that is shown?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import DEFAULT_RUNS, build_task
from harness.core.errors import UserError

if TYPE_CHECKING:
    from harness.audits.probes.records import ProbeName, ProbeSummary
    from harness.core.backend import Backend
    from harness.core.records import GenerationSettings, Record, Run
    from harness.core.task import Task


def probe(
    run: Annotated[str, typer.Argument(help="A finished run: its folder, its id, or the start of its id.")],
    probe: Annotated[
        list[str] | None, typer.Option("--probe", "-p", help="early-answering, injected-slip, filler, paraphrase.")
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="Default: as the run was started with.")] = "",
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = DEFAULT_RUNS,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Probe a run's reasoning: cut it, slip in an error, replace it; a probe that was stopped goes on."""
    from harness.audits.probes.records import PROBES, read_probe_names
    from harness.backends.open import open_backend
    from harness.cli.show.console import print_json
    from harness.store.folder import find_run, read_run, read_run_records

    names = read_probe_names(probe)
    if not names:
        raise UserError("no --probe given", tip=f"probes: {', '.join(PROBES)}.")
    folder = find_run(run, runs)
    recorded = read_run(folder)
    check_probeable(folder, recorded)
    asked = recorded.invocation
    task = build_task(asked["task"], asked["options"], limit=asked["limit"], extra_scorers=asked["scorers"])
    _check_data(recorded, task)
    _check_scorer(folder, recorded, task)
    records = read_run_records(folder, recorded)
    assert recorded.settings is not None
    task = replace(task, max_new_tokens=recorded.settings.max_new_tokens)
    backend = open_backend(model or asked["model"], task)
    try:
        _check_model(recorded, backend)
        summaries = run_probes(names, task, records, backend, recorded.settings, folder)
    finally:
        backend.close()
    if json:
        print_json({"path": str(folder)} | probes_document(summaries))
    else:
        print_probes(summaries)


def check_probeable(folder: Path, run: Run) -> None:
    """Raises UserError for completions made elsewhere, whose prompts nobody knows, and for an unfinished run."""
    if run.settings is None or not run.prompt_hash:
        raise UserError(
            f"{folder} holds completions made elsewhere: their prompts are unknown, so they cannot be gone on with",
            tip="`harness run --task ... --model ... --probe ...` draws completions and probes them.",
        )
    if not run.finished:
        raise UserError(f"{folder} is not finished", tip=f"`harness run --resume {folder}` goes on with it.")


def run_probes(
    names: Sequence[ProbeName],
    task: Task,
    records: Sequence[Record],
    backend: Backend,
    settings: GenerationSettings,
    folder: Path,
) -> list[ProbeSummary]:
    """Run each probe over a run's records; steps are those that the step checker sees."""
    from harness.audits.probes.run import run_probe
    from harness.cli.show.progress import progress_bar
    from tasks.scoring.steps.read.split import step_spans

    summaries = []
    for name in names:
        with progress_bar(name, task.primary) as show:
            summaries.append(
                run_probe(name, task, records, backend, settings, folder, split=step_spans, on_progress=show)
            )
    return summaries


def print_probes(summaries: Sequence[ProbeSummary]) -> None:
    """Each probe's numbers as a table, and what could not be probed."""
    from harness.audits.probes.words import left_out_words
    from harness.cli.show.console import out, table

    console = out()
    for summary in summaries:
        console.print(f"probe {summary.probe}: {left_out_words(summary)}", markup=False)
        if not summary.estimates:
            continue
        made = table("metric", "value", "95% interval", "docs", "what it is", right=("value", "95% interval", "docs"))
        for info in summary.metrics:
            made.add_row(info.name, *_cells(summary.estimates[info.name], info.kind), info.description)
        console.print(made)
        if summary.curve:
            console.print(_curve_table(summary))


def probes_document(summaries: Sequence[ProbeSummary]) -> dict[str, Any]:
    """The JSON of probes: summaries by name; shares are fractions."""
    return {"probes": {summary.probe: summary for summary in summaries}}


def _curve_table(summary: ProbeSummary) -> Any:
    from harness.cli.show.console import table
    from harness.core.words import percent

    numbers = ("accuracy", "accuracy 95%", "same answer", "same 95%", "docs", "reasoned on")
    made = table("at most shown", *numbers, right=numbers)
    for point in summary.curve:
        value, interval, n = _cells(point.accuracy, "binary")
        same, same_interval, _ = _cells(point.same, "binary")
        on = "–" if point.reasoned_on is None else _cells(point.reasoned_on, "binary")[0]
        made.add_row(percent(point.cut), value, interval, same, same_interval, n, on)
    return made


def _cells(estimate: Any, kind: str) -> tuple[str, str, str]:
    from harness.core.words import percent

    def show(value: float) -> str:
        return f"{value:.2f}" if kind == "mean" else percent(value)

    if estimate.value is None:
        return "–", "–", str(estimate.n_docs)
    interval = "–" if estimate.low is None else f"{show(estimate.low)} to {show(estimate.high)}"
    return show(estimate.value), interval, str(estimate.n_docs)


def _check_data(run: Run, task: Task) -> None:
    assert task.data is not None
    if run.data.docs_hash != task.data.docs_hash:
        raise UserError(f"run {run.id}: the data changed since it was made ({run.data.source}, {task.data.source})")


def _check_scorer(folder: Path, run: Run, task: Task) -> None:
    """Answers of two versions of a scorer differ without any probe."""
    from harness.audits.probes.requests import answer_scorer

    name = answer_scorer(task)
    now = next(scorer.identity for scorer in task.scorers if scorer.name == name)
    if run.scorers.get(name) != now:
        raise UserError(
            f"run {run.id}: the scorer {name} changed since it was made",
            tip=f"`harness run --resume {folder}` scores it anew; probe it then.",
        )


def _check_model(run: Run, backend: Backend) -> None:
    found = backend.describe()
    if found.fingerprint != run.model.fingerprint:
        raise UserError(
            f"run {run.id} is of {run.model.name} ({run.model.fingerprint}), not of {found.name} ({found.fingerprint})",
            tip="a probe goes on with what the same model wrote: leave --model out, or name that model.",
        )


def probe_names_of(invocation: Mapping[str, Any]) -> tuple[ProbeName, ...]:
    """The probes that a run was started with; runs of before they were written down have none."""
    from harness.audits.probes.records import read_probe_names

    return read_probe_names(list(invocation.get("probes", [])))
