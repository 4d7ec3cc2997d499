"""Raw rows with faults to a candidate that learns, over the command and over the pipeline's own functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from sft_runs import SMALL, curve, evaluations, one_layer, quick_compilation, settings

from harness.api.train import run_training
from harness.cli.train import train
from harness.core.errors import UserError
from harness.gemma.load import load_model
from harness.gemma.model.tunix_adapter import logits, state_arrays
from sft.config import resolve
from sft.training.arms import Events, train_arms
from sft.training.guards import WINDOW, LossGuard
from sft.training.inputs import arms_data, training_inputs

__all__ = ["quick_compilation"]

TOKENS = np.arange(300, 324, dtype=np.int32).reshape(1, 24)

FAULTS = [
    {"question": "Sam has 2 pens and 3 more. How many pens?", "reasoning": "2 + 3 = 6", "answer": "6"},
    {"question": "How much is it?", "reasoning": "1 + 1 = 2", "answer": ""},
    {"question": "", "reasoning": "1 + 1 = 2", "answer": "2"},
    {"question": "A long one?", "reasoning": "word " * 900, "answer": "2"},
    {
        "question": "A bag costs â‚¹240 and a cap â‚¹60. What do both cost?",
        "reasoning": "240 + 60 = 300",
        "answer": "300",
    },
]
"""A false step, no answer, no question, too long, and mojibake that is mended."""


def raw_rows(path: Path, n: int = 40) -> Path:
    from sft.data.sources import load_raw

    good = [{key: row[key] for key in ("question", "reasoning", "answer")} for row in load_raw(f"gsm_style:n={n}")]
    rows = [*good, *FAULTS, good[0]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def command(*arguments: object) -> None:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(train)
    app([str(a) for a in arguments], standalone_mode=False)


def options(**changes: Any) -> list[str]:
    merged = SMALL | {key.replace("__", "."): value for key, value in changes.items()}
    return [part for key, value in merged.items() for part in ("--set", f"{key}={json.dumps(value)}")]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run of the command: faulty rows in, two arms, base and arms benchmarked and compared."""
    folder = tmp_path_factory.mktemp("train")
    data = raw_rows(folder / "rows.jsonl")
    short = {
        "benchmark__limit": 3,
        "benchmark__max_new_tokens": 8,
        "benchmark__probe_docs": 2,
        "benchmark__options": {},
    }
    given = options(data__source=str(data), **{k: v for k, v in short.items() if v != {}})
    command(
        "--recipe", "tiny", "--base", one_layer(), "--arms", "reasoning,answer-only", "--out", folder / "run", *given
    )
    return folder / "run"


def test_every_fault_is_rejected_with_its_reason(finished):
    lines = (finished / "arms" / "reasoning-answer" / "data" / "rejects.jsonl").read_text().splitlines()
    reasons = {reject["row"] - 40: reject["reason"] for reject in map(json.loads, lines) if reject["row"] >= 40}
    assert reasons[0] == "false_step"
    assert reasons[1] == "missing_answer"
    assert reasons[2] == "empty_question"
    assert reasons[5] == "duplicate"
    assert 3 in reasons
    assert 4 not in reasons
    samples = (finished / "arms" / "reasoning-answer" / "data" / "samples.jsonl").read_text(encoding="utf-8")
    assert "₹240" in samples


def test_arms_learn_and_ask_the_same_questions(finished):
    ids = {}
    for arm in ("reasoning-answer", "answer-only"):
        losses = [loss for loss, _, _ in curve(finished / "arms" / arm).values()]
        assert np.mean(losses[-3:]) < np.mean(losses[:3])
        assert evaluations(finished / "arms" / arm).keys() >= {0, 6, 12}
        lines = (finished / "arms" / arm / "data" / "samples.jsonl").read_text().splitlines()
        ids[arm] = [json.loads(line)["id"] for line in lines]
    assert ids["reasoning-answer"] == ids["answer-only"]


def test_arms_train_for_the_same_number_of_tokens(finished):
    tokens = [json.loads(file.read_text())["tokens"] for file in finished.glob("arms/*/arm.json")]
    assert len(tokens) == 2
    assert abs(tokens[0] - tokens[1]) < 0.15 * max(tokens)


def test_base_and_arms_are_benchmarked_compared_and_reported(finished):
    runs = {folder.name for folder in (finished / "runs").iterdir()}
    assert runs == {"gsm_style-base", "gsm_style-answer-only", "gsm_style-reasoning-answer"}
    for pair in ("base-answer-only", "base-reasoning-answer", "answer-only-reasoning-answer"):
        assert (finished / "report" / f"gsm_style-{pair}" / "comparison.html").stat().st_size > 1000
    card = (finished / "arms" / "reasoning-answer" / "model" / "README.md").read_text(encoding="utf-8")
    assert "train.learning_rate = 0.003" in card
    assert "gsm_style, base to reasoning-answer:" in card


