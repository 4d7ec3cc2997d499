"""The decode engine against transformers' generate on the same files; needs torch (the parity extra)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

WINDOW, N_NEW, BOS, PAD = 16, 64, 2, 0


@pytest.fixture(scope="module", params=[4, 2, 1], ids=["MHA", "GQA", "MQA"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch", reason="needs the parity extra")
    pytest.importorskip("jax", reason="needs the gemma extra")
    from harness.gemma.tiny import write_tiny_model

    return write_tiny_model(tmp_path_factory.mktemp("model"), kv_heads=request.param, window=WINDOW)


def prompts(n: int, shared: int) -> list[tuple[int, ...]]:
    rng = np.random.default_rng(n + shared)
    start = [BOS, *rng.integers(300, 800, shared).tolist()]
    return [(*start, *rng.integers(300, 800, rng.integers(3, 60)).tolist()) for _ in range(n)]


def transformers_tokens(folder: Path, asked: list[tuple[int, ...]]) -> list[list[int]]:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    longest = max(map(len, asked))
    ids = torch.tensor([[PAD] * (longest - len(prompt)) + list(prompt) for prompt in asked])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in asked])
    with torch.inference_mode():
        out = model.generate(
            ids, attention_mask=mask, max_new_tokens=N_NEW, do_sample=False, eos_token_id=None, pad_token_id=PAD
        )
    return out[:, longest:].tolist()


def engine_tokens(folder: Path, asked: list[tuple[int, ...]], batch_size: int) -> list[list[int]]:
    from harness.gemma.engine.engine import Engine
    from harness.gemma.engine.placed import EngineOptions
    from harness.gemma.engine.requests import TokenRequest
    from harness.gemma.engine.sampling import Sampling
    from harness.gemma.load import load_model

    engine = Engine(load_model(folder).model, options=EngineOptions(batch_size=batch_size))
    requests = [TokenRequest(index=i, tokens=p, max_new_tokens=N_NEW) for i, p in enumerate(asked)]
    done: dict[int, Any] = {c.index: list(c.tokens) for c in engine.generate(requests, Sampling(), [])}
    return [done[i] for i in range(len(asked))]


@pytest.mark.parametrize("shared", [0, 96], ids=["mixed", "shared prefix"])
@pytest.mark.parametrize("batch_size", [1, 32])
def test_greedy_tokens_equal_transformers_generate(folder: Path, shared: int, batch_size: int) -> None:
    asked = prompts(32, shared)[: 32 if batch_size == 32 else 2]
    assert engine_tokens(folder, asked, batch_size) == transformers_tokens(folder, asked)
