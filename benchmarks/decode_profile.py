"""Where a decode's processor time goes on this machine: matrix products, other operations, dispatch, idle cores.

    python benchmarks/decode_profile.py [--size 5m] [--requests 96]

Explains the distance from the roofline that benchmarks/generate.py prints. The requests are its; JAX's profiler records
every operation of the worker threads of one run, which it slows by a tenth.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from decode_roofline import measured_machine
from generate_peers import SIZES, build_model, make_jobs, run_engine

PRODUCTS = ("ynn_fusion", "dot", "convolution", "__onednn")
"""How XLA's CPU compiler names matrix products, alone or with what is fused into them."""
EXECUTE = "ThunkExecutor::Execute"


def main() -> None:
    """Run once to compile, once by the clock, once under the profiler; print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="5m")
    parser.add_argument("--requests", type=int, default=96)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    import jax

    model = build_model(given.size)
    run = run_engine(model, make_jobs(given.requests, model.config.num_embed, given.seed), 0)
    run()
    seconds = run().seconds
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            traced = run().seconds
        events = worker_events(Path(folder))
    rate, _ = measured_machine()
    print(f"{given.size}, {given.requests} requests: {seconds:.2f} s, {traced:.2f} s under the profiler", end="; ")
    print(f"{rate / 1e9:.0f} GFLOP/s in a large matrix product")
    for name, share in shares(events, os.cpu_count() or 1).items():
        print(f"  {name:44} {share:6.1%}")


def worker_events(folder: Path) -> list[dict[str, Any]]:
    """What XLA's worker threads did, from the newest trace in the folder; `ts` and `dur` in microseconds."""
    newest = max(folder.glob("plugins/profile/*/*.trace.json.gz"), key=lambda path: path.stat().st_mtime)
    document = json.loads(gzip.decompress(newest.read_bytes()))["traceEvents"]
    threads = {(e["pid"], e["tid"]): e["args"]["name"] for e in document if e.get("name") == "thread_name"}
    return [e for e in document if e.get("ph") == "X" and "XLAEigen" in threads.get((e["pid"], e["tid"]), "")]


def shares(events: list[dict[str, Any]], n_cores: int) -> dict[str, float]:
    """Of the cores' time between the first and the last event."""
    spent: Counter[str] = Counter()
    for event in events:
        spent[event["name"].rstrip("0123456789.")] += event["dur"]
    whole = n_cores * (max(e["ts"] + e["dur"] for e in events) - min(e["ts"] for e in events))
    inside = {name: us for name, us in spent.items() if "::" not in name and not name.startswith("end: ")}
    products = sum(us for name, us in inside.items() if name.startswith(PRODUCTS))
    others = sum(inside.values()) - products
    return {
        "matrix products": products / whole,
        "other operations": others / whole,
        "between operations (dispatch, waiting in one)": (spent[EXECUTE] - products - others) / whole,
        "no operation on that core": 1 - spent[EXECUTE] / whole,
    }


if __name__ == "__main__":
    main()
