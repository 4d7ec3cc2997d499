"""How long a run is, for a plan: measured from its data where that is at hand, estimated where it is not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.core.errors import UserError
from sft.config import Config

if TYPE_CHECKING:
    from harness.gemma.model.layout import Sizes

CHARACTERS_A_TOKEN = 3.3
"""Of English word problems in Gemma's tokens, whose digits are single; only for data without a tokenizer at hand."""
FRAME_TOKENS = 40
"""Of a sample besides question and solution: chat template, format instruction, tags."""
PACKED_FILL = 0.97
"""Of rows of many samples each: GSM8K's training set in rows of 1,024 (see docs/use/sft_data.md)."""
PUBLISHED = {"openai/gsm8k": (7473, 522.0)}
"""Samples of the training split, and their mean characters of question and solution."""

How = Literal["measured", "estimated", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLength:
    """What decides how many updates a run takes, and how full they are."""

    how: How
    about: str
    """What it was read off, for people."""
    row_length: int
    n_positions: int
    """Places of a row where loss may be counted; the row length where that is not known."""
    fill: float | None
    """Share of a row that is samples; None where it is not known."""
    mean_tokens: float | None
    """Of a sample."""
    steps: int | None
    """Updates of one arm; None where it is not known."""
    n_arms: int
    rows: float | None = None
    """Of an arm, all epochs together; None where `train.steps` sets the updates, or nothing is known of the data."""

    def total_steps(self, batch_rows: int) -> int | None:
        """Updates of `batch_rows` rows, of all arms, which train for as many tokens each."""
        of_arm = self.steps if self.rows is None else updates_of(self.rows, batch_rows)
        return None if of_arm is None else of_arm * self.n_arms


def updates_of(rows: float, batch_rows: int) -> int:
    """Updates that see so many rows, the last one filled up.

    >>> updates_of(82.0, 8), updates_of(82.0, 64)
    (11, 2)
    """
    return max(1, math.ceil(rows / batch_rows - 1e-9))


def run_length(config: Config, folder: Path | None, sizes: Sizes) -> RunLength:
    """Tokenise and pack the data with the model's own tokenizer (`folder`) where both are at hand; else estimate."""
    try:
        if folder is not None:
            return measured(config, folder, sizes)
        return estimated(config, _character_counts(config), "its characters; no tokenizer at hand")
    except UserError as error:
        name = config.data.source.partition(":")[2].partition(",")[0]
        if name in PUBLISHED:
            count, characters = PUBLISHED[name]
            count = min(count, config.data.limit or count)
            return estimated(config, [characters] * count, f"the published size of {name}, which is not at hand")
        return unknown(config, f"{config.data.source} cannot be read here ({error.message})")


def measured(config: Config, folder: Path, sizes: Sizes) -> RunLength:
    """From the rows that training would pack. Raises UserError where the data or the tokenizer cannot be read."""
    from harness.core.reply.presets import response_format
    from harness.gemma.model.config import read_raw_config, text_config
    from harness.gemma.text.tokenizer import load_tokenizer
    from sft.tokens.loader import Loader
    from sft.training.inputs import TrainingInputs, arms_data
    from sft.training.mesh import MeshShape

    inputs = TrainingInputs(
        config=config,
        base=folder,
        base_config=text_config(read_raw_config(folder)),
        sizes=sizes,
        tokenizer=load_tokenizer(folder, embeddings=sizes.vocabulary, chat_template=config.model.chat_template),
        form=response_format(config.data.format),
        mesh=MeshShape(fsdp=1, tp=1),
    )
    rows = next(iter(arms_data(inputs).values())).train
    train = config.train
    loader = Loader(rows, batch_rows=train.batch_rows, micro_batches=train.micro_batches, seed=train.seed)
    return RunLength(
        how="measured",
        about=f"{sum(map(len, rows.ids)):,} samples of {config.data.source} in {len(rows):,} rows",
        row_length=rows.tokens.shape[1],
        n_positions=loader.n_positions,
        fill=rows.fill_rate,
        mean_tokens=rows.fill_rate * rows.tokens.size / sum(map(len, rows.ids)),
        steps=train.steps or loader.steps_for(train.epochs),
        n_arms=len(train.arms),
        rows=None if train.steps else train.epochs * len(rows),
    )


def estimated(config: Config, characters: Sequence[float], about: str) -> RunLength:
    """From how long the samples' texts are."""
    row_length = config.data.row_length or config.data.max_length
    tokens = [min(row_length, n / CHARACTERS_A_TOKEN + FRAME_TOKENS) for n in characters]
    kept = (1 - config.data.eval_share) * sum(tokens)
    if config.data.pack:
        rows, fill = kept / (row_length * PACKED_FILL), PACKED_FILL
    else:
        rows = (1 - config.data.eval_share) * len(tokens)
        fill = kept / max(1.0, rows * row_length)
    all_rows = config.train.epochs * rows
    return RunLength(
        how="estimated",
        about=f"{len(tokens):,} samples of {sum(tokens) / max(1, len(tokens)):.0f} tokens, by {about}",
        row_length=row_length,
        n_positions=row_length,
        fill=fill,
        mean_tokens=sum(tokens) / max(1, len(tokens)),
        steps=config.train.steps or updates_of(all_rows, config.train.batch_rows),
        n_arms=len(config.train.arms),
        rows=None if config.train.steps else all_rows,
    )


def unknown(config: Config, about: str) -> RunLength:
    """Where nothing is known of the data; `train.steps` may still say how many updates there are."""
    row_length = config.data.row_length or config.data.max_length
    return RunLength(
        how="unknown",
        about=about,
        row_length=row_length,
        n_positions=row_length,
        fill=None,
        mean_tokens=None,
        steps=config.train.steps or None,
        n_arms=len(config.train.arms),
    )


def without_packing(config: Config, length: RunLength) -> float | None:
    """The share of a row that one sample fills, where rows are as long as the longest that is let in."""
    if length.mean_tokens is None:
        return None
    return min(1.0, length.mean_tokens / config.data.max_length)


def _character_counts(config: Config) -> list[float]:
    from sft.data.sources import load_raw

    rows = load_raw(config.data.source)[: config.data.limit or None]
    if not rows:
        raise UserError(f"{config.data.source} holds no rows")
    return [float(sum(_text_length(value) for value in row.values())) for row in rows]


def _text_length(value: Any) -> int:
    """Characters of a text; identifiers and other values count little and are left out."""
    return len(value) if isinstance(value, str) and " " in value else 0
