"""Training a small model from random weights on plain text and conversations, through the trainer that SFT uses."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.core.records import Message, Prompt
from sft.tokens.bytes import token_starts
from sft.tokens.packing import Packed, pack
from sft.tokens.tokenise import TokenisedSample, end_of_reply

if TYPE_CHECKING:
    from harness.gemma.text.tokenizer import Tokenizer
    from sft.training.tunix_trainer import StepResult

CONTEXT_WEIGHT = 0.1
"""Of what nothing could foresee: a conversation's turns before the reply, and in plain text all but results."""
_RESULT = re.compile(r"(?<== )\d+\.|(?<=is )\d+\.|(?<=[hs]as )\d+\.")
"""What a plain text's earlier words decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretraining:
    """How long and how fast."""

    tokens: int
    """In all, padding left out; nothing is seen twice as long as the streams do not repeat."""
    row_length: int = 192
    batch_rows: int = 16
    learning_rate: float = 3e-3
    final_share: float = 0.05
    """Of the learning rate, at the end of the cosine."""
    warmup_share: float = 0.03
    weight_decay: float = 0.05
    clip: float = 1.0
    seed: int = 0


def plain(text: str, tokenizer: Tokenizer, name: str) -> TokenisedSample:
    """A text between BOS and EOS: results of sums count fully, the rest `CONTEXT_WEIGHT`."""
    ids = tokenizer.encode(text)
    starts = token_starts(ids, text, tokenizer)
    by_character = np.full(len(text) + 1, CONTEXT_WEIGHT, np.float32)
    for found in _RESULT.finditer(text):
        by_character[found.start() : found.end()] = 1.0
    weights = by_character[starts] if starts is not None else np.full(len(ids), CONTEXT_WEIGHT, np.float32)
    tokens = np.array([tokenizer.bos_id, *ids, tokenizer.eos_id], np.int32)
    loss_mask = np.array([0.0, *weights, CONTEXT_WEIGHT], np.float32)
    return TokenisedSample(id=name, tokens=tokens, loss_mask=loss_mask, n_prompt=1)


def conversation(messages: tuple[Message, ...], reply: str, tokenizer: Tokenizer, name: str) -> TokenisedSample:
    """The sample `name`: `messages` in the chat template of the `tokenizer`, which count `CONTEXT_WEIGHT`, and the
    reply to them.
    """
    prompt = tokenizer.render(Prompt(messages=messages))
    tokens = np.array([*prompt, *tokenizer.encode(reply), end_of_reply(tokenizer)], np.int32)
    loss_mask = np.ones(len(tokens), np.float32)
    loss_mask[: len(prompt)] = CONTEXT_WEIGHT
    loss_mask[0] = 0.0
    return TokenisedSample(id=name, tokens=tokens, loss_mask=loss_mask, n_prompt=len(prompt))


def gather(samples: Iterator[TokenisedSample], tokens: int, row_length: int) -> Packed:
    """The first samples that hold `tokens` tokens together, packed; what is longer than a row is left out."""
    taken: list[TokenisedSample] = []
    held = 0
    while held < tokens:
        for sample in islice(samples, 1024):
            if len(sample.tokens) <= row_length:
                taken.append(sample)
                held += len(sample.tokens)
    return pack(taken, row_length, seed=0)


def pretrain(
    start: Path, rows: Packed, settings: Pretraining, out: Path, *, on_step: Callable[[StepResult, int], None]
) -> Path:
    """Train all weights of the model in `start` once over `rows` by these `settings` and write it to `out`; returns
    `out`.

    `on_step` is told of every update and of how many there are.
    """
    import jax.numpy as jnp

    from harness.gemma.load import load_model
    from harness.gemma.model.export import export_model
    from sft.tokens.loader import Loader
    from sft.training.loss import chunk_for
    from sft.training.optimizer import adamw, learning_rates
    from sft.training.trainable import trainable
    from sft.training.tunix_trainer import LoopOptions, Trainer

    loader = Loader(rows, batch_rows=settings.batch_rows, micro_batches=1, seed=settings.seed)
    steps = loader.steps_for(1.0)
    rates = learning_rates(
        "cosine",
        peak=settings.learning_rate,
        steps=steps,
        warmup_steps=math.ceil(settings.warmup_share * steps),
        final_share=settings.final_share,
    )
    loaded = load_model(start, dtype="float32")
    model = trainable(loaded.model)
    options = LoopOptions(
        steps=steps,
        eval_every=steps,
        save_every=steps,
        keep=1,
        checkpoints=None,
        compute_dtype=jnp.float32,
        chunk=chunk_for(settings.batch_rows, loaded.tokenizer.embeddings, loader.n_positions),
    )
    optimizer = adamw(rates, weight_decay=settings.weight_decay, clip=settings.clip, beta2=0.99)
    Trainer(model, optimizer, loader, options, on_step=lambda result: on_step(result, steps)).fit()
    return export_model(model, out, base=start, dtype="bfloat16")
