"""Our train and decode steps against Tunix's, compiled for a TPU that is not here; the plan against this machine.

    python benchmarks/plan.py                      # train and decode on v5e, needs libtpu: about 20 minutes of one core
    python benchmarks/plan.py --parts check        # XLA's estimate for this CPU against what a run really takes

Train: `PeftTrainer` as Tunix's examples use it (weights and moments in the file's bfloat16, its own loss, no remat)
against the step of `harness train` (float32 masters, chunked loss, remat, old weights given up), both with AdamW on the
same rows and the same slice. The most rows are those of the largest compiled batch that
fits, each on the line through two depths; the same margin is added to both. Decode: one step of Tunix's Sampler
against one of the engine, the
same rows and cache length on one chip. Nothing is run on a TPU: bytes are the compiler's.
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

from harness.planning.compile import compile_all, default_cache
from harness.planning.decide import MARGIN
from harness.planning.extrapolate import SHALLOW, extrapolate
from harness.planning.hardware import CHIPS, GIB, parse_topology
from harness.planning.models import PUBLISHED
from harness.planning.records import Compiled, Figures, Job

HERE = "benchmarks.plan"
LENGTH = 1024
BATCHES = (8, 16, 32)
"""Rows that are compiled. No line is drawn through them: our peak hardly moves with the batch up to 32 rows."""
CONTENDERS = {"tunix": ("tunix", "none"), "tunix, remat": ("tunix", "decoder"), "ours": ("ours", "decoder")}
CHECKED = {"5m": (8, 8192, 160, 800, 64), "25m": (12, 16384, 320, 1280, 128), "100m": (16, 32768, 640, 2560, 160)}
"""Layers, vocabulary, embedding, feed-forward, head dimension; 4 query heads, 1 key head, a window of 512."""


def main() -> None:
    """Compile what was asked for and print the tables."""
    given = _arguments()
    if given.measure:
        print(json.dumps(_measure(given)))
        return
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
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=["tunix", "ours"])
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

    return compile_all(jobs, timeout_seconds=3600, workers=given.workers, cache=default_cache(), on_done=tell)


# --- train ----------------------------------------------------------------------------------------------------------


def _print_training(given: argparse.Namespace) -> None:
    topology = parse_topology(given.topology)
    chip, layers = CHIPS[topology.chip], PUBLISHED[given.model]["num_hidden_layers"]
    asked = [(method, name, rows) for method in given.methods for name in given.contenders for rows in BATCHES]
    jobs = [_train_job(given, *one, depth) for one in asked for depth in SHALLOW]
    found = _compiled(jobs, given)
    figures = {one: _deep(found[2 * i : 2 * i + 2], layers) for i, one in enumerate(asked)}
    print(f"gemma-3-{given.model} on {topology.name}, {layers} layers, rows of {LENGTH} tokens; one device")
    print(f"{'':6}{'':14}{'peak GiB':>10}{'memory GB':>11}{'network GB':>12}{'most rows':>11}   ({BATCHES[0]} rows)")
    for method in given.methods:
        most = {}
        for name in given.contenders:
            small = figures[method, name, BATCHES[0]]
            most[name] = _most_rows({rows: figures[method, name, rows] for rows in BATCHES}, chip.hbm_gib * GIB)
            numbers = (
                f"{small.peak_bytes / GIB:10.2f}{small.accessed_bytes / 1e9:11.1f}{small.network_bytes / 1e9:12.2f}"
            )
            print(f"{method:6}{name:14}{numbers}{most[name]:11d}")
        for name in given.contenders:
            if name != "ours" and "ours" in most:
                ratio = most["ours"] / most[name] if most[name] else float("inf")
                print(f"{method:6}ours takes {ratio:.1f} times the rows of {name} in the same {chip.hbm_gib} GiB")


def _train_job(given: argparse.Namespace, method: str, name: str, rows: int, layers: int) -> Job:
    from sft.abstract_step import StepShape, job
    from sft.config import resolve

    whose, remat = CONTENDERS[name]
    settings = {"model.base": "-", "data.source": "-", "train.method": method, "train.batch_rows": rows}
    config = resolve(("benchmark", settings | {"train.remat": remat})).config
    shape = StepShape(model=PUBLISHED[given.model], config=config, row_length=LENGTH, n_positions=LENGTH)
    topology = parse_topology(given.topology)
    made = job(shape, topology.name, fsdp=topology.n_devices, tp=1, layers=layers)
    return made if whose == "ours" else replace(made, builder=f"{HERE}:lower_tunix_training")


def _deep(found: list[Compiled], layers: int) -> Figures:
    shallow, deep = (one.figures for one in found)
    if shallow is None or deep is None:
        raise SystemExit(f"refused by the compiler: {[one.too_large for one in found]}")
    return extrapolate(shallow, deep, SHALLOW, layers)


def _most_rows(by_rows: dict[int, Figures], capacity: float) -> int:
    """The largest compiled batch whose peak with its margin is within the capacity; 0 where none is."""
    return max((rows for rows, one in by_rows.items() if one.peak_bytes * (1 + MARGIN["tpu"]) <= capacity), default=0)


def lower_tunix_training(job: Job, devices: list[Any], mesh: Any) -> Any:
    """Tunix's own step as its examples use it, over shapes."""
    import optax
    from flax import nnx
    from jax.sharding import NamedSharding, PartitionSpec
    from tunix.sft import utils
    from tunix.sft.peft_trainer import PeftTrainer, TrainingConfig, TrainingInput

    from harness.gemma.config import config_of
    from harness.gemma.tunix_adapter import abstract_model, sharding_as_on_accelerators
    from sft.abstract_step import _config, _placed, _shape
    from sft.trainable import with_lora

    config, made = _config(job.arguments), []

    def inputs(batch: Any) -> dict[str, Any]:
        real = batch.input_tokens != 0
        return {
            "input_tokens": batch.input_tokens,
            "input_mask": batch.input_mask,
            "positions": utils.build_positions_from_mask(real),
            "attention_mask": utils.make_causal_attn_mask(real),
        }

    def trainer(over: Any) -> Any:
        made.append(PeftTrainer(over, optax.adamw(1e-5), TrainingConfig(eval_every_n_steps=1)))
        return made[0].optimizer

    with mesh, sharding_as_on_accelerators(mesh):
        model = nnx.merge(*abstract_model(_with_remat(config_of(job.arguments["model"]), config), "bfloat16"))
        if config.train.method == "lora":
            lora = {"rank": config.lora.rank, "alpha": 32.0, "modules": config.lora.modules, "seed": 0}
            model = nnx.eval_shape(lambda whole: _bfloat16(with_lora(whole, **lora, mesh=mesh)), model)
        optimizer = nnx.eval_shape(trainer, model)
        step = made[0].with_gen_model_input_fn(inputs)._train_step
        place = NamedSharding(mesh, PartitionSpec("fsdp"))
        size = (config.train.batch_rows, job.arguments["row_length"])
        batch = TrainingInput(input_tokens=_shape(size, "int32", place), input_mask=_shape(size, "float32", place))
        return nnx.jit(step, donate_argnames=("optimizer",)).lower(
            _placed(model, mesh), _placed(optimizer, mesh), batch
        )


