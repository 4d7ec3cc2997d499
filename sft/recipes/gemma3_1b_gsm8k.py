"""google/gemma-3-1b-it on GSM8K's training questions, LoRA, on a TPU v5e-8 (or -4).

Mesh: fsdp over all devices, tp 1, because the 1B has one key head. Expected from compiling for the TPU without one,
bfloat16 compute, 8 rows of 1024 tokens, per device: about 3.5 GiB for LoRA and 4.2 GiB for full training on a 2x4
slice (6.0 and 7.1 GiB on 2x2), and on 2x2 a step of 99-148 ms (LoRA) or 118-176 ms (full) by the roofline: under a
quarter of an hour for two epochs. None of these has been measured on the hardware.

Full training instead: `--set train.method=full --set train.learning_rate=1e-5`.
"""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    "model.base": "google/gemma-3-1b-it",
    "data.source": "hub:openai/gsm8k,config=main,split=train",
    "data.max_length": 1024,
    "train.method": "lora",
    "train.epochs": 2.0,
    "train.batch_rows": 32,
    "train.micro_batches": 1,
    "train.learning_rate": 1e-4,
    "train.remat": "decoder",
    "train.eval_every": 50,
    "train.save_every": 100,
    "lora.rank": 16,
    "lora.alpha": 32.0,
    "benchmark.tasks": ["gsm8k", "gsm_style"],
    "benchmark.probe_docs": 64,
}
