"""The decode engine on tiny random Gemma 3 models, with Tunix's Sampler as the oracle."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax", reason="needs the gemma extra")

import jax

from harness.gemma.engine import run as run_module
from harness.gemma.engine import schedule
from harness.gemma.engine.engine import Engine
from harness.gemma.engine.placed import EngineOptions
from harness.gemma.engine.random_model import random_gemma3
from harness.gemma.engine.requests import TokenCompletion, TokenRequest
from harness.gemma.engine.sampling import Sampling
from harness.gemma.model.tunix_adapter import logits

WINDOW, VOCABULARY, N_NEW = 16, 199, 64
STOPS = (1, 7, 9)
PREFIX = 96
GREEDY = Sampling()


@pytest.fixture(scope="module", autouse=True)
def quick_compilation() -> Iterator[None]:
    """These programs run for milliseconds: what XLA would spend on optimising them is most of the tests' time."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(scope="module")
def model() -> Any:
    """Seven layers, two key heads, sequences ten times the window."""
    made = random_gemma3(
        n_layers=7, vocabulary=VOCABULARY, embed=32, hidden=64, heads=4, kv_heads=2, head_dim=16, window=WINDOW
    )
    # Id 0 pads in the Sampler, which hides a generated 0 from all later steps: let no model here generate it.
    made.embedder.input_embedding[...] = made.embedder.input_embedding[...].at[0].set(0)
    return made


def prompts(n: int, shared: int, seed: int) -> list[tuple[int, ...]]:
    """BOS, a shared start, and 3 to 59 tokens of one's own."""
    rng = np.random.default_rng(seed)
    start = [2, *rng.integers(10, VOCABULARY, shared).tolist()]
    return [(*start, *rng.integers(10, VOCABULARY, rng.integers(3, 60)).tolist()) for _ in range(n)]


N_ASKED = 20
"""Enough for 32 rows."""
SHARED, MIXED = prompts(N_ASKED, PREFIX, seed=1), prompts(N_ASKED, 0, seed=2)


@pytest.fixture(scope="module")
def sampled(model: Any) -> list[list[int]]:
    """What Tunix's Sampler writes for SHARED and then MIXED, end token left out."""
    return sampler_tokens(model, SHARED + MIXED)


def sampler_tokens(model: Any, asked: Sequence[Sequence[int]]) -> list[list[int]]:
    from tunix.generate.sampler import CacheConfig, Sampler

    class Numbers:
        def encode(self, text: str, **_: Any) -> list[int]:
            return [int(word) for word in text.split()]

        def decode(self, ids: Sequence[int], **_: Any) -> str:
            return " ".join(map(str, ids))

        def bos_id(self) -> int:
            return 2

        def eos_id(self) -> int:
            return 1

        def pad_id(self) -> int:
            return 0

    config = model.config
    cache = CacheConfig(256, config.num_layers, config.num_kv_heads, config.head_dim)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = Sampler(model, Numbers(), cache)(
            [" ".join(map(str, prompt[1:])) for prompt in asked],
            max_generation_steps=N_NEW,
            max_prompt_length=192,
            eos_tokens=list(STOPS),
        )
    return [list(map(int, row)) for row in out.tokens]


def requests(asked: Sequence[tuple[int, ...]], n_new: int = N_NEW) -> list[TokenRequest]:
    return [TokenRequest(index=i, tokens=p, max_new_tokens=n_new, seed=i) for i, p in enumerate(asked)]


def answers(engine: Engine, asked: list[TokenRequest], sampling: Sampling = GREEDY) -> dict[int, TokenCompletion]:
    done = list(engine.generate(asked, sampling, STOPS))
    assert len({c.index for c in done}) == len(done) == len(asked)
    return {c.index: c for c in done}


def body(completion: TokenCompletion) -> list[int]:
    """Tokens without the end token."""
    return list(completion.tokens[:-1] if completion.finish == "stop" else completion.tokens)


def engine_of(model: Any, **options: Any) -> Engine:
    return Engine(model, options=EngineOptions(**{"batch_size": 8, "shrink_factor": 8, **options}))


def test_greedy_tokens_equal_tunix_sampler_with_shared_prefix(model: Any, sampled: list[list[int]]) -> None:
    engine = engine_of(model, batch_size=32)
    got = answers(engine, requests(SHARED))
    assert [body(got[i]) for i in range(N_ASKED)] == sampled[:N_ASKED]
    assert max(engine.stats.batch_sizes) == 32
    assert engine.stats.prefix_tokens == PREFIX + 1
    assert max(len(p) for p in SHARED) + N_NEW > 10 * WINDOW


def test_greedy_tokens_equal_tunix_sampler_without_shared_prefix(model: Any, sampled: list[list[int]]) -> None:
    engine = engine_of(model)
    got = answers(engine, requests(MIXED))
    assert [body(got[i]) for i in range(N_ASKED)] == sampled[N_ASKED:]
    assert engine.stats.prefix_tokens == 0


def test_batch_of_one_writes_the_same(model: Any, sampled: list[list[int]]) -> None:
    got = answers(engine_of(model, batch_size=1), requests(SHARED[:3]))
    assert [body(got[i]) for i in range(3)] == sampled[:3]


