"""From the command line to numbers: run, resume, score, compare, report, history, and their JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROWS = [{"id": f"q{i}", "question": f"What is {i} + {i}?", "answer": str(2 * i)} for i in range(40)]


@pytest.fixture
def data(tmp_path) -> Path:
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def completions(path: Path, wrong: set[int]) -> Path:
    rows = [{"idx": i, "completion": f"Answer: {2 * i + (i in wrong)}"} for i in range(40)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def ran(harness, *arguments: object):
    done = harness(*arguments)
    assert done.code == 0, done.err
    return done


def test_a_run_prints_its_numbers_and_its_folder(harness):
    done = ran(harness, "run", "--task", "two_digit_addition", "-o", "n=20", "--model", "scripted:careful")
    assert "accuracy" in done.out
    assert "100.0%" in done.out
    folder = Path(done.out.strip().splitlines()[-1].removeprefix("run: "))
    assert (folder / "run.json").exists()
    assert len((folder / "records.jsonl").read_text().splitlines()) == 20


def test_a_run_as_json_is_one_document_of_the_documented_shape(harness):
    done = ran(harness, "run", "-t", "two_digit_addition", "-o", "n=20", "-m", "scripted:careful", "--json")
    document = json.loads(done.out)
    assert document["run"]["task"] == "two_digit_addition"
    assert document["run"]["settings"]["temperature"] == 0.0
    accuracy = document["estimates"]["accuracy"]
    assert {"value", "low", "high", "n_docs", "n_not_scored", "method"} <= accuracy.keys()
    assert (accuracy["value"], accuracy["n_docs"], accuracy["n_not_scored"]) == (1.0, 20, 0)


def test_several_tasks_run_one_after_the_other(harness):
    done = ran(harness, "run", "-t", "two_digit_addition,gsm_style", "-m", "scripted:careful", "--limit", "5", "--json")
    assert [one["run"]["task"] for one in json.loads(done.out)["runs"]] == ["two_digit_addition", "gsm_style"]


def test_a_finished_run_resumes_to_itself(harness, tmp_path):
    folder = tmp_path / "run"
    ran(harness, "run", "-t", "two_digit_addition", "-o", "n=20", "-m", "scripted:careful", "--out", folder)
    before = (folder / "records.jsonl").read_bytes()
    done = ran(harness, "run", "--resume", folder, "--json")
    assert (folder / "records.jsonl").read_bytes() == before
    assert json.loads(done.out)["run"]["id"] == "run"


def test_a_run_resumes_where_its_journal_ends(harness, tmp_path):
    folder = tmp_path / "run"
    ran(harness, "run", "-t", "two_digit_addition", "-o", "n=20", "-m", "scripted:careful", "--out", folder)
    lines = (folder / "records.jsonl").read_text().splitlines(keepends=True)
    (folder / "records.jsonl").write_text("".join(lines[:7]))
    done = ran(harness, "run", "--resume", folder, "--json")
    assert json.loads(done.out)["estimates"]["accuracy"]["n_docs"] == 20
    assert sorted((folder / "records.jsonl").read_text().splitlines(keepends=True)[:7]) == sorted(lines[:7])


def test_where_the_official_data_cannot_be_had_one_line_says_so_and_the_run_is_stamped(harness):
    done = ran(harness, "run", "-t", "gsm8k", "-m", "scripted:careful", "--limit", "5", "--json")
    assert done.err.count("\n") == 1
    assert "bundled GSM8K-style problems" in done.err
    assert json.loads(done.out)["run"]["data"]["source"].startswith("bundled:gsm_style")


def test_official_data_that_cannot_be_had_is_an_error_on_request(harness):
    done = harness("run", "-t", "gsm8k", "-m", "scripted:careful", "-o", "source=official")
    assert done.code == 2
    assert "openai/gsm8k could not be loaded" in done.err


def test_columns_are_mapped(harness, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("q,a\nWhat is 1 + 1?,2\n")
    done = ran(
        harness, "run", "-t", "gsm8k", "--data", path, "--columns", "question=q,answer=a", "-m", "scripted:careful",
        "--json",
    )  # fmt: skip
    assert json.loads(done.out)["estimates"]["accuracy"]["value"] == 1.0


def test_gsm8k_rows_with_hashes_give_the_answer_after_them(harness, tmp_path):
    path = tmp_path / "official.jsonl"
    row = {"question": "How many?", "answer": "She has 2*600=<<2*600=1200>>1200.\n#### 1,200"}
    path.write_text(json.dumps(row) + "\n")
    done = ran(harness, "run", "-t", "gsm8k", "--data", path, "-m", "scripted:careful", "--out", tmp_path / "run")
    record = json.loads((tmp_path / "run" / "records.jsonl").read_text())
    assert record["doc"]["target"] == "1200"
    assert record["doc"]["gold_reasoning"] == "She has 2*600=1200."
    assert done.err == ""


def test_completions_made_elsewhere_are_scored_without_a_model(harness, tmp_path, data):
    file = completions(tmp_path / "theirs.jsonl", wrong={3, 5})
    done = ran(harness, "score", file, "--task", "gsm8k", "--data", data, "--json", "--out", tmp_path / "theirs")
    document = json.loads(done.out)
    assert document["estimates"]["accuracy"]["value"] == pytest.approx(38 / 40)
    assert document["run"]["model"]["name"] == "theirs"
    assert document["run"]["settings"] is None


def test_docs_without_a_completion_are_counted_and_left_out(harness, tmp_path, data):
    file = completions(tmp_path / "c.jsonl", wrong=set())
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:30]))
    done = ran(harness, "score", file, "--task", "gsm8k", "--data", data, "--json")
    assert "10 of 40 docs have no completion" in done.err
    assert json.loads(done.out)["estimates"]["accuracy"]["n_docs"] == 30


def test_a_comparison_as_json_has_the_documented_shape(harness, tmp_path, data):
    for name, wrong in (("base", set(range(20))), ("tuned", {1, 2})):
        file = completions(tmp_path / f"{name}.jsonl", wrong)
        ran(harness, "score", file, "-t", "gsm8k", "--data", data, "--out", tmp_path / "runs" / name)
    done = ran(harness, "compare", tmp_path / "runs" / "base", tmp_path / "runs" / "tuned", "--json")
    document = json.loads(done.out)
    assert {"baseline", "candidate", "differences", "verdict", "gate"} <= document.keys()
    accuracy = document["differences"]["accuracy"]
    fields = {"value", "low", "high", "p_value", "p_adjusted", "n_paired", "fixed", "broken", "method"}
    assert fields <= accuracy.keys()
    assert accuracy["value"] == pytest.approx(18 / 40)
    assert (accuracy["fixed"], accuracy["broken"], accuracy["n_paired"]) == (18, 0, 40)
    assert document["verdict"].startswith("Better: accuracy +45.0 points")
    assert document["gate"] is None


@pytest.mark.parametrize(
    ("wrong", "code", "outcome"),
    [(set(), 0, "pass"), (set(range(25)), 3, "fail"), ({1}, 4, "inconclusive")],
)
def test_the_gate_has_three_exit_codes(harness, tmp_path, data, wrong, code, outcome):
    for name, slips in (("base", set()), ("tuned", wrong)):
        file = completions(tmp_path / f"{name}.jsonl", slips)
        ran(harness, "score", file, "-t", "gsm8k", "--data", data, "--out", tmp_path / "runs" / name)
    margin = "0.09" if outcome == "pass" else "0.02"
    sides = tmp_path / "runs" / "base", tmp_path / "runs" / "tuned"
    done = harness("compare", *sides, "--gate", "--margin", margin, "--json")
    gate = json.loads(done.out)["gate"]
    assert (done.code, gate["outcome"]) == (code, outcome)
    if outcome == "inconclusive":
        assert gate["n_needed"] > 40
    decision = {"pass": "the candidate may ship", "fail": "do not ship", "inconclusive": "not shown either way"}[
        outcome
    ]
    told = f"gate: {outcome} – {decision}. A loss of up to {100 * float(margin):.1f} points is tolerated (--margin); "
    assert told in harness("compare", *sides, "--gate", "--margin", margin, "--no-report").out


def test_a_run_made_here_and_one_made_elsewhere_need_leave_to_compare(harness, tmp_path, data):
    file = completions(tmp_path / "theirs.jsonl", wrong={3})
    ran(harness, "score", file, "-t", "gsm8k", "--data", data, "--out", tmp_path / "theirs")
    ran(harness, "run", "-t", "gsm8k", "--data", data, "-m", "scripted:careful", "--out", tmp_path / "ours")
    refused = harness("compare", tmp_path / "theirs", tmp_path / "ours")
    assert refused.code == 2
    assert "prompt" in refused.err
    allowed = ran(harness, "compare", tmp_path / "theirs", tmp_path / "ours", "--allow", "prompt,settings")
    assert "note: " in allowed.out


def test_records_are_exported_as_csv_and_parquet(harness, tmp_path):
    import pandas as pd

    folder = tmp_path / "run"
    ran(harness, "run", "-t", "two_digit_addition", "-o", "n=20", "-m", "scripted:careful", "--out", folder)
    ran(harness, "report", folder, "--csv", tmp_path / "r.csv", "--parquet", tmp_path / "r.parquet")
    for frame in (pd.read_csv(tmp_path / "r.csv"), pd.read_parquet(tmp_path / "r.parquet")):
        assert len(frame) == 20
        assert frame["metric:accuracy"].mean() == 1.0


def test_history_lists_runs_newest_first(harness, tmp_path):
    for name in ("one", "two"):
        folder = tmp_path / "runs" / name
        ran(harness, "run", "-t", "two_digit_addition", "-o", "n=5", "-m", "scripted:careful", "--out", folder)
    done = ran(harness, "history", tmp_path / "runs", "--json")
    assert {one["run"]["id"] for one in json.loads(done.out)["runs"]} == {"one", "two"}


def test_repeats_give_pass_and_majority_at_k(harness):
    done = ran(
        harness, "run", "-t", "two_digit_addition", "-o", "n=30", "-m", "scripted:slip,rate=0.5", "--repeats", "4",
        "--temperature", "1", "--k", "1,4", "--json",
    )  # fmt: skip
    estimates = json.loads(done.out)["estimates"]
    assert estimates["pass@1"]["value"] == pytest.approx(estimates["accuracy"]["value"])
    assert estimates["pass@4"]["value"] > estimates["pass@1"]["value"]
    assert "maj@4" in estimates


@pytest.mark.parametrize(("solver", "known"), [("slip,rate=0.2", 0.8), ("careful", 1.0)])
def test_the_known_rate_of_a_scripted_solver_lies_in_the_measured_interval(harness, solver, known):
    done = ran(harness, "run", "-t", "gsm_style", "-o", "n=200", "-m", f"scripted:{solver}", "--json")
    accuracy = json.loads(done.out)["estimates"]["accuracy"]
    assert accuracy["low"] <= known <= accuracy["high"]


def test_tasks_lists_every_task_with_one_line(harness):
    listed = json.loads(ran(harness, "tasks", "--json").out)["tasks"]
    assert {"gsm8k", "gsm_style", "math500", "step_validity", "structure", "svamp", "two_digit_addition"} <= set(listed)
    assert all(task["help"] for task in listed.values())


def test_two_runs_that_start_in_one_second_get_two_folders(harness, tmp_path):
    for _ in range(5):
        ran(harness, "run", "-t", "two_digit_addition", "-o", "n=2", "-m", "scripted:careful", "--runs", tmp_path / "r")
    assert len(list((tmp_path / "r").iterdir())) == 5


def test_data_with_a_lone_surrogate_runs_reads_back_and_reports(harness, tmp_path):
    (tmp_path / "data.jsonl").write_text('{"id": "a\\ud800", "question": "1\\ud800+1?", "answer": "#### 2"}\n')
    done = harness(
        "run", "-t", "gsm8k", "--data", tmp_path / "data.jsonl", "-m", "scripted:careful", "--out", tmp_path / "r",
        "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "1\ud800+1?" in json.loads(done.out)["run"]["model"]["detail"]["example_prompt"]["text"]
    done = harness("report", tmp_path / "r")
    assert done.code == 0, done.err
    assert (tmp_path / "r" / "report.html").is_file()


def test_names_in_tables_are_text_whatever_brackets_they_have(harness, tmp_path, data):
    file = completions(tmp_path / "c.jsonl", set())
    ran(
        harness, "score", file, "-t", "gsm8k", "--data", data, "--model-name", "m[v2][/b]", "--out",
        tmp_path / "runs" / "a",
    )  # fmt: skip
    assert "m[v2][/b]" in ran(harness, "history", tmp_path / "runs").out


def test_a_file_of_completions_that_lacks_docs_says_so_on_its_page_and_in_comparisons(harness, tmp_path, data):
    whole, part = completions(tmp_path / "whole.jsonl", {1, 2}), tmp_path / "part.jsonl"
    part.write_text("".join(whole.read_text().splitlines(keepends=True)[5:]))
    for file in (whole, part):
        ran(harness, "score", file, "-t", "gsm8k", "--data", data, "--out", tmp_path / file.stem)
        ran(harness, "report", tmp_path / file.stem)
    missing = "5 of 40 completions are missing: the numbers are over the others."
    for page in ("report.md", "report.html"):
        assert missing in (tmp_path / "part" / page).read_text()
        assert "are missing" not in (tmp_path / "whole" / page).read_text()
    done = ran(harness, "compare", tmp_path / "whole", tmp_path / "part")
    assert "note: part lacks docs: 35 of 40 completions" in done.out


def test_history_folds_no_name_at_80_columns(harness, tmp_path):
    from io import StringIO

    from rich.console import Console

    from harness.cli.show.history import fitting
    from harness.store.folder import find_run, run_folders
    from harness.store.stored import read_stored

    for second in range(3):
        out = tmp_path / f"20261127-11244{second}-two-digit-addition-scripted-careful-15c89{second}"
        ran(harness, "run", "-t", "two_digit_addition", "-o", "n=2", "-m", "scripted:careful", "--out", out)
    folders = run_folders(tmp_path)
    found = [read_stored(folder) for folder in folders]
    console = Console(width=80, file=StringIO(), force_terminal=True, no_color=True, highlight=False)
    console.print(fitting(found, console))
    lines = [line for line in console.file.getvalue().splitlines() if "two_digit_addition" in line]
    assert max(map(len, lines)) <= 80
    rows = [line.split() for line in lines]
    assert [find_run(row[0], tmp_path) for row in rows] == folders
    assert [row[1:3] for row in rows] == [["two_digit_addition", made.run.model.name] for made in found]


def test_the_start_of_a_name_is_the_shortest_that_no_other_has():
    from harness.cli.show.history import starts

    names = ["20261127-112449-a-b", "20261127-112449-a-c", "20261127-112450-a-b", "first", "first-again-and-again"]
    found = starts(names)
    assert found == ["20261127-112449-a-b", "20261127-112449-a-c", "20261127-112450", "first", "first-again-and"]
    assert all(sum(name.startswith(start) for name in names) == 1 or start in names for start in found)


def test_several_runs_are_compared_pair_by_pair(harness):
    for name, model in {"a": "careful", "b": "slip,rate=0.5", "c": "slip,rate=0.9"}.items():
        harness("run", "--task", "two_digit_addition", "--limit", 6, "--model", f"scripted:{model}", "--out", name)
    done = harness("compare", "a", "b", "c")
    assert done.code == 0
    pairs = json.loads(harness("compare", "a", "b", "c", "--json").out)["pairs"]
    assert [(pair["baseline"]["run"]["id"], pair["candidate"]["run"]["id"]) for pair in pairs] == [
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    ]
    assert all(pair["p_adjusted"] >= pair["differences"]["accuracy"]["p_value"] for pair in pairs)
    refused = harness("compare", "a", "b", "c", "--gate")
    assert (refused.code, refused.err.splitlines()[0]) == (2, "error: --gate is of two runs, and 3 are given")
