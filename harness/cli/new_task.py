"""`harness new-task NAME`: a working task and its test, to be changed from there; `--from FILE` reads that file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_TRY = {True: "--limit 20", False: "--model scripted:careful --limit 20"}
"""Options of a first run, by whether a file is read."""


def new_task(
    name: Annotated[str, typer.Argument(help="The task's name, a Python identifier.")],
    source: Annotated[
        Path | None, typer.Option("--from", help="Your questions: a JSONL, JSON, CSV or Parquet file that it reads.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="With --from, which column holds what: question=Q,answer=A.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where to write the two files.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="The paths as one JSON document.")] = False,
) -> None:
    """Write a working task and its test into a folder; with --from, one that asks the questions of a file."""
    from harness.api.new_task import new_task as write_task
    from harness.cli.show.console import print_json

    files = write_task(name, source, columns=columns, folder=folder)
    if json:
        print_json({"written": [str(path) for path in files]})
        return
    for path in files:
        print(f"wrote {path}")
    print(f"try:  harness run --task {_shown(files[0])} {_TRY[source is not None]}")


def _shown(path: Path) -> str:
    """As `--task` finds it: by its name from the working folder, else by its path."""
    if path.parent == Path():
        return path.stem
    return str(path) if path.is_absolute() else f"./{path}"