def test_the_probe_writes_accuracy_beside_the_evaluation_loss(finished):
    lines = (finished / "arms" / "answer-only" / "train_metrics.jsonl").read_text().splitlines()
    probed = [row for row in map(json.loads, lines) if "eval_loss" in row]
    assert all(0.0 <= row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"] <= 1.0 for row in probed)
    assert all(row["accuracy_docs"] == 2 for row in probed)


def test_docs_that_stand_in_the_training_data_are_looked_for_before_training(finished):
    found = json.loads((finished / "contamination.json").read_text())
    assert (found["train"], found["sets"]["gsm_style"]["n_docs"], found["run"]) == ("rows.jsonl", 3, None)
    for model in ("base", "reasoning-answer"):
        beside = json.loads((finished / "runs" / f"gsm_style-{model}" / "contamination.json").read_text())
        assert beside["sets"] == found["sets"]
        parts = beside["run"]["scores"]
        assert parts["every_doc"]["n_docs"] == 3
        assert parts["without_overlap"]["n_docs"] + parts["overlap_only"]["n_docs"] == 3
    page = (finished / "report" / "gsm_style-base-reasoning-answer" / "comparison.md").read_text(encoding="utf-8")
    assert "of 3 docs overlap with rows.jsonl" in page
    card = (finished / "arms" / "reasoning-answer" / "model" / "README.md").read_text(encoding="utf-8")
    assert "- gsm_style: " in card.split("## Contamination")[1]


def test_a_candidates_run_has_its_curves_and_its_place_in_training(finished):
    for arm in ("answer-only", "reasoning-answer"):
        folder = finished / "runs" / f"gsm_style-{arm}"
        curves = (finished / "arms" / arm / "train_metrics.jsonl").read_bytes()
        assert (folder / "train_metrics.jsonl").read_bytes() == curves
        made = json.loads((finished / "arms" / arm / "arm.json").read_text())
        detail = json.loads((folder / "run.json").read_text())["model"]["detail"]
        assert detail["training_step"] == made["exported_step"]
    base = json.loads((finished / "runs" / "gsm_style-base" / "run.json").read_text())
    assert "training_step" not in base["model"]["detail"]


def test_a_finished_run_is_not_trained_again(finished, monkeypatch):
    monkeypatch.setattr("sft.training.arms.train_arm", lambda *a: pytest.fail("trained again"))
    command("--resume", finished, "--no-benchmark")


def test_an_existing_run_is_not_overwritten(finished):
    with pytest.raises(UserError, match="holds a training run"):
        command("--recipe", "tiny", "--base", one_layer(), "--out", finished)


def test_lora_trains_the_adapter_alone_and_the_export_has_it(tmp_path):
    inputs = training_inputs(settings(train__method="lora", train__learning_rate=0.03).config, tmp_path)
    kept: dict[str, Any] = {}

    def keep(model: Any, *rest: Any) -> dict[str, float]:
        kept["model"] = model
        return {}

    (arm,) = train_arms(inputs, tmp_path, Events(probe=keep))
    base, exported = load_model(one_layer()).model, load_model(arm.model).model
    trained = state_arrays(kept["model"])
    for path, array in state_arrays(base).items():
        np.testing.assert_array_equal(trained[path], array)
    changed, merged = (np.asarray(logits(m, TOKENS)) for m in (kept["model"], exported))
    assert np.abs(changed - np.asarray(logits(base, TOKENS))).max() > 1e-2
    assert np.abs(changed - merged).max() < 1e-4
    adapter = load_model(tmp_path / "arms" / "reasoning-answer" / "adapter").model
    np.testing.assert_allclose(np.asarray(logits(adapter, TOKENS)), merged, atol=1e-5)
    assert arm.last_loss < arm.first_loss


@pytest.mark.parametrize("quantise", ["nf4", "int8"])
def test_the_training_loss_sees_lora(quantise):
    """A model whose LoRA were bypassed would have a gradient of exactly zero for it."""
    import jax
    import jax.numpy as jnp
    from flax import nnx

    from sft.tokens.loader import Loader
    from sft.training.trainable import model_loss, trainable, with_lora

    inputs = training_inputs(settings().config, Path("unused"))
    rows = arms_data(inputs)["reasoning-answer"].train
    batch = Loader(rows, batch_rows=1, micro_batches=1, seed=0).batch(0)
    base = trainable(load_model(one_layer()).model)
    adapted = with_lora(base, rank=2, alpha=4.0, modules=".*(einsum|_proj)", seed=0, quantise=quantise)

    def loss(model: Any) -> Any:
        return model_loss(model, batch, compute_dtype=jnp.float32, chunk=0)

    gradients = nnx.jit(nnx.grad(loss, argnums=nnx.DiffState(0, nnx.LoRAParam)))(adapted)
    of_b = [leaf for path, leaf in nnx.to_flat_state(gradients) if str(path[-1]).endswith("_lora_b")]
    assert len(of_b) == 6
    assert all(float(jnp.abs(leaf[...]).max()) > 0 for leaf in of_b)
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(gradients))


