"""What training leaves behind, opened by others: transformers and PEFT compute the trained logits, and our engine
writes what transformers' generate does. Needs the `parity` extra."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the parity extra: torch on the CPU")
pytest.importorskip("transformers", reason="needs the gemma extra")

import torch
import transformers
from folders import shared_folder
from sft_runs import quick_compilation, settings
from test_engine_transformers import engine_tokens, prompts, transformers_tokens

from harness.gemma.load import load_model
from harness.gemma.model.tunix_adapter import logits
from harness.gemma.tiny import write_tiny_model
from sft.training.arms import Events, train_arms
from sft.training.inputs import training_inputs

__all__ = ["quick_compilation"]
pytestmark = pytest.mark.slow

TOKENS = np.random.default_rng(0).integers(300, 1000, (2, 80)).astype(np.int32)
"""Longer than the window of the model."""


@lru_cache(maxsize=1)
def base() -> Path:
    """A global layer after five local ones, grouped queries: every kind of weight is trained."""
    folder = shared_folder("gemma-six-layers")
    return write_tiny_model(folder, layers=6, embed=16, hidden=32, heads=4, kv_heads=2, head_dim=8, window=32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A finished arm with the logits of its weights as they were in memory."""

    folder: Path
    logits: np.ndarray


@pytest.fixture(scope="module", params=["full", "lora", "qlora"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp(request.param)
    changes = {
        "model__base": str(base()),
        "train__method": request.param,
        "train__learning_rate": 0.03,
        "export__checkpoint": "last",
    }
    kept: dict[str, Any] = {}

    def keep(model: Any, *rest: Any) -> dict[str, float]:
        kept["model"] = model
        return {}

    (arm,) = train_arms(training_inputs(settings(**changes).config, folder), folder, Events(probe=keep))
    in_memory = np.asarray(logits(kept["model"], TOKENS))
    if request.param == "qlora":  # its base in memory is quantised: the exported model has LoRA on the whole one
        in_memory = np.asarray(logits(load_model(arm.folder / "adapter").model, TOKENS))
    untrained = np.asarray(logits(load_model(base()).model, TOKENS))
    assert np.abs(in_memory - untrained).max() > 0.1
    return Trained(folder=arm.folder, logits=in_memory)


def opened(folder: Path) -> Any:
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")


def computed(model: Any) -> np.ndarray:
    with torch.no_grad():
        return model(torch.tensor(TOKENS, dtype=torch.long)).logits.numpy()


def test_transformers_computes_the_trained_logits_from_the_exported_model(trained):
    assert np.abs(computed(opened(trained.folder / "model")) - trained.logits).max() < 1e-4


def test_peft_computes_the_trained_logits_from_base_and_exported_adapter(trained):
    peft = pytest.importorskip("peft")
    if not (trained.folder / "adapter").is_dir():
        pytest.skip("full training has no adapter")
    adapted = peft.PeftModel.from_pretrained(opened(base()), str(trained.folder / "adapter"))
    assert np.abs(computed(adapted) - trained.logits).max() < 1e-4


def test_the_engine_writes_what_transformers_generates_from_the_exported_model(trained):
    asked = prompts(8, 0)
    assert engine_tokens(trained.folder / "model", asked, 8) == transformers_tokens(trained.folder / "model", asked)
