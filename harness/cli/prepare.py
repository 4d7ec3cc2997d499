"""`harness prepare`: raw reasoning data to verified samples, before anything is trained."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from harness.gemma.text.tokenizer import Tokenizer
    from sft.data.prepare import Prepared
    from sft.tokens.report import TokenReport
    from sft.tokens.tokenise import TokenisedSample

_SHOWN = ("verified", "undecided", "flagged")


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
    from harness.cli.show.console import print_json
    from harness.core.errors import UserError
    from harness.core.notices import notice
    from harness.core.reply.presets import response_format
    from sft.data.prepare import document, refuse_overwriting, write_prepared
    from sft.data.prepare import prepare as run

    if preview and not model:
        raise UserError("--preview needs --model", tip="tokens are those of a model's own tokenizer.")
    if out is not None and not overwrite:
        refuse_overwriting(out)
    form = response_format(format)
    done = run(data, form, verify=verify.value, order=order.value, language=language, near=near, limit=limit)
    tokenised = _tokenise(done, model, max_length, weight) if model else None
    if tokenised:
        done = tokenised.prepared
    if out is not None:
        write_prepared(done, out)
        notice(f"wrote {len(done.samples)} samples and {len(done.rejects)} rejects to {out}")
    if json:
        print_json(document(done) | ({"tokens": tokenised.report} if tokenised else {}))
        return
    _print_summary(done)
    if tokenised:
        _print_tokens(tokenised.report)
        _print_preview(tokenised, preview)


class _Tokenised(NamedTuple):
    prepared: Prepared
    """Without the samples that tokenising turned away."""
    samples: tuple[TokenisedSample, ...]
    tokenizer: Tokenizer
    report: TokenReport


def _tokenise(prepared: Prepared, model: str, max_length: int, weight: list[str] | None) -> _Tokenised:
    from sft.data.prepare import all_rejected, without
    from sft.tokens.report import token_report
    from sft.tokens.tokenise import tokenise

    tokenizer = _tokenizer(model)
    samples, rejects = tokenise(prepared.samples, tokenizer, max_length, _weights(weight))
    prepared = without(prepared, rejects, {sample.id for sample in samples})
    if not samples:
        raise all_rejected(prepared)
    replies = (one.reply for one in prepared.samples)
    return _Tokenised(
        prepared, samples, tokenizer, token_report(samples, tokenizer, prepared.form, replies, max_length)
    )


def _weights(pairs: list[str] | None) -> dict[str, float]:
    from harness.cli.options import read_options
    from harness.core.errors import UserError

    try:
        return {name: float(value) for name, value in read_options(pairs, "--weight").items()}
    except ValueError as error:
        raise UserError(f"--weight: {error}", tip="give SECTION=NUMBER, for example question=0.") from error


def _tokenizer(model: str) -> Tokenizer:
    from harness.backends.open import missing_extra

    try:
        from harness.gemma.model.config import text_config
        from harness.gemma.model.hub import resolve
        from harness.gemma.text.tokenizer import load_tokenizer
        from harness.store.files import read_json
    except ImportError as error:
        raise missing_extra("gemma", error) from error
    folder = resolve(model, weights=False).model
    config = folder / "config.json"
    rows = text_config(read_json(config)).get("vocab_size") if config.is_file() else None
    return load_tokenizer(folder, embeddings=rows)


def _print_summary(prepared: Prepared) -> None:
    from harness.cli.show.console import out, table

    console = out()
    console.print(summary_line(prepared), markup=False)
    if prepared.rejects:
        shown = table("reject", "rows", "share", "first row", "for example", right=("rows", "share", "first row"))
        for reason, n in prepared.reasons.items():
            first = next(reject for reject in prepared.rejects if reject.reason == reason)
            share = f"{n / prepared.normalised.n_rows:.2%}"
            shown.add_row(reason, str(n), share, str(first.row + 1), " ".join(first.detail.split())[:80])
        console.print(shown)
    for title, counts in (("repaired", prepared.normalised.repairs), ("language", prepared.normalised.languages)):
        if counts:
            console.print(f"{title}: " + ", ".join(f"{name} {n}" for name, n in counts.items()), markup=False)


def summary_line(prepared: Prepared) -> str:
    """Rows, samples and what the checks said, in one line."""
    counts, n_rows = prepared.shares, prepared.normalised.n_rows
    said = ", ".join(f"{name} {counts[name]} ({counts[name] / max(n_rows, 1):.2%})" for name in _SHOWN if counts[name])
    return f"{n_rows} rows: {len(prepared.samples)} samples, {len(prepared.rejects)} rejected. {said or 'not verified'}"


def _print_tokens(report: TokenReport) -> None:
    from harness.cli.show.console import out

    console = out()
    lengths = f"median {report.median_length}, 95% up to {report.p95_length}, longest {report.max_length}"
    console.print(f"{report.n_tokens:,} tokens, {report.n_loss_tokens:,} with loss; a sample: {lengths}.")
    packed = f"{report.packed_fill:.1%} packed into rows of {report.row_length}"
    console.print(f"Fill: {report.padded_fill:.1%} padded to the longest, {packed}.")
    for found in report.markers:
        seen = f"{len(found.variants)} other spellings" if found.variants else "the same ids everywhere"
        console.print(f"  {found.marker}  {list(found.ids)}: {seen} ({found.n_contexts} contexts)", markup=False)
        for ids, around in found.variants[:3]:
            console.print(f"    {list(ids)} in {around!r}", markup=False)


def _print_preview(tokenised: _Tokenised, n: int) -> None:
    from harness.cli.show.console import out
    from sft.tokens.preview import LEGEND, PLAIN_LEGEND, coloured, plain

    console = out()
    if n:
        console.print(f"\n{LEGEND if console.is_terminal else PLAIN_LEGEND}", markup=False)
    for sample in tokenised.samples[:n]:
        console.print(f"\n{sample.id}", style="bold", markup=False)
        show = coloured if console.is_terminal else plain
        console.print(show(sample, tokenised.tokenizer), markup=False, soft_wrap=True)
