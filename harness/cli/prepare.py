"""`harness prepare`: raw reasoning data to verified samples, before anything is trained."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import read_options
from harness.core.errors import UserError


class VerifyPolicy(StrEnum):
    """What becomes of a sample with a false step or an answer that its reasoning does not reach."""

    reject = "reject"
    flag = "flag"
    off = "off"


class ReplyOrder(StrEnum):
    """What the reply holds, in which order."""

    reasoning_answer = "reasoning-answer"
    answer_only = "answer-only"
    answer_reasoning = "answer-reasoning"


def prepare(
    data: Annotated[str, typer.Argument(help="A file, hub:NAME,split=train, or gsm_style:n=1000,seed=0.")],
    out: Annotated[Path | None, typer.Option(help="Folder for samples.jsonl, rejects.jsonl, summary.json.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what an earlier call left in --out.")] = False,
    format: Annotated[str, typer.Option("--format", help="Response format.")] = "question-reasoning-answer",
    verify: Annotated[VerifyPolicy, typer.Option(help="Unsound samples: reject, flag, or off.")] = VerifyPolicy.reject,
    order: Annotated[ReplyOrder, typer.Option(help="What the reply holds.")] = ReplyOrder.reasoning_answer,
    language: Annotated[str, typer.Option(help="Keep this language only, for example en.")] = "",
    near: Annotated[float, typer.Option(min=0.5, max=1, help="Likeness of near duplicates; 1: exact only.")] = 0.9,
    limit: Annotated[int | None, typer.Option(min=1, help="Read the first rows only.")] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="Folder or hub id: also tokenise, as it would.")] = "",
    max_length: Annotated[int, typer.Option(min=2, help="Tokens; longer samples are rejected.")] = 1024,
    weight: Annotated[list[str] | None, typer.Option(help="Loss of a section: question=0.")] = None,
    preview: Annotated[int, typer.Option(min=0, help="Samples to print, token by token; needs --model.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="The counts as one JSON document.")] = False,
) -> None:
    """Bring raw reasoning data to one form, check it, and say what was turned away and why."""
    from harness.api.prepare import prepare as prepare_data
    from harness.cli.show.console import print_json
    from harness.cli.show.data import print_prepared, print_preview
    from harness.cli.show.progress import progress

    if preview and not model:
        raise UserError("--preview needs --model", tip="tokens are those of a model's own tokenizer.")
    with progress() as tell:
        made = prepare_data(
            data,
            out=out,
            overwrite=overwrite,
            format=format,
            verify=verify.value,
            order=order.value,
            language=language,
            near=near,
            limit=limit,
            model=model,
            max_length=max_length,
            weights=_weights(weight),
            on_progress=tell,
        )
    if json:
        print_json(made.as_json())
        return
    print_prepared(made)
    print_preview(made, preview)


def _weights(pairs: list[str] | None) -> dict[str, float]:
    try:
        return {name: float(value) for name, value in read_options(pairs, "--weight").items()}
    except ValueError as error:
        raise UserError(f"--weight: {error}", tip="give SECTION=NUMBER, for example question=0.") from error
