"""`prepare`, `train`, `plan` and `demo` from Python: the command's documents, live models between updates, progress."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("tunix", reason="needs the gemma extra")

from sft_runs import SMALL, one_layer, quick_compilation

import harness as door
from harness.core.progress import Progress

__all__ = ["quick_compilation"]

MOST_LINES = 15
TASK = {"benchmark.limit": 3, "benchmark.max_new_tokens": 8}
LIVE = {"options": {"n": 3}, "max_new_tokens": 8}
ROWS = [
    {"question": "Sam has 2 pens and 3 more. How many pens?", "reasoning": "2 + 3 = 5", "answer": "5"},
    {"question": "Ann has 4 cups and 5 more. How many cups?", "reasoning": "4 + 5 = 8", "answer": "8"},
    {"question": "How much is it?", "reasoning": "1 + 1 = 2", "answer": ""},
]
"""One that is sound, one with a false step, one without an answer."""


def stages(told: list[Progress]) -> dict[str, Progress]:
    """What was told last of each stage."""
    return {one.stage: one for one in told}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two arms, each asked something between its updates, measured and compared."""
    folder = tmp_path_factory.mktemp("api")
    told: list[Progress] = []
    seen: list[tuple[str, int, door.StoredRun]] = []

    def watch(moment: Any) -> Mapping[str, float]:
        run = door.evaluate("gsm_style", moment.live, **LIVE, out=folder / f"live-{moment.arm}-{moment.step}")
        seen.append((moment.arm, moment.step, run))
        return {"live_accuracy": run.estimate().value or 0.0}

    result = door.train(
        recipe="tiny",
        base=one_layer(),
        overrides=SMALL | TASK,
        arms=["reasoning", "answer-only"],
        out=folder / "run",
        watch=watch,
        on_progress=told.append,
    )
    return SimpleNamespace(result=result, told=told, seen=seen, folder=folder)


def test_the_result_is_the_document_of_the_command(made, harness):
    done = harness("train", "--resume", made.folder / "run", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out) == json.loads(json.dumps(made.result.as_json()))
    assert list(made.result.as_json()) == ["folder", "arms", "contamination", "runs", "comparisons"]


def test_the_result_holds_runs_and_comparisons_as_the_other_verbs_make_them(made):
    models = ("base", "reasoning-answer", "answer-only")
    assert set(made.result.runs) == {("gsm_style", model) for model in models}
    pair = made.result.comparisons[-1]
    again = door.compare(made.result.runs["gsm_style", pair.baseline], made.result.runs["gsm_style", pair.candidate])
    assert (pair.candidate, pair.verdict) == ("reasoning-answer", again.verdict)
    assert pair.report.is_file()


def test_a_result_shows_itself(made):
    text, page = repr(made.result), made.result._repr_html_()
    assert len(text.splitlines()) <= MOST_LINES
    for pair in made.result.comparisons:
        assert pair.verdict in text
        assert str(pair.report) in page
    metrics = made.result.to_frame()
    for arm in made.result.arms:
        assert len(metrics[metrics["arm"] == arm.order]["loss"].dropna()) == arm.steps
    assert len(made.result.to_frame("comparisons")) == 3
    drawing = made.result.plot().save(made.folder / "loss.svg").read_text(encoding="utf-8")
    assert drawing.count('class="line main"') == len(made.result.arms)
    assert all(arm.order in drawing for arm in made.result.arms)
    with pytest.raises(door.UserError, match="did you mean 'metrics'"):
        made.result.to_frame("metric")


def test_the_model_is_asked_between_two_updates_and_every_time_it_is_another(made):
    for arm in made.result.arms:
        assert {step for order, step, _ in made.seen if order == arm.order} == {0, 6, 12, arm.steps}
    found = [run.run.model.fingerprint for arm, _, run in made.seen if arm == "reasoning-answer"]
    assert len(set(found)) == 3
    first = {run.run.model.fingerprint for _, step, run in made.seen if step == 0}
    assert len(first) == 1  # both arms begin as the base
    metrics = made.result.to_frame()
    assert metrics["live_accuracy"].notna().sum() == len(made.seen)


def test_one_callback_is_told_of_data_updates_and_completions(made):
    last = stages(made.told)
    for arm in made.result.arms:
        assert (last[arm.order].done, last[arm.order].total, last[arm.order].unit) == (arm.steps, arm.steps, "updates")
        assert last[arm.order].figures["loss"] > 0
    assert {"reading", "checking", "tokenising"} <= last.keys()
    assert any(one.unit == "docs" and one.done == 3 for one in last.values())


@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_a_live_adapter_answers_as_the_module_in_training_computes(tmp_path, method):
    import numpy as np

    from harness.gemma.live import load_live
    from harness.gemma.model.tunix_adapter import logits

    tokens = np.arange(300, 324, dtype=np.int32).reshape(1, 24)
    gaps, prints = {}, {}

    def watch(moment: Any) -> None:
        loaded = load_live(moment.live)
        prints[moment.step] = loaded.fingerprint
        given, merged = (np.asarray(logits(model, tokens)) for model in (moment.model, loaded.model))
        gaps[moment.step] = np.abs(given - merged).max()

    changes = {"train.method": method, "train.learning_rate": 0.03, "train.steps": 6}
    door.train(recipe="tiny", base=one_layer(), overrides=SMALL | changes, out=tmp_path, benchmark=False, watch=watch)
    assert len(set(prints.values())) == len(prints) == 2
    assert max(gaps.values()) < 1e-4


