"""`harness demo`: what it shows is what the records say, and recorded completions are compared like any other."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.api.demo_recorded import asked_alike
from harness.core.reply.infer import missing_opening
from harness.core.reply.presets import response_format

TAGS = response_format("reasoning-answer-tags")


SCORE = {"accuracy": "final_answer", "compliant": "structure"}
"""The scorer whose plain value a metric is the mean of."""


def records(folder: str | Path) -> list[dict[str, Any]]:
    lines = (Path(folder) / "records.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def values(folder: str | Path, metric: str) -> dict[str, float]:
    """By doc, from the journal's lines alone."""
    scores = {record["doc"]["id"]: record["scores"] for record in records(folder)}
    if metric == "sound_and_correct":
        return {
            doc: float(one["final_answer"]["value"] == 1 and one["step_validity"]["detail"]["n_invalid"] == 0)
            for doc, one in scores.items()
        }
    return {doc: float(one[SCORE[metric]]["value"]) for doc, one in scores.items()}


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("demo") / "run"
    command = [sys.executable, "-m", "harness.cli.main", "demo", "--quick", "--json", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return SimpleNamespace(document=json.loads(done.stdout), folder=folder)


@pytest.mark.slow
def test_every_number_of_the_quick_demo_is_recomputed_from_the_records(quick):
    runs = {run["model"]: run for run in quick.document["runs"]}
    assert set(runs) == {"base", "reasoning-answer", "answer-only", "answer-reasoning"}
    for run in runs.values():
        for metric in ("accuracy", "compliant", "sound_and_correct"):
            counted = values(run["folder"], metric)
            assert run["metrics"][metric] == pytest.approx(sum(counted.values()) / len(counted)), metric
    for pair in quick.document["pairs"]:
        a, b = (values(runs[pair[side]]["folder"], "accuracy") for side in ("baseline", "candidate"))
        assert pair["difference"] == pytest.approx(sum(b[doc] - a[doc] for doc in a) / len(a))
        assert pair["low"] <= pair["difference"] <= pair["high"]
        assert pair["p_adjusted"] >= pair["p_value"]


@pytest.mark.slow
def test_accuracy_by_steps_of_the_quick_demo_is_recomputed_from_the_records(quick):
    runs = {run["model"]: run["folder"] for run in quick.document["runs"]}
    for row in quick.document["by_steps"]:
        docs = {
            r["doc"]["id"] for r in records(runs[row["model"]]) if r["doc"]["metadata"]["n_steps"] == row["n_steps"]
        }
        counted = [v for doc, v in values(runs[row["model"]], "accuracy").items() if doc in docs]
        assert row["n"] == len(counted)
        assert row["value"] == pytest.approx(sum(counted) / len(counted))


@pytest.mark.slow
def test_the_quick_demo_leaves_a_page_for_every_pair_with_the_same_numbers(quick):
    for pair in quick.document["pairs"]:
        page = Path(pair["report"])
        shown = f"{100 * pair['difference']:+.1f}"
        assert pair["verdict"] in page.with_suffix(".md").read_text(encoding="utf-8").replace("\\<", "<")
        assert shown in pair["verdict"]
        assert shown.replace("-", "\N{MINUS SIGN}") in page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_arms_of_the_quick_demo_saw_the_same_number_of_tokens(quick):
    tokens = [arm["tokens"] for arm in quick.document["arms"]]
    assert max(tokens) - min(tokens) < 0.02 * max(tokens)


@pytest.mark.slow
def test_a_log_of_the_quick_demo_has_a_line_a_stage_and_says_that_its_arms_are_weak(quick):
    import subprocess
    import sys

    command = [sys.executable, "-m", "harness.cli.main", "demo", "--quick", "--out", str(quick.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    stages = [line.split("] ", 1)[1] for line in done.stderr.splitlines() if line.startswith("[")]
    arms = ["reasoning-answer", "answer-only", "answer-reasoning"]
    assert stages == [
        *(f"training arm {i} of 3: {arm}" for i, arm in enumerate(arms, 1)),
        *(f"measuring model {i} of 4 on small_steps: {name}" for i, name in enumerate(["base", *arms], 1)),
        "comparing every pair on small_steps",
    ]
    assert done.stdout.count("too briefly to conclude anything") == 1
    assert done.stdout.index("too briefly to conclude anything") < done.stdout.index("reasoning-answer against")
    assert "too briefly to conclude anything" in quick.document["note"]


def test_stages_are_told_in_a_log_and_not_on_a_terminal(capsys, monkeypatch):
    import sys

    from harness.cli.show.stages import SILENT, Stages

    Stages().say("measuring base")
    SILENT.say("measuring base")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    Stages().say("measuring base")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(" s] measuring base")


def test_a_tag_that_most_replies_close_but_do_not_open_was_in_the_prompt():
    closed = "a step\n</reasoning>\n<answer>\n4\n</answer>"
    assert missing_opening(TAGS, [closed] * 3 + ["nothing"]) == "<reasoning>\n"
    assert missing_opening(TAGS, ["<reasoning>\n" + closed] * 3) == ""
    assert missing_opening(TAGS, ["42"] * 3) == ""


def test_runs_are_compared_with_a_base_that_was_asked_alike():
    files = [Path(f"{name}.jsonl") for name in ("base_a", "base_b", "lora", "tuned")]
    opening = dict(zip(files, ("", "<r>", "", "<r>"), strict=True))
    assert asked_alike(files, opening) == [(files[0], files[2]), (files[1], files[3])]
    assert asked_alike(files[:2], opening) == [(files[0], files[1])]


@pytest.mark.parametrize("given", ["missing", "one"])
def test_fewer_than_two_recorded_runs_are_refused(harness, tmp_path, given):
    path = tmp_path / f"{given}.jsonl"
    if given == "one":
        path.write_text('{"id": "a", "completion": "4"}\n')
    done = harness("demo", "--recorded", path)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert str(path) in done.err


@pytest.mark.shared_data
def test_recorded_gemma_runs_show_a_change_of_form_and_none_of_accuracy(harness, tmp_path, shared_data):
    names = ("base_think", "sft_lr1e6_prefill")
    given = [part for n in names for part in ("--recorded", shared_data(f"gemma3_1b_it_outputs/{n}.jsonl"))]
    done = harness("demo", *given, "--out", tmp_path / "demo", "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    base, tuned = (document["runs"][name] for name in names)
    assert tuned["compliant"] - base["compliant"] > 0.75
    (pair,) = document["comparisons"]
    assert pair["low"] < 0 < pair["high"]
    assert pair["verdict"].startswith("Formats better")
    assert Path(pair["report"]).is_file()


def test_a_run_without_a_model_is_answered_by_the_bundled_one(harness):
    done = harness("run", "--task", "small_steps", "-o", "n=6", "--max-new-tokens", "8", "--json")
    assert done.code == 0, done.err
    run = json.loads(done.out)["run"]
    assert run["model"]["name"] == "gemma3-nano"
    assert "gemma3-nano" in done.err
