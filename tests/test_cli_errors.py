"""A user's mistake: one clear line on standard error, exit 2, no traceback, nothing lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = [{"id": f"q{i}", "question": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(5)]


@pytest.fixture
def data(tmp_path) -> Path:
    return write_jsonl(tmp_path / "data.jsonl", ROWS)


def write_jsonl(path: Path, rows: list) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def refused(harness, *arguments: object) -> str:
    done = harness(*arguments)
    assert done.code == 2, (done.code, done.out, done.err)
    assert done.out == ""
    assert "Traceback" not in done.err
    assert done.err.startswith("error: ")
    assert 1 <= len(done.err.strip().splitlines()) <= 2
    return done.err


def test_an_unknown_task_suggests_the_nearest(harness):
    assert "unknown task 'gsm8l'; did you mean 'gsm8k'?" in refused(harness, "run", "--task", "gsm8l")


def test_an_unknown_model_is_named(harness):
    error = refused(harness, "run", "--task", "two_digit_addition", "--model", "scripte:careful")
    assert "unknown model 'scripte:careful'; did you mean 'scripted:'?" in error


def test_an_unknown_scripted_solver_suggests_the_nearest(harness):
    assert "did you mean 'careful'" in refused(
        harness, "run", "--task", "two_digit_addition", "--model", "scripted:carful"
    )


def test_an_unknown_option_suggests_the_nearest(harness):
    error = refused(harness, "run", "--task", "gsm8k", "-o", "anser=last-number", "--model", "scripted:careful")
    assert "did you mean 'answer'" in error


def test_an_unknown_answer_policy_suggests_the_nearest(harness, data):
    error = refused(harness, "score", data, "--task", "gsm8k", "--data", data, "-o", "answer=last-numbr")
    assert "did you mean 'last-number'" in error


def test_an_option_of_the_wrong_type_says_what_is_expected(harness):
    error = refused(harness, "run", "--task", "two_digit_addition", "-o", "n=many", "--model", "scripted:careful")
    assert "option n='many': expected a whole number" in error


def test_more_questions_than_there_are_is_refused(harness):
    refused(harness, "run", "--task", "two_digit_addition", "-o", "n=99999", "--model", "scripted:careful")


def test_a_missing_completions_file_suggests_the_nearest(harness, data):
    error = refused(harness, "score", data.with_name("dta.jsonl"), "--task", "gsm8k", "--data", data)
    assert "data.jsonl" in error


def test_a_missing_data_file_is_named(harness, data):
    assert "nowhere.jsonl" in refused(harness, "score", data, "--task", "gsm8k", "--data", "nowhere.jsonl")


def test_data_without_an_answer_column_lists_the_columns_it_has(harness, tmp_path, data):
    bare = write_jsonl(tmp_path / "bare.jsonl", [{"question": "1+1?", "solution_text": "2"}])
    error = refused(harness, "score", data, "--task", "gsm8k", "--data", bare)
    assert "has no answer column" in error
    assert "question, solution_text" in error


def test_completions_without_a_text_column_list_the_columns_they_have(harness, tmp_path, data):
    bad = write_jsonl(tmp_path / "c.jsonl", [{"id": "q0", "words": "2"}])
    assert "words" in refused(harness, "score", bad, "--task", "gsm8k", "--data", data)


def test_a_duplicated_id_in_the_data_names_both_rows(harness, tmp_path):
    twice = write_jsonl(tmp_path / "twice.jsonl", [*ROWS, ROWS[1]])
    error = refused(harness, "run", "--task", "gsm8k", "--data", twice, "--model", "scripted:careful")
    assert "duplicated id 'q1' in rows 2 and 6" in error


def test_a_duplicated_id_in_the_completions_is_refused(harness, tmp_path, data):
    rows = [{"id": "q0", "completion": "1"}, {"id": "q0", "completion": "2"}]
    assert "q0" in refused(harness, "score", write_jsonl(tmp_path / "c.jsonl", rows), "--task", "gsm8k", "--data", data)


def test_an_idx_beyond_the_data_is_refused(harness, tmp_path, data):
    rows = [{"idx": 99, "completion": "1"}]
    assert "99" in refused(harness, "score", write_jsonl(tmp_path / "c.jsonl", rows), "--task", "gsm8k", "--data", data)


def test_idx_that_belong_to_other_questions_are_refused(harness, tmp_path, data):
    rows = [{"idx": i, "gold": str(5 - i + 100), "completion": "1"} for i in range(5)]
    refused(harness, "score", write_jsonl(tmp_path / "c.jsonl", rows), "--task", "gsm8k", "--data", data)


def test_an_empty_dataset_is_refused(harness, tmp_path):
    empty = write_jsonl(tmp_path / "empty.jsonl", [])
    assert "has no rows" in refused(harness, "run", "--task", "gsm8k", "--data", empty, "--model", "scripted:careful")


def test_data_that_cannot_be_trained_on_is_all_that_is_said(harness, tmp_path):
    pytest.importorskip("tunix", reason="needs the gemma extra")
    empty = write_jsonl(tmp_path / "empty.jsonl", [])
    done = harness("train", "--recipe", "gemma3_nano", "--data", empty, "--out", tmp_path / "run")
    assert (done.code, done.out) == (2, "")
    assert "has no rows" in done.err


def test_an_empty_completions_file_is_refused(harness, tmp_path, data):
    refused(harness, "score", write_jsonl(tmp_path / "none.jsonl", []), "--task", "gsm8k", "--data", data)


def test_a_line_that_is_no_json_is_named(harness, tmp_path, data):
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "q0", "completion": "1"}\n{"id": \n')
    assert "bad.jsonl:2" in refused(harness, "score", bad, "--task", "gsm8k", "--data", data)


def test_a_folder_that_is_no_run_is_named(harness, tmp_path):
    assert "is not a run folder" in refused(harness, "compare", tmp_path, tmp_path)


def test_a_run_that_does_not_exist_is_named(harness, tmp_path):
    assert "unknown run 'nothing'" in refused(harness, "report", "nothing", "--runs", tmp_path)


def test_k_above_the_repeats_is_refused_before_anything_runs(harness, tmp_path):
    error = refused(
        harness, "run", "--task", "two_digit_addition", "--model", "scripted:careful", "--k", "4",
        "--out", tmp_path / "run",
    )  # fmt: skip
    assert "--k 4 is more than --repeats 1" in error
    assert not (tmp_path / "run").exists()


def test_a_gate_margin_below_zero_is_refused(harness, tmp_path, data):
    for name in ("a", "b"):
        harness("run", "--task", "gsm8k", "--data", data, "--model", "scripted:careful", "--out", tmp_path / name)
    error = refused(harness, "compare", tmp_path / "a", tmp_path / "b", "--gate", "--margin", "-0.1")
    assert "margin" in error


def test_runs_on_different_data_do_not_compare(harness, tmp_path, data):
    other = write_jsonl(tmp_path / "other.jsonl", [{**row, "answer": "7"} for row in ROWS])
    harness("run", "--task", "gsm8k", "--data", data, "--model", "scripted:careful", "--out", tmp_path / "a")
    harness("run", "--task", "gsm8k", "--data", other, "--model", "scripted:careful", "--out", tmp_path / "b")
    assert "data" in refused(harness, "compare", tmp_path / "a", tmp_path / "b")


def test_a_folder_with_something_in_it_is_not_overwritten(harness, tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    error = refused(harness, "run", "--task", "two_digit_addition", "--model", "scripted:careful", "--out", tmp_path)
    assert "is not empty" in error
    assert (tmp_path / "kept.txt").read_text() == "mine"


def test_a_task_file_that_does_not_import_says_why(harness, tmp_path):
    (tmp_path / "broken.py").write_text("import nothing_like_it\n")
    error = refused(harness, "run", "--task", tmp_path / "broken.py", "--model", "scripted:careful")
    assert "ModuleNotFoundError" in error


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        *(("--limit", "0"), ("--repeats", "0"), ("--top-p", "0"), ("--temperature", "-1"), ("--max-new-tokens", "-5")),
        *(("--max-new-tokens", "0"), ("--temperature", "inf"), ("--k", "²")),
    ],
)
def test_a_setting_out_of_range_is_refused(harness, flag, value):
    error = refused(harness, "run", "--task", "two_digit_addition", "--model", "scripted:careful", flag, value)
    assert flag in error


def test_json_too_deep_to_read_is_one_line(harness, tmp_path):
    (tmp_path / "deep.jsonl").write_text('{"question":' + "[" * 100_000 + "\n")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    for name in ("deep.jsonl", "deep.json"):
        assert f"{name}" in refused(harness, "run", "--task", "gsm8k", "--data", name, "--model", "scripted:careful")


@pytest.mark.parametrize(
    ("written", "said"),
    [("null", "NoneType"), ("[]", "list"), ("[" * 100_000, "Recursion"), ('{"format": 99}', "format 99")],
)
def test_a_damaged_run_file_is_named_and_does_not_hide_other_runs(harness, tmp_path, data, written, said):
    for name in ("bad", "good"):
        harness(
            "run", "--task", "gsm8k", "--data", data, "--model", "scripted:careful", "--out", tmp_path / "runs" / name
        )
    (tmp_path / "runs/bad/run.json").write_text(written)
    assert said in refused(harness, "report", tmp_path / "runs/bad")
    listed = harness("history", tmp_path / "runs")
    assert listed.code == 0
    assert "good" in listed.out
    assert "left out" in listed.err


def test_a_record_too_deep_to_read_is_named_by_its_line(harness, tmp_path, data):
    harness("run", "--task", "gsm8k", "--data", data, "--model", "scripted:careful", "--out", tmp_path / "a")
    (tmp_path / "a/records.jsonl").write_text("[" * 100_000 + "\n")
    assert "records.jsonl:1" in refused(harness, "report", tmp_path / "a")


def test_a_task_file_that_exits_says_so(harness, tmp_path):
    (tmp_path / "leaves.py").write_text("raise SystemExit(5)\n")
    assert "SystemExit: 5" in refused(harness, "run", "--task", tmp_path / "leaves.py", "--model", "scripted:careful")


@pytest.mark.parametrize(
    "arguments",
    [
        ("new-task", "n" * 300),
        ("run", "--task", "two_digit_addition", "--model", "scripted:careful", "--out", "x" * 300),
    ],
)
def test_a_name_too_long_for_the_disk_is_one_line(harness, arguments):
    assert "File name too long" in refused(harness, *arguments)


def test_a_file_where_a_folder_is_wanted_is_one_line(harness, tmp_path, data):
    raw = write_jsonl(tmp_path / "raw.jsonl", [{"question": "What is 2 + 2?", "answer": "2 + 2 = 4.\n#### 4"}])
    before = data.read_text()
    assert "data.jsonl" in refused(harness, "prepare", raw, "--out", data)
    assert data.read_text() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full: a full disk can't be made here")
def test_a_full_disk_is_one_line_and_a_tip():
    done = in_shell("HARNESS tasks --json > /dev/full")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "error: No space left on device"
    assert "free some space" in done.stderr


def test_closed_streams_are_no_traceback():
    done = in_shell("HARNESS steps - <&- && HARNESS tasks --json >&-")
    assert (done.returncode, done.stderr) == (0, "")


def in_shell(command: str) -> subprocess.CompletedProcess[str]:
    command = command.replace("HARNESS", f"{sys.executable} -m harness.cli.main")
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)


def test_steps_of_a_file_that_is_no_text_are_refused(harness, tmp_path):
    (tmp_path / "wide.txt").write_text("2 + 2 = 5\n", encoding="utf-16")
    assert "no UTF-8 text" in refused(harness, "steps", tmp_path / "wide.txt")
    (tmp_path / "marked.txt").write_text("2 + 2 = 5\n", encoding="utf-8-sig")
    assert "first error at step 1" in harness("steps", tmp_path / "marked.txt").out


@pytest.mark.parametrize("moment", ["harness.api.evaluate.new_folder", "harness.runner.run.run_task"])
def test_an_interrupt_before_the_first_completion_says_that_nothing_was_drawn(harness, tmp_path, monkeypatch, moment):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(moment, interrupted)
    done = harness("run", "--task", "two_digit_addition", "--model", "scripted:careful", "--out", tmp_path / "a")
    assert (done.code, done.err.strip()) == (130, "stopped before anything was drawn")


def test_a_setting_that_is_no_pair_names_its_own_flag(harness, tmp_path):
    assert "--set 'x': expected key=value" in refused(harness, "train", "--recipe", "tiny", "--set", "x")
    assert "name the model with --base" in refused(harness, "train", "--recipe", "tiny")


def test_an_empty_value_does_not_choose_a_default(harness, data):
    assert "--data is empty" in refused(harness, "run", "--task", "gsm8k", "--data", "", "--model", "scripted:careful")
    for flag in ("--data", "--base", "--arms"):
        assert f"{flag} is empty" in refused(harness, "train", "--recipe", "gemma3_nano", flag, "")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("scripted:carful", "did you mean 'careful'"),
        ("scripted:careful,rate=1", "unknown option of scripted:careful"),
        ("./nowhere", "no model at './nowhere'"),
        ("gemma3-nano,dtpe=float32", "did you mean 'dtype'"),
        ("replay:nowhere.jsonl", "no file at nowhere.jsonl"),
    ],
)
def test_a_mistake_in_the_model_is_said_before_the_data_is_looked_for(harness, model, said):
    assert said in refused(harness, "run", "--task", "gsm8k", "-o", "source=official", "--model", model)


def test_a_server_that_is_not_there_is_said_before_anything_of_the_data(harness):
    error = refused(harness, "run", "--task", "gsm8k", "--model", "http://127.0.0.1:9/v1,model=m")
    assert "cannot be reached" in error


def test_a_mistake_in_the_second_task_is_said_before_the_first_one_runs(harness, tmp_path):
    assert "unknown task 'gsm8l'" in refused(harness, "run", "--task", "two_digit_addition,gsm8l", "--limit", "2")
    assert "did you mean 'seed'" in refused(harness, "run", "--task", "two_digit_addition,gsm_style", "-o", "sed=1")
    assert not (tmp_path / "runs").exists()


def test_missing_completions_are_said_before_anything_of_the_data(harness):
    assert "no file at nowhere.jsonl" in refused(harness, "score", "nowhere.jsonl", "--task", "gsm8k")


def test_questions_that_stand_in_for_a_task_are_named_wherever_they_are_used(harness, data):
    done = harness("contamination", data, "gsm8k")
    assert done.code == 0
    assert "note: official openai/gsm8k is not at hand" in done.err


def piped(*arguments: object, read_bytes: int) -> subprocess.Popen[bytes]:
    """A command whose reader takes that much and goes away, as `| head` does."""
    command = [sys.executable, "-m", "harness.cli.main", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(read_bytes)
    process.stdout.close()
    process.wait(timeout=120)
    return process


@pytest.mark.parametrize("form", [(), ("--json",), ("--jsonl",)])
def test_a_reader_that_goes_away_ends_a_long_output_without_a_word(tmp_path, form):
    file = tmp_path / "long.txt"
    if form == ("--jsonl",):
        write_jsonl(file, [{"id": str(i), "steps": ["2 + 2 = 4"]} for i in range(2000)])
    else:
        file.write_text("2 + 2 = 4\n" * 2000)
    process = piped("steps", file, *form, read_bytes=10)
    assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_reader_that_is_gone_from_the_start_takes_no_exit_code_away(tmp_path):
    assert piped("tasks", read_bytes=0).returncode == 0
    assert piped("steps", tmp_path / "nowhere", read_bytes=0).returncode == 2


def test_prepared_data_is_not_overwritten_unless_asked(harness, tmp_path):
    row = {"question": "What is 2 + 2?", "answer": "2 + 2 = 4.\n#### 4"}
    raw, out = write_jsonl(tmp_path / "raw.jsonl", [row]), tmp_path / "prepared"
    assert harness("prepare", raw, "--out", out).code == 0
    before = (out / "samples.jsonl").read_text()
    other = write_jsonl(tmp_path / "other.jsonl", [row | {"question": "What is 1 + 3?"}])
    error = refused(harness, "prepare", other, "--out", out)
    assert "samples.jsonl" in error
    assert "--overwrite" in error
    assert (out / "samples.jsonl").read_text() == before
    assert harness("prepare", other, "--out", out, "--overwrite").code == 0
    assert "1 + 3" in (out / "samples.jsonl").read_text()


@pytest.mark.parametrize("command", [("noise",), ("compare", "--gate"), ("report",)])
def test_one_run_given_twice_is_refused(harness, command):
    out = ("--out", "runs/once")
    done = harness("run", "-t", "two_digit_addition", "-o", "n=2", "-m", "scripted:careful", *out)
    assert done.code == 0, done.err
    assert "once" in refused(harness, *command, "once", "runs/once")


def test_one_file_of_completions_given_twice_is_no_noise_floor(harness, data):
    completions = write_jsonl(data.with_name("c.jsonl"), [{"idx": i, "completion": str(i + 1)} for i in range(5)])
    error = refused(harness, "noise", completions, completions, "--task", "gsm8k", "--data", data)
    assert "the same run given twice" in error
