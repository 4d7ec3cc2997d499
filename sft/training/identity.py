"""What decides an arm's weights, so that a run goes on only with what it was begun with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from sft.tokens.loader import rows_hash
from sft.training.inputs import ArmData, TrainingInputs

FILE = "identity.json"
_NO_MATTER = frozenset({"arms", "epochs", "steps", "save_every", "keep", "spike_factor", "tensorboard"})
"""Settings under [train] that change no number of an arm, or change it by way of its data and its count of updates."""


def identity(inputs: TrainingInputs, data: ArmData, steps: int) -> dict[str, Any]:
    """All that decides an arm's weights, by name: what must be the same for `--resume` to continue the same curve.

    A setting that is new under [train] or [lora] enters by itself. The mesh does not: it changes rounding alone.
    """
    from harness.gemma.model.hub import resolve
    from harness.gemma.model.layout import parameters
    from harness.gemma.model.source import open_parameters

    config = inputs.config
    with open_parameters(resolve(inputs.base), parameters(inputs.sizes)) as base:
        found: dict[str, Any] = {"base": base.identity}
    found |= {"training rows": rows_hash(data.train), "updates": steps}
    if data.evaluation is not None:
        found["evaluation rows"] = rows_hash(data.evaluation)
    settings = {f"train.{name}": value for name, value in asdict(config.train).items() if name not in _NO_MATTER}
    if config.train.method != "full":
        settings |= {f"lora.{name}": value for name, value in asdict(config.lora).items()}
    return found | settings


def claim(folder: Path, made_of: Mapping[str, Any], *, begun: bool, writes: bool) -> None:
    """Say what the arm in `folder` is made of (`made_of`), before a checkpoint is opened.

    `writes` where this process writes files.
    Raises UserError where the arm has `begun` and was made of something else.
    """
    path = folder / FILE
    if begun and path.is_file():
        check_same_run(json.loads(path.read_text(encoding="utf-8")), made_of, folder)
    elif writes:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made_of, indent=2) + "\n", encoding="utf-8")


def check_same_run(found: Mapping[str, Any], expected: Mapping[str, Any], folder: Path) -> None:
    """Raises UserError where what was trained so far came of other data, another model or other settings."""
    differing = [
        f"{key} was {found.get(key)!r}, is {value!r}" for key, value in expected.items() if found.get(key) != value
    ]
    if differing:
        told = "; ".join(differing)
        raise UserError(f"{folder} was begun with something else: {told}", tip="start again with another --out.")