def _with_remat(model_config: Any, config: Any) -> Any:
    from tunix.models.gemma3.model import RematConfig

    return replace(model_config, remat_config=RematConfig[config.train.remat.upper()])


def _bfloat16(model: Any) -> Any:
    """LoRA parameters in the base's type, as Tunix leaves them."""
    import jax
    import jax.numpy as jnp
    from flax import nnx

    parameters = nnx.state(model, nnx.LoRAParam)
    nnx.update(model, jax.tree.map(lambda x: x.astype(jnp.bfloat16), parameters))
    return model


# --- decode ---------------------------------------------------------------------------------------------------------


def _print_decoding(given: argparse.Namespace) -> None:
    from harness.gemma.engine.abstract_step import DecodeShape, job

    chip = parse_topology(given.topology).chip
    shape = DecodeShape(
        model=PUBLISHED[given.model], dtype="bfloat16", rows=given.rows, span=given.span, prefix=0, mode="greedy"
    )
    layers = PUBLISHED[given.model]["num_hidden_layers"]
    ours = [job(shape, f"{chip}:1x1", fsdp=1, tp=1, layers=depth) for depth in SHALLOW]
    theirs = [replace(one, builder=f"{HERE}:lower_tunix_decoding") for one in ours]
    found = _compiled([*theirs, *ours], given)
    figures = {"tunix": _deep(found[:2], layers), "ours": _deep(found[2:], layers)}
    print(
        f"\ngemma-3-{given.model} on {chip}:1x1, {given.rows} rows with room for {given.span} tokens, one step, greedy"
    )
    print(f"{'':10}{'peak GiB':>10}{'memory GB':>11}{'at best ms':>12}")
    for name, one in figures.items():
        best = 1e3 * one.accessed_bytes / (CHIPS[chip].hbm_gb_per_second * 1e9)
        print(f"{name:10}{one.peak_bytes / GIB:10.2f}{one.accessed_bytes / 1e9:11.2f}{best:12.2f}")
    more = figures["tunix"].accessed_bytes / figures["ours"].accessed_bytes
    print(f"the Sampler's step moves {more:.2f} times the bytes")


