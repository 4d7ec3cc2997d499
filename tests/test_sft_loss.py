"""The training loss: chunked as plain, packed as unpacked, nothing from masked tokens, tokens weighted over batches."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from folders import shared_folder
from hypothesis import given, settings
from hypothesis import strategies as st
from sft_runs import quick_compilation

from harness.core.errors import UserError
from harness.gemma.load import load_model
from harness.gemma.tiny import write_tiny_model
from sft.tokens.loader import Batch, Loader, evaluation_batches, make_batch
from sft.tokens.packing import Packed, pack, pad_batch
from sft.tokens.positions import counted_weights, loss_positions
from sft.tokens.tokenise import TokenisedSample
from sft.training.loss import chunk_for, cross_entropy
from sft.training.trainable import model_loss, trainable

__all__ = ["quick_compilation"]


def samples(n: int, *, seed: int = 0, low: int = 5, high: int = 14) -> list[TokenisedSample]:
    rng = np.random.default_rng(seed)
    made = []
    for i in range(n):
        length = int(rng.integers(low, high))
        n_prompt = int(rng.integers(1, length - 1))
        tokens = np.array([2, *rng.integers(300, 800, length - 1)], np.int32)
        mask = (np.arange(length) >= n_prompt).astype(np.float32)
        made.append(TokenisedSample(id=f"s{i}", tokens=tokens, loss_mask=mask, n_prompt=n_prompt))
    return made


@lru_cache(maxsize=1)
def model() -> Any:
    """One layer, local: its window of 6 is shorter than the samples."""
    folder = shared_folder("gemma-one-layer")
    sizes = {"layers": 1, "embed": 16, "hidden": 32, "heads": 2, "head_dim": 8, "window": 6}
    return trainable(load_model(write_tiny_model(folder, **sizes)).model)


@lru_cache(maxsize=4)
def compiled(chunk: int) -> Any:
    return nnx.jit(nnx.value_and_grad(lambda m, batch: model_loss(m, batch, compute_dtype=jnp.float32, chunk=chunk)))


@lru_cache(maxsize=8)
def compiled_loss(chunk: int) -> Any:
    return jax.jit(lambda h, e, t, w: cross_entropy(h, e, t, w, chunk=chunk))


@lru_cache(maxsize=8)
def compiled_gradient(chunk: int) -> Any:
    return jax.jit(jax.value_and_grad(lambda h, e, t, w: cross_entropy(h, e, t, w, chunk=chunk)))


def whole(rows: Packed) -> Batch:
    return next(evaluation_batches(rows, batch_rows=len(rows)))


def largest_difference(a: Any, b: Any) -> float:
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return max(float(jnp.abs(x - y).max()) for x, y in pairs)


def case(seed: int, batch: int, length: int, width: int, vocabulary: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(batch, length, width)).astype(np.float32)
    embedding = rng.normal(size=(vocabulary, width)).astype(np.float32)
    targets = rng.integers(0, vocabulary, (batch, length)).astype(np.int32)
    weights = (rng.random((batch, length)) * (rng.random((batch, length)) < 0.6)).astype(np.float32)
    return hidden, embedding, targets, weights


def on_device(*arrays: np.ndarray) -> tuple[jax.Array, ...]:
    return tuple(map(jnp.asarray, arrays))


@given(seed=st.integers(0, 999), shape=st.sampled_from([(1, 1), (2, 7), (3, 8)]), chunk=st.sampled_from([0, 1, 3, 8]))
@settings(max_examples=40, deadline=None)
def test_chunked_loss_equals_the_plain_one(seed, shape, chunk):
    hidden, embedding, targets, weights = case(seed, *shape, 4, 11)
    logits = (hidden @ embedding.T).astype(np.float64)
    of_target = np.take_along_axis(logits, targets[..., None], -1)[..., 0]
    plain = ((np.log(np.exp(logits).sum(-1)) - of_target) * weights).sum()
    found = compiled_loss(chunk)(hidden, embedding, targets, weights)
    assert abs(float(found) - plain) < 1e-5 * max(1.0, abs(plain))


def test_chunked_gradients_equal_the_plain_ones():
    hidden, embedding, targets, weights = on_device(*case(0, 2, 13, 8, 50))
    gradients = [
        jax.jit(jax.grad(lambda h, e, c=chunk: cross_entropy(h, e, targets, weights, chunk=c), argnums=(0, 1)))(
            hidden, embedding
        )
        for chunk in (0, 4)
    ]
    assert largest_difference(*gradients) < 1e-5


def test_chunks_are_multiplied_once_forward_and_a_frozen_embedding_costs_nothing():
    hidden, embedding, targets, weights = on_device(*case(0, 2, 13, 8, 50))

    def products(arguments: int | tuple[int, ...]) -> int:
        loss = jax.grad(lambda h, e: cross_entropy(h, e, targets, weights, chunk=4), argnums=arguments)
        return str(jax.make_jaxpr(loss)(hidden, embedding)).count("dot_general")

    assert products((0, 1)) == 3  # logits, and a gradient each for states and embedding
    assert products(0) == 2


@given(seed=st.integers(0, 999), chunk=st.sampled_from([0, 3]))
@settings(max_examples=25, deadline=None)
def test_masked_tokens_add_exactly_nothing(seed, chunk):
    hidden, embedding, targets, weights = case(seed, 2, 7, 4, 9)
    rng = np.random.default_rng(seed + 1)
    masked = weights == 0
    other_targets = np.where(masked, rng.integers(0, 9, targets.shape), targets).astype(np.int32)
    spoiled = np.where(masked[..., None], np.float32(np.nan), hidden)

    value, gradient = compiled_gradient(chunk)(hidden, embedding, targets, weights)
    other_value, other_gradient = compiled_gradient(chunk)(spoiled, embedding, other_targets, weights)
    assert float(value) == float(other_value)
    assert (np.asarray(gradient)[masked] == 0).all()
    np.testing.assert_array_equal(gradient, other_gradient)


def test_logits_of_the_1b_are_never_held_whole():
    assert chunk_for(8, 262_144, 1024) == 32
    assert chunk_for(8, 1024, 512) == 0
    temporary = []
    for chunk in (0, 8):
        grad = jax.jit(jax.grad(lambda h, e, t, w, c=chunk: cross_entropy(h, e, t, w, chunk=c), argnums=(0, 1)))
        shapes = [jax.ShapeDtypeStruct(s, d) for s, d in (((4, 256, 16), "f4"), ((8192, 16), "f4"), ((4, 256), "i4"))]
        compiled_grad = grad.lower(*shapes, jax.ShapeDtypeStruct((4, 256), "f4")).compile()
        temporary.append(compiled_grad.memory_analysis().temp_size_in_bytes)
    assert temporary[0] > 4 * 256 * 8192 * 4
    assert temporary[1] < temporary[0] / 8


def test_worked_example_of_loss_positions():
    tokens = np.array([[10, 11, 20, 21, 1, 12, 22, 0]], np.int32)
    segments = np.array([[1, 1, 1, 1, 1, 2, 2, 0]], np.int32)
    mask = np.array([[0, 0, 1, 1, 1, 0, 1, 0]], np.float32)
    index, targets, weights = loss_positions(tokens, mask, segments, 5)
    assert index.tolist() == [[1, 2, 3, 5, 0]]
    assert targets[0, :4].tolist() == [20, 21, 1, 22]
    assert weights.tolist() == [[1, 1, 1, 1, 0]]


def test_a_sample_never_predicts_the_first_token_of_the_next():
    segments = np.array([[1, 1, 2, 2]], np.int32)
    assert counted_weights(np.ones((1, 4), np.float32), segments).tolist() == [[1, 0, 1, 0]]


def test_packed_loss_and_gradients_equal_the_unpacked_ones():
    given_samples = samples(9)
    packed, padded = pack(given_samples, 30), pad_batch(given_samples)
    assert len(packed) < len(padded)
    (packed_loss, packed_gradients), (padded_loss, padded_gradients) = (
        compiled(0)(model(), whole(rows)) for rows in (packed, padded)
    )
    assert abs(float(packed_loss) - float(padded_loss)) < 1e-5
    assert largest_difference(packed_gradients, padded_gradients) < 1e-5


def test_the_chunked_model_loss_equals_the_plain_one():
    rows = whole(pack(samples(9), 30))
    (plain, plain_gradients), (chunked, chunked_gradients) = (compiled(chunk)(model(), rows) for chunk in (0, 8))
    assert abs(float(plain) - float(chunked)) < 1e-5
    assert largest_difference(plain_gradients, chunked_gradients) < 1e-5


def test_micro_batches_weigh_tokens_and_not_batches():
    rows = pad_batch(samples(8))
    together = Loader(rows, batch_rows=4, micro_batches=1, seed=3)
    apart = Loader(rows, batch_rows=4, micro_batches=2, seed=3)
    assert together.ids_of(0) == apart.ids_of(0)
    loss, gradients = compiled(0)(model(), together.batch(0))
    parts = [compiled(0)(model(), apart.batch(i)) for i in range(2)]
    assert abs(float(loss) - np.mean([float(part[0]) for part in parts])) < 1e-5
    mean = jax.tree.map(lambda *leaves: sum(leaves) / 2, *[part[1] for part in parts])
    assert largest_difference(gradients, mean) < 1e-5


def test_hosts_together_hold_each_batch_once():
    rows = pad_batch(samples(8))
    one = Loader(rows, batch_rows=4, micro_batches=2, seed=0)
    two = [Loader(rows, batch_rows=4, micro_batches=2, seed=0, process=p, processes=2) for p in range(2)]
    for micro_step in range(6):
        joined = np.concatenate([loader.batch(micro_step).tokens for loader in two])
        np.testing.assert_array_equal(joined, one.batch(micro_step).tokens)


def test_evaluation_losses_of_batches_add_up_to_the_loss_of_all_rows():
    rows = pad_batch(samples(7))
    batches = list(evaluation_batches(rows, batch_rows=3))
    assert len(batches) == 3
    together = whole(rows)
    rebuilt = np.concatenate([batch.weights for batch in batches])[:7]
    np.testing.assert_allclose(rebuilt, together.weights, rtol=1e-6)
    assert abs(together.weights.sum() - 1.0) < 1e-6


def test_every_epoch_holds_every_row_once_in_another_order():
    loader = Loader(pad_batch(samples(6)), batch_rows=3, micro_batches=1, seed=0)
    epochs = [loader.ids_of(2 * e) + loader.ids_of(2 * e + 1) for e in range(3)]
    assert all(sorted(epoch) == sorted(epochs[0]) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert loader.steps_for(2.0) == 4


def test_batches_depend_on_their_number_alone():
    fresh, used = (Loader(pad_batch(samples(6)), batch_rows=4, micro_batches=1, seed=1) for _ in range(2))
    for step in range(9):
        used.batch(step)
    np.testing.assert_array_equal(fresh.batch(7).tokens, used.batch(7).tokens)
    np.testing.assert_array_equal(fresh.batch(2).tokens, used.batch(2).tokens)


def test_rows_of_padding_add_nothing():
    rows = pad_batch(samples(3))
    filled = make_batch(rows, np.arange(5), 16, 1.0)
    assert not filled.weights[3:].any()
    assert not filled.segment_ids[3:].any()


def test_a_batch_that_does_not_share_out_is_refused():
    with pytest.raises(UserError, match=r"not a multiple of 3 micro-batches"):
        Loader(pad_batch(samples(4)), batch_rows=4, micro_batches=3, seed=0)


def test_bfloat16_compute_leaves_gradients_in_the_type_of_the_masters():
    rows = whole(pack(samples(9), 30))
    loss = nnx.value_and_grad(lambda m, batch: model_loss(m, batch, compute_dtype=jnp.bfloat16, chunk=0))
    value, gradients = nnx.jit(loss)(model(), rows)
    assert {leaf.dtype for leaf in jax.tree.leaves(gradients)} == {jnp.dtype("float32")}
    exact = float(compiled(0)(model(), rows)[0])
    assert 0 < abs(float(value) - exact) < 0.05 * exact
