"""Decode engine against Tunix's Sampler and transformers' generate: same weights, same requests, one process.

    python benchmarks/generate.py --size 5m --requests 96

Weights are random, so no model would end its replies: each request gets a length drawn as GSM8K replies are spread
(lognormal, median 97, 95th percentile 350, at most 384), and a peer's batch runs until its longest row has its length,
which is what its loop does when rows end by themselves. Peers get their best batch size and prompts sorted by length.
Every contender runs twice; the second run counts, so that compilation does not. All outputs are compared.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import sys
import time
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from decode_roofline import roofline

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
    note: str = ""
    cpu_seconds: float = 0.0
    """Of the whole process: steadier than the clock where other programs run."""


def make_jobs(n: int, vocabulary: int, seed: int) -> list[Job]:
    """8-shot GSM8K prompts, words hashed to ids; lengths as in real replies."""
    rng = np.random.default_rng(seed)
    texts = questions(n, rng)
    shots = [BOS, *(token for text in texts[:SHOTS] for token in hash_words(text, vocabulary))]
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


def batches(jobs: Sequence[Job], size: int) -> Iterator[list[Job]]:
    """Batches of prompts sorted by length, longest first."""
    ordered = sorted(jobs, key=lambda job: -len(job.prompt))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def run_engine(model: Any, jobs: Sequence[Job], batch_size: int | None) -> Callable[[], Result]:
    """Continuous batching."""
    from harness.gemma.engine.engine import Engine, EngineOptions
    from harness.gemma.engine.requests import TokenRequest
    from harness.gemma.engine.sampling import Sampling

    engine = Engine(model, options=EngineOptions(batch_size=batch_size))
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
        assert engine.plan is not None
        stats = engine.stats
        note = (
            f"{stats.waste:.0%} of row-steps wasted, {stats.steps} steps, prompts {stats.prompt_tokens} tokens "
            f"({stats.pack_tokens} computed), prefix {stats.prefix_tokens}"
        )
        return Result(name=f"engine, {engine.plan.n_rows} rows", seconds=seconds, outputs=outputs, note=note)

    return run


def run_sampler(model: Any, jobs: Sequence[Job], batch_size: int) -> Callable[[], Result]:
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
        for batch in batches(jobs, batch_size):
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


def run_transformers(model: Any, jobs: Sequence[Job], batch_size: int) -> Callable[[], Result]:
    """transformers' generate on the same weights, left-padded static batches."""
    import torch

    twin = to_transformers(model)

    def run() -> Result:
        outputs: dict[int, list[int]] = {}
        started = time.perf_counter()
        for batch in batches(jobs, batch_size):
            longest = max(len(job.prompt) for job in batch)
            ids = torch.tensor([[PAD] * (longest - len(job.prompt)) + list(job.prompt) for job in batch])
            with torch.inference_mode():
                out = twin.generate(
                    ids,
                    attention_mask=(ids != PAD).long(),
                    max_new_tokens=max(job.n_new for job in batch),
                    do_sample=False,
                    eos_token_id=None,
                    pad_token_id=PAD,
                )
            new = out[:, longest:].tolist()
            outputs |= {job.index: row[: job.n_new] for job, row in zip(batch, new, strict=True)}
        seconds = time.perf_counter() - started
        return Result(name=f"transformers generate, batch {batch_size}", seconds=seconds, outputs=outputs)

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


def best_of(make: Callable[[int], Callable[[], Result]], sizes: Sequence[int], repeats: int) -> Result:
    """The fastest of several batch sizes, each warmed up first."""
    results: list[Result] = []
    for size in sizes:
        results.append(timed(make(size), repeats))
        print(f"  {describe(results[-1])}", flush=True)
        gc.collect()
    return min(results, key=lambda result: result.seconds)


def timed(run: Callable[[], Result], repeats: int) -> Result:
    """The fastest of `repeats` runs after one that compiles."""
    run()

    def once() -> Result:
        started = time.process_time()
        return replace(run(), cpu_seconds=time.process_time() - started)

    return min((once() for _ in range(repeats)), key=lambda result: result.seconds)


def describe(result: Result) -> str:
    """One line: useful tokens a second and what was wasted."""
    n_tokens = sum(map(len, result.outputs.values()))
    note = f"  ({result.note})" if result.note else ""
    times = f"{result.seconds:8.2f} s ({result.cpu_seconds:.1f} s of CPU)"
    return f"{result.name:32} {times}  {n_tokens / result.seconds:8.0f} useful tokens/s{note}"


def agreement(a: Result, b: Result) -> str:
    """How many outputs are the same, token by token."""
    same = sum(a.outputs[index] == b.outputs[index] for index in a.outputs)
    firsts = [
        next(i for i, (x, y) in enumerate(zip(a.outputs[k], b.outputs[k], strict=False)) if x != y)
        for k in a.outputs
        if a.outputs[k] != b.outputs[k]
    ]
    where = f"; the others part at token {sorted(firsts)[:6]}" if firsts else ""
    return f"{same} of {len(a.outputs)} outputs identical{where}"


def compare(size: str, arguments: argparse.Namespace) -> None:
    """One model size: all contenders, agreement, ratios, roofline."""
    from harness.gemma.engine.random_model import random_gemma3
    from harness.gemma.engine.shape import shape_of

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
    jobs = make_jobs(arguments.requests, vocabulary, arguments.seed)
    lengths = [job.n_new for job in jobs]
    print(
        f"\n{size}: {shape_of(model.config).n_parameters / 1e6:.1f}M parameters, {len(jobs)} requests, prompts of "
        f"{min(len(j.prompt) for j in jobs)}-{max(len(j.prompt) for j in jobs)} tokens, replies median "
        f"{np.median(lengths):.0f}, 95% {np.percentile(lengths, 95):.0f}, {sum(lengths)} tokens in all",
        flush=True,
    )
    engine = best_of(lambda n: run_engine(model, jobs, n or None), arguments.engine_batch, arguments.repeats)
    rows = int(engine.name.split()[1])
    print(roofline(model, [job.prompt for job in jobs], sum(lengths), engine.seconds, rows), flush=True)
    peers = {"sampler": run_sampler, "transformers": run_transformers}
    for name in arguments.peers:
        make = peers[name]
        best = best_of(lambda n, make=make: make(model, jobs, n), arguments.peer_batch, arguments.repeats)
        ratio, cpu_ratio = best.seconds / engine.seconds, best.cpu_seconds / engine.cpu_seconds
        print(f"  engine against {best.name}: {ratio:.2f}x ({cpu_ratio:.2f}x in CPU time); {agreement(engine, best)}")


def main() -> None:
    """Parse the command line and compare at each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", nargs="+", choices=SIZES, default=["5m"])
    parser.add_argument("--requests", type=int, default=96)
    parser.add_argument("--peers", nargs="*", choices=["sampler", "transformers"], default=None)
    parser.add_argument("--engine-batch", nargs="+", type=int, default=[0], help="0: from memory")
    parser.add_argument("--peer-batch", nargs="+", type=int, default=[16, 32])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.peers is None:
        arguments.peers = ["sampler"]
        try:
            import torch  # noqa: F401

            arguments.peers.append("transformers")
        except ImportError:
            print("torch is not installed: transformers' generate is left out (install the parity extra)")
    warnings.simplefilter("ignore")
    from harness.gemma.engine.compile_cache import enable_compile_cache

    print(f"compiled programs kept in {enable_compile_cache()}", file=sys.stderr)
    for size in arguments.size:
        compare(size, arguments)


if __name__ == "__main__":
    main()
