"""Who takes part in benchmarks/generate.py: the same requests through the engine, Tunix's Sampler and transformers."""

from __future__ import annotations

import json
import os
import re
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

BOS, PAD, FIRST_WORD = 2, 0, 10
SHOTS = 8
MOST_NEW_TOKENS = 384
SIZES: dict[str, tuple[int, int, int, int, int]] = {
    "1m": (7, 4096, 64, 256, 32),
    "5m": (8, 8192, 160, 800, 64),
    "25m": (12, 16384, 320, 1280, 128),
    "100m": (18, 32768, 640, 2048, 128),
}
"""Layers, vocabulary, embedding, feed-forward, head dimension; 4 query heads, 1 key head and a window of 512."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request: a prompt and how many tokens its reply has."""

    index: int
    prompt: tuple[int, ...]
    n_new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one contender did."""

    name: str
    seconds: float
    outputs: dict[int, list[int]]
    """By request: the tokens that count."""
    note: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def make_jobs(n: int, vocabulary: int, seed: int, n_shots: int = SHOTS) -> list[Job]:
    """GSM8K prompts behind worked examples, words hashed to ids; lengths as in real replies."""
    rng = np.random.default_rng(seed)
    texts = questions(n, rng)
    shots = [BOS, *(token for text in texts[:n_shots] for token in hash_words(text, vocabulary))]
    lengths = np.clip(rng.lognormal(np.log(97), np.log(350 / 97) / 1.645, n), 4, MOST_NEW_TOKENS).astype(int)
    asked = texts[SHOTS : SHOTS + n]
    return [
        Job(index=i, prompt=(*shots, *hash_words(text, vocabulary)), n_new=int(lengths[i]))
        for i, text in enumerate(asked)
    ]


def questions(n: int, rng: np.random.Generator) -> list[str]:
    """Real questions with their answers for the shots, where the data is at hand; else words of the same number."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    path = Path(os.environ.get("HARNESS_SHARED_DATA", default)) / "gsm8k" / "test.jsonl"
    if not path.exists():
        print(f"no GSM8K at {path}: made-up words of the same lengths instead")
        counts = np.clip(rng.lognormal(np.log(60), 0.35, n + SHOTS), 15, 220).astype(int)
        words = [" ".join(str(w) for w in rng.integers(0, 9, count)) for count in counts]
        return [f"{text} {text}" for text in words[:SHOTS]] + words[SHOTS:]
    rows = [json.loads(line) for line in path.read_text().splitlines()[: n + SHOTS]]
    return [f"{r['question']}\n{r['solution']}" for r in rows[:SHOTS]] + [r["question"] for r in rows[SHOTS:]]


def hash_words(text: str, vocabulary: int) -> list[int]:
    """A token per word, digit or mark, about as many as Gemma's tokenizer makes."""
    pieces = re.findall(r"\d|[^\W\d]+|[^\w\s]", text)
    return [FIRST_WORD + zlib.crc32(piece.encode()) % (vocabulary - FIRST_WORD) for piece in pieces]


class Numbers:
    """A tokenizer of numerals, so that the Sampler can be given token ids."""

    def encode(self, text: str, **_: Any) -> list[int]:
        return [int(word) for word in text.split()]

    def decode(self, ids: Sequence[int], **_: Any) -> str:
        return " ".join(map(str, ids))

    def bos_id(self) -> int:
        return BOS

    def eos_id(self) -> int:
        return 1

    def pad_id(self) -> int:
        return PAD


def batches(jobs: Sequence[Job], size: int, most: int = 0) -> list[list[Job]]:
    """Batches of prompts sorted by length, longest first; `most` of them, evenly spread, where that is not 0."""
    ordered = sorted(jobs, key=lambda job: -len(job.prompt))
    made = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    if not 0 < most < len(made):
        return made
    return [made[int((i + 0.5) * len(made) / most)] for i in range(most)]


def run_engine(model: Any, jobs: Sequence[Job], batch_size: int, most: int = 0) -> Callable[[], Result]:
    """Continuous batching; `batch_size` 0 leaves it to the memory. All requests, whatever `most` says."""
    from harness.gemma.engine.engine import Engine
    from harness.gemma.engine.placed import EngineOptions
    from harness.gemma.engine.requests import TokenRequest
    from harness.gemma.engine.sampling import Sampling

    engine = Engine(model, options=EngineOptions(batch_size=batch_size or None))
    requests = [TokenRequest(index=job.index, tokens=job.prompt, max_new_tokens=MOST_NEW_TOKENS) for job in jobs]
    wanted = {job.index: job.n_new for job in jobs}

    def run() -> Result:
        engine._kept_prefix = None  # the prefix is part of the work

        # The lengths stand in for end tokens: the engine must not know them beforehand, so they come as a stop check.
        def ended(index: int, tokens: Sequence[int], n_new: int) -> bool:
            return len(tokens) >= wanted[index]

        started = time.perf_counter()
        outputs = {c.index: list(c.tokens[: wanted[c.index]]) for c in engine.generate(requests, Sampling(), [], ended)}
        seconds = time.perf_counter() - started
        assert engine.fit is not None
        stats = engine.stats
        note = (
            f"{stats.waste:.0%} of row-steps wasted, {stats.steps} steps, prompts {stats.prompt_tokens} tokens "
            f"({stats.pack_tokens} computed), prefix {stats.prefix_tokens}"
        )
        detail = {"rows": engine.fit.n_rows, "programs": len(stats.batch_sizes), "memory": engine.fit.describe()}
        return Result(
            name=f"engine, {engine.fit.n_rows} rows", seconds=seconds, outputs=outputs, note=note, detail=detail
        )

    return run


def run_sampler(model: Any, jobs: Sequence[Job], batch_size: int, most: int = 0) -> Callable[[], Result]:
    """Tunix's Sampler, one static batch after another."""
    from tunix.generate.sampler import CacheConfig, Sampler

    longest = max(len(job.prompt) for job in jobs)
    config = model.config
    cache = CacheConfig(longest + MOST_NEW_TOKENS, config.num_layers, config.num_kv_heads, config.head_dim)
    sampler = Sampler(model, Numbers(), cache)

    def run() -> Result:
        outputs: dict[int, list[int]] = {}
        wasted = total = 0
        started = time.perf_counter()
        for batch in batches(jobs, batch_size, most):
            steps = max(job.n_new for job in batch)
            texts = [" ".join(map(str, job.prompt[1:])) for job in batch]
            drawn = sampler(texts, max_generation_steps=steps, max_prompt_length=longest, eos_tokens=[1]).tokens
            outputs |= {job.index: list(map(int, row))[: job.n_new] for job, row in zip(batch, drawn, strict=True)}
            total += steps * len(batch)
            wasted += sum(steps - job.n_new for job in batch)
        seconds = time.perf_counter() - started
        return Result(
            name=f"Tunix Sampler, batch {batch_size}",
            seconds=seconds,
            outputs=outputs,
            note=f"{wasted / total:.0%} of row-steps wasted",
        )

    return run


def run_transformers(model: Any, jobs: Sequence[Job], batch_size: int, most: int = 0) -> Callable[[], Result]:
    """transformers' generate on the same weights, left-padded static batches."""
    import torch

    twin = to_transformers(model)

    def run() -> Result:
        outputs: dict[int, list[int]] = {}
        wasted = total = 0
        started = time.perf_counter()
        for batch in batches(jobs, batch_size, most):
            steps = max(job.n_new for job in batch)
            total += steps * len(batch)
            wasted += sum(steps - job.n_new for job in batch)
            longest = max(len(job.prompt) for job in batch)
            ids = torch.tensor([[PAD] * (longest - len(job.prompt)) + list(job.prompt) for job in batch])
            with torch.inference_mode():
                out = twin.generate(
                    ids,
                    attention_mask=(ids != PAD).long(),
                    max_new_tokens=steps,
                    do_sample=False,
                    eos_token_id=None,
                    pad_token_id=PAD,
                )
            new = out[:, longest:].tolist()
            outputs |= {job.index: row[: job.n_new] for job, row in zip(batch, new, strict=True)}
        seconds = time.perf_counter() - started
        return Result(
            name=f"transformers generate, batch {batch_size}",
            seconds=seconds,
            outputs=outputs,
            note=f"{wasted / total:.0%} of row-steps wasted",
        )

    return run


