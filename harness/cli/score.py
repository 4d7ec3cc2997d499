"""`harness score`: completions made elsewhere, scored like our own; no model needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import (
    DEFAULT_RUNS,
    AlsoOption,
    ColumnsOption,
    DataOption,
    JsonOption,
    OptionsOption,
    OutOption,
    RunsOption,
    ScorerOption,
    TaskOption,
    read_options,
    with_data,
)


def score(
    file: Annotated[Path, typer.Argument(help="Completions: JSONL with id or idx, lm-eval samples, or a run folder.")],
    task: TaskOption,
    option: OptionsOption = None,
    data: DataOption = None,
    columns: ColumnsOption = None,
    scorer: ScorerOption = None,
    prefill: Annotated[
        str, typer.Option(help="Text that opened the replies but is not in the file; \\n is a newline.")
    ] = "",
    prompt_note: Annotated[str, typer.Option(help="Label for the prompt, which the harness does not know.")] = "",
    model_name: Annotated[str, typer.Option(help="What to call the model. Default: the file's name.")] = "",
    also: AlsoOption = None,
    out: OutOption = None,
    runs: RunsOption = DEFAULT_RUNS,
    json: JsonOption = False,
) -> None:
    """Score completions made elsewhere with a task's scorers."""
    from harness.api.outcome import refuse_nothing_scored
    from harness.api.score import score as score_file
    from harness.cli.show.console import print_json
    from harness.cli.show.run import finished_document, print_finished
    from harness.data.rows import missing_file

    if not file.exists():
        raise missing_file(file)
    made = score_file(
        file,
        task,
        options=with_data(read_options(option), data, columns, task),
        scorers=scorer or (),
        also=also or (),
        prefill=prefill,
        note=prompt_note,
        name=model_name,
        out=out,
        runs=runs,
    )
    if json:
        print_json(finished_document(made))
    else:
        print_finished(made)
    refuse_nothing_scored(made)
