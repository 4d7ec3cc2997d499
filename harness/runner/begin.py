"""What stands before the first completion: the task as it was asked for, checked, and the run record still empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.core.errors import UserError, unknown_name
from harness.core.records import GenerationSettings, Identity, ModelInfo, Run
from harness.core.registry import find_entry, load_scorer
from harness.core.task import Task
from harness.runner.run import utc_now
from harness.runner.scoring import metric_infos
from harness.store.origin import command_line, git_sha, versions


def build_task(
    task: str | Task,
    options: Mapping[str, Any],
    *,
    limit: int | None = None,
    extra_scorers: Sequence[str] = (),
) -> Task:
    """A task by name or as an object, as a call asks for it: `options` set, the first `limit` docs, and the scorers
    named in `extra_scorers` beside its own.

    Raises UserError for whatever of it does not exist or does not fit.
    """
    from harness.data.identity import data_info

    built = task_of(task, options)
    if limit is not None:
        if not isinstance(limit, int) or limit < 1:
            raise UserError(f"--limit {limit!r}: at least 1")
        built = replace(built, docs=built.docs[:limit])
    have = {scorer.name for scorer in built.scorers}
    added = tuple(load_scorer(scorer) for scorer in extra_scorers if scorer not in have)
    source, seen = (built.data.source, built.data.notice) if built.data else (f"task:{built.name}", "")
    built = replace(built, scorers=built.scorers + added, data=data_info(source, built.docs, notice=seen))
    check_task(built)
    return built


def task_of(task: str | Task, options: Mapping[str, Any]) -> Task:
    """The task of a name with its options set; an object is taken as it is. Raises UserError for options of one."""
    if "data" in options and not str(options["data"]).strip():
        raise UserError("the option data is empty", tip="name a file, or leave it out for the task's own data.")
    if isinstance(task, str):
        return find_entry(task).build(options)
    if not isinstance(task, Task):
        name = getattr(task, "__name__", "")
        hint = f"call it: {name}()" if hasattr(task, "__harness_task__") else "give its name, its file, or a Task."
        raise UserError(f"a {type(task).__name__} is no task", tip=hint)
    if options:
        raise UserError(
            f"task {task.name!r} is already built: options cannot be set",
            tip="give them to the function that builds it.",
        )
    return task


def check_task(task: Task) -> None:
    """Raise UserError for a task that cannot be run: no docs, or two docs with one id."""
    if not task.docs:
        raise UserError(f"task {task.name!r} has no docs", tip="an empty dataset, or a --limit of 0?")
    seen: dict[str, int] = {}
    for row, doc in enumerate(task.docs, start=1):
        if doc.id in seen:
            raise UserError(f"task {task.name!r}: duplicated id {doc.id!r} (docs {seen[doc.id]} and {row})")
        seen[doc.id] = row
    infos, scorers = metric_infos(task.scorers), [scorer.name for scorer in task.scorers]
    for info in infos:
        if info.scorer not in scorers:
            raise unknown_name(
                f"scorer of the metric {info.name!r}, task {task.name!r}:", info.scorer, scorers, tip="as Scorer.name."
            )
    names = [info.name for info in infos]
    for kind, several in (("metrics", names), ("scorers", scorers)):
        if len(set(several)) < len(several):
            twice = next(name for name in several if several.count(name) > 1)
            raise UserError(f"task {task.name!r}: two {kind} are called {twice!r}", tip="one would hide the other.")
    if task.primary not in names:
        raise UserError(f"task {task.name!r}: primary metric {task.primary!r} is not among its metrics: {names}")


def new_run(
    folder: Path, task: Task, model: ModelInfo, settings: GenerationSettings | None, invocation: Mapping[str, Any]
) -> Run:
    """The run of `task` on `model` that will lie in `folder`; `invocation` is what was asked, as JSON, and `settings`
    is None for completions made elsewhere."""
    from harness.data.identity import content_hash, data_info

    return Run(
        id=folder.resolve().name,
        task=task.name,
        task_version=task.version,
        task_options=task.options,
        data=task.data or data_info(f"task:{task.name}", task.docs),
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
        identity=Identity(data=content_hash(task.docs)),
    )
