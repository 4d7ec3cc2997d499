"""`harness export-lm-eval`: our tasks as files that lm-eval's own command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_TASKS = ("gsm8k", "structure", "step_validity")


def export_lm_eval(
    folder: Annotated[Path, typer.Argument(help="Where the task files go: one folder a task.")],
    task: Annotated[
        list[str] | None,
        typer.Option("--task", "-t", help="Task name or path to a .py file. Default: gsm8k, structure, step_validity."),
    ] = None,
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="A task option, key=value.")] = None,
    data: Annotated[str | None, typer.Option(help="Local data file instead of the task's own source.")] = None,
    columns: Annotated[str | None, typer.Option(help="Which column holds what: question=Q,answer=A.")] = None,
    scorer: Annotated[list[str] | None, typer.Option(help="Add a scorer, for example step_validity.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Write tasks as YAML and fn.py, for `lm_eval run --include_path FOLDER --tasks harness_gsm8k`."""
    from harness.cli.options import read_options, with_data
    from harness.cli.show.console import out, print_json
    from harness.lm_eval_bridge.export import export_task

    wanted = [name for part in task or DEFAULT_TASKS for name in part.split(",") if name]
    options = {name: with_data(read_options(option), data, columns, name) for name in wanted}
    names = [export_task(folder, name, options[name], scorer or []) for name in wanted]
    command = (
        f"lm_eval run --model hf --model_args pretrained=PATH --include_path {folder} "
        f"--tasks {','.join(names)} --apply_chat_template"
    )
    if json:
        print_json({"folder": str(folder), "tasks": names, "command": command})
        return
    console = out()
    for name in names:
        console.print(f"{name} -> {folder / name.removeprefix('harness_')}", markup=False)
    console.print(f"run with: {command}", markup=False)
