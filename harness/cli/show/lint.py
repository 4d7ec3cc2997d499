"""How a linted prompt looks on the terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.gemma.lint.lint import Report

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def lint_document(report: Report) -> dict[str, Any]:
    """The JSON of a lint report."""
    from harness.core.codec import encode

    return {**encode(report), "n_errors": report.n_errors}


def print_lint(report: Report) -> None:
    """The prompt's tokens, its template and stops, and every finding."""
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
