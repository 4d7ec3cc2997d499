"""Log-likelihoods and draws of the decode engine against plain computations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("jax", reason="needs the gemma extra")

import jax
import jax.numpy as jnp

from harness.core.errors import UserError
from harness.gemma.engine.engine import Engine
from harness.gemma.engine.likelihood import Continuation, log_likelihoods
from harness.gemma.engine.placed import EngineOptions
from harness.gemma.engine.random_model import random_gemma3
from harness.gemma.engine.sampling import Sampling, first_highest, key_data, next_tokens, truncate

VOCABULARY = 199
COMPILED_TRUNCATE = jax.jit(truncate)


@pytest.fixture(scope="module", autouse=True)
def quick_compilation() -> Iterator[None]:
    """These programs run for milliseconds: optimising them would be most of the tests' time."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(scope="module")
def model() -> Any:
    return random_gemma3(
        n_layers=7, vocabulary=VOCABULARY, embed=32, hidden=64, heads=4, kv_heads=1, head_dim=16, window=16
    )


@pytest.fixture(scope="module")
def items() -> list[Continuation]:
    rng = np.random.default_rng(3)
    start = [2, *rng.integers(10, VOCABULARY, 70).tolist()]
    lengths = [(80, 1), (75, 30), (100, 9), (90, 40)]
    return [
        Continuation(tokens=(*start, *rng.integers(10, VOCABULARY, n + m - 71).tolist()), n_context=n)
        for n, m in lengths
    ]


@pytest.fixture(scope="module")
def expected(model: Any, items: list[Continuation]) -> tuple[list[float], list[list[int]]]:
    """From Tunix's own forward pass: summed log-probabilities, and the greedy token at every position."""
    length = max(len(item.tokens) for item in items)
    tokens = np.zeros((len(items), length), np.int32)
    for row, item in enumerate(items):
        tokens[row, : len(item.tokens)] = item.tokens
    positions = np.broadcast_to(np.arange(length), tokens.shape)
    causal = np.broadcast_to(np.tril(np.ones((length, length), bool)), (len(items), length, length))
    logits, _ = model(tokens, positions, None, causal)
    log_probs = np.asarray(jax.nn.log_softmax(logits))
    sums = [
        sum(float(log_probs[row, i - 1, item.tokens[i]]) for i in range(item.n_context, len(item.tokens)))
        for row, item in enumerate(items)
    ]
    return sums, np.asarray(logits).argmax(-1).tolist()


@pytest.mark.parametrize("pack_tokens", [128, 32])
def test_log_likelihoods_equal_tunix_forward_pass(
    model: Any, items: list[Continuation], expected: tuple[list[float], list[list[int]]], pack_tokens: int
) -> None:
    got = log_likelihoods(Engine(model, options=EngineOptions(pack_tokens=pack_tokens)), items)
    np.testing.assert_allclose([value for value, _ in got], expected[0], rtol=0, atol=2e-4)
    assert not any(greedy for _, greedy in got)


def test_the_greedy_continuation_is_recognised(
    model: Any, items: list[Continuation], expected: tuple[list[float], list[list[int]]]
) -> None:
    context = items[0].tokens[: items[0].n_context]
    likeliest = expected[1][0][items[0].n_context - 1]
    engine = Engine(model, options=EngineOptions(pack_tokens=128))
    both = [Continuation(tokens=(*context, token), n_context=80) for token in (likeliest, (likeliest + 1) % 199)]
    assert [greedy for _, greedy in log_likelihoods(engine, both)] == [True, False]


def test_an_empty_continuation_is_certain(model: Any) -> None:
    assert log_likelihoods(Engine(model), [Continuation(tokens=(2, 5), n_context=2)]) == [(0.0, True)]


def test_a_text_longer_than_the_context_is_refused(model: Any) -> None:
    engine = Engine(model, options=EngineOptions(max_length=4))
    with pytest.raises(UserError, match="item 0 has 5 tokens, but max_length is 4"):
        log_likelihoods(engine, [Continuation(tokens=(2, 5, 5, 5, 5), n_context=2)])


def test_truncation_is_as_documented() -> None:
    logits = jnp.log(jnp.array([[0.5, 0.3, 0.15, 0.05]]))
    kept = np.isfinite(np.asarray(truncate(logits, top_k=jnp.float32(3), top_p=jnp.float32(0.7))))
    assert kept.astype(int).tolist() == [[1, 1, 0, 0]]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(0, 20), st.sampled_from([0.1, 0.5, 0.9, 0.99, 1.0]))
def test_truncation_keeps_what_sorting_keeps(seed: int, top_k: int, top_p: float) -> None:
    logits = np.random.default_rng(seed).normal(0, 2, (3, 20)).astype(np.float32)
    kept = np.isfinite(np.asarray(COMPILED_TRUNCATE(logits, top_k=np.float32(top_k), top_p=np.float32(top_p))))
    for row, mask in zip(logits.astype(np.float64), kept, strict=True):
        order = np.argsort(-row)[: top_k or 20]
        mass = np.cumsum(np.exp(row[order])) / np.exp(row[order]).sum()
        n = len(order) if top_p == 1 else int(np.searchsorted(mass, top_p - 1e-6)) + 1
        assert set(np.flatnonzero(mask)) == set(order[:n])


def test_draws_follow_the_probabilities() -> None:
    probabilities = np.array([0.5, 0.3, 0.15, 0.05])
    logits = jnp.broadcast_to(jnp.log(probabilities), (4000, 4))
    keys = jnp.asarray(np.array([key_data(seed) for seed in range(4000)], np.uint32))
    limits = Sampling(temperature=1.0).limits()
    drawn = np.asarray(next_tokens(logits, keys, jnp.zeros(4000, jnp.int32), jnp.asarray(limits), "temperature"))
    counts = np.bincount(drawn, minlength=4)
    chi_square = float(((counts - 4000 * probabilities) ** 2 / (4000 * probabilities)).sum())
    assert chi_square < 16.3  # 99.9% quantile at 3 degrees of freedom


def test_high_bits_of_a_seed_matter() -> None:
    assert key_data(2**40 + 5) != key_data(5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": -1.0}, "temperature is -1.0"),
        ({"top_p": 0.0}, "top_p is 0.0"),
        ({"top_k": -1}, "top_k is -1"),
    ],
)
def test_sampling_settings_out_of_range_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Sampling(**wrong)


@pytest.mark.parametrize("n_scores", [5, 64, 256, 300, 1000, 262_145])
def test_the_next_token_is_the_first_of_the_highest_scores(n_scores):
    rng = np.random.default_rng(n_scores)
    scores = rng.integers(-8, 8, (4, n_scores)).astype(np.float32)  # many equals
    scores[1] = -np.inf
    scores[1, -1] = -3.0
    assert np.array_equal(jax.jit(first_highest)(scores), np.argmax(scores, axis=-1))
