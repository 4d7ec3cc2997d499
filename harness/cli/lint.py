"""`harness lint`: the prompt that a model really gets, and the mistakes in it that would move a score."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.options import BudgetOption, JsonOption, OptionsOption, read_options

EXIT_ERRORS = 3


def lint(
    model: Annotated[str, typer.Option("--model", "-m", help="Folder, hub id, checkpoint; options as in run.")],
    task: Annotated[str, typer.Option("--task", "-t", help="Task whose prompts to check. Default: a sample.")] = "",
    option: OptionsOption = None,
    against: Annotated[str | None, typer.Option(help="Also compare prompts with this model, e.g. the base.")] = None,
    max_new_tokens: BudgetOption = None,
    json: JsonOption = False,
) -> None:
    """Print the rendered prompt with its token ids, and what is wrong with it; exits 3 where an error is found."""
    from harness.api.lint import lint as lint_prompts
    from harness.cli.show.console import print_json
    from harness.cli.show.lint import lint_document, print_lint

    options = read_options(option) if task else {}
    report = lint_prompts(model, task, options=options, against=against, max_new_tokens=max_new_tokens)
    if json:
        print_json(lint_document(report))
    else:
        print_lint(report)
    if report.n_errors:
        raise typer.Exit(EXIT_ERRORS)
