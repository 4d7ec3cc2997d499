"""`harness new-task`: what it writes runs at once, from questions of its own or from a file."""

from __future__ import annotations

import ast
import csv
import json
import sys
from pathlib import Path

import pytest

from harness import load_task
from harness.testing import check_task_contract

PROBLEMS = [(f"What is {i} + {i}?", str(2 * i)) for i in range(1, 12)]


def write_csv(path: Path, header: list[str], rows: list) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def refused(harness, *arguments: object) -> str:
    done = harness("new-task", *arguments)
    assert done.code == 2, (done.out, done.err)
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) == 2
    return done.err


def test_a_new_task_runs_and_passes_its_own_test(harness, tmp_path):
    import subprocess

    assert harness("new-task", "tables", "--folder", tmp_path / "mine").code == 0
    done = harness("run", "--task", tmp_path / "mine" / "tables.py", "-m", "scripted:careful", "--limit", "5")
    assert done.code == 0, done.err
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(tmp_path / "mine")], capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_task_from_a_file_runs_by_its_name_and_asks_the_rows_of_the_file(harness, tmp_path, kind):
    if kind == "csv":
        file = write_csv(tmp_path / "mine.csv", ["Q", "A"], PROBLEMS)
    else:
        file = tmp_path / "mine.jsonl"
        file.write_text("".join(json.dumps({"Q": q, "A": a}) + "\n" for q, a in PROBLEMS))
    assert harness("new-task", "sums", "--from", file, "--columns", "question=Q,answer=A").code == 0
    done = harness("run", "--task", "sums", "-m", "scripted:careful", "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["estimates"]["accuracy"]["value"] == 1.0
    folder = Path(document["run"]["path"])
    asked = [json.loads(line)["doc"] for line in (folder / "records.jsonl").read_text().splitlines()]
    assert sorted((doc["question"], doc["target"]) for doc in asked) == sorted(PROBLEMS)


def test_a_task_from_a_file_keeps_the_contract_and_takes_another_file(harness, tmp_path):
    file = write_csv(tmp_path / "mine.csv", ["question", "answer"], PROBLEMS)
    assert harness("new-task", "sums", "--from", file).code == 0
    check_task_contract(load_task("./sums.py"))
    other = write_csv(tmp_path / "other.csv", ["question", "answer"], PROBLEMS[:3])
    assert len(load_task("sums", {"data": str(other)}).docs) == 3


def test_what_is_written_imports_from_nowhere_but_the_front_door(harness, tmp_path):
    file = write_csv(tmp_path / "mine.csv", ["question", "answer"], PROBLEMS)
    assert harness("new-task", "made").code == 0
    assert harness("new-task", "read", "--from", file).code == 0
    for name in ("made.py", "read.py", "test_made.py", "test_read.py"):
        nodes = ast.walk(ast.parse((tmp_path / name).read_text()))
        modules = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        assert {module for module in modules if module not in sys.stdlib_module_names} == {"harness"}, name


def test_a_task_beside_its_file_can_be_moved_with_it(harness, tmp_path):
    write_csv(tmp_path / "mine.csv", ["question", "answer"], PROBLEMS)
    assert harness("new-task", "sums", "--from", "mine.csv").code == 0
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("mine.csv", "sums.py"):
        (tmp_path / name).rename(moved / name)
    assert len(load_task(str(moved / "sums.py")).docs) == len(PROBLEMS)


def test_columns_of_the_usual_names_are_found_in_any_case(harness, tmp_path):
    write_csv(tmp_path / "mine.csv", ["Problem", "Label"], PROBLEMS)
    assert harness("new-task", "sums", "--from", "mine.csv").code == 0
    assert 'COLUMNS = "question=Problem,answer=Label"' in (tmp_path / "sums.py").read_text()


def test_missing_columns_are_refused_with_those_that_there_are(harness, tmp_path):
    write_csv(tmp_path / "mine.csv", ["Q", "A"], PROBLEMS)
    error = refused(harness, "sums", "--from", "mine.csv")
    assert "mine.csv has no question and no answer column" in error
    assert "its columns: Q, A; say which is which with --columns question=NAME,answer=NAME." in error
    assert not (tmp_path / "sums.py").exists()


def test_two_columns_that_could_be_the_answer_are_asked_about(harness, tmp_path):
    write_csv(tmp_path / "mine.csv", ["question", "label", "output"], [(q, a, a) for q, a in PROBLEMS])
    error = refused(harness, "sums", "--from", "mine.csv")
    assert "mine.csv has several columns that could be the answer: label, output" in error
    assert "its columns: question, label, output; choose with --columns answer=NAME." in error


def test_a_row_without_an_answer_is_refused_when_the_task_is_written(harness, tmp_path):
    write_csv(tmp_path / "mine.csv", ["question", "answer"], [*PROBLEMS, ("What is 1 + 1?", "")])
    assert "mine.csv, row 12: empty answer" in refused(harness, "sums", "--from", "mine.csv")
    assert not (tmp_path / "sums.py").exists()


def test_columns_without_a_file_are_refused(harness):
    assert "--columns needs --from" in refused(harness, "sums", "--columns", "question=Q")


def test_the_name_of_a_task_that_there_is_cannot_be_taken(harness):
    assert "there is a task 'gsm8k' already" in refused(harness, "gsm8k")


def test_a_file_of_the_working_folder_that_defines_no_such_task_is_not_run(harness, tmp_path):
    (tmp_path / "setup.py").write_text("raise SystemExit('ran')\n")
    done = harness("run", "--task", "setup", "-m", "scripted:careful")
    assert done.code == 2
    assert "unknown task 'setup'" in done.err


@pytest.mark.parametrize("text", ['"""', "\\boxed{1}", "{braces}", "a\ud800", "tab\there"])
def test_any_question_can_stand_in_the_file_that_is_written(harness, tmp_path, text):
    (tmp_path / "mine.jsonl").write_text(json.dumps({"question": f"{text} 1 + 1?", "answer": "2"}) + "\n")
    assert harness("new-task", "odd", "--from", "mine.jsonl").code == 0
    assert load_task("./odd.py").docs[0].question == f"{text} 1 + 1?"
