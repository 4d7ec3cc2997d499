"""The gradients of a layer are there before the layer below begins: the same gradients, none for frozen weights."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("tunix", reason="needs the gemma extra")

from flax import nnx
from sft_runs import quick_compilation

from harness.gemma.load import load_model
from harness.gemma.model.config import sizes_of
from harness.gemma.tiny import write_tiny_model
from harness.hardware.compile import compile_all
from sft.config import Config, resolve
from sft.planning.flops import layer_parameters
from sft.planning.published import PUBLISHED
from sft.planning.train_step import StepShape, job
from sft.tokens.loader import evaluation_batches
from sft.tokens.packing import pad_batch
from sft.tokens.tokenise import TokenisedSample
from sft.training import trainable

__all__ = ["quick_compilation"]

LAYERS = 3


@pytest.fixture(scope="module")
def folder() -> Path:
    sizes = {"layers": LAYERS, "embed": 16, "hidden": 32, "heads": 2, "head_dim": 8, "window": 6}
    return write_tiny_model(Path(mkdtemp(prefix="gemma-three-layers-")), **sizes)


def config(method: str) -> Config:
    given = {"model.base": "tiny", "data.source": "rows", "train.method": method, "lora.rank": 2}
    return resolve(("test", given)).config


def model(folder: Path, method: str) -> Any:
    made = trainable.as_trained(load_model(folder).model, config(method))
    adapters = nnx.state(made, nnx.LoRAParam)
    # Fresh adapters are half zeros, and so would be their gradients.
    nnx.update(made, jax.tree.map(lambda x: x + 0.01 * jnp.arange(x.size).reshape(x.shape) / x.size, adapters))
    return made


def gradient(method: str) -> Any:
    """The gradient of the loss for what the method trains, as a function of the model."""
    rows = np.random.default_rng(0).integers(300, 800, (3, 12)).astype(np.int32)
    mask = (np.arange(12) >= 4).astype(np.float32)
    samples = [TokenisedSample(id=str(i), tokens=row, loss_mask=mask, n_prompt=4) for i, row in enumerate(rows)]
    batch = next(evaluation_batches(pad_batch(samples), batch_rows=len(rows)))
    wrt = nnx.DiffState(0, nnx.LoRAParam if method == "lora" else nnx.Param)
    return nnx.grad(lambda m: trainable.model_loss(m, batch, compute_dtype=jnp.float32, chunk=0), argnums=wrt)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_layer_at_a_time_the_gradients_are_the_same(folder, method, monkeypatch):
    made = model(folder, method)
    ours = nnx.jit(gradient(method))(made)
    monkeypatch.setattr(trainable, "_after_this_layer", lambda layer, x: x)
    plain = nnx.jit(gradient(method))(made)
    assert jax.tree.structure(ours) == jax.tree.structure(plain)
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(plain), strict=True):
        assert float(jnp.abs(other).max()) > 0
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_every_layer_but_the_lowest_finishes_its_trained_weights_first(folder, method):
    made = model(folder, method)
    text = nnx.jit(gradient(method)).lower(made).as_text()
    barriers = re.findall(r"stablehlo.optimization_barrier ([^:]*):", text)
    trained = nnx.state(made.layers[1], nnx.LoRAParam if method == "lora" else nnx.Param)
    assert len(barriers) == LAYERS - 1
    # The layer's input and its trained weights; a frozen weight here would be given a gradient that nobody reads.
    assert {len(barrier.split(",")) for barrier in barriers} == {1 + len(jax.tree.leaves(trained))}


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("libtpu") is None and not os.environ.get("TPU_LIBRARY_PATH"), reason="needs the plan extra (libtpu)"
)
def test_a_layer_more_takes_its_own_memory_on_eight_chips_and_not_what_every_layer_multiplies(tmp_path):
    settings = {"train.batch_rows": 32, "train.remat": "decoder", "train.method": "full"}
    shape = StepShape(
        model=PUBLISHED["1b"],
        config=resolve(("test", {"model.base": "-", "data.source": "-"} | settings)).config,
        row_length=1024,
        n_positions=1024,
    )
    jobs = [job(shape, "v5e:2x4", fsdp=8, tp=1, layers=layers) for layers in (2, 4)]
    small, large = (one.figures for one in compile_all(jobs, timeout_seconds=900, cache=tmp_path))
    assert small is not None
    assert large is not None
    weights = layer_parameters(sizes_of(PUBLISHED["1b"])) / 8
    input_of_a_layer = 4 * 1024 * 1152 * 2
    of_a_layer = 16 * weights + input_of_a_layer  # float32 master, two moments and gradient
    assert (large.peak_bytes - small.peak_bytes) / 2 < 1.5 * of_a_layer
