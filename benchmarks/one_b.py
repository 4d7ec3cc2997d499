"""Writes a random model of Gemma 3 1B's shape, loads it, answers one prompt, and prints time and peak memory.

    python benchmarks/one_b.py [--folder DIR] [--dtype bfloat16] [--tokens 16] [--keep]

Loading runs in a process of its own, so that its peak is its own. Needs 2 GB of disk. `--layers 2` is a dry run.
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


def main() -> None:
    """Write, measure, clean up."""
    options = _options()
    if options.measure:
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


def _peak_gib() -> float:
    """The most memory this process ever held, as Linux counts it; `getrusage` would include the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 / GIB  # type: ignore[index]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where to write; by default a temporary folder")
    parser.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float32"])
    parser.add_argument("--tokens", type=int, default=16, help="tokens of the reply")
    parser.add_argument("--layers", type=int, default=26)
    parser.add_argument("--keep", action="store_true", help="leave the model on disk")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
