"""`harness run`: a task through a model, journalled, resumable."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.settings import (
    DEFAULT_RUNS,
    build_task,
    command_line,
    git_sha,
    new_folder,
    read_options,
    versions,
    with_data,
)
from harness.core.errors import UserError
from harness.core.records import GenerationSettings, Record, Run


def run(
    task: Annotated[
        list[str] | None, typer.Option("--task", "-t", help="Task name or path to a .py file; may be repeated.")
    ] = None,
    model: Annotated[
        str, typer.Option("--model", "-m", help="Folder, hub id, http://HOST/v1,model=NAME, replay:FILE, scripted:NAME.")
    ] = "",
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="A task option, key=value.")] = None,
    data: Annotated[str | None, typer.Option(help="Local data file instead of the task's own source.")] = None,
    columns: Annotated[str | None, typer.Option(help="Which column holds what: question=Q,answer=A.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N docs.")] = None,
    scorer: Annotated[list[str] | None, typer.Option(help="Add a scorer, for example step_validity.")] = None,
    max_new_tokens: Annotated[int | None, typer.Option(help="Default: the task's own budget.")] = None,
    temperature: Annotated[float, typer.Option(help="0 is greedy.")] = 0.0,
    top_p: Annotated[float, typer.Option(help="Nucleus sampling; 1 is off.")] = 1.0,
    top_k: Annotated[int, typer.Option(help="0 is off.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the sampling.")] = 0,
    repeats: Annotated[int, typer.Option(help="Completions drawn per doc.")] = 1,
    k: Annotated[str, typer.Option(help="Also pass@k and maj@k for these k, for example 1,4.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder of this run. Default: a new one under --runs.")] = None,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = DEFAULT_RUNS,
    resume: Annotated[str | None, typer.Option(help="Go on with a run: its folder, its id, or the start of its id.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Run a task through a model; every completion is journalled as it finishes."""
    if resume is not None:
        _refuse_with_resume(task, model, option, data)
        finished = [_resume(resume, runs)]
    else:
        invocation = {
            "model": model,
            "limit": limit,
            "scorers": scorer or [],
            "k": k,
            "max_new_tokens": max_new_tokens,
            "sampling": {"temperature": temperature, "top_p": top_p, "top_k": top_k, "seed": seed, "repeats": repeats},
        }
        finished = []
        for name in _task_names(task, out):
            options = with_data(read_options(option), data, columns, name)
            finished.append(_start(invocation | {"task": name, "options": options}, out, runs))
    _show(finished, as_json=json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A finished run with where it lies and what it printed."""

    folder: Path
    run: Run
    records: list[Record]


def _start(invocation: dict[str, Any], out: Path | None, runs: Path) -> Finished:
    return _execute(invocation, lambda task, model: new_folder(out, runs, task, model), None)


def _resume(name: str, runs: Path) -> Finished:
    from harness.store.folder import find_run, read_run

    folder = find_run(name, runs)
    before = read_run(folder)
    if before.settings is None:
        raise UserError(f"{folder} holds completions made elsewhere", tip="score them again with `harness score`.")
    return _execute(dict(before.invocation), lambda task, model: folder, before)


def _execute(invocation: dict[str, Any], place: Any, before: Run | None) -> Finished:
    from harness.backends.open import open_backend
    from harness.cli.console import notice
    from harness.cli.progress import progress_bar
    from harness.runner.run import run_task

    task = build_task(
        invocation["task"], invocation["options"], limit=invocation["limit"], extra_scorers=invocation["scorers"]
    )
    settings = _settings(invocation, task.max_new_tokens, task.stop)
    _check_k(invocation["k"], settings.repeats)
    assert task.data is not None
    if task.data.notice:
        notice(task.data.notice)
    if before is not None and before.data.docs_hash != task.data.docs_hash:
        raise UserError(
            f"run {before.id}: the data changed since it started ({before.data.source} then, {task.data.source} now)"
        )
    backend = open_backend(invocation["model"] or _default_model(), task)
    try:
        folder = place(task.name, backend.describe().name)
        planned = _new_run(folder, task, backend.describe(), settings, invocation)
        if before is not None:
            planned = _keep_history(planned, before)
        with progress_bar(task.name, task.primary) as show:
            done, records = run_task(task, backend, settings, folder, planned, on_progress=show)
    except KeyboardInterrupt:
        print(f"\nstopped; go on with: harness run --resume {folder}", file=sys.stderr)
        raise typer.Exit(130) from None
    finally:
        backend.close()
    return Finished(folder=folder, run=_with_repeats(folder, done, records, invocation["k"]), records=records)


def _new_run(folder: Path, task: Any, model: Any, settings: GenerationSettings, invocation: dict[str, Any]) -> Run:
    from harness.runner.run import utc_now
    from harness.runner.scoring import metric_infos

    return Run(
        id=folder.resolve().name,
        task=task.name,
        task_version=task.version,
        task_options=task.options,
        data=task.data,
        prompt_hash="",
        prompt_note="",
        scorers={scorer.name: scorer.identity for scorer in task.scorers},
        primary=task.primary,
        metrics=metric_infos(task.scorers),
        model=model,
        settings=settings,
        versions=versions(),
        git_sha=git_sha(),
        command=command_line(),
        invocation=invocation,
        started=utc_now(),
    )


def _keep_history(planned: Run, before: Run) -> Run:
    """A resumed run keeps when and how it was started."""
    from dataclasses import replace

    return replace(planned, started=before.started, command=before.command, id=before.id)


def _with_repeats(folder: Path, done: Run, records: list[Record], k: str) -> Run:
    if not k:
        return done
    from dataclasses import replace

    from harness.stats.repeats import repeat_metrics
    from harness.store.folder import write_run

    wanted = [int(part) for part in k.split(",")]
    done = replace(done, estimates=dict(done.estimates) | repeat_metrics(records, wanted))
    write_run(folder, done)
    return done


def _settings(invocation: dict[str, Any], budget: int, stop: tuple[str, ...]) -> GenerationSettings:
    sampling = invocation["sampling"]
    settings = GenerationSettings(max_new_tokens=invocation["max_new_tokens"] or budget, stop=stop, **sampling)
    checks = {
        f"--repeats {settings.repeats}: at least 1": settings.repeats >= 1,
        f"--max-new-tokens {settings.max_new_tokens}: at least 1": settings.max_new_tokens >= 1,
        f"--temperature {settings.temperature}: 0 or more": settings.temperature >= 0,
        f"--top-p {settings.top_p}: above 0, at most 1": 0 < settings.top_p <= 1,
        f"--top-k {settings.top_k}: 0 or more": settings.top_k >= 0,
    }
    for complaint, fine in checks.items():
        if not fine:
            raise UserError(complaint)
    if settings.repeats > 1 and settings.temperature == 0:
        raise UserError("--repeats needs --temperature above 0", tip="greedy repeats are all the same text.")
    return settings


def _check_k(k: str, repeats: int) -> None:
    for part in filter(None, k.split(",")):
        if not part.strip().isdigit() or int(part) < 1:
            raise UserError(f"--k {part!r}: expected whole numbers such as 1,4")
        if int(part) > repeats:
            raise UserError(f"--k {part} is more than --repeats {repeats}", tip=f"draw more with --repeats {part}.")


def _task_names(task: list[str] | None, out: Path | None) -> list[str]:
    names = [name for part in task or [] for name in part.split(",") if name]
    if not names:
        raise UserError("no --task given", tip="`harness tasks` lists every task.")
    if len(names) > 1 and out is not None:
        raise UserError("--out names one folder, but there are several tasks", tip="use --runs instead.")
    return names


def _default_model() -> str:
    raise UserError("no --model given", tip="try --model scripted:careful, or a folder, a hub id, http://HOST/v1,model=M.")


def _refuse_with_resume(task: object, model: object, option: object, data: object) -> None:
    if task or model or option or data:
        raise UserError("--resume goes on with what the run was started with", tip="give --resume alone.")


def _show(finished: list[Finished], *, as_json: bool) -> None:
    from harness.cli.console import print_json
    from harness.cli.show import print_run, run_document

    if as_json:
        documents = [run_document(one.run, one.folder) for one in finished]
        print_json(documents[0] if len(documents) == 1 else {"runs": documents})
        return
    for one in finished:
        print_run(one.run, one.folder)
