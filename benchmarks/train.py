"""Training speed and memory against Tunix's plain loop and transformers' Trainer: same weights, same samples, AdamW,
same rows a step.

    python benchmarks/train.py --size 5m 25m --steps 6

Samples are random tokens with the lengths of GSM8K (prompt lognormal, median 80; reply lognormal, median 97, 95th
percentile 350, at most 384). The plain loop is `PeftTrainer` as Tunix's examples use it: one sample a row, every row
padded to the longest sequence, its own loss over one-hot targets. transformers' Trainer (torch on the CPU; needs the
`parity` extra) pads to the longest sample of a batch, as its collators do. Ours packs the rows and takes the loss over
the reply's tokens alone. Each contender runs in a process of its own, so that peak memory is its own; the first two
steps, which compile, are not timed. Useful tokens are those of samples, padding left out.

All contenders get memory in huge pages, as `harness train` asks for it (`--small-pages`: none does). With `--rounds`
the contenders take turns, and each is judged by its fastest round: fair on a machine that others use too.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from plan_peers import tunix_inputs

SIZES: dict[str, tuple[int, int, int, int, int]] = {
    "1m": (7, 4096, 64, 256, 32),
    "5m": (8, 8192, 160, 800, 64),
    "25m": (12, 16384, 320, 1280, 128),
    "1b-2-layers": (2, 262_144, 1152, 6912, 256),
}
"""Layers, vocabulary, embedding, feed-forward, head dimension; 4 query heads, 1 key head and a window of 512."""
CONTENDERS = ("tunix", "transformers", "ours, padded", "ours")
UNTIMED = 2
LEARNING_RATE = 1e-5


def main() -> None:
    """Run every contender at every size and print a table each, or one contender and print its JSON."""
    given = _arguments()
    if given.only:
        print(json.dumps(_measure(given)))
        return
    for size in given.size:
        with tempfile.TemporaryDirectory() as folder:
            _write_model(Path(folder), size)
            rounds = [
                {name: _run_alone(name, size, given, Path(folder)) for name in given.contenders}
                for _ in range(given.rounds)
            ]
        _print({name: _fastest([found[name] for found in rounds]) for name in given.contenders}, size, given)


def _fastest(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    best = min(rounds, key=lambda found: found.get("seconds_a_step", math.inf))
    return best | {"matmul_gflops": max(found.get("matmul_gflops", 0.0) for found in rounds)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=SIZES, nargs="+", default=["5m", "25m"])
    parser.add_argument("--contenders", choices=CONTENDERS, nargs="+", default=list(CONTENDERS))
    parser.add_argument("--steps", type=int, default=6, help="timed updates")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--rows", type=int, default=8, help="rows of an update")
    parser.add_argument("--length", type=int, default=512, help="tokens of a row")
    parser.add_argument("--small-pages", action="store_true", help="leave the allocator as it is")
    parser.add_argument("--only", default="", help=argparse.SUPPRESS)
    parser.add_argument("--model", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def _write_model(folder: Path, size: str) -> None:
    from harness.gemma.model.layout import Sizes
    from harness.gemma.tiny import write_random_model

    layers, vocabulary, embed, hidden, head_dim = SIZES[size]
    shape = Sizes(
        layers=layers, vocabulary=vocabulary, embed=embed, hidden=hidden, heads=4, kv_heads=1, head_dim=head_dim
    )
    write_random_model(folder, shape, window=512)


def _run_alone(name: str, size: str, given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    from harness.hardware.huge_pages import VARIABLE, with_setting

    settings = ["--size", size, "--steps", given.steps, "--rows", given.rows, "--length", given.length]
    command = [sys.executable, __file__, *map(str, settings), "--only", name, "--model", str(folder)]
    tunables = os.environ.get(VARIABLE, "")
    environment = os.environ | {VARIABLE: tunables if given.small_pages else with_setting(tunables)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _samples(n: int, vocabulary: int, length: int) -> list[Any]:
    from sft.tokens.tokenise import TokenisedSample

    rng = np.random.default_rng(0)
    made = []
    for i in range(n):
        prompt = int(np.clip(rng.lognormal(math.log(80), 0.35), 40, length // 4))
        reply = int(np.clip(rng.lognormal(math.log(97), 0.78), 20, min(384, length - prompt)))
        tokens = np.array([2, *rng.integers(300, vocabulary, prompt + reply - 1)], np.int32)
        mask = (np.arange(prompt + reply) >= prompt).astype(np.float32)
        made.append(TokenisedSample(id=str(i), tokens=tokens, loss_mask=mask, n_prompt=prompt))
    return made


def _measure(given: argparse.Namespace) -> dict[str, Any]:
    warnings.filterwarnings("ignore")
    from sft.tokens.loader import Loader
    from sft.tokens.packing import pack, pad_batch

    (size,) = given.size
    n_steps = given.steps + UNTIMED
    samples = _samples(given.rows * n_steps * 4, SIZES[size][1], given.length)
    rows = pack(samples, given.length) if given.only == "ours" else pad_batch(samples, given.length)
    loader = Loader(rows, batch_rows=given.rows, micro_batches=1, seed=0)
    train = {"tunix": _plain, "transformers": _transformers}.get(given.only, _ours)
    ended, places = train(given.model, loader, n_steps)
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    seconds = ended[-1] - ended[UNTIMED - 1]
    tokens = sum(loader.tokens_of(step) for step in range(UNTIMED, n_steps))
    return {
        "tokens_per_second": tokens / seconds,
        "seconds_a_step": seconds / given.steps,
        "fill": sum(loader.tokens_of(step) for step in range(n_steps)) / places,
        "peak_gib": peak_gib,
        "matmul_gflops": _matmul_rate(),
    }


def _ours(folder: str, loader: Any, n_steps: int) -> tuple[list[float], int]:
    """When each update ended, and how many places of rows were computed in all."""
    import jax.numpy as jnp
    import optax

    from harness.gemma.load import load_model
    from sft.training.loss import chunk_for
    from sft.training.trainable import trainable
    from sft.training.tunix_trainer import LoopOptions, Trainer

    ended: list[float] = []
    model = load_model(folder).model
    options = LoopOptions(
        steps=n_steps,
        eval_every=10**9,
        save_every=10**9,
        keep=1,
        checkpoints=None,
        compute_dtype=jnp.float32,
        chunk=chunk_for(loader.batch_rows, model.config.num_embed, loader.n_positions),
    )
    watch = {"on_step": lambda result: ended.append(time.perf_counter())}
    Trainer(trainable(model), optax.adamw(LEARNING_RATE), loader, options, **watch).fit()
    return ended, n_steps * loader.batch_rows * loader.rows.tokens.shape[1]


def _plain(folder: str, loader: Any, n_steps: int) -> tuple[list[float], int]:
    """Tunix as its examples use it: every step is waited for, as ours are by their metrics."""
    import optax
    from tunix.sft.peft_trainer import PeftTrainer, TrainingConfig, TrainingInput

    from harness.gemma.load import load_model

    ended: list[float] = []

    class Timed(PeftTrainer):
        def _write_train_metrics(self) -> None:
            if self._buffered_train_metrics is not None:
                float(self._buffered_train_metrics.loss)
                ended.append(time.perf_counter())
            super()._write_train_metrics()

    def batches() -> Any:
        for step in range(n_steps + 1):  # Tunix asks for one more than it trains on
            rows = loader._step_rows(step)
            yield TrainingInput(input_tokens=loader.rows.tokens[rows], input_mask=loader.rows.loss_mask[rows])

    config = TrainingConfig(eval_every_n_steps=10**9, max_steps=n_steps)
    trainer = Timed(load_model(folder).model, optax.adamw(LEARNING_RATE), config)
    trainer.with_gen_model_input_fn(tunix_inputs).train(batches())
    return ended, n_steps * loader.batch_rows * loader.rows.tokens.shape[1]


def _transformers(folder: str, loader: Any, n_steps: int) -> tuple[list[float], int]:
    """transformers' Trainer as its examples use it: sdpa attention, batches padded to their longest sample."""
    import torch
    import transformers

    ended: list[float] = []
    places = 0
    order = [row for step in range(n_steps) for row in loader._step_rows(step)]
    lengths = (loader.rows.segment_ids > 0).sum(axis=1)

    def collate(batch: list[dict[str, Any]]) -> dict[str, Any]:
        nonlocal places
        rows = np.array([one["row"] for one in batch])
        longest = int(lengths[rows].max())
        places += len(rows) * longest
        tokens, real = (torch.from_numpy(a[rows, :longest].astype(np.int64)) for a in _token_arrays(loader.rows))
        counted = torch.from_numpy(loader.rows.loss_mask[rows, :longest] > 0)
        return {"input_ids": tokens, "attention_mask": real, "labels": tokens.where(counted, -100)}

    class Clock(transformers.TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            ended.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as out:
        arguments = transformers.TrainingArguments(
            out,
            per_device_train_batch_size=loader.batch_rows,
            max_steps=n_steps,
            learning_rate=LEARNING_RATE,
            weight_decay=1e-4,  # optax.adamw's default
            max_grad_norm=0.0,
            lr_scheduler_type="constant",
            train_sampling_strategy="sequential",
            remove_unused_columns=False,
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            logging_strategy="no",
        )
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        data = [{"row": int(row)} for row in order]
        transformers.Trainer(model, arguments, collate, data, callbacks=[Clock()]).train()
    return ended, places


def _token_arrays(rows: Any) -> tuple[np.ndarray, np.ndarray]:
    return rows.tokens, rows.segment_ids > 0


def _matmul_rate(size: int = 2048) -> float:
    """GFLOP/s of a float32 product on this machine, now: the best of three."""
    import jax
    import jax.numpy as jnp

    a = jnp.ones((size, size), jnp.float32)
    product = jax.jit(jnp.matmul)
    product(a, a).block_until_ready()
    times = []
    for _ in range(3):
        began = time.perf_counter()
        product(a, a).block_until_ready()
        times.append(time.perf_counter() - began)
    return 2 * size**3 / min(times) / 1e9


def _print(results: dict[str, dict[str, Any]], size: str, given: argparse.Namespace) -> None:
    matmul = max(found.get("matmul_gflops", 0.0) for found in results.values())
    print(f"{size}: {given.rows} rows of {given.length} a step, {given.steps} timed steps, float32; ", end="")
    print(f"matrix product {matmul:.0f} GFLOP/s")
    print(f"{'':14}{'useful tok/s':>14}{'s a step':>10}{'fill':>8}{'peak GiB':>10}{'of matmul':>11}")
    for name, found in results.items():
        if "error" in found:
            print(f"{name:14}  {found['error']}")
            continue
        of_matmul = _floats_a_token(size) * found["tokens_per_second"] / found["fill"] / 1e9 / matmul
        print(
            f"{name:14}{found['tokens_per_second']:14.0f}{found['seconds_a_step']:10.2f}{found['fill']:8.1%}"
            f"{found['peak_gib']:10.2f}{of_matmul:11.1%}"
        )
    for peer in ("tunix", "transformers"):
        _print_ratio(results.get("ours", {"error": ""}), results.get(peer, {"error": ""}), peer)
    print(flush=True)


def _print_ratio(ours: dict[str, Any], theirs: dict[str, Any], peer: str) -> None:
    if "error" in ours or "error" in theirs:
        return
    speed = ours["tokens_per_second"] / theirs["tokens_per_second"]
    memory = ours["peak_gib"] / theirs["peak_gib"]
    print(f"ours / {peer}: {speed:.2f}x useful tokens per second, {memory:.2f}x peak memory")


def _floats_a_token(size: str) -> float:
    """6 x parameters: the usual count of forward and backward pass, attention scores left out."""
    layers, vocabulary, embed, hidden, head_dim = SIZES[size]
    return 6.0 * (vocabulary * embed + layers * (3 * embed * hidden + 10 * embed * head_dim))


if __name__ == "__main__":
    main()
