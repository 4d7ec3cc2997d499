"""gemma3-nano from nothing: `python -m sft.recipes.pretrain_nano --out FOLDER`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.gemma.layout import Sizes
from sft.nano_corpus import texts, turns
from sft.pretrain import Pretraining, conversation, gather, plain, pretrain
from sft.sources import load_raw
from sft.tokens import TokenisedSample

SIZES = Sizes(layers=7, vocabulary=800, embed=96, hidden=256, heads=3, kv_heads=1, head_dim=32)
WINDOW = 64
LONGEST = 1024
"""Tokens of a sequence; most of what it reads has 50 to 150."""
PROBLEMS = "small_steps:n=40000,seed=1,steps=1-3"
TURNS_SHARE = 0.5
"""Of the samples; the rest is plain text."""


def write_start(folder: Path, seed: int) -> Path:
    """Random weights of the nano shape with its own tokenizer, trained on the corpus."""
    from harness.gemma.config import read_json
    from harness.gemma.shards import write_json
    from harness.gemma.tiny import write_random_model
    from harness.gemma.tiny_tokenizer import as_tokenizer_json, train_sentencepiece

    write_random_model(folder, SIZES, window=WINDOW, seed=seed)
    model = train_sentencepiece(_tokenizer_sentences(seed), SIZES.vocabulary)
    (folder / "tokenizer.model").write_bytes(model)
    (folder / "tokenizer.json").write_text(as_tokenizer_json(model), encoding="utf-8")
    config = read_json(folder / "config.json")
    write_json(folder / "config.json", config | {"max_position_embeddings": LONGEST})
    return folder


def samples(folder: Path, seed: int) -> Iterator[TokenisedSample]:
    """Endless training samples in the model's own tokens."""
    import random

    from harness.gemma.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(folder, embeddings=SIZES.vocabulary)
    rng = random.Random(f"nano mix {seed}")
    spoken, written = turns(load_raw(PROBLEMS), seed), texts(seed)
    number = 0
    while True:
        number += 1
        if rng.random() < TURNS_SHARE:
            messages, reply = next(spoken)
            yield conversation(messages, reply, tokenizer, f"turn-{number}")
        else:
            yield plain(next(written), tokenizer, f"text-{number}")


def main() -> None:
    """Train and write the model; prints the loss as it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=16_000_000)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    from harness.gemma.engine.compile_cache import enable_compile_cache

    enable_compile_cache()
    settings = Pretraining(tokens=given.tokens, learning_rate=given.learning_rate, seed=given.seed)
    with TemporaryDirectory() as folder:
        start = write_start(Path(folder) / "start", given.seed)
        rows = gather(samples(start, given.seed), settings.tokens, settings.row_length)
        began = time.perf_counter()

        def show(result: object, steps: int) -> None:
            step, loss = result.step, result.loss  # type: ignore[attr-defined]
            if step % 50 == 0 or step == steps:
                print(f"{step}/{steps}  loss {loss:.3f}  {time.perf_counter() - began:.0f} s", flush=True)

        pretrain(start, rows, settings, given.out, on_step=show)
    print(f"written to {given.out}")


def _tokenizer_sentences(seed: int) -> Iterator[str]:
    yield from islice(texts(seed), 6000)
    for messages, reply in islice(turns(load_raw(PROBLEMS.replace("40000", "3000")), seed), 4000):
        yield "\n".join([*(message.content for message in messages), reply])
    yield from ("Reasoning: 1 + 2 = 3.\nAnswer: 3\nQuestion: Reason step by step, then answer.",) * 500


if __name__ == "__main__":
    main()
