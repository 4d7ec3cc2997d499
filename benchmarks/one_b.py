"""Writes a random model of Gemma 3 1B's shape, loads it, answers or trains, and prints time and peak memory.

    python benchmarks/one_b.py [--folder DIR] [--dtype bfloat16] [--tokens 16] [--keep]
    python benchmarks/one_b.py --lora-steps 2 [--length 256]

With `--lora-steps` it trains instead of answering: LoRA of rank 16 in float32 over the frozen base in `--dtype`, one
row of `--length` tokens an update, the loss in chunks, through the same loop as `harness train`. Each measurement runs
in a process of its own, so that its peak is its own. Needs 2 GB of disk. `--layers 2` is a dry run.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

GIB = 1 << 30
LOGITS_BYTES = 64 << 20
"""Of one chunk in training: a quarter of what `harness train` allows, so that a short row is cut too."""


def main() -> None:
    """Write, measure, clean up."""
    options = _options()
    if options.measure:
        if options.lora_steps:
            _train(options.folder, options.dtype, options.lora_steps, options.length)
        else:
            _measure(options.folder, options.dtype, options.tokens)
        return
    from harness.gemma.tiny import ONE_B, write_random_model

    folder = options.folder or Path(tempfile.mkdtemp(prefix="gemma-1b-"))
    sizes = replace(ONE_B, layers=options.layers)
    try:
        start = time.perf_counter()
        write_random_model(folder, sizes, window=512, dtype="bfloat16")
        written = sum(file.stat().st_size for file in folder.iterdir())
        print(f"written   {written / GIB:.2f} GiB in {time.perf_counter() - start:.1f} s", flush=True)
        arguments = ["--measure", "--folder", str(folder), "--dtype", options.dtype, "--tokens", str(options.tokens)]
        arguments += ["--lora-steps", str(options.lora_steps), "--length", str(options.length)]
        subprocess.run([sys.executable, __file__, *arguments], check=True)
    finally:
        if not options.keep:
            shutil.rmtree(folder)


def _measure(folder: Path, dtype: str, new_tokens: int) -> None:
    import jax

    from harness.core.records import GenerationSettings, Message, Prompt, Request
    from harness.core.task import Task
    from harness.gemma.backend import GemmaBackend

    imported = _peak_gib()
    task = Task(docs=(), scorers=(), max_new_tokens=new_tokens)
    options = {"dtype": dtype, "batch_size": "1", "max_length": "512"}
    start = time.perf_counter()
    backend = GemmaBackend.from_spec(str(folder), options, task)
    loaded = time.perf_counter() - start
    print(f"loaded    {loaded:.1f} s, peak {_peak_gib():.2f} GiB ({imported:.2f} GiB of it before loading)", flush=True)
    prompt = Prompt(messages=(Message(role="user", content="Natalia has 3 apples and buys 4 more. How many?"),))
    request = Request(doc_id="one", repeat=0, prompt=prompt, seed=0, max_new_tokens=new_tokens)
    for attempt in ("first", "again"):
        start = time.perf_counter()
        (completion,) = backend.generate([request], GenerationSettings(max_new_tokens=new_tokens))
        seconds = time.perf_counter() - start
        print(f"answered  {completion.completion_tokens} tokens in {seconds:.1f} s ({attempt})", flush=True)
    print(f"peak      {_peak_gib():.2f} GiB on {jax.devices()[0].platform}, {dtype}")
    print(json.dumps({"fingerprint": backend.describe().fingerprint, "reply": completion.text}, ensure_ascii=False))


def _train(folder: Path, dtype: str, steps: int, length: int) -> None:
    """`steps` LoRA updates of one row of random tokens; what is printed is what the metrics of a run hold."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    import optax

    from harness.gemma.load import load_model
    from sft.tokens.loader import Loader
    from sft.tokens.packing import pack
    from sft.tokens.tokenise import TokenisedSample
    from sft.training.loss import chunk_for
    from sft.training.trainable import trainable, with_lora
    from sft.training.tunix_trainer import LoopOptions, StepResult, Trainer

    imported = _peak_gib()
    start = time.perf_counter()
    base = trainable(load_model(folder, dtype=dtype).model, remat="decoder")  # type: ignore[arg-type]
    model = with_lora(base, rank=16, alpha=32.0, modules=".*(einsum|_proj)", seed=0)
    loaded = time.perf_counter() - start
    print(f"loaded    {loaded:.1f} s, peak {_peak_gib():.2f} GiB ({imported:.2f} GiB of it before loading)", flush=True)
    rng = np.random.default_rng(0)
    mask = (np.arange(length) >= length // 4).astype(np.float32)
    tokens = rng.integers(300, model.config.num_embed, (steps, length)).astype(np.int32)
    rows = [
        TokenisedSample(id=str(i), tokens=row, loss_mask=mask, n_prompt=length // 4) for i, row in enumerate(tokens)
    ]
    loader = Loader(pack(rows, length), batch_rows=1, micro_batches=1, seed=0)
    chunk = chunk_for(1, model.config.num_embed, loader.n_positions, LOGITS_BYTES)
    print(f"rows of {length} tokens, {loader.n_positions} with loss, logits of {chunk or 'all'} positions at once")

    def show(result: StepResult) -> None:
        seconds = time.perf_counter() - began
        print(
            f"update {result.step}  loss {result.loss:.4f}, gradient {result.grad_norm:.3f}, {seconds:.1f} s",
            flush=True,
        )

    options = LoopOptions(
        steps=steps,
        eval_every=10**9,
        save_every=10**9,
        keep=1,
        checkpoints=None,
        compute_dtype=jnp.dtype(dtype),
        chunk=chunk,
    )
    began = time.perf_counter()
    Trainer(model, optax.adamw(1e-4), loader, options, on_step=show).fit()
    print(f"peak      {_peak_gib():.2f} GiB on {jax.devices()[0].platform}, {dtype} base, float32 LoRA")


def _peak_gib() -> float:
    """The most memory this process ever held, as Linux counts it; `getrusage` would include the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 / GIB  # type: ignore[index]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where to write; by default a temporary folder")
    parser.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float32"])
    parser.add_argument("--tokens", type=int, default=16, help="tokens of the reply")
    parser.add_argument("--lora-steps", type=int, default=0, help="train for this many updates instead of answering")
    parser.add_argument("--length", type=int, default=256, help="tokens of a training row")
    parser.add_argument("--layers", type=int, default=26)
    parser.add_argument("--keep", action="store_true", help="leave the model on disk")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
