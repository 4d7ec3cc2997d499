"""`harness tasks`: what can be run, and what each task's options are."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.options import JsonOption


def tasks(
    name: Annotated[str, typer.Argument(help="One task, with its options.")] = "",
    json: JsonOption = False,
) -> None:
    """List every task, or show one with its options."""
    from harness.api.tasks import list_tasks
    from harness.cli.show.console import print_json
    from harness.cli.show.tasks import print_task, print_tasks, tasks_document

    found = list_tasks(*filter(None, [name]))
    if json:
        print_json(tasks_document(found))
    elif name:
        print_task(found[name])
    else:
        print_tasks(found)
