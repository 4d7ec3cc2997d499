"""google/gemma-3-270m-it on GSM8K's training questions, all weights, on one GPU or a TPU v5e-4.

Mesh: fsdp over all devices, tp 1. Float32 weights with AdamW take 12 bytes a parameter, 3.2 GiB over all devices, and
the exported model 0.5 GiB. Memory and time beyond that have not been measured.
"""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    "model.base": "google/gemma-3-270m-it",
    "data.source": "hub:openai/gsm8k,config=main,split=train",
    "data.max_length": 1024,
    "train.method": "full",
    "train.epochs": 3.0,
    "train.batch_rows": 16,
    "train.learning_rate": 2e-5,
    "train.remat": "decoder",
    "train.eval_every": 50,
    "train.save_every": 100,
    "benchmark.tasks": ["gsm8k", "gsm_style"],
    "benchmark.probe_docs": 64,
}
