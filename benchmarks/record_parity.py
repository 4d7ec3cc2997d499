"""Records what transformers computes for three small random Gemma 3 models: the fixture of the parity test.

Needs torch (the `parity` extra). Run it again only when the fixture's contents are to change:

    python benchmarks/record_parity.py
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from harness.gemma.tiny import write_tiny_model

FIXTURE = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "gemma_parity.npz"
ATTENTION = {"mha": (4, 4, 1.0), "gqa": (4, 2, 8.0), "mqa": (4, 1, 1.0)}
"""Query heads, key heads, linear rope scaling of the global layers."""
LAYERS, WINDOW, LENGTH, ROWS = 7, 16, 200, 2
"""A local layer after the global one; 200 tokens are over twelve windows."""
KEPT = (0, 1, WINDOW - 1, WINDOW, WINDOW + 1, LENGTH // 2, LENGTH - 2, LENGTH - 1)
"""Positions whose logits are kept whole; of the others their log-sum-exp and their largest."""


def write_model(folder: Path, attention: str) -> Path:
    """The random model of one kind of attention."""
    heads, kv_heads, rope_scale = ATTENTION[attention]
    return write_tiny_model(
        folder / attention, layers=LAYERS, window=WINDOW, heads=heads, kv_heads=kv_heads, rope_scale=rope_scale
    )


def tokens(vocabulary: int = 1024) -> np.ndarray:
    """[rows, length] ids, the same on every machine."""
    return (np.random.PCG64(7).random_raw(ROWS * LENGTH) % vocabulary).astype(np.int32).reshape(ROWS, LENGTH)


def summary(logits: np.ndarray) -> dict[str, np.ndarray]:
    """What is kept of [rows, length, vocabulary] logits."""
    largest = logits.max(-1, keepdims=True)
    return {
        "logits": logits[:, KEPT].astype(np.float32),
        "log_sum_exp": (np.log(np.exp(logits - largest).sum(-1)) + largest[..., 0]).astype(np.float32),
        "argmax": logits.argmax(-1).astype(np.int16),
    }


def transformers_logits(folder: Path, ids: np.ndarray) -> np.ndarray:
    """[rows, length, vocabulary] by transformers, float32, its plain attention."""
    import torch
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    with torch.no_grad():
        return model(torch.tensor(ids, dtype=torch.long)).logits.numpy()


def main() -> None:
    """Write the fixture and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FIXTURE)
    out = parser.parse_args().out
    kept: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as folder:
        for attention in ATTENTION:
            found = summary(transformers_logits(write_model(Path(folder), attention), tokens()))
            kept |= {f"{attention}_{name}": value for name, value in found.items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out, **kept)  # type: ignore[arg-type]
    print(f"wrote {out} ({out.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