def test_a_loss_that_is_no_number_names_its_samples():
    guard = LossGuard(5.0)
    with pytest.raises(UserError, match=r"step 3: the loss is nan .* samples: a, b"):
        guard.check(3, float("nan"), 1.0, ["a", "b"])
    with pytest.raises(UserError, match="gradient norm inf"):
        guard.check(3, 1.0, float("inf"), ["a"])


def test_a_jump_of_the_loss_stops_and_a_small_loss_may_waver():
    guard = LossGuard(5.0)
    for step in range(WINDOW):
        guard.check(step, 0.01, 1.0, [])
    guard.check(WINDOW, 0.2, 1.0, [])
    with pytest.raises(UserError, match=r"jumped to 3\.000 from about 0\.010; samples: x"):
        guard.check(WINDOW + 1, 3.0, 1.0, ["x"])
    LossGuard(0.0).check(1, 1e9, 1.0, [])


def test_training_stops_at_weights_that_break_and_keeps_the_last_sound_checkpoint(tmp_path):
    resolved = settings(train__learning_rate=1e30, train__clip=0.0, train__save_every=1, data__eval_share=0.0)
    with pytest.raises(UserError, match=r"step \d+: the loss is"):
        train_arms(training_inputs(resolved.config, tmp_path), tmp_path)
    from harness.gemma.model.checkpoint import find_step

    step = find_step(tmp_path / "arms" / "reasoning-answer" / "checkpoints")
    assert step is not None
    assert int(step.name) < 12


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model.base": "no/such/folder/here"}, "no/such/folder/here"),
        ({"data.max_length": 10**6}, "was made for 32768"),
        ({"mesh.tp": 3}, "does not divide the model's 2 heads"),
        ({"train.batch_rows": 5, "train.micro_batches": 2}, "not a multiple of 2 micro-batches"),
        ({"data.source": "missing.jsonl"}, "no file at missing.jsonl"),
        ({"data.max_length": 20}, "all 60 rows were rejected: overlong"),
        ({"data.format": "question-reason-answer"}, "did you mean"),
    ],
)
def test_bad_input_is_refused_before_any_device_work(tmp_path, monkeypatch, changes, message):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("harness.gemma.load.load_model", lambda *a, **k: pytest.fail("weights were loaded"))
    changed = {key.replace(".", "__"): value for key, value in changes.items()}
    with pytest.raises(UserError, match=message):
        train_arms(training_inputs(settings(**changed).config, tmp_path), tmp_path)


def test_a_full_disk_is_named_before_training(tmp_path, monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(UserError, match="checkpoints and export need"):
        training_inputs(settings().config, tmp_path)


def test_a_checkpoint_is_no_base_to_train_from(tmp_path):
    (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(one_layer())}))
    with pytest.raises(UserError, match="not a whole model"):
        training_inputs(settings(model__base=str(tmp_path)).config, tmp_path)


def test_a_misspelt_task_or_option_is_named_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr("sft.training.inputs.training_inputs", lambda *a: pytest.fail("work was begun"))
    for key, value, message in (
        ("benchmark.tasks", ["gsm8l"], "did you mean 'gsm8k'"),
        ("benchmark.options", {"seeed": 1}, "did you mean 'seed'"),
    ):
        resolved = resolve(("test", {"model.base": str(one_layer()), **SMALL, key: value}))
        with pytest.raises(UserError, match=message):
            run_training(resolved, tmp_path)


def test_a_folder_in_which_nothing_was_trained_can_be_used_again(tmp_path):
    (tmp_path / "binary.jsonl").write_bytes(b'{"question": "\xa4"}')
    given = ("--recipe", "tiny", "--base", one_layer(), "--out", tmp_path / "run", "--no-benchmark")
    with pytest.raises(UserError, match="is not UTF-8 text"):
        command(*given, "--data", tmp_path / "binary.jsonl")
    with pytest.raises(UserError, match="no file at missing"):
        command(*given, "--data", "missing.jsonl")


def test_an_empty_file_is_named(tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    with pytest.raises(UserError, match=r"empty\.jsonl has no rows"):
        train_arms(training_inputs(settings(data__source=str(empty)).config, tmp_path), tmp_path)
