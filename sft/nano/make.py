"""gemma3-nano from nothing: `python -m sft.nano.make --out FOLDER`.

Data: sums, plain sentences, problems of one to three small steps followed by their number, texts to repeat
(sft/nano/corpus.py); 21 million tokens in two phases, seed 0. Nothing that it reads reasons in writing. Time: about 36
minutes on two busy CPU cores, under 4 GB. The bundled weights reach, on `harness run --task small_steps -o n=1000`
(held-out themes and numbers, greedy), 30.9% [28.1, 33.8]: 76, 36, 26, 10 and 5% at one to five steps. Their two phases
were run one after the other by `run_phase`; how far another run of the whole recipe, or another seed, lies from these
scores has not been measured.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from harness.gemma.model.layout import Sizes
from sft.data.sources import load_raw
from sft.nano.corpus import retold, texts, turns
from sft.nano.pretrain import Pretraining, conversation, gather, plain, pretrain
from sft.tokens.tokenise import TokenisedSample

if TYPE_CHECKING:
    from sft.training.tunix_trainer import StepResult

SIZES = Sizes(layers=7, vocabulary=800, embed=96, hidden=256, heads=3, kv_heads=1, head_dim=32)
WINDOW = 64
LONGEST = 1024
"""Tokens of a sequence; most of what it reads has 50 to 150."""
PROBLEMS = "small_steps:n=40000,seed=1,steps=1-3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of the training with its own mix; what the shares leave is plain text."""

    tokens: int
    learning_rate: float
    answered: float
    """Share of samples that are problems with their answers, or single sums."""
    retold: float = 0.0


PHASES = (
    Phase(tokens=16_000_000, learning_rate=3e-3, answered=0.5),
    Phase(tokens=5_000_000, learning_rate=2e-3, answered=0.4, retold=0.3),
)


def write_start(folder: Path, seed: int) -> Path:
    """Random weights of the nano shape with its own tokenizer, trained on the corpus."""
    from harness.gemma.model.config import read_raw_config
    from harness.gemma.text.tiny_tokenizer import as_tokenizer_json, train_sentencepiece
    from harness.gemma.tiny import write_random_model
    from harness.store.files import write_json

    write_random_model(folder, SIZES, window=WINDOW, seed=seed)
    model = train_sentencepiece(_tokenizer_sentences(seed), SIZES.vocabulary)
    (folder / "tokenizer.model").write_bytes(model)
    (folder / "tokenizer.json").write_text(as_tokenizer_json(model), encoding="utf-8")
    config = read_raw_config(folder)
    write_json(folder / "config.json", config | {"max_position_embeddings": LONGEST})
    return folder


def samples(folder: Path, phase: Phase, seed: int) -> Iterator[TokenisedSample]:
    """Endless training samples in the model's own tokens."""
    from harness.gemma.text.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(folder, embeddings=SIZES.vocabulary)
    rng = random.Random(f"nano mix {seed}")
    problems = load_raw(PROBLEMS)
    answered, again, written = turns(problems, seed), retold(problems, seed), texts(seed)
    for number in count(1):
        drawn = rng.random()
        if drawn < phase.answered + phase.retold:
            messages, reply = next(answered if drawn < phase.answered else again)
            yield conversation(messages, reply, tokenizer, f"turn-{number}")
        else:
            yield plain(next(written), tokenizer, f"text-{number}")


def run_phase(phase: Phase, start: Path, out: Path, seed: int) -> None:
    """Train the model in `start` through one phase and write it to `out`; prints the loss as it goes.

    `seed` decides the phase's samples and their order.
    """
    settings = Pretraining(tokens=phase.tokens, learning_rate=phase.learning_rate, seed=seed)
    rows = gather(samples(start, phase, seed), settings.tokens, settings.row_length)
    began = time.perf_counter()

    def show(result: StepResult, steps: int) -> None:
        if result.step % 50 == 0 or result.step == steps:
            print(f"{result.step}/{steps}  loss {result.loss:.3f}  {time.perf_counter() - began:.0f} s", flush=True)

    pretrain(start, rows, settings, out, on_step=show)


def main() -> None:
    """Train through every phase and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=1.0, help="of the tokens of every phase: less is a dry run")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    from harness.gemma.engine.compile_cache import enable_compile_cache

    enable_compile_cache()
    with TemporaryDirectory() as folder:
        start = write_start(Path(folder) / "start", given.seed)
        for number, phase in enumerate(PHASES):
            last = number == len(PHASES) - 1
            out = given.out if last else Path(folder) / f"phase-{number}"
            run_phase(replace(phase, tokens=int(given.share * phase.tokens)), start, out, given.seed + number)
            start = out
    print(f"written to {given.out}")


def _tokenizer_sentences(seed: int) -> Iterator[str]:
    yield from islice(texts(seed), 6000)
    for messages, reply in islice(turns(load_raw(PROBLEMS.replace("40000", "3000")), seed), 4000):
        yield "\n".join([*(message.content for message in messages), reply])
    yield from ("Reasoning: 1 + 2 = 3.\nAnswer: 3\nQuestion: Reason step by step, then answer.",) * 500


if __name__ == "__main__":
    main()
