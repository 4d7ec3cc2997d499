"""What leaves a training run: the best checkpoint's weights, in the base's type, with a card; early stop before it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sft_runs import evaluations, one_layer, quick_compilation, settings

from harness.core.errors import UserError
from harness.gemma.load import load_model
from harness.gemma.model.tunix_adapter import state_arrays
from sft.config import export_dtype
from sft.training.arms import TrainedArm, train_arms
from sft.training.checkpoint import verify
from sft.training.export import write_card
from sft.training.inputs import training_inputs

__all__ = ["quick_compilation"]

DIVERGING = {
    "train__learning_rate": 2.0,
    "train__schedule": "constant",
    "train__warmup_share": 1.0,
    "train__spike_factor": 0.0,
    "train__eval_every": 2,
    "train__steps": 10,
}


def weights(path: Path) -> dict[Any, np.ndarray]:
    return {name: np.asarray(array) for name, array in state_arrays(load_model(path).model).items()}


@pytest.fixture(scope="module")
def diverged(tmp_path_factory: pytest.TempPathFactory) -> TrainedArm:
    folder = tmp_path_factory.mktemp("export")
    return train_arms(training_inputs(settings(**DIVERGING).config, folder), folder)[0]


def test_the_checkpoint_with_the_lowest_evaluation_loss_is_exported(diverged):
    found = {step: loss for step, loss in evaluations(diverged.folder).items() if step}
    assert diverged.exported_step == min(found, key=found.__getitem__) < diverged.steps == 10
    assert diverged.best_eval_loss == min(found.values())
    step = weights(diverged.folder / "checkpoints" / str(diverged.exported_step))
    exported = weights(diverged.model)
    assert all((exported[path] == array).all() for path, array in step.items())
    last = weights(diverged.folder / "checkpoints")
    assert any((exported[path] != array).any() for path, array in last.items())


def test_old_checkpoints_go_and_the_best_stays(diverged):
    kept = {int(path.name) for path in (diverged.folder / "checkpoints").iterdir() if path.name.isdigit()}
    assert kept == {diverged.exported_step, 8, 10}


def test_training_stops_early_after_evaluations_without_gain(tmp_path):
    resolved = settings(**DIVERGING | {"train__patience": 1, "export__checkpoint": "last"})
    (arm,) = train_arms(training_inputs(resolved.config, tmp_path), tmp_path)
    found = evaluations(arm.folder)
    assert arm.steps == arm.exported_step == max(found) < 10
    assert found[arm.steps] > min(loss for step, loss in found.items() if step)


def test_a_checkpoint_that_lost_a_value_does_not_pass(diverged, tmp_path):
    checkpoints = Path(shutil.copytree(diverged.folder / "checkpoints", tmp_path / "checkpoints"))
    arrays = state_arrays(load_model(checkpoints).model)
    assert verify(checkpoints, arrays).name == "10"
    path = next(path for path in arrays if path[-1] == "input_embedding")
    with pytest.raises(UserError, match=r"other values for embedder\.input_embedding"):
        verify(checkpoints, arrays | {path: arrays[path] + 1e-6})
    with pytest.raises(UserError, match=r"holds .* as None, trained was"):
        verify(checkpoints, arrays | {("other",): arrays[path]})
    with pytest.raises(UserError, match="holds no checkpoint"):
        verify(diverged.model, arrays)


def test_the_export_has_the_type_of_its_base_unless_told():
    assert export_dtype(settings().config, {"torch_dtype": "float32"}) == "float32"
    assert export_dtype(settings().config, {"dtype": "bfloat16"}) == "bfloat16"
    assert export_dtype(settings(export__dtype="float32").config, {"torch_dtype": "bfloat16"}) == "float32"


def test_an_adapter_folder_names_its_base(tmp_path):
    resolved = settings(train__method="lora", train__steps=1, data__eval_share=0.0)
    (arm,) = train_arms(training_inputs(resolved.config, tmp_path), tmp_path)
    config = json.loads((arm.folder / "adapter" / "adapter_config.json").read_text())
    assert Path(config["base_model_name_or_path"]) == one_layer().resolve()
    assert (config["r"], config["lora_alpha"]) == (2, 4.0)


def test_a_card_holds_every_section(tmp_path):
    text = write_card(tmp_path, {"Data": "rows", "Scores": "- 1"}).read_text(encoding="utf-8")
    assert text.startswith("---\nlibrary_name: transformers")
    assert "## Data\n\nrows\n\n## Scores\n\n- 1\n" in text