def test_prompts_longer_than_a_pack_are_read_in_chunks(model: Any, sampled: list[list[int]]) -> None:
    engine = engine_of(model, pack_tokens=32)
    got = answers(engine, requests(MIXED))
    assert [body(got[i]) for i in range(N_ASKED)] == sampled[N_ASKED:]
    assert max(len(p) for p in MIXED) > 33
    assert engine.stats.pack_tokens < 1.6 * engine.stats.prompt_tokens


def test_rows_that_outgrow_their_span_go_on_unchanged(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """From rings shorter than the window to rings twice as long, each row copied on the way."""
    asked = requests([prompt[:4] for prompt in MIXED[:4]], n_new=24)
    plain = answers(engine_of(model, batch_size=4, steps_per_sync=4), asked)
    monkeypatch.setattr(schedule, "SMALLEST_SPAN", 8)
    engine = engine_of(model, batch_size=4, steps_per_sync=4)
    grown = answers(engine, asked)
    assert engine.stats.n_resizes >= 2
    assert {i: c.tokens for i, c in grown.items()} == {i: c.tokens for i, c in plain.items()}


@pytest.mark.parametrize(
    ("window", "n_layers"),
    [(8, 1), *(pytest.param(*sizes, marks=pytest.mark.slow) for sizes in [(1, 1), (3, 7), (20, 7)])],
)
def test_any_window_against_any_block_gives_the_models_own_greedy_tokens(window: int, n_layers: int) -> None:
    """Windows shorter than a block of 16 steps, one that a block wraps around; Tunix's whole forward pass judges."""
    small = random_gemma3(
        n_layers=n_layers, vocabulary=VOCABULARY, embed=32, hidden=64, heads=2, kv_heads=1, head_dim=16, window=window
    )
    asked = requests(prompts(3, 70, seed=window), n_new=37)
    engine = Engine(small, options=EngineOptions(batch_size=4))
    assert engine.options.steps_per_sync == 16
    for done in engine.generate(asked, GREEDY, []):
        prompt = asked[done.index].tokens
        scores = logits(small, np.array([[*prompt, *done.tokens]]))
        assert np.asarray(scores)[0, len(prompt) - 1 : -1].argmax(-1).tolist() == list(done.tokens)
        assert len(done.tokens) == 37


def test_each_request_has_its_own_budget(model: Any, sampled: list[list[int]]) -> None:
    asked = [replace(r, max_new_tokens=1 + 5 * r.index) for r in requests(SHARED[:16])]
    got = answers(engine_of(model), asked)
    for request in asked:
        expected = sampled[request.index][: request.max_new_tokens]
        assert body(got[request.index])[: len(expected)] == expected
        assert len(got[request.index].tokens) <= request.max_new_tokens
        assert (got[request.index].finish == "length") == (got[request.index].tokens[-1] not in STOPS)


def test_stop_check_ends_a_row_and_frees_it(model: Any) -> None:
    engine = engine_of(model)
    done = list(engine.generate(requests(SHARED[:16]), GREEDY, [], lambda index, tokens, n_new: len(tokens) >= 10))
    assert {c.finish for c in done} == {"stop"}
    assert all(10 <= len(c.tokens) < 10 + engine.options.steps_per_sync for c in done)


def test_completions_come_as_they_finish(model: Any) -> None:
    engine = engine_of(model)
    asked = requests(SHARED[:16])
    stream = engine.generate(asked, GREEDY, [], lambda index, tokens, n_new: len(tokens) >= 4 + 8 * index)
    steps = [engine.stats.steps for _ in stream]
    assert steps[0] < steps[-1] / 3
    assert len(set(steps)) > 4


def test_same_request_gets_the_same_text_in_any_company(model: Any) -> None:
    """Float32: rounding differs between batch sizes, but no draw is close enough to a boundary here to be moved."""
    sampling = Sampling(temperature=0.8, top_k=50, top_p=0.95)
    asked = requests(SHARED[:16], n_new=24)
    together = answers(engine_of(model), asked, sampling)
    alone = answers(engine_of(model), [asked[5]], sampling)
    shuffled = answers(engine_of(model), asked[::-1][:11], sampling)
    assert alone[5].tokens == together[5].tokens
    assert all(shuffled[i].tokens == together[i].tokens for i in shuffled)


def test_another_seed_gives_another_text(model: Any) -> None:
    sampling = Sampling(temperature=0.8, top_k=50, top_p=0.95)
    same_prompt = [replace(r, tokens=SHARED[0]) for r in requests(SHARED[:16], n_new=24)]
    texts = {c.tokens for c in answers(engine_of(model), same_prompt, sampling).values()}
    assert len(texts) > 12


def row_steps(engine: Engine, budgets: Sequence[int]) -> list[tuple[int, int]]:
    """(request, row-steps computed when it was done), with replies exactly as long as the budgets."""
    asked = [replace(r, max_new_tokens=n) for r, n in zip(requests(SHARED[:16]), budgets, strict=True)]
    # Budgets would tell the engine what runs long; as in a real run it learns of an end when it comes.
    blind = [replace(r, max_new_tokens=600) for r in asked]
    stream = engine.generate(blind, GREEDY, [], lambda index, tokens, n_new: len(tokens) >= budgets[index])
    return [(c.index, engine.stats.row_steps) for c in stream]


def test_a_straggler_does_not_slow_the_rest(model: Any) -> None:
    usual = [16] * 16
    plain = engine_of(model)
    steps_without = row_steps(plain, usual)[-1][1]
    straggling = engine_of(model)
    done = row_steps(straggling, [16] * 7 + [400] + [16] * 8)
    steps_of_rest = max(steps for index, steps in done if index != 7)
    assert done[-1][0] == 7
    assert steps_of_rest <= 1.5 * steps_without  # the straggler holds one row of eight meanwhile
    tail = done[-1][1] - steps_of_rest
    assert tail <= 1.1 * 400  # and then decodes in a batch of one


@pytest.mark.parametrize("sampling", [GREEDY, Sampling(temperature=0.8, top_k=50)], ids=["greedy", "drawn"])
def test_a_straggler_is_set_aside_while_others_wait(
    model: Any, sampling: Sampling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "PARKED_BEYOND", schedule.SMALLEST_SPAN)
    asked = [replace(r, max_new_tokens=400) for r in requests(prompts(60, PREFIX, seed=3))]
    slow = max(asked, key=lambda request: len(request.tokens)).index  # is given a row first
    budgets = [400 if r.index == slow else 64 for r in asked]

    def drawn(engine: Engine) -> dict[int, tuple[int, ...]]:
        stream = engine.generate(asked, sampling, [], lambda index, tokens, n_new: len(tokens) >= budgets[index])
        return {c.index: c.tokens[: budgets[c.index]] for c in stream}

    engine = engine_of(model)
    found = drawn(engine)
    assert list(found)[-1] == slow
    assert engine.stats.n_parked == 1
    n_others = sum(budgets) - 400
    tail = 400 - schedule.SMALLEST_SPAN
    assert engine.stats.key_steps < 1.3 * n_others * schedule.SMALLEST_SPAN + tail * 3 * schedule.SMALLEST_SPAN
    monkeypatch.setattr(schedule, "PARKED_BEYOND", 10**9)
    together = engine_of(model)
    assert drawn(together) == found
    assert together.stats.n_parked == 0
    assert engine.stats.key_steps < together.stats.key_steps


def test_long_replies_are_not_set_aside_where_they_are_the_usual() -> None:
    assert schedule.rows_to_park([1025] * 8, span=1024, most=1) == []
    assert schedule.rows_to_park([300] * 7 + [257], span=256, most=4) == []


def test_a_finished_row_is_refilled(model: Any) -> None:
    engine = engine_of(model, batch_size=4, steps_per_sync=8)
    lengths = np.random.default_rng(0).integers(4, 60, 16).tolist()
    row_steps(engine, lengths)
    in_order = sum(4 * max(lengths[i : i + 4]) for i in range(0, 16, 4))
    assert sum(lengths) <= engine.stats.useful_row_steps
    assert engine.stats.row_steps < 0.9 * in_order


def test_prompts_beyond_the_context_are_answered_with_an_error(model: Any) -> None:
    engine = engine_of(model, max_length=120)
    got = answers(engine, requests(SHARED[:16]))
    for index, prompt in enumerate(SHARED[:16]):
        if len(prompt) >= 120:
            assert got[index].finish == "error"
            assert got[index].error == f"the prompt has {len(prompt)} tokens, but max_length is 120"
        else:
            assert len(prompt) + len(got[index].tokens) <= 120
            assert got[index].finish != "error"
    assert {c.finish for c in got.values()} > {"error"}


def failing_decode(monkeypatch: pytest.MonkeyPatch, message: str, n_failures: int) -> None:
    real, left = run_module.decode_block, [n_failures]

    def decode(*arguments: Any, **options: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise jax.errors.JaxRuntimeError(message)
        return real(*arguments, **options)

    monkeypatch.setattr(run_module, "decode_block", decode)


def test_out_of_memory_halves_the_batch_and_goes_on(
    model: Any, sampled: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_decode(monkeypatch, "RESOURCE_EXHAUSTED: out of memory allocating", 1)
    engine = engine_of(model, batch_size=16)
    got = answers(engine, requests(SHARED))
    assert [body(got[i]) for i in range(16)] == sampled[:16]
    assert engine.stats.n_retries == 1
    assert max(engine.stats.batch_sizes) == 8


def test_a_failing_device_gives_errors_and_not_an_exception(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_decode(monkeypatch, "INTERNAL: device lost", 99)
    got = answers(engine_of(model), requests(SHARED[:16]))
    assert {c.finish for c in got.values()} == {"error"}
    assert "device lost" in got[0].error


def test_one_failure_loses_only_what_was_running(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_decode(monkeypatch, "INTERNAL: device hiccup", 1)
    got = answers(engine_of(model), requests(SHARED[:16]))
    failed = [index for index, c in got.items() if c.finish == "error"]
    assert len(failed) == 8
