"""`harness steps`: the steps of a solution with their verdicts and the values recomputed."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.core.errors import UserError

if TYPE_CHECKING:
    from tasks.scoring.steps.verdict.verdicts import SolutionCheck, StatementCheck, StepCheck


class Tier(StrEnum):
    """Which flags count."""

    strict = "strict"
    suspicious = "suspicious"


_FIELDS = ("id", "question", "steps", "gold_solution")
_STYLES = {"valid": "green", "invalid": "bold red", "imprecise": "yellow", "suspicious": "magenta"}


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
    text = _read(file)
    if jsonl:
        _write_lines(list(_rows(text, file)), tier.value, reference)
        return
    if reference:
        raise UserError("--reference needs --jsonl", tip='give lines of {"id", "question", "steps", "gold_solution"}.')
    _show(text, tier.value, json)


def _write_lines(rows: Sequence[Mapping[str, Any]], tier: Any, reference: bool) -> None:
    from harness.core.notices import notice

    bare = sum(not row.get("gold_solution") for row in rows)
    if reference and bare:
        notice(f"{bare} of {len(rows)} lines have no gold_solution: checked without a reference")
    for row in rows:
        first, verdicts = _judge(row, tier, reference and bool(row.get("gold_solution")))
        line = json_module.dumps({"id": row["id"], "first_error": first, "verdicts": list(verdicts)})
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


def _judge(row: Mapping[str, Any], tier: Any, reference: bool) -> tuple[int, Sequence[str]]:
    question = str(row.get("question") or "")
    if reference:
        from tasks.scoring.steps.reference import check_with_reference

        guided = check_with_reference(row["steps"], question, str(row["gold_solution"]))
        return guided.first_error(tier), guided.verdicts(tier)
    from tasks.scoring.steps import check_solution

    check = check_solution(row["steps"], question)
    return check.first_error(tier), check.verdicts(tier)


# --- one solution -----------------------------------------------------------------------------------


def _show(text: str, tier: Any, as_json: bool) -> None:
    from harness.cli.show.console import out, print_json
    from tasks.scoring.steps import check_solution, split_steps

    check = check_solution(split_steps(text))
    if as_json:
        print_json(document(check, tier))
        return
    console = out()
    for step in check.steps:
        _print_step(console, step, tier)
    console.print(summary(check, tier), markup=False)


def _print_step(console: Any, step: StepCheck, tier: Any) -> None:
    from rich.text import Text

    verdict = step.verdict_in(tier)
    shown = " ".join(step.text.split())
    console.print(Text.assemble(f"{step.index + 1:>3}  ", (f"{verdict:<13}", _STYLES.get(verdict, "dim")), shown))
    for statement in step.statements:
        if line := explain(statement, tier):
            console.print(Text(f"{'':18}{line}", style="dim"))


def explain(statement: StatementCheck, tier: Any = "strict") -> str:
    """One line on a statement: its verdict, why, and the values recomputed; '' where there is nothing to say."""
    verdict = statement.verdict_in(tier)
    why = statement.suspicion if verdict == "suspicious" else statement.reason
    if statement.reading != "literal" and verdict == "valid":
        why = f"{why}, read as {statement.reading}" if statement.reading != why else f"read as {why}"
    values = f": {statement.left} against {statement.right}" if statement.left and statement.right else ""
    text = " ".join(statement.text.split())[:100]
    return f"{text}  [{verdict}, {why}{values if verdict != 'valid' or statement.reason != 'exact' else ''}]"


def summary(check: SolutionCheck, tier: Any = "strict") -> str:
    """The last line: what was decided and where the first error stands."""
    first = check.first_error(tier)
    found = f"first error at step {first + 1}" if first >= 0 else "no error found"
    return f"{found}; {check.n_decided_steps} of {len(check.steps)} steps decided"


def document(check: SolutionCheck, tier: Any = "strict") -> dict[str, Any]:
    """The JSON of one solution's check; `verdict` is that of the tier."""
    from harness.core.codec import encode

    steps = [{**encode(step), "verdict": step.verdict_in(tier)} for step in check.steps]
    return {"first_error": check.first_error(tier), "verdicts": list(check.verdicts(tier)), "steps": steps}
