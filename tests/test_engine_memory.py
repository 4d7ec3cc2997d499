"""The memory that is reckoned against what XLA allocates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax", reason="needs the gemma extra")

import jax.numpy as jnp

from harness.gemma.engine.cache import empty_rows
from harness.gemma.engine.decode import RowState, decode_block
from harness.gemma.engine.engine import Engine
from harness.gemma.engine.memory import decode_bytes, prefill_bytes, row_bytes
from harness.gemma.engine.prefill import read_pack
from harness.gemma.engine.random_model import random_gemma3

N_ROWS, SPAN, PREFIX, PACK = 32, 256, 128, 256


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(
        random_gemma3(n_layers=2, vocabulary=8192, embed=64, hidden=256, heads=4, kv_heads=1, head_dim=32, window=64)
    )


@pytest.mark.parametrize("mode", ["greedy", "truncated"])
def test_a_block_allocates_no_more_than_reckoned_and_updates_rows_in_place(engine: Engine, mode: Any) -> None:
    rows = empty_rows(engine.shape, N_ROWS, SPAN, engine.dtype, None)
    counts = [jnp.zeros(N_ROWS, jnp.int32)] * 4
    state = RowState(*counts, jnp.zeros((N_ROWS, 2), jnp.uint32), jnp.ones(N_ROWS, bool))
    prefix = engine.cut(engine.prefix_of(tuple(range(2, 102))))
    lowered = decode_block.lower(
        engine.weights,
        prefix,
        rows,
        state,
        np.array([-1], np.int32),
        np.array([1, 5, 0.9], np.float32),
        np.int32(99),
        shape=engine.shape,
        mode=mode,
        max_steps=16,
    )
    used = lowered.compile().memory_analysis()
    reckoned = decode_bytes(engine.shape, N_ROWS, PREFIX + SPAN, 4, mode)
    assert 0.3 * reckoned < used.temp_size_in_bytes <= reckoned
    assert used.alias_size_in_bytes >= N_ROWS * row_bytes(engine.shape, SPAN, 4)


def test_reading_a_pack_allocates_no_more_than_reckoned(engine: Engine) -> None:
    blank = np.zeros((1, PACK), np.int32)
    prefix = engine.prefix_of(tuple(range(2, 102)))
    lowered = read_pack.lower(engine.weights, prefix, blank, blank, blank, shape=engine.shape)
    used = lowered.compile().memory_analysis()
    reckoned = prefill_bytes(engine.shape, PREFIX, PACK, 4)
    assert 0.1 * reckoned < used.temp_size_in_bytes + used.output_size_in_bytes <= reckoned
