"""`harness tasks`: what can be run, and what each task's options are."""

from __future__ import annotations

import inspect
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer


def tasks(
    name: Annotated[str, typer.Argument(help="One task, with its options.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """List every task, or show one with its options."""
    from harness.cli.show.console import out, print_json, table
    from harness.core.registry import all_entries, find_entry

    entries = {name: find_entry(name)} if name else all_entries()
    if json:
        print_json({"tasks": {key: _document(entry) for key, entry in entries.items()}})
        return
    console = out()
    if name:
        _print_one(entries[name], console)
        return
    made = table("task", "what it is")
    for key, entry in entries.items():
        made.add_row(key, entry.help.split("\n")[0])
    console.print(made)
    console.print("`harness tasks NAME` shows a task's options.")


def _document(entry: Any) -> dict[str, Any]:
    options = {key: None if p.default is inspect.Parameter.empty else p.default for key, p in entry.parameters.items()}
    return {"help": entry.help, "options": options}


def _print_one(entry: Any, console: Any) -> None:
    console.print(entry.name, style="bold", markup=False)
    console.print(entry.help, markup=False)
    console.print("\nOptions (-o key=value):", markup=False)
    hints = get_type_hints(entry.function)
    for key, parameter in entry.parameters.items():
        default = "required" if parameter.default is inspect.Parameter.empty else f"default {parameter.default!r}"
        console.print(f"  {key}: {_kind(hints.get(key, str))} ({default})", markup=False)


def _kind(hint: Any) -> str:
    """The values an option takes: the choices of a closed set, else the type's name."""
    if get_origin(hint) is Literal:
        return " | ".join(map(str, get_args(hint)))
    return getattr(hint, "__name__", str(hint)).replace("str", "text")
