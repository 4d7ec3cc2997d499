"""Small training runs that several tests share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tunix", reason="needs the gemma extra")

from folders import shared_folder

from harness.gemma.tiny import write_tiny_model
from sft.config import Resolved, resolve

SMALL = {
    "data.source": "gsm_style:n=60,seed=0",
    "data.max_length": 400,
    "train.method": "full",
    "train.steps": 12,
    "train.batch_rows": 4,
    "train.learning_rate": 3e-3,
    "train.eval_every": 6,
    "train.save_every": 6,
    "data.eval_share": 0.15,
    "lora.rank": 2,
    "lora.alpha": 4.0,
}


@pytest.fixture(autouse=True, scope="module")
def quick_compilation() -> Iterator[None]:
    """Half the compile time, the same arithmetic, and none for what an earlier run compiled.

    Import it into a test module to use it.
    """
    import jax

    from harness.gemma.engine.compile_cache import enable_compile_cache

    enable_compile_cache()

    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@lru_cache(maxsize=1)
def one_layer() -> Path:
    """A read-only model of one local layer."""
    folder = shared_folder("gemma-one-layer")
    return write_tiny_model(folder, layers=1, embed=16, hidden=32, heads=2, head_dim=8, window=32)


def settings(**changes: Any) -> Resolved:
    """A run over `one_layer`; keys with a double underscore: train__steps=3."""
    changed = {key.replace("__", "."): value for key, value in changes.items()}
    return resolve(("test", {"model.base": str(one_layer()), **SMALL, **changed}))


def curve(folder: Path) -> dict[int, tuple[float, float, float]]:
    """Loss, learning rate and gradient norm by update."""
    rows = [json.loads(line) for line in (folder / "train_metrics.jsonl").read_text().splitlines()]
    found = [row for row in rows if "loss" in row]
    assert len({row["step"] for row in found}) == len(found), "an update was logged twice"
    return {row["step"]: (row["loss"], row["learning_rate"], row["grad_norm"]) for row in found}


def evaluations(folder: Path) -> dict[int, float]:
    """Evaluation loss by update."""
    rows = [json.loads(line) for line in (folder / "train_metrics.jsonl").read_text().splitlines()]
    found = [row for row in rows if "eval_loss" in row]
    assert len({row["step"] for row in found}) == len(found), "an evaluation was logged twice"
    return {row["step"]: row["eval_loss"] for row in found}
