"""Our train and decode steps against Tunix's, compiled for a TPU that is not here; the plan against this machine.

    python benchmarks/plan.py                      # train and decode on v5e, needs libtpu: about 20 minutes of one core
    python benchmarks/plan.py --parts check        # XLA's estimate for this CPU against what a run really takes

Train: `PeftTrainer` as Tunix's examples use it (weights and moments in the file's bfloat16, its own loss, no remat;
with "tunix, remat", its decoder remat) against the step of `harness train` (float32 masters, chunked loss, remat, old
weights given up), both with AdamW on the same rows and the same slice. The batch is doubled until it does not fit, and
then the middle is tried; every layer is compiled, and the same margin is added to all. Decode:
one step of Tunix's Sampler against one of the engine (a pass of its loop, and its share of what a block of steps moves
once), the same rows and cache length on one chip. Nothing is run on a TPU: bytes are the compiler's.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.hardware.compile import compile_all, default_cache
from harness.hardware.records import Compiled, Figures, Job
from harness.hardware.topology import CHIPS, GIB, parse_topology
from sft.planning.decide import MARGIN
from sft.planning.published import PUBLISHED

PEERS = "plan_peers"
LENGTH = 1024
FEWEST_ROWS, FIRST_ROWS, MOST_ROWS = 4, 16, 512
"""Rows of an update: where the climb to the largest that fits begins, and where it ends."""
CONTENDERS = {"tunix": ("tunix", "none"), "tunix, remat": ("tunix", "decoder"), "ours": ("ours", "decoder")}
CHECKED = {"5m": (8, 8192, 160, 800, 64), "25m": (12, 16384, 320, 1280, 128), "100m": (16, 32768, 640, 2560, 160)}
"""Layers, vocabulary, embedding, feed-forward, head dimension; 4 query heads, 1 key head, a window of 512."""


def main() -> None:
    """Compile what was asked for and print the tables."""
    given = _arguments()
    if given.measure:
        print(json.dumps(_measure(given)))
        return
    here = str(Path(__file__).resolve().parent)  # the processes that compile import PEERS too
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))
    if "train" in given.parts:
        _print_training(given)
    if "decode" in given.parts:
        _print_decoding(given)
    if "check" in given.parts:
        _print_check(given)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=["train", "decode", "check"], default=["train", "decode"])
    parser.add_argument("--model", choices=PUBLISHED, default="1b")
    parser.add_argument("--topology", default="v5e:2x2", help="of the train step; decode is on one chip of its kind")
    parser.add_argument("--methods", nargs="+", choices=["full", "lora"], default=["full", "lora"])
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--as-run", action="store_true", help="at the compiler's default level, 2 to 5 times as long")
    parser.add_argument("--rows", type=int, default=64, help="of the decode step")
    parser.add_argument("--span", type=int, default=1024, help="tokens of a row in the decode step")
    parser.add_argument("--sizes", nargs="+", choices=CHECKED, default=["25m", "100m"], help="of the check")
    parser.add_argument("--steps", type=int, default=5, help="timed updates of the check")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--measure", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def _compiled(jobs: list[Job], given: argparse.Namespace) -> list[Compiled]:
    def tell(job: Job, compiled: Compiled, done: int, total: int) -> None:
        print(f"{done}/{total} {job.builder} {job.layers} layers", file=sys.stderr, flush=True)

    jobs = [replace(job, as_run=given.as_run) for job in jobs]
    return compile_all(jobs, timeout_seconds=3600, workers=given.workers, cache=default_cache(), on_done=tell)


# --- train ----------------------------------------------------------------------------------------------------------


def _print_training(given: argparse.Namespace) -> None:
    topology = parse_topology(given.topology)
    hbm_gib = CHIPS[topology.chip].hbm_gib
    found = _climb(given, [(method, name) for method in given.methods for name in given.contenders])
    print(f"gemma-3-{given.model} on {topology.name}, {_layers(given)} layers, rows of {LENGTH} tokens; one device")
    print(f"{'':6}{'':14}{'rows':>6}{'peak GiB':>10}{'memory GB':>11}{'network GB':>12}")
    for (method, name), tried in found.items():
        for rows in sorted({FIRST_ROWS, _most_rows(tried, hbm_gib)} & tried.keys()):
            if (one := tried[rows]) is not None:
                moved = f"{one.accessed_bytes / 1e9:11.1f}{one.network_bytes / 1e9:12.2f}"
                print(f"{method:6}{name:14}{rows:6d}{one.peak_bytes / GIB:10.2f}{moved}")
        refused = min((rows for rows, one in tried.items() if not _fits(one, hbm_gib)), default=None)
        over = f"{refused} do not" if refused else "more were not tried"
        print(f"{method:6}{name:14}{_most_rows(tried, hbm_gib)} rows fit in {hbm_gib} GiB with the margin, {over}")
    for method in given.methods:
        for name in given.contenders:
            if name != "ours" and "ours" in given.contenders:
                ours, theirs = (_most_rows(found[method, whose], hbm_gib) for whose in ("ours", name))
                print(f"{method}: ours takes {ours} rows, {name} {theirs}: {ours / max(1, theirs):.1f} times")


def _climb(
    given: argparse.Namespace, contenders: list[tuple[str, str]]
) -> dict[tuple[str, str], dict[int, Figures | None]]:
    """By contender, the figures of the batches on the way to the largest that fits; None where one was refused."""
    hbm_gib = CHIPS[parse_topology(given.topology).chip].hbm_gib
    found: dict[tuple[str, str], dict[int, Figures | None]] = {one: {} for one in contenders}
    while True:
        wanted = {
            one: next_rows({rows: _fits(got, hbm_gib) for rows, got in tried.items()}) for one, tried in found.items()
        }
        asked = [(one, rows) for one, rows in wanted.items() if rows]
        if not asked:
            return found
        compiled = _compiled([_train_job(given, *one, rows) for one, rows in asked], given)
        for (one, rows), outcome in zip(asked, compiled, strict=True):
            found[one][rows] = outcome.figures


def next_rows(fits: dict[int, bool]) -> int | None:
    """The batch to try next: twice the largest while all fit, half the smallest while none does, then once the middle.

    >>> [next_rows(tried) for tried in ({}, {16: True}, {16: True, 32: False}, {16: True, 32: False, 24: True})]
    [16, 32, 24, None]
    """
    if not fits:
        return FIRST_ROWS
    most = max((rows for rows, fit in fits.items() if fit), default=0)
    refused = min((rows for rows, fit in fits.items() if not fit), default=0)
    if not refused:
        return 2 * most if most < MOST_ROWS else None
    if not most:
        return refused // 2 if refused > FEWEST_ROWS else None
    middle = (most + refused) // 2
    return middle if refused == 2 * most and middle % FEWEST_ROWS == 0 else None


def _fits(figures: Figures | None, hbm_gib: float) -> bool:
    return figures is not None and figures.peak_bytes * (1 + MARGIN["tpu"]) <= hbm_gib * GIB


def _most_rows(tried: dict[int, Figures | None], hbm_gib: float) -> int:
    """The largest compiled batch whose peak with its margin is within the capacity; 0 where none is."""
    return max((rows for rows, one in tried.items() if _fits(one, hbm_gib)), default=0)


def _train_job(given: argparse.Namespace, method: str, name: str, rows: int) -> Job:
    from sft.config import resolve
    from sft.planning.train_step import StepShape, job

    whose, remat = CONTENDERS[name]
    settings = {"model.base": "-", "data.source": "-", "train.method": method, "train.batch_rows": rows}
    config = resolve(("benchmark", settings | {"train.remat": remat})).config
    shape = StepShape(model=PUBLISHED[given.model], config=config, row_length=LENGTH, n_positions=LENGTH)
    topology = parse_topology(given.topology)
    made = job(shape, topology.name, fsdp=topology.n_devices, tp=1, layers=_layers(given))
    return made if whose == "ours" else replace(made, builder=f"{PEERS}:lower_tunix_training")


def _layers(given: argparse.Namespace) -> int:
    return int(PUBLISHED[given.model]["num_hidden_layers"])


# --- decode ---------------------------------------------------------------------------------------------------------


def _print_decoding(given: argparse.Namespace) -> None:
    from sft.planning.decode_step import STEPS, DecodeShape, job

    chip = parse_topology(given.topology).chip
    shape = DecodeShape(
        model=PUBLISHED[given.model], dtype="bfloat16", rows=given.rows, span=given.span, prefix=0, mode="greedy"
    )
    ours = job(shape, f"{chip}:1x1", fsdp=1, tp=1, layers=_layers(given))
    theirs = replace(ours, builder=f"{PEERS}:lower_tunix_decoding")
    figures = {name: one.figures for name, one in zip(("tunix", "ours"), _compiled([theirs, ours], given), strict=True)}
    steps = {"tunix": given.span, "ours": STEPS}
    print(
        f"\ngemma-3-{given.model} on {chip}:1x1, {given.rows} rows with room for {given.span} tokens, one step, greedy"
    )
    print(f"{'':10}{'peak GiB':>10}{'a pass GB':>11}{'once GB':>9}{'a step GB':>11}{'at best ms':>12}")
    moved = {}
    for name, one in figures.items():
        if one is None:
            raise SystemExit(f"{name}: refused by the compiler, use fewer --rows")
        once = max(0.0, one.accessed_bytes - one.pass_bytes)
        moved[name] = one.pass_bytes + once / steps[name]
        best = 1e3 * moved[name] / (CHIPS[chip].hbm_gb_per_second * 1e9)
        parts = f"{one.pass_bytes / 1e9:11.2f}{once / 1e9:9.2f}{moved[name] / 1e9:11.2f}"
        print(f"{name:10}{one.peak_bytes / GIB:10.2f}{parts}{best:12.2f}")
    print(f"the Sampler's step moves {moved['tunix'] / moved['ours']:.2f} times the bytes")


# --- the estimate for this machine against what a run takes ---------------------------------------------------------


def _print_check(given: argparse.Namespace) -> None:
    from harness.hardware.measure import this_machine
    from harness.hardware.roofline import step_time

    chip = this_machine("cpu")
    print(f"\nthis machine: {chip.teraflops:.3f} TFLOP/s, {chip.hbm_gb_per_second:.1f} GB/s ({chip.source})")
    print(f"{'':6}{'planned GiB':>12}{'measured':>10}{'error':>8}{'planned s':>16}{'measured':>10}{'of the range':>14}")
    for size in given.sizes:
        job = _check_job(size)
        (found,) = _compiled([job], given)
        assert found.figures is not None
        measured = _measured_alone(size, given)
        counted = _check_flops(size)
        time_range = step_time(found.figures, chip, 1, counted)
        peak, took = found.figures.peak_bytes, measured["seconds"]
        where = f"{took / time_range.low:.2f} x low" if took < time_range.low else "inside"
        where = f"{took / time_range.high:.2f} x high" if took > time_range.high else where
        print(
            f"{size:6}{peak / GIB:12.2f}{measured['bytes'] / GIB:10.2f}{peak / measured['bytes'] - 1:+8.1%}"
            f"{time_range.low:8.2f} to{time_range.high:5.2f}{took:10.2f}{where:>14}"
        )


def _check_model(size: str) -> dict[str, Any]:
    from harness.gemma.model.config import config_json
    from harness.gemma.model.layout import Sizes

    layers, vocabulary, embed, hidden, head_dim = CHECKED[size]
    sizes = Sizes(
        layers=layers, vocabulary=vocabulary, embed=embed, hidden=hidden, heads=4, kv_heads=1, head_dim=head_dim
    )
    return config_json(sizes, window=512, dtype="float32")


def _check_job(size: str) -> Job:
    from sft.config import resolve
    from sft.planning.train_step import StepShape, job

    settings = {"model.base": "-", "data.source": "-", "train.method": "full", "train.batch_rows": 4}
    config = resolve(("benchmark", settings)).config
    shape = StepShape(model=_check_model(size), config=config, row_length=512, n_positions=512)
    return job(shape, "cpu:1", fsdp=1, tp=1, layers=CHECKED[size][0])


def _check_flops(size: str) -> float:
    from harness.gemma.model.config import sizes_of
    from sft.planning.flops import training_flops

    shape = {"rows": 4, "row_length": 512, "n_positions": 512}
    return training_flops(sizes_of(_check_model(size)), **shape, full=True, remat=False)


def _measured_alone(size: str, given: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", __file__, "--measure", size, "--steps", str(given.steps)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"JAX_PLATFORMS": "cpu"}, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _measure(given: argparse.Namespace) -> dict[str, Any]:
    """Run the update on real weights: what memory it takes beyond the process without it, and seconds (median)."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    from flax import nnx

    from harness.gemma.load import load_model
    from harness.gemma.model.config import sizes_of
    from harness.gemma.tiny import write_random_model
    from sft.planning.train_step import abstract_trainer, config_of_job
    from sft.tokens.loader import Batch
    from sft.training.trainable import as_trained
    from sft.training.tunix_trainer import compiled_step

    job = _check_job(given.measure)
    config = config_of_job(job.arguments)
    with tempfile.TemporaryDirectory() as folder:
        write_random_model(Path(folder), sizes_of(_check_model(given.measure)), window=512)
        model = as_trained(load_model(folder).model, config)
    trainer, _ = abstract_trainer(model, config, jnp.dtype("float32"), job)
    optimizer = nnx.Optimizer(model, trainer.optimizer.tx, wrt=trainer.optimizer.wrt)
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, CHECKED[given.measure][1], (4, 512)).astype(np.int32)
    at = np.broadcast_to(np.arange(512, dtype=np.int32), (4, 512))
    ones = np.ones((4, 512))
    batch = Batch(
        tokens=tokens, segment_ids=ones.astype("i4"), positions=at, loss_index=at, targets=tokens,
        weights=(ones / ones.size).astype("f4"),
    )  # fmt: skip
    step = compiled_step(trainer).lower(model, optimizer, batch).compile()
    given_bytes = sum(x.nbytes for x in jax.tree.leaves((nnx.state(model), nnx.state(optimizer))))
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    seconds = []
    for _ in range(given.steps + 1):
        began = time.perf_counter()
        loss, _, _ = step(model, optimizer, batch)
        loss.block_until_ready()
        seconds.append(time.perf_counter() - began)
    return {"bytes": _status("VmHWM") - before + given_bytes, "seconds": statistics.median(seconds[1:])}


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
