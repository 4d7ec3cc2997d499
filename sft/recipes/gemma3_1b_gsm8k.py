"""google/gemma-3-1b-it on GSM8K's training questions, LoRA, on a TPU v5e-8 (or -4).

Mesh: fsdp over all devices, tp 1, because the 1B has one key head. Expected from compiling for the TPU without one
(`harness plan`, docs/internals/planning.md), 32 rows of 1,024 tokens, per device and without margin: 1.1 GiB for LoRA
and 2.3 GiB for full training on a 2x4 slice (1.8 and 4.2 GiB on 2x2) at the compiler's quick level, 1.8 and 2.7 GiB on
2x4 at a run's own, and an update of 0.32-0.50 s (LoRA) or 0.35-0.60 s (full) on 2x4 by the roofline: about a minute for
two epochs.
None of these has been measured on the hardware.

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
