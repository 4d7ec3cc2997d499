"""`harness export-lm-eval`: our tasks as files that lm-eval's own command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import (
    ColumnsOption,
    DataOption,
    JsonOption,
    OptionsOption,
    ScorerOption,
    read_options,
    with_data,
)


def export_lm_eval(
    folder: Annotated[Path, typer.Argument(help="Where the task files go: one folder a task.")],
    task: Annotated[
        list[str] | None,
        typer.Option("--task", "-t", help="Task name or path to a .py file. Default: gsm8k, structure, step_validity."),
    ] = None,
    option: OptionsOption = None,
    data: DataOption = None,
    columns: ColumnsOption = None,
    scorer: ScorerOption = None,
    json: JsonOption = False,
) -> None:
    """Write tasks as YAML and fn.py, for `lm_eval run --include_path FOLDER --tasks harness_gsm8k`."""
    from harness.api.export import DEFAULT_TASKS
    from harness.api.export import export_lm_eval as export
    from harness.cli.show.console import out, print_json

    names = [name for part in task or DEFAULT_TASKS for name in part.split(",") if name]
    options = read_options(option)
    for name in names:
        options = with_data(options, data, columns, name)
    made = export(folder, names, options=options, scorers=scorer or ())
    if json:
        print_json(made)
        return
    console = out()
    for name, path in zip(made.tasks, made.paths, strict=True):
        console.print(f"{name} -> {path}", markup=False)
    console.print(f"run with: {made.command}", markup=False)
