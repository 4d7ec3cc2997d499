"""Decode engine against Tunix's Sampler and transformers' generate: same weights, same requests, one process.

    python benchmarks/generate.py --size 5m --requests 96

Weights are random, so no model would end its replies: each request gets a length drawn as GSM8K replies are spread
(lognormal, median 97, 95th percentile 350, at most 384), and a peer's batch runs until its longest row has its length,
which is what its loop does when rows end by themselves. Peers get their best batch size and prompts sorted by length.
What compiles runs once before it is timed. All outputs are compared, token by token.

Each cell (size, requests, contender, batch size) is written to `--results` when it is done, and a cell that is there is
not run again: a long table can be made in several windows of quiet. `--peer-batches N` times N of a peer's batches,
evenly spread over the lengths, where all would take hours; the ratio is then of useful tokens a second.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from decode_roofline import measured_machine, roofline
from generate_peers import SHOTS, SIZES, Job, Result, build_model, make_jobs, run_engine, run_sampler, run_transformers

CONTENDERS: dict[str, Callable[[Any, Sequence[Job], int, int], Callable[[], Result]]] = {
    "engine": run_engine,
    "sampler": run_sampler,
    "transformers": run_transformers,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What is timed."""

    size: str
    requests: int
    contender: str
    batch: int
    """0: the engine's own choice."""
    most_batches: int
    """Of a peer; 0: all."""
    seed: int
    shots: int

    @property
    def key(self) -> str:
        """Its name in the results file."""
        parts = (self.size, self.requests, self.contender, self.batch, self.most_batches, self.seed, self.shots)
        return "/".join(map(str, parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One cell, timed."""

    name: str
    seconds: float
    cpu_seconds: float
    """Of the whole process: steadier than the clock where other programs run."""
    outputs: dict[int, list[int]]
    note: str
    detail: dict[str, Any]

    @property
    def n_tokens(self) -> int:
        """Tokens that count."""
        return sum(map(len, self.outputs.values()))

    @property
    def rate(self) -> float:
        """Useful tokens a second."""
        return self.n_tokens / self.seconds

    @property
    def cpu_rate(self) -> float:
        """Useful tokens a second of processor time."""
        return self.n_tokens / self.cpu_seconds


class Results:
    """Cells on disk, one JSON line each; the last line of a key counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self._cells: dict[str, dict[str, Any]] = {row["key"]: row for row in map(json.loads, lines)}

    def get(self, cell: Cell) -> Measured | None:
        """What was measured before."""
        row = self._cells.get(cell.key)
        if row is None:
            return None
        fields = {name: value for name, value in row.items() if name not in ("key", "when")}
        return Measured(**fields | {"outputs": {int(i): tokens for i, tokens in row["outputs"].items()}})

    def add(self, cell: Cell, measured: Measured) -> None:
        """Append one cell."""
        row = {"key": cell.key, "when": time.strftime("%Y-%m-%d %H:%M:%S"), **asdict(measured)}
        self._cells[cell.key] = json.loads(json.dumps(row))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(json.dumps(row) + "\n")


@cache
def model_of(size: str) -> Any:
    """Built when the first cell needs it."""
    return build_model(size)


@cache
def jobs_of(size: str, n: int, seed: int, shots: int) -> list[Job]:
    """The requests of a cell."""
    return make_jobs(n, SIZES[size][1], seed, shots)


def measure(cell: Cell, results: Results, repeats: int, again: bool) -> Measured:
    """The cell from the file, or timed now: the fastest of `repeats` after a run that compiles."""
    known = None if again else results.get(cell)
    if known is None:
        jobs = jobs_of(cell.size, cell.requests, cell.seed, cell.shots)
        run = CONTENDERS[cell.contender](model_of(cell.size), jobs, cell.batch, cell.most_batches)
        if cell.contender != "transformers":  # which compiles nothing
            run()
        known = min((timed(run) for _ in range(repeats)), key=lambda measured: measured.seconds)
        results.add(cell, known)
        gc.collect()
    print(f"  {describe(known)}", flush=True)
    return known


def timed(run: Callable[[], Result]) -> Measured:
    """One run."""
    started = time.process_time()
    made = run()
    return Measured(**asdict(made), cpu_seconds=time.process_time() - started)


def describe(measured: Measured) -> str:
    """One line: useful tokens a second and what was wasted."""
    note = f"  ({measured.note})" if measured.note else ""
    times = f"{measured.seconds:8.2f} s ({measured.cpu_seconds:.1f} s of CPU)"
    return f"{measured.name:32} {times}  {measured.rate:8.0f} useful tokens/s{note}"


def agreement(engine: Measured, peer: Measured) -> str:
    """How many of the peer's outputs are the engine's, token by token."""
    firsts = [
        next(i for i, (x, y) in enumerate(zip(engine.outputs[k], tokens, strict=False)) if x != y)
        for k, tokens in peer.outputs.items()
        if engine.outputs[k] != tokens
    ]
    where = f"; the others part at token {sorted(firsts)[:6]}" if firsts else ""
    return f"{len(peer.outputs) - len(firsts)} of {len(peer.outputs)} outputs identical{where}"


def compare(size: str, n: int, arguments: argparse.Namespace, results: Results) -> None:
    """One model size and number of requests: all contenders, agreement, ratios, roofline."""
    jobs = jobs_of(size, n, arguments.seed, arguments.shots)
    lengths = [job.n_new for job in jobs]
    widths = [len(job.prompt) for job in jobs]
    print(
        f"\n{size}, {n} requests behind {arguments.shots} shots: prompts of {min(widths)}-{max(widths)} tokens, "
        f"replies median {np.median(lengths):.0f}, 95% {np.percentile(lengths, 95):.0f}, {sum(lengths)} tokens in all",
        flush=True,
    )

    def best(contender: str, sizes: Sequence[int]) -> Measured:
        most = 0 if contender == "engine" else arguments.peer_batches
        cells = [
            Cell(
                size=size,
                requests=n,
                contender=contender,
                batch=batch,
                most_batches=most,
                seed=arguments.seed,
                shots=arguments.shots,
            )
            for batch in sizes
        ]
        found = [measure(cell, results, arguments.repeats, arguments.again) for cell in cells]
        return max(found, key=lambda measured: measured.rate)

    engine = best("engine", arguments.engine_batch)
    if not arguments.no_roofline:
        bound = roofline(
            model_of(size), [job.prompt for job in jobs], sum(lengths), engine.seconds, engine.detail["rows"]
        )
        print(f"  {bound}", flush=True)
    for name in arguments.peers:
        peer = best(name, arguments.peer_batch)
        part = "" if len(peer.outputs) == n else f" on {len(peer.outputs)} of {n} requests"
        print(
            f"  engine against {peer.name}{part}: {engine.rate / peer.rate:.2f}x "
            f"({engine.cpu_rate / peer.cpu_rate:.2f}x in CPU time); {agreement(engine, peer)}",
            flush=True,
        )


def main() -> None:
    """Parse the command line and compare at each size and number of requests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", nargs="+", choices=SIZES, default=["5m"])
    parser.add_argument("--requests", nargs="+", type=int, default=[96])
    parser.add_argument("--peers", nargs="*", choices=["sampler", "transformers"], default=None)
    parser.add_argument("--engine-batch", nargs="+", type=int, default=[0], help="0: from memory")
    parser.add_argument("--peer-batch", nargs="+", type=int, default=[16, 32])
    parser.add_argument("--peer-batches", type=int, default=0, help="time so many of a peer's batches; 0: all")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--shots", type=int, choices=range(SHOTS + 1), default=SHOTS, help="worked examples before each"
    )
    parser.add_argument("--results", type=Path, default=Path("runs/generate.jsonl"), help="cells measured so far")
    parser.add_argument("--again", action="store_true", help="time what the results file has, too")
    parser.add_argument("--no-roofline", action="store_true", help="print the table without touching a model")
    arguments = parser.parse_args()
    if arguments.peers is None:
        arguments.peers = ["sampler"]
        try:
            import torch  # noqa: F401

            arguments.peers.append("transformers")
        except ImportError:
            print("torch is not installed: transformers' generate is left out (install the parity extra)")
    warnings.simplefilter("ignore")
    from harness.gemma.engine.compile_cache import enable_compile_cache

    print(f"compiled programs kept in {enable_compile_cache()}", file=sys.stderr)
    results = Results(arguments.results)
    if not arguments.no_roofline:
        rate, bandwidth = measured_machine()
        print(f"this machine: {rate / 1e9:.0f} GFLOP/s in float32, {bandwidth / 1e9:.1f} GB/s")
    for size in arguments.size:
        for n in arguments.requests:
            compare(size, n, arguments, results)


if __name__ == "__main__":
    main()
