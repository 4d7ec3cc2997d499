"""`harness contamination`: which evaluation docs stand in the training data, before anybody trains on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import DEFAULT_RUNS, OptionsOption, RunsOption, read_options


def contamination(
    train: Annotated[Path, typer.Argument(help="Training data: JSONL, JSON, CSV or Parquet; every text is compared.")],
    against: Annotated[list[str], typer.Argument(help="Evaluation sets: task names, or files with a question column.")],
    option: OptionsOption = None,
    columns: Annotated[str, typer.Option(help="Of evaluation files: question=Q,answer=A.")] = "",
    ngram: Annotated[int, typer.Option(help="Words in a row that count as an overlap.")] = 13,
    run: Annotated[str | None, typer.Option(help="A finished run: its score with and without the overlap.")] = None,
    runs: RunsOption = DEFAULT_RUNS,
    show: Annotated[int, typer.Option(help="Overlapping docs to list for each set.")] = 10,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output, every doc in it.")
    ] = False,
) -> None:
    """Find evaluation questions in training data: the same question, or 13 words in a row in common."""
    from harness.api.contamination import find_contamination
    from harness.cli.show.console import print_json
    from harness.cli.show.contamination import print_overlaps

    found = find_contamination(
        train, against, options=read_options(option), columns=columns, ngram=ngram, run=run, runs=runs
    )
    if json:
        print_json(found)
    else:
        print_overlaps(found, show=show, run_name=str(run))
