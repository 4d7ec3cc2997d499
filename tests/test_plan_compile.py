"""What is compiled for a plan is what runs: the same program from shapes as from weights; and one for a real TPU."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tunix", reason="needs the gemma extra")

import jax
import jax.numpy as jnp
from flax import nnx

from harness.gemma.engine.cache import empty_rows
from harness.gemma.engine.decode import RowState, decode_block
from harness.gemma.engine.engine import Engine
from harness.gemma.load import load_model
from harness.gemma.model.config import config_of, read_raw_config, sizes_of
from harness.gemma.tiny import write_tiny_model
from harness.hardware.child import compile_job, figures_of
from sft.config import Config, resolve
from sft.planning import decode_step as abstract_decode
from sft.planning import train_step as abstract_train
from sft.planning.published import PUBLISHED, model_text_config
from sft.training.trainable import as_trained, base_dtype

pytestmark = pytest.mark.usefixtures("little_optimisation")

SETTINGS = {
    "model.base": "tiny",
    "data.source": "rows",
    "train.batch_rows": 4,
    "train.remat": "decoder",
    "lora.rank": 2,
}
LENGTH, COUNTED = 32, 16


@pytest.fixture(scope="module")
def little_optimisation():
    """A third of the compile time, and the same program on both sides."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("plan") / "tiny", layers=1, embed=32, hidden=64, head_dim=8)


def config(**changes: object) -> Config:
    changed = {key.replace("__", "."): value for key, value in changes.items()}
    return resolve(("test", SETTINGS | changed)).config


def shape(folder: Path, settings: Config) -> abstract_train.StepShape:
    text = read_raw_config(folder)
    return abstract_train.StepShape(model=text, config=settings, row_length=LENGTH, n_positions=COUNTED)


@pytest.mark.parametrize(
    "changes",
    [
        {"train__method": "full"},
        pytest.param({"train__method": "lora"}, marks=pytest.mark.slow),
        pytest.param({"train__micro_batches": 2}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_the_update_from_shapes_allocates_what_the_trainers_own_does(folder, changes):
    from sft.tokens.loader import Batch
    from sft.training.tunix_trainer import compiled_step

    settings = config(**changes)
    job = abstract_train.job(shape(folder, settings), "cpu:1", fsdp=1, tp=1, layers=1)
    planned = compile_job(job).figures

    model = as_trained(load_model(folder, dtype=base_dtype(settings, "float32")).model, settings)
    trainer, _ = abstract_train.abstract_trainer(model, settings, jnp.dtype("float32"), job)
    optimizer = nnx.Optimizer(model, trainer.optimizer.tx, wrt=trainer.optimizer.wrt)
    rows = settings.train.batch_rows // settings.train.micro_batches
    wide, narrow = np.zeros((rows, LENGTH), np.int32), np.zeros((rows, COUNTED), np.int32)
    batch = Batch(
        tokens=wide, segment_ids=wide, positions=wide, loss_index=narrow, targets=narrow, weights=narrow.astype("f4")
    )
    real = figures_of(compiled_step(trainer).lower(model, optimizer, batch).compile())
    assert planned is not None
    for name in ("arguments_bytes", "outputs_bytes", "aliased_bytes", "temporaries_bytes", "peak_bytes", "flops"):
        assert getattr(planned, name) == pytest.approx(getattr(real, name), rel=0.01), name
    assert planned.aliased_bytes > 0.99 * planned.outputs_bytes  # old weights and optimizer state are given up


def test_the_decode_block_from_shapes_is_the_engines_own(folder):
    given = abstract_decode.DecodeShape(model=read_raw_config(folder), dtype="float32", rows=4, span=256, prefix=0)
    planned = compile_job(abstract_decode.job(given, "cpu:1", fsdp=1, tp=1, layers=1)).figures
    engine = Engine(load_model(folder).model)
    rows = empty_rows(engine.shape, 4, 256, engine.dtype, None)
    counts = [jnp.zeros(4, jnp.int32)] * 4
    real = figures_of(
        decode_block.lower(
            engine.weights,
            engine.cut(engine.prefix_of(())),
            rows,
            RowState(*counts, jnp.zeros((4, 2), jnp.uint32), jnp.zeros(4, bool)),
            jnp.zeros(2, jnp.int32),
            jnp.zeros(3, jnp.float32),
            jnp.int32(1),
            shape=engine.shape,
            mode="greedy",
            max_steps=engine.options.steps_per_sync,
        ).compile()
    )
    assert planned is not None
    for name in ("arguments_bytes", "outputs_bytes", "aliased_bytes", "temporaries_bytes", "peak_bytes", "flops"):
        assert getattr(planned, name) == pytest.approx(getattr(real, name), rel=0.01), name


@pytest.mark.parametrize("size", sorted(PUBLISHED))
def test_published_sizes_are_tunixs_own(size):
    from tunix.models.gemma3.model import ModelConfig

    named = {"270m": ModelConfig.gemma3_270m, "1b": ModelConfig.gemma3_1b_it, "4b": ModelConfig.gemma3_4b_it}
    theirs = (named | {"12b": ModelConfig.gemma3_12b_it})[size]()
    ours = config_of(PUBLISHED[size])
    for name in ("num_layers", "num_embed", "embed_dim", "hidden_dim", "num_heads", "head_dim", "num_kv_heads"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.sliding_window_size == theirs.sliding_window_size
    assert ours.global_scale_factor == theirs.global_scale_factor
    assert model_text_config(f"google/gemma-3-{size}-it") == PUBLISHED[size]
    assert sizes_of(PUBLISHED[size]).layers == theirs.num_layers


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("libtpu") is None and not os.environ.get("TPU_LIBRARY_PATH"), reason="needs the plan extra (libtpu)"
)
def test_a_small_update_is_compiled_for_a_tpu_slice_that_is_not_here(folder, tmp_path):
    from harness.hardware.compile import compile_all

    job = abstract_train.job(shape(folder, config(train__method="full")), "v5e:2x2", fsdp=4, tp=1, layers=1)
    (found,) = compile_all([job], timeout_seconds=900, cache=tmp_path)
    assert found.figures is not None
    weights = sum(np.prod(p.shape) for p in jax.tree.leaves(nnx.state(load_model(folder).model)))
    assert found.figures.arguments_bytes > 3 * 4 * weights / 4  # float32 masters and two moments over four devices
    assert found.figures.aliased_bytes > 0.99 * 3 * 4 * weights / 4
    assert found.figures.network_bytes > 0
    assert found.figures.flops > 0
    (again,) = compile_all([job], timeout_seconds=1, cache=tmp_path)
    assert again.cached
    assert again.figures == found.figures
