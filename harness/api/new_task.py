"""`new_task`: a working task and its test, to be changed from there; or one that asks the questions of a file."""

from __future__ import annotations

import json
import keyword
import os
from collections.abc import Mapping
from pathlib import Path

from harness.api.new_task_templates import MADE, READ, TEST
from harness.core.errors import UserError

SHOWN_CHARACTERS = 80
"""Of a question, in the row that the written file shows."""


def new_task(
    name: str, source: str | Path | None = None, *, columns: str | None = None, folder: str | Path = "."
) -> list[Path]:
    """Write a working task, called `name`, and its test into a `folder`; returns the two files, the task's first.

    With a `source`, a JSONL, JSON, CSV or Parquet file, the task asks its questions, from `columns` (question=Q,
    answer=A) where they have other names than the usual ones.

    Raises UserError for a name that is taken or is none, files that are there, and rows that could not be asked.
    """
    _check_name(name)
    if columns is not None and source is None:
        raise UserError("--columns needs --from", tip="name the file that has these columns: --from FILE.")
    folder = Path(folder)
    task, test = folder / f"{name}.py", folder / f"test_{name}.py"
    for path in (task, test):
        if path.exists():
            raise UserError(f"{path} exists", tip="choose another name or --folder.")
    values = {"name": name}
    if source is not None:
        values |= _read_from(Path(source), columns or "", name, folder)
    templates = {task: MADE if source is None else READ, test: TEST}
    _write({path: template.format(**values) for path, template in templates.items()})
    return [task, test]


def _check_name(name: str) -> None:
    from harness.core.registry import all_entries

    if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower():
        raise UserError(f"{name!r} cannot name a task", tip="use lower-case letters, digits and _, such as my_task.")
    if name in all_entries():
        raise UserError(
            f"there is a task {name!r} already", tip=f"choose another name; `harness tasks {name}` shows it."
        )


def _read_from(file: Path, columns: str, name: str, folder: Path) -> dict[str, str]:
    """What the template needs of the user's file; whatever would keep it from being asked is refused here."""
    from harness.core.task import as_text
    from harness.core.words import one_line
    from harness.data.questions import choose_columns, rows_to_docs
    from harness.data.rows import read_rows

    rows = read_rows(file)
    mapping = choose_columns(rows, str(file), columns)
    docs = rows_to_docs(rows, where=str(file), prefix=name, columns=mapping)
    return {
        "file": _literal(file.name)[1:-1],
        "question": _literal(one_line(as_text(docs[0].question), SHOWN_CHARACTERS)),
        "answer": _literal(one_line(docs[0].target, SHOWN_CHARACTERS)),
        "data": _path_expression(file, folder),
        "columns": _literal(mapping),
    }


def _path_expression(file: Path, folder: Path) -> str:
    """Beside the task's own file where both lie in one tree, so that they can be moved together."""
    file, folder, here = file.resolve(), folder.resolve(), Path.cwd()
    if file.is_relative_to(folder) or (file.is_relative_to(here) and folder.is_relative_to(here)):
        return f"Path(__file__).parent / {_literal(Path(os.path.relpath(file, folder)).as_posix())}"
    return f"Path({_literal(str(file))})"


def _literal(text: str) -> str:
    """A Python string in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _write(texts: Mapping[Path, str]) -> None:
    for path, text in texts.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="backslashreplace")  # a lone surrogate, as Python escapes it
        except OSError as error:
            raise UserError(f"cannot write into {path.parent}: {error.strerror}") from error