def to_transformers(model: Any) -> Any:
    """The same weights in transformers' Gemma3ForCausalLM."""
    import torch
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    config = model.config
    twin_config = Gemma3TextConfig(
        vocab_size=config.num_embed,
        hidden_size=config.embed_dim,
        intermediate_size=config.hidden_dim,
        num_hidden_layers=config.num_layers,
        num_attention_heads=config.num_heads,
        num_key_value_heads=config.num_kv_heads,
        head_dim=config.head_dim,
        query_pre_attn_scalar=config.head_dim,
        sliding_window=config.sliding_window_size,
        max_position_embeddings=8192,
        pad_token_id=PAD,
        bos_token_id=BOS,
        eos_token_id=1,
    )
    twin = Gemma3ForCausalLM(twin_config).eval()
    state = {name: torch.from_numpy(np.array(array)) for name, array in named_tensors(model)}
    missing, unexpected = twin.load_state_dict(state, strict=False)
    assert not unexpected, unexpected
    assert set(missing) <= {"lm_head.weight"}, missing
    twin.tie_weights()
    return twin


def named_tensors(model: Any) -> Iterator[tuple[str, Any]]:
    """Parameters under transformers' names, in its layout (linear weights are [out, in])."""
    from harness.gemma.engine.shape import shape_of
    from harness.gemma.engine.weights import weights_of

    weights, shape = weights_of(model), shape_of(model.config)
    yield "model.embed_tokens.weight", weights.embedding
    yield "model.norm.weight", weights.final_norm
    for number, layer in enumerate(weights.layers):
        at = f"model.layers.{number}"
        pairs = layer.key_value.reshape(shape.embed, shape.kv_heads, 2, shape.head_dim)
        yield f"{at}.self_attn.q_proj.weight", layer.query.T
        yield f"{at}.self_attn.k_proj.weight", pairs[:, :, 0].reshape(shape.embed, -1).T
        yield f"{at}.self_attn.v_proj.weight", pairs[:, :, 1].reshape(shape.embed, -1).T
        yield f"{at}.self_attn.o_proj.weight", layer.out.T
        yield f"{at}.self_attn.q_norm.weight", layer.query_norm
        yield f"{at}.self_attn.k_norm.weight", layer.key_norm
        yield f"{at}.input_layernorm.weight", layer.pre_attention
        yield f"{at}.post_attention_layernorm.weight", layer.post_attention
        yield f"{at}.pre_feedforward_layernorm.weight", layer.pre_ffw
        yield f"{at}.post_feedforward_layernorm.weight", layer.post_ffw
        yield f"{at}.mlp.gate_proj.weight", layer.gate.T
        yield f"{at}.mlp.up_proj.weight", layer.up.T
        yield f"{at}.mlp.down_proj.weight", layer.down.T


def build_model(size: str) -> Any:
    """Random weights of one of SIZES; made-up words never draw the special tokens below FIRST_WORD."""
    from harness.gemma.engine.random_model import random_gemma3

    n_layers, vocabulary, embed, hidden, head_dim = SIZES[size]
    model = random_gemma3(
        n_layers=n_layers,
        vocabulary=vocabulary,
        embed=embed,
        hidden=hidden,
        heads=4,
        kv_heads=1,
        head_dim=head_dim,
        window=512,
    )
    model.embedder.input_embedding[...] = model.embedder.input_embedding[...].at[:FIRST_WORD].set(0)
    return model
