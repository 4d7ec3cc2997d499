"""`--also lm-eval` on a run: lm-eval's own verdicts on the completions that were just drawn."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("lm_eval", reason="needs the lm-eval extra")

from lm_eval_builders import sums, write_rows


@pytest.fixture
def asked(tmp_path):
    return "run", "-t", "gsm8k", "--data", write_rows(tmp_path / "d.jsonl", sums(12)), "--also", "lm-eval"


def test_a_run_prints_both_filters_beside_our_answers(harness, asked):
    done = harness(*asked, "-m", "scripted:formless", "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    strict, flexible = document["lm_eval"]["strict-match"], document["lm_eval"]["flexible-extract"]
    assert document["estimates"]["accuracy"]["value"] == 1.0
    assert strict["accuracy"] == 0.0
    assert flexible["accuracy"] == 1.0
    assert len(strict["disagreements"]) == strict["n"] == 12
    assert harness(*asked, "-m", "scripted:formless").out.count("strict-match") >= 2


def test_a_resumed_run_says_it_again(harness, asked, tmp_path):
    assert harness(*asked, "-m", "scripted:formless", "--out", tmp_path / "r").code == 0
    lines = (tmp_path / "r" / "records.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "r" / "records.jsonl").write_text("".join(lines[:5]))
    done = harness("run", "--resume", tmp_path / "r", "--json")
    assert json.loads(done.out)["lm_eval"]["flexible-extract"]["n"] == 12


def test_scoring_the_same_completions_says_the_same(harness, asked, tmp_path):
    run = json.loads(harness(*asked, "-m", "scripted:formless", "--out", tmp_path / "r", "--json").out)
    data = asked[asked.index("--data") + 1]
    done = harness("score", tmp_path / "r", "-t", "gsm8k", "--data", data, "--also", "lm-eval", "--json")
    assert json.loads(done.out)["lm_eval"] == run["lm_eval"]


def test_a_misspelt_name_is_refused_before_anything_is_drawn(harness, asked, tmp_path):
    done = harness(*asked[:-1], "lm-evil", "-m", "scripted:formless", "--out", tmp_path / "r")
    assert done.code == 2
    assert "did you mean 'lm-eval'" in done.err
    assert not (tmp_path / "r").exists()


def test_a_task_without_final_answers_is_refused(harness, tmp_path):
    data = write_rows(tmp_path / "d.jsonl", sums(4))
    done = harness(
        "run", "-t", "lm_eval:gsm8k", "--data", data, "-o", "few_shot=0", "--also", "lm-eval", "-m", "scripted:echo"
    )
    assert done.code == 2
    assert "which 'lm_eval:gsm8k' lacks" in done.err


def test_completions_of_lm_eval_are_scored_by_its_own_task(harness, tmp_path):
    data = write_rows(tmp_path / "d.jsonl", sums(4))
    rows = [
        {"idx": i, "text": f"so\n#### {json.loads(line)['answer'].rsplit('#### ')[1]}"}
        for i, line in enumerate(data.read_text().splitlines())
    ]
    rows[2]["text"] = "no idea"
    file = write_rows(tmp_path / "c.jsonl", rows)
    done = harness("score", file, "-t", "lm_eval:gsm8k", "--data", data, "-o", "few_shot=0", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["estimates"]["exact_match,strict-match"]["value"] == 0.75
