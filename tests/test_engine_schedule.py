"""The engine's decisions over lengths, and its masks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("jax", reason="needs the gemma extra")

import jax.numpy as jnp

from harness.core.errors import UserError
from harness.gemma.engine.masks import ages, visible, visible_in_pack
from harness.gemma.engine.memory import fit_memory
from harness.gemma.engine.reader import lay_out
from harness.gemma.engine.requests import TokenRequest
from harness.gemma.engine.schedule import (
    admission_order,
    batch_bucket,
    common_prefix,
    pack_bucket,
    prefix_bucket,
    span_bucket,
    take_pack,
    worthwhile_prefix,
)
from harness.gemma.engine.shape import LayerShape, ModelShape

PROMPTS = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=9), min_size=1, max_size=6)


@given(PROMPTS)
def test_common_prefix_is_shared_and_leaves_every_prompt_a_token(prompts: list[list[int]]) -> None:
    n = common_prefix(prompts)
    assert len({tuple(prompt[:n]) for prompt in prompts}) == 1
    assert all(len(prompt) > n for prompt in prompts)
    longer = {tuple(prompt[: n + 1]) for prompt in prompts}
    assert len(longer) > 1 or any(len(prompt) == n + 1 for prompt in prompts)


def test_a_short_common_start_is_no_prefix() -> None:
    assert (worthwhile_prefix(63), worthwhile_prefix(64)) == (0, 64)


@given(st.integers(1, 40_000))
def test_buckets_hold_what_they_are_for(n: int) -> None:
    assert span_bucket(n) >= n
    assert n <= prefix_bucket(n) <= max(128, 1.3 * n + 128)
    assert pack_bucket(n, 512) == min(512, pack_bucket(n, 2**20))


def test_compiled_shapes_are_few() -> None:
    spans = {span_bucket(n) for n in range(1, 32_769)}
    prefixes = {prefix_bucket(n) for n in range(1, 32_769)}
    batches = {batch_bucket(n, 256) for n in range(1, 1000)}
    assert (len(spans), len(prefixes), len(batches)) == (8, 28, 8)


@given(st.integers(1, 600), st.sampled_from([1, 4, 8]), st.integers(1, 2048))
def test_batch_is_a_multiple_of_the_devices(n_rows: int, n_devices: int, largest: int) -> None:
    size = batch_bucket(n_rows, largest, n_devices)
    assert size % n_devices == 0
    assert size <= max(largest, n_devices)


def _requests(widths: list[int]) -> list[TokenRequest]:
    return [TokenRequest(index=i, tokens=(1,) * (w + 1), max_new_tokens=5) for i, w in enumerate(widths)]


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(40, 100))
def test_packs_take_every_request_once_and_fit(widths: list[int], capacity: int) -> None:
    queue = admission_order(_requests(widths))
    seen: list[int] = []
    while queue:
        taken = take_pack(queue, 0, capacity)
        assert taken
        assert sum(len(request.tokens) - 1 for request in taken) <= capacity
        seen += [request.index for request in taken]
    assert sorted(seen) == list(range(len(widths)))


def test_packs_of_mixed_widths_are_nearly_full() -> None:
    widths = np.random.default_rng(0).integers(20, 120, 200).tolist()
    queue, packs = admission_order(_requests(widths)), 0
    while queue:
        take_pack(queue, 0, 256)
        packs += 1
    assert sum(widths) / (packs * 256) > 0.95


def test_longest_budget_and_prompt_are_admitted_first() -> None:
    requests = [
        TokenRequest(index=i, tokens=(1,) * n, max_new_tokens=b) for i, (n, b) in enumerate([(3, 5), (9, 5), (2, 8)])
    ]
    assert [request.index for request in admission_order(requests)] == [2, 1, 0]


def test_packed_prompts_are_laid_side_by_side_as_documented() -> None:
    packed = lay_out([[(5, 6), (7,)]], 3, 4)
    assert packed.tokens.tolist() == [[5, 6, 7, 0]]
    assert packed.positions.tolist() == [[3, 4, 3, 3]]
    assert packed.segments.tolist() == [[0, 0, 1, -1]]


def test_masks_are_as_documented() -> None:
    seen = visible(jnp.array([5]), jnp.arange(7), jnp.int32(7), 3)
    assert np.asarray(seen).astype(int).tolist() == [[0, 0, 0, 1, 1, 1, 0]]
    pack = visible_in_pack(jnp.array([[7, 8, 7, 8, 9]]), jnp.array([[0, 0, 1, 1, 1]]), 2)
    assert np.asarray(pack).astype(int).tolist() == [
        [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 1, 1]]
    ]


@pytest.mark.parametrize("step", [0, 3, 6, 7, 8, 100])
def test_ages_of_a_ring_count_back_from_the_newest_slot(step: int) -> None:
    age = np.asarray(ages(jnp.int32(step), 7))
    assert all(age[(step - back) % 7] == back for back in range(7))


ONE_B = ModelShape(
    layers=tuple(LayerShape(window=None if i % 6 == 5 else 512, rope_base=1e4, rope_scale=1.0) for i in range(26)),
    vocabulary=262_144,
    embed=1152,
    hidden=6912,
    heads=4,
    kv_heads=1,
    head_dim=256,
    query_scale=1 / 16,
)


def _fit_one_b(free_gib: float):  # type: ignore[no-untyped-def]
    return fit_memory(
        ONE_B, item_bytes=2, prefix=1280, span=1024, pack_tokens=512, free_bytes=int(free_gib * 2**30), most_rows=256
    )


def test_more_memory_gives_no_fewer_rows_and_the_fit_stays_within_it() -> None:
    fits = [_fit_one_b(free) for free in (1, 2, 4, 8, 16, 64)]
    assert all(a.n_rows <= b.n_rows for a, b in pairwise(fits))
    assert all(fit.total_bytes <= 0.8 * fit.free_bytes for fit in fits)
    assert fits[0].n_rows < fits[-1].n_rows == 256
    assert "GiB free" in fits[0].describe()


def test_no_room_for_one_row_is_the_users_to_mend() -> None:
    with pytest.raises(UserError, match="does not fit in memory"):
        _fit_one_b(0.02)