def lower_tunix_decoding(job: Job, devices: list[Any], mesh: Any) -> Any:
    """The Sampler's compiled loop over shapes; its cache is made for real, because its state holds one static array."""
    import jax
    import jax.numpy as jnp
    from flax import nnx
    from tunix.generate.sampler import CacheConfig, Sampler
    from tunix.generate.tokenizer_adapter import TokenizerAdapter

    from harness.gemma.config import config_of
    from harness.gemma.tunix_adapter import abstract_model

    class Ids(TokenizerAdapter):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            pass

        def pad_id(self) -> int:
            return 0

    given = job.arguments
    config = config_of(given["model"])
    model = nnx.merge(*abstract_model(config, given["dtype"]))
    sizes = {"num_layers": config.num_layers, "num_kv_heads": config.num_kv_heads, "head_dim": config.head_dim}
    sampler = Sampler(model, Ids(), CacheConfig(cache_size=given["span"], **sizes))
    sampler.eos_ids = jnp.array([1, 106])
    state = sampler.init_sample_state(
        jnp.ones((given["rows"], 64), jnp.int32), given["span"], False, None, 0.0, None, None, jax.random.key(0), None
    )
    place = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())

    def at(x: Any) -> Any:
        return jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=place) if hasattr(x, "shape") else x

    params = jax.tree.map(at, sampler._flattened_transformer_state)
    return sampler._compiled_decode_fn.lower(params, jax.tree.map(at, state))


# --- the estimate for this machine against what a run takes ---------------------------------------------------------


def _print_check(given: argparse.Namespace) -> None:
    from harness.planning.measure import this_machine
    from harness.planning.roofline import step_time

    chip = this_machine("cpu")
    print(f"\nthis machine: {chip.teraflops:.3f} TFLOP/s, {chip.hbm_gb_per_second:.1f} GB/s ({chip.source})")
    print(f"{'':6}{'planned GiB':>12}{'measured':>10}{'error':>8}{'planned s':>16}{'measured':>10}{'of the range':>14}")
    for size in given.sizes:
        job = _check_job(size)
        (found,) = _compiled([job], given)
        assert found.figures is not None
        measured = _measured_alone(size, given)
        counted = _check_flops(size, job)
        time_range = step_time(found.figures, chip, 1, counted)
        peak, took = found.figures.peak_bytes, measured["seconds"]
        where = "inside" if time_range.low <= took <= time_range.high else f"{took / time_range.high:.2f} x high"
        print(
            f"{size:6}{peak / GIB:12.2f}{measured['bytes'] / GIB:10.2f}{peak / measured['bytes'] - 1:+8.1%}"
            f"{time_range.low:8.2f} to{time_range.high:5.2f}{took:10.2f}{where:>14}"
        )


def _check_model(size: str) -> dict[str, Any]:
    from harness.gemma.config import config_json
    from harness.gemma.layout import Sizes

    layers, vocabulary, embed, hidden, head_dim = CHECKED[size]
    sizes = Sizes(
        layers=layers, vocabulary=vocabulary, embed=embed, hidden=hidden, heads=4, kv_heads=1, head_dim=head_dim
    )
    return config_json(sizes, window=512, dtype="float32")


def _check_job(size: str) -> Job:
    from sft.abstract_step import StepShape, job
    from sft.config import resolve

    settings = {"model.base": "-", "data.source": "-", "train.method": "full", "train.batch_rows": 4}
    config = resolve(("benchmark", settings)).config
    shape = StepShape(model=_check_model(size), config=config, row_length=512, n_positions=512)
    return job(shape, "cpu:1", fsdp=1, tp=1, layers=CHECKED[size][0])


def _check_flops(size: str, job: Job) -> float:
    from harness.gemma.config import sizes_of
    from harness.planning.flops import training_flops
    from sft.loss import chunk_for

    chunked = chunk_for(4, CHECKED[size][1], 512) > 0
    shape = {"rows": 4, "row_length": 512, "n_positions": 512}
    return training_flops(sizes_of(_check_model(size)), **shape, full=True, remat=False, chunked=chunked)


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

    from harness.gemma.config import sizes_of
    from harness.gemma.load import load_model
    from harness.gemma.tiny import write_random_model
    from sft.abstract_step import _config, _trainer
    from sft.data_loader import Batch
    from sft.trainable import as_trained
    from sft.tunix_trainer import compiled_step

    job = _check_job(given.measure)
    config = _config(job.arguments)
    with tempfile.TemporaryDirectory() as folder:
        write_random_model(Path(folder), sizes_of(_check_model(given.measure)), window=512)
        model = as_trained(load_model(folder).model, config)
    trainer, _ = _trainer(model, config, jnp.dtype("float32"), job)
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
