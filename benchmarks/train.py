"""Training speed and memory against Tunix's plain loop: same weights, same samples, same optimizer, same rows a step.

    python benchmarks/train.py --size 5m --steps 6

Samples are random tokens with the lengths of GSM8K (prompt lognormal, median 80; reply lognormal, median 97, 95th
percentile 350, at most 384). The plain loop is `PeftTrainer` as Tunix's examples use it: one sample a row, every row
padded to the longest sequence, its own loss over one-hot targets. Ours packs the rows and takes the loss in chunks over
the reply's tokens. Each contender runs in a process of its own, so that peak memory is its own; the first two steps,
which compile, are not timed. Useful tokens are those of samples, padding left out.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

SIZES: dict[str, tuple[int, int, int, int, int]] = {
    "1m": (7, 4096, 64, 256, 32),
    "5m": (8, 8192, 160, 800, 64),
    "25m": (12, 16384, 320, 1280, 128),
    "1b-2-layers": (2, 262_144, 1152, 6912, 256),
}
"""Layers, vocabulary, embedding, feed-forward, head dimension; 4 query heads, 1 key head and a window of 512."""
CONTENDERS = ("tunix", "ours, padded", "ours")
UNTIMED = 2


def main() -> None:
    """Run every contender and print the table, or one of them and print its JSON."""
    given = _arguments()
    if given.only:
        print(json.dumps(_measure(given)))
        return
    with tempfile.TemporaryDirectory() as folder:
        _write_model(Path(folder), given.size)
        results = {name: _run_alone(name, given, Path(folder)) for name in CONTENDERS}
    _print(results, given)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="5m")
    parser.add_argument("--steps", type=int, default=6, help="timed updates")
    parser.add_argument("--rows", type=int, default=8, help="rows of an update")
    parser.add_argument("--length", type=int, default=512, help="tokens of a row")
    parser.add_argument("--only", default="", help=argparse.SUPPRESS)
    parser.add_argument("--model", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def _write_model(folder: Path, size: str) -> None:
    from harness.gemma.layout import Sizes
    from harness.gemma.tiny import write_random_model

    layers, vocabulary, embed, hidden, head_dim = SIZES[size]
    shape = Sizes(
        layers=layers, vocabulary=vocabulary, embed=embed, hidden=hidden, heads=4, kv_heads=1, head_dim=head_dim
    )
    write_random_model(folder, shape, window=512)


def _run_alone(name: str, given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    settings = ["--size", given.size, "--steps", given.steps, "--rows", given.rows, "--length", given.length]
    command = [sys.executable, __file__, *map(str, settings), "--only", name, "--model", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _samples(n: int, vocabulary: int, length: int) -> list[Any]:
    from sft.tokens import TokenisedSample

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
    import optax

    from harness.gemma.load import load_model
    from sft.data_loader import Loader
    from sft.packing import pack, pad_batch

    model = load_model(given.model).model
    n_steps = given.steps + UNTIMED
    samples = _samples(given.rows * n_steps * 4, SIZES[given.size][1], given.length)
    rows = pack(samples, given.length) if given.only == "ours" else pad_batch(samples, given.length)
    loader = Loader(rows, batch_rows=given.rows, micro_batches=1, seed=0)
    optimizer = optax.adamw(1e-5)
    ended = (_plain if given.only == "tunix" else _ours)(model, optimizer, loader, n_steps)
    seconds = ended[-1] - ended[UNTIMED - 1]
    tokens = sum(loader.tokens_of(step) for step in range(UNTIMED, n_steps))
    return {
        "tokens_per_second": tokens / seconds,
        "seconds_a_step": seconds / given.steps,
        "fill": rows.fill_rate,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "matmul_gflops": _matmul_rate(),
    }


def _ours(model: Any, optimizer: Any, loader: Any, n_steps: int) -> list[float]:
    import jax.numpy as jnp

    from sft.loss import chunk_for
    from sft.trainable import trainable
    from sft.tunix_trainer import LoopOptions, Trainer

    ended: list[float] = []
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
    Trainer(trainable(model), optimizer, loader, options, **watch).fit()
    return ended


def _plain(model: Any, optimizer: Any, loader: Any, n_steps: int) -> list[float]:
    """Tunix as its examples use it: every step is waited for, as ours are by their metrics."""
    from tunix.sft import utils
    from tunix.sft.peft_trainer import PeftTrainer, TrainingConfig, TrainingInput

    ended: list[float] = []

    class Timed(PeftTrainer):
        def _write_train_metrics(self) -> None:
            if self._buffered_train_metrics is not None:
                float(self._buffered_train_metrics.loss)
                ended.append(time.perf_counter())
            super()._write_train_metrics()

    def inputs(batch: Any) -> dict[str, Any]:
        real = batch.input_tokens != 0
        return {
            "input_tokens": batch.input_tokens,
            "input_mask": batch.input_mask,
            "positions": utils.build_positions_from_mask(real),
            "attention_mask": utils.make_causal_attn_mask(real),
        }

    def batches() -> Any:
        for step in range(n_steps + 1):  # Tunix asks for one more than it trains on
            rows = loader._step_rows(step)
            yield TrainingInput(input_tokens=loader.rows.tokens[rows], input_mask=loader.rows.loss_mask[rows])

    config = TrainingConfig(eval_every_n_steps=10**9, max_steps=n_steps)
    Timed(model, optimizer, config).with_gen_model_input_fn(inputs).train(batches())
    return ended


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


def _print(results: dict[str, dict[str, Any]], given: argparse.Namespace) -> None:
    print(f"{given.size}: {given.rows} rows of {given.length} a step, {given.steps} timed steps, float32")
    print(f"{'':14}{'useful tok/s':>14}{'s a step':>10}{'fill':>8}{'peak GiB':>10}{'of matmul':>11}")
    for name, found in results.items():
        if "error" in found:
            print(f"{name:14}  {found['error']}")
            continue
        of_matmul = (
            _floats_a_token(given.size) * found["tokens_per_second"] / found["fill"] / 1e9 / found["matmul_gflops"]
        )
        print(
            f"{name:14}{found['tokens_per_second']:14.0f}{found['seconds_a_step']:10.2f}{found['fill']:8.1%}"
            f"{found['peak_gib']:10.2f}{of_matmul:11.1%}"
        )
    ours, plain = results["ours"], results["tunix"]
    if "error" not in ours and "error" not in plain:
        speed = ours["tokens_per_second"] / plain["tokens_per_second"]
        memory = ours["peak_gib"] / plain["peak_gib"]
        print(f"ours / tunix: {speed:.2f}x useful tokens per second, {memory:.2f}x peak memory")


def _floats_a_token(size: str) -> float:
    """6 x parameters: the usual count of forward and backward pass, attention scores left out."""
    layers, vocabulary, embed, hidden, head_dim = SIZES[size]
    return 6.0 * (vocabulary * embed + layers * (3 * embed * hidden + 10 * embed * head_dim))


if __name__ == "__main__":
    main()
