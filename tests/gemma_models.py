"""Small Gemma 3 models that several tests share, and what may be changed in their files."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tunix", reason="needs the gemma extra")

from folders import shared_folder
from safetensors.numpy import load_file, save_file

from harness.gemma.tiny import write_tiny_model

Tensors = dict[str, np.ndarray]


@lru_cache(maxsize=1)
def small_model() -> Path:
    """A read-only model of two layers with both tokenizer files."""
    folder = shared_folder("gemma-small")
    return write_tiny_model(folder, layers=2, embed=32, hidden=64, heads=2, kv_heads=1, head_dim=8, tokenizer="both")


def copy_of(source: Path, target: Path) -> Path:
    """A copy that a test may change."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target


def change_tensors(folder: Path, change: Callable[[Tensors], Any]) -> Path:
    """Rewrite model.safetensors after `change` has altered its tensors in place."""
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder
