"""`harness steps`: the steps of a solution with their verdicts and the values recomputed."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.core.errors import UserError


class Tier(StrEnum):
    """Which flags count."""

    strict = "strict"
    suspicious = "suspicious"


_FIELDS = ("id", "question", "steps", "gold_solution")


def steps(
    file: Annotated[
        str, typer.Argument(help="A text file with one solution, a JSONL with --jsonl; - reads standard input.")
    ],
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Lines of {"id", "question", "steps"}; one line out each.')
    ] = False,
    tier: Annotated[Tier, typer.Option(help="strict: proofs only; suspicious: heuristics too.")] = Tier.strict,
    reference: Annotated[
        bool, typer.Option("--reference", help="Also compare with each line's gold_solution, where it has one.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON document (of a text file) on standard output.")
    ] = False,
) -> None:
    """Check every reasoning step of a solution: recompute it, compare it with the steps before, say what is wrong."""
    from harness.api.steps import check_steps
    from harness.cli.show.console import print_json
    from harness.cli.show.steps import print_steps, steps_document

    text = _read(file)
    if jsonl:
        _write_lines(list(_rows(text, file)), tier.value, reference)
        return
    if reference:
        raise UserError("--reference needs --jsonl", tip='give lines of {"id", "question", "steps", "gold_solution"}.')
    made = check_steps(text, tier=tier.value)
    if json:
        print_json(steps_document(made))
    else:
        print_steps(made)


def _write_lines(rows: Sequence[Mapping[str, Any]], tier: Any, reference: bool) -> None:
    from harness.api.steps import check_steps
    from harness.core.notices import notice

    bare = sum(not row.get("gold_solution") for row in rows)
    if reference and bare:
        notice(f"{bare} of {len(rows)} lines have no gold_solution: checked without a reference")
    for row in rows:
        gold = str(row.get("gold_solution") or "") if reference else ""
        made = check_steps(row["steps"], str(row.get("question") or ""), tier=tier, gold_solution=gold)
        line = json_module.dumps({"id": row["id"], "first_error": made.first_error(), "verdicts": made.verdicts()})
        sys.stdout.write(line + "\n")


def _read(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        if "\0" in text:
            raise UserError(f"{file} is no UTF-8 text: it holds zero bytes", tip="save it as UTF-8.")
        return text
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        raise UserError(f"cannot read {file}: {reason}", tip="`harness steps FILE` wants a text file.") from None


def _rows(text: str, file: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):  # a line separator of Unicode may stand inside a text
        if line.strip():
            yield _row(line, f"{file} line {number}")


def _row(line: str, where: str) -> Mapping[str, Any]:
    try:
        row = json_module.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not JSON ({error})", tip="without --jsonl a file is read as plain text.") from None
    if not isinstance(row, dict):
        raise UserError(f"{where}: a line must be an object", tip=f"fields: {', '.join(_FIELDS)}.")
    for field in ("id", "steps"):
        if row.get(field) is None:
            raise UserError(f"{where}: no field {field!r}", tip=f"its fields: {', '.join(map(str, row))}.")
    if not isinstance(row["steps"], list) or not all(isinstance(step, str) for step in row["steps"]):
        raise UserError(f"{where}: 'steps' must be a list of texts")
    return row
