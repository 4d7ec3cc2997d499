"""`prepare`: raw reasoning data to verified samples, before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.api.watch import shown_here
from harness.core.notices import remark
from harness.core.progress import OnProgress, followed
from harness.core.stopped import Stopped

if TYPE_CHECKING:
    from harness.gemma.text.tokenizer import Tokenizer
    from sft.data.enforce import Order, Verify
    from sft.tokens.prepared import PreparedData


def prepare(
    data: str | Path,
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    format: str = "question-reasoning-answer",
    verify: Verify = "reject",
    order: Order = "reasoning-answer",
    language: str = "",
    near: float = 0.9,
    limit: int | None = None,
    model: str | Path = "",
    max_length: int = 1024,
    weights: Mapping[str, float] | None = None,
    on_progress: OnProgress | None = None,
) -> PreparedData:
    """Bring raw reasoning data to one form, check it, and say what was turned away and why.

    `data` is a file, `hub:NAME,split=train`, or a generator such as `gsm_style:n=1000,seed=0`; `limit` reads its first
    rows only. `format` is a response format by name, `verify` what becomes of samples with a false step or an answer
    that the reasoning does not reach (reject, flag, off), `order` what the reply holds (reasoning-answer, answer-only,
    answer-reasoning). `language` keeps one (ISO 639-1), `near` is the likeness of near duplicates, 1 for exact ones
    only. With a `model` (folder or hub id) samples are split by its tokenizer, those of more than `max_length` tokens
    rejected, and `weights` scale the loss of whole sections. `out` is a folder for samples.jsonl, rejects.jsonl and
    summary.json, in which only `overwrite` replaces earlier ones.

    Raises UserError for data that cannot be read or of which nothing is left, and for names that there are not.
    """
    from harness.core.reply.presets import response_format
    from sft.data.prepare import prepare as prepare_rows
    from sft.data.prepare import refuse_overwriting, write_prepared
    from sft.tokens.prepared import PreparedData, tokenised

    folder = Path(out) if out is not None else None
    if folder is not None and not overwrite:
        refuse_overwriting(folder)
    form = response_format(format)
    try:
        with shown_here(on_progress) as tell:
            rows = prepare_rows(
                str(data),
                form,
                verify=verify,
                order=order,
                language=language,
                near=near,
                limit=limit,
                on_progress=tell,
            )
            made = PreparedData(data=rows)
            if str(model):
                rendered = followed(rows.samples, "tokenising", "samples", tell)
                made = tokenised(rows, rendered, _tokenizer(str(model)), max_length, weights or {})
    except KeyboardInterrupt:
        raise Stopped(None, goes_on="the same call, from the start") from None
    if folder is not None:
        write_prepared(made.data, folder)
        remark(f"wrote {len(made.samples)} samples and {len(made.rejects)} rejects to {folder}")
    return made


def _tokenizer(model: str) -> Tokenizer:
    from harness.backends.open import missing_extra

    try:
        from harness.gemma.model.config import read_raw_config, text_config
        from harness.gemma.model.hub import resolve
        from harness.gemma.text.tokenizer import load_tokenizer
    except ImportError as error:
        raise missing_extra("gemma", error) from error
    folder = resolve(model, weights=False).model
    rows = text_config(read_raw_config(folder)).get("vocab_size") if (folder / "config.json").is_file() else None
    return load_tokenizer(folder, embeddings=rows)
