"""Reading what commands share: `-o key=value`, tasks, data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from harness.core.registry import find_entry, load_scorer
from harness.core.task import Task

DEFAULT_RUNS = Path("runs")


def read_options(pairs: list[str] | None, flag: str = "-o") -> dict[str, str]:
    """Pairs of `-o key=value`, or of another flag. Raises UserError for one that is no pair or is given twice."""
    options: dict[str, str] = {}
    for pair in pairs or []:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise UserError(f"{flag} {pair!r}: expected key=value")
        if key in options:
            raise UserError(f"{flag} {key}=... is given twice")
        options[key] = value
    return options


def build_task(
    name: str, options: Mapping[str, Any], *, limit: int | None = None, extra_scorers: list[str] | None = None
) -> Task:
    """Build a task as a command asks for it: options set, docs limited, scorers added."""
    from harness.data.identity import data_info
    from harness.runner.run import check_task

    task = find_entry(name).build(options)
    if limit is not None:
        if limit < 1:
            raise UserError(f"--limit {limit}: at least 1")
        task = replace(task, docs=task.docs[:limit], data=None if task.data is None else task.data)
    have = {scorer.name for scorer in task.scorers}
    added = tuple(load_scorer(scorer) for scorer in extra_scorers or [] if scorer not in have)
    source, seen = (task.data.source, task.data.notice) if task.data else (f"task:{task.name}", "")
    task = replace(task, scorers=task.scorers + added, data=data_info(source, task.docs, notice=seen))
    check_task(task)
    return task


def with_data(options: dict[str, str], data: str | None, columns: str | None, task_name: str) -> dict[str, str]:
    """Add `--data` and `--columns` to the options of a task that can read local data."""
    refuse_empty("--data", data)
    given = {"data": data, "columns": columns}
    given = {key: value for key, value in given.items() if value is not None}
    lacking = [key for key in given if key not in find_entry(task_name).parameters]
    if lacking:
        raise UserError(f"task {task_name!r} makes its own data: --{lacking[0]} does not apply")
    return options | {key: str(value) for key, value in given.items()}


def refuse_empty(flag: str, value: str | None) -> None:
    """A variable of a shell script that was never set must not choose a default: `--data "$DATA"`."""
    if value is not None and not value.strip():
        raise UserError(f"{flag} is empty", tip=f"name something after {flag}, or leave it out for the default.")
