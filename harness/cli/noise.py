"""`harness noise`: how many answers of one model flip when nothing but numerics changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import (
    DEFAULT_RUNS,
    BudgetOption,
    ColumnsOption,
    DataOption,
    JsonOption,
    LimitOption,
    OptionsOption,
    read_options,
    with_data,
)
from harness.core.errors import UserError


def noise(
    run: Annotated[
        list[str] | None, typer.Argument(help="Runs already made, or files of completions, that should be the same.")
    ] = None,
    task: Annotated[str, typer.Option("--task", "-t", help="Task name or path to a .py file.")] = "",
    model: Annotated[str, typer.Option("--model", "-m", help="As for run.")] = "",
    batch: Annotated[str, typer.Option(help="Batch sizes to run. Default: 1,8,32 where the model has them.")] = "",
    seeds: Annotated[str, typer.Option(help="Each seed but 0 asks in another order, so other batches form.")] = "0",
    option: OptionsOption = None,
    data: DataOption = None,
    columns: ColumnsOption = None,
    limit: LimitOption = None,
    max_new_tokens: BudgetOption = None,
    runs: Annotated[
        Path, typer.Option(help="Where runs are kept; the floor is found there by compare.")
    ] = DEFAULT_RUNS,
    json: JsonOption = False,
) -> None:
    """Measure the noise floor: the share of greedy answers that flip by batch size and order alone."""
    from harness.api.noise import noise_floor
    from harness.cli.show.console import print_json
    from harness.cli.show.noise import floor_document, print_floor
    from harness.cli.show.progress import progress

    with progress() as tell:
        floor = noise_floor(
            *(run or ()),
            task=task,
            model=model,
            batches=_numbers("--batch", batch),
            seeds=_numbers("--seeds", seeds),
            options=with_data(read_options(option), data, columns, task) if task else {},
            limit=limit,
            max_new_tokens=max_new_tokens,
            runs=runs,
            on_progress=tell,
        )
    if json:
        print_json(floor_document(floor))
    else:
        print_floor(floor)


def _numbers(name: str, text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for part in parts:
        if not part.isdecimal():
            raise UserError(f"{name} {text!r}: expected whole numbers such as 1,8,32")
    return [int(part) for part in parts]
