"""`harness lint`: the prompt that a model really gets, and the mistakes in it that would move a score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from harness.gemma.lint.lint import Report

EXIT_ERRORS = 3
_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def lint(
    model: Annotated[str, typer.Option("--model", "-m", help="Folder, hub id, checkpoint; options as in run.")],
    task: Annotated[str, typer.Option("--task", "-t", help="Task whose prompts to check. Default: a sample.")] = "",
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="A task option, key=value.")] = None,
    against: Annotated[str | None, typer.Option(help="Also compare prompts with this model, e.g. the base.")] = None,
    max_new_tokens: Annotated[int | None, typer.Option(help="Default: the task's own budget.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Print the rendered prompt with its token ids, and what is wrong with it; exits 3 where an error is found."""
    from harness.api.evaluate import tell_data
    from harness.backends.open import split_spec
    from harness.backends.options import check_options
    from harness.cli.options import read_options
    from harness.cli.show.console import print_json
    from harness.core.errors import UserError
    from harness.gemma.backend import OPTIONS
    from harness.gemma.lint.lint import lint_model
    from harness.runner.begin import build_task

    kind, name, options = split_spec(model)
    if kind != "gemma":
        raise UserError(f"--model {model}: only a model's own files can be linted", tip="give a folder or a hub id.")
    check_options(f"gemma:{name}", options, (*OPTIONS, "lora_alpha"))  # the same --model as in run; most do not matter
    built = build_task(task, read_options(option)) if task else None
    report = lint_model(
        name,
        built,
        base=options.get("base"),
        chat_template=options.get("chat_template", ""),
        against=against,
        max_new_tokens=max_new_tokens,
    )
    if built is not None:
        tell_data(built)
    if json:
        print_json(document(report))
    else:
        _print(report)
    if report.n_errors:
        raise typer.Exit(EXIT_ERRORS)


def document(report: Report) -> dict[str, Any]:
    """The JSON of a lint report."""
    from harness.core.codec import encode

    return {**encode(report), "n_errors": report.n_errors}


def _print(report: Report) -> None:
    from harness.cli.show.console import out
    from harness.core.words import counted

    console = out()
    console.print("Prompt, as the model gets it (id token):", style="bold")
    for line in token_lines(report.tokens):
        console.print("  " + line, markup=False, soft_wrap=True)
    stops = ", ".join(f"{name} ({i})" for i, name in report.stop_tokens)
    console.print(f"\nTemplate: {report.template}. Stops at: {stops}.", markup=False)
    longest = f"; the longest of {report.n_docs:,} docs has {report.longest_prompt}" if report.n_docs > 1 else ""
    console.print(f"{counted(len(report.tokens), 'token')}{longest}.", markup=False)
    for finding in report.findings:
        console.print(f"\n{finding.level}", style=_STYLES[finding.level], end=" ")
        console.print(f"[{finding.check}] {finding.message}", markup=False)
        if finding.tip:
            console.print(f"  tip: {finding.tip}", markup=False)
    if not report.findings:
        console.print("\nnothing to report")


def token_lines(tokens: tuple[tuple[int, str], ...], per_line: int = 12) -> list[str]:
    r"""Tokens as `id name`, a new line after each line end and after `per_line` tokens.

    >>> token_lines(((2, "<bos>"), (107, "\n"), (500, "▁a")))
    ["2 '<bos>'  107 '\\n'", "500 '▁a'"]
    """
    lines: list[list[str]] = [[]]
    for token_id, name in tokens:
        lines[-1].append(f"{token_id} {name!r}")
        if "\n" in name or len(lines[-1]) == per_line:
            lines.append([])
    return ["  ".join(line) for line in lines if line]
