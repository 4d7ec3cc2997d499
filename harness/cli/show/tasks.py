"""How tasks look on the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.api.tasks import TaskInfo


def tasks_document(found: Mapping[str, TaskInfo]) -> dict[str, Any]:
    """The JSON of tasks: their help, and the default of every option."""
    documents = {
        name: {"help": info.help, "options": {key: option.default for key, option in info.options.items()}}
        for name, info in found.items()
    }
    return {"tasks": documents}


def print_tasks(found: Mapping[str, TaskInfo]) -> None:
    """A task a row."""
    from harness.cli.show.console import out, table

    made = table("task", "what it is")
    for name, info in found.items():
        made.add_row(name, info.summary)
    console = out()
    console.print(made)
    console.print("`harness tasks NAME` shows a task's options.")


def print_task(info: TaskInfo) -> None:
    """One task with its options."""
    from harness.cli.show.console import out

    console = out()
    console.print(info.name, style="bold", markup=False)
    console.print(info.help, markup=False)
    console.print("\nOptions (-o key=value):", markup=False)
    for key, option in info.options.items():
        default = "required" if option.is_required else f"default {option.default!r}"
        console.print(f"  {key}: {option.kind} ({default})", markup=False)