def test_ctrl_c_says_how_to_go_on_and_the_same_folder_goes_on(tmp_path):
    def interrupt(moment: Any) -> None:
        if moment.step:
            raise KeyboardInterrupt

    asked = {"recipe": "tiny", "base": one_layer(), "overrides": SMALL, "benchmark": False}
    with pytest.raises(door.Stopped) as stopped:
        door.train(**asked, out=tmp_path / "run", watch=interrupt)
    assert stopped.value.folder == tmp_path / "run"
    assert stopped.value.goes_on == f"harness train --resume {tmp_path / 'run'}"
    (arm,) = door.train(resume=tmp_path / "run", benchmark=False).arms
    assert arm.steps == SMALL["train.steps"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"resume": "somewhere", "recipe": "tiny"}, "goes on with what it was started with"),
        ({"resume": "somewhere"}, "is no training run"),
        ({}, "no settings given"),
        ({"recipe": "tinyy"}, "did you mean 'tiny'"),
        ({"recipe": "gemma3_nano", "overrides": {"train.step": 1}}, "did you mean 'train.steps'"),
        (
            {"recipe": "gemma3_nano", "overrides": {"data.eval_share": 0.0}, "watch": lambda moment: None},
            "data.eval_share is 0",
        ),
    ],
)
def test_a_call_that_cannot_work_says_so_before_any_work(tmp_path, monkeypatch, asked, message):
    monkeypatch.setattr("sft.training.inputs.training_inputs", lambda *a: pytest.fail("work was begun"))
    with pytest.raises(door.UserError, match=message):
        door.train(**asked, runs=tmp_path)


def test_resume_beside_an_option_that_it_ignores_is_refused(harness, made):
    done = harness("train", "--resume", made.folder / "run", "--recipe", "tiny")
    assert done.code == 2
    assert "--recipe does not apply" in done.err


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def test_prepared_data_is_the_document_of_the_command_and_shows_itself(rows, tmp_path, harness):
    told: list[Progress] = []
    found = door.prepare(rows, out=tmp_path / "out", on_progress=told.append)
    assert json.loads(harness("prepare", rows, "--json").out) == found.as_json()
    assert list(found.to_frame()["answer"]) == ["5"]
    assert dict(found.to_frame("rejects").value_counts("reason")) == {"false_step": 1, "missing_answer": 1}
    assert "3 rows: 1 samples, 2 rejected" in repr(found)
    assert "false_step" in found._repr_html_()
    assert (tmp_path / "out" / "samples.jsonl").is_file()
    assert [(one.stage, one.done) for one in told if one.done == one.total] == [("reading", 3), ("checking", 2)]
    with pytest.raises(door.UserError, match=r"holds samples\.jsonl"):
        door.prepare(rows, out=tmp_path / "out")


def test_data_is_tokenised_as_a_model_would(rows):
    found = door.prepare(rows, model=one_layer(), max_length=400, weights={"question": 0.0})
    assert found.tokenised is not None
    assert found.tokenised.report.n_tokens == sum(len(one.tokens) for one in found.tokenised.samples)
    assert f"{found.tokenised.report.n_tokens:,} tokens" in repr(found)


def test_a_plan_shows_itself_and_is_what_is_written(tmp_path, monkeypatch):
    from test_plan_nearest import Formula

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("sft.planning.study.Study", Formula)
    out = tmp_path / "plan.json"
    found = door.plan(recipe="gemma3_1b_gsm8k", topologies=["v5e:2x2"], batches=[8, 64], methods=["lora"], out=out)
    assert json.loads(out.read_text()) == json.loads(json.dumps(found.as_json()))
    table = found.to_frame()
    assert list(table["fits"]) == [one.verdict.fits for one in found.training]
    assert len(repr(found).splitlines()) <= MOST_LINES
    for one in found.training:
        assert f"{one.topology}, {one.choice.describe()}" in repr(found)
        assert one.choice.describe() in found._repr_html_()
    with pytest.raises(door.UserError, match="did you mean 'v5e:2x4'"):
        door.plan(recipe="gemma3_1b_gsm8k", topologies=["v5e:2x3"])


@pytest.mark.slow
@pytest.mark.shared_data
def test_recorded_completions_are_compared_like_the_command_does(tmp_path, shared_data, harness):
    names = ("base_think", "sft_lr1e6_prefill")
    files = [shared_data(f"gemma3_1b_it_outputs/{name}.jsonl") for name in names]
    found = door.demo(recorded=files, out=tmp_path / "demo")
    given = [part for file in files for part in ("--recorded", file)]
    document = json.loads(harness("demo", *given, "--out", tmp_path / "again", "--json").out)
    assert document["runs"] == found.as_json()["runs"]
    (pair,) = found.comparisons
    assert pair.verdict in repr(found)
    assert pair.verdict == document["comparisons"][0]["verdict"]
