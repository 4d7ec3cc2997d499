"""Three arms from the bundled gemma3-nano, on problems of a few small steps: what `harness demo` runs.

Mesh: one device; two CPU cores take one to two minutes an arm. Memory: under 3 GB. All arms see the same questions for
the same number of tokens; replies without reasoning are shorter, so that arm sees each question more often.
"""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    "model.base": "gemma3-nano",
    "data.source": "small_steps:n=8000,seed=0,steps=1-5",
    "data.format": "reasoning-answer",
    "data.near": 1.0,
    "data.max_length": 192,
    "data.eval_share": 0.02,
    "train.method": "full",
    "train.arms": ["reasoning-answer", "answer-only", "answer-reasoning"],
    "train.epochs": 1.0,
    "train.batch_rows": 16,
    "train.learning_rate": 2e-3,
    "train.eval_every": 100,
    "train.save_every": 1000,
    "export.checkpoint": "last",
    "benchmark.tasks": ["small_steps"],
    "benchmark.options": {"n": 500},
    "benchmark.max_new_tokens": 96,
}
