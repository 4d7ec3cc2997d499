"""A dry run of the whole pipeline on a CPU: any small model (`--base`), a few hundred story problems, about a minute.

Mesh: one device. Memory: under 2 GB for models of up to a few million parameters. It shows that everything fits
together; it does not make a good model.
"""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    "data.source": "gsm_style:n=400,seed=0",
    "data.max_length": 512,
    "train.method": "full",
    "train.epochs": 2.0,
    "train.batch_rows": 8,
    "train.learning_rate": 1e-3,
    "train.eval_every": 20,
    "train.save_every": 20,
    "benchmark.options": {"n": 20},
    "benchmark.max_new_tokens": 128,
}
