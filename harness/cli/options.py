"""What commands share: options declared once, and the reading of `key=value`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.core.errors import UserError
from harness.store.folder import DEFAULT_RUNS

__all__ = ["DEFAULT_RUNS"]

TaskOption = Annotated[str, typer.Option("--task", "-t", help="Task name or path to a .py file.")]
OptionsOption = Annotated[list[str] | None, typer.Option("--option", "-o", help="A task option, key=value.")]
DataOption = Annotated[
    str | None, typer.Option(help="Data instead of the task's own: a file, shards (a folder or a glob), hub:NAME.")
]
ColumnsOption = Annotated[str | None, typer.Option(help="Which column holds what: question=Q,answer=A.")]
LimitOption = Annotated[int | None, typer.Option(help="Only the first N docs.")]
ScorerOption = Annotated[list[str] | None, typer.Option(help="Add a scorer, for example step_validity.")]
AlsoOption = Annotated[
    list[str] | None,
    typer.Option(
        help="lm-eval: score the same text by lm-eval's two gsm8k filters too, and list where they differ from ours."
    ),
]
BudgetOption = Annotated[int | None, typer.Option(help="Default: the task's own budget.")]
OutOption = Annotated[Path | None, typer.Option(help="Folder of this run. Default: a new one under --runs.")]
RunsOption = Annotated[Path, typer.Option(help="Where runs are kept.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


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


def with_data(options: dict[str, str], data: str | None, columns: str | None, task_name: str) -> dict[str, str]:
    """Add `--data` and `--columns` to the options of a task that can read local data."""
    refuse_empty("--data", data)
    from harness.core.registry import find_entry

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


def refuse_beside_resume(context: typer.Context, *kept: str) -> None:
    """Raise UserError for an option beside `--resume` that would be ignored: a run goes on with what it was started
    with. `kept` names the parameters that mean something there."""
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "")
        if given is not None and given.name == "COMMANDLINE" and parameter.name not in ("resume", *kept):
            raise UserError(
                f"--resume goes on with what the run was started with: {parameter.opts[0]} does not apply",
                tip="give --resume alone.",
            )
