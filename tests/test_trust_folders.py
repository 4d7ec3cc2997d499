"""The numbers of a run folder follow from its records, or it is refused with the first that does not."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.store.folder import read_run
from harness.store.journal import Journal, read_records

OLD = Path(__file__).parent / "fixtures" / "old_runs" / "kept"
ASKED = ("run", "-t", "two_digit_addition", "-o", "n=40")


@pytest.fixture
def runs(harness) -> Path:
    """A run that is mostly right and one that is mostly wrong, over the same docs."""
    for name, rate in {"base": 0.2, "cand": 0.8}.items():
        assert harness(*ASKED, "-m", f"scripted:slip,rate={rate},seed=1", "--out", name).code == 0
    return Path.cwd()


def edit_run(folder: str, change: Callable[[dict[str, Any]], Any]) -> None:
    path = Path(folder) / "run.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document, indent=2))


def edit_records(folder: str, change: Callable[[dict[str, Any]], Any], *, checks: bool = True) -> None:
    """Each record changed; `checks` also forges the checksum of its line."""
    from harness.store.journal import encode_line, parse_record

    path = Path(folder) / "records.jsonl"
    lines = []
    for line in path.read_text().splitlines():
        record = json.loads(line)
        change(record)
        lines.append(encode_line(parse_record(json.dumps(record))) if checks else json.dumps(record) + "\n")
    path.write_text("".join(lines))


def is_wrong(record: dict[str, Any]) -> bool:
    return record["metrics"]["accuracy"] == 0.0


def all_right(record: dict[str, Any]) -> None:
    record["metrics"]["accuracy"] = 1.0


def other_gold(record: dict[str, Any]) -> None:
    if is_wrong(record):
        record["doc"]["question"] += " "


def too_right(record: dict[str, Any]) -> None:
    record["metrics"]["accuracy"] = 1.0 if is_wrong(record) else 3.0


def as_ratio(record: dict[str, Any]) -> None:
    record["metrics"]["accuracy"] = [0.0, 0.0001] if is_wrong(record) else [1000, 1000]


def failed(record: dict[str, Any]) -> None:
    record["completion"]["finish"] = "error"


def other_reasoning(record: dict[str, Any]) -> None:
    record["doc"]["gold_reasoning"] = "because"


def other_repeat(record: dict[str, Any]) -> None:
    record["completion"]["repeat"] = 7


EDITS = {
    edit.__name__: edit for edit in (all_right, other_gold, too_right, as_ratio, failed, other_reasoning, other_repeat)
}


def refused_everywhere(harness, folder: str, words: str) -> None:
    for command in (("compare", "base", folder, "--gate", "--no-report"), ("report", folder)):
        done = harness(*command)
        assert done.code == 2, done.out
        assert words in done.err
    listed = harness("history", ".")
    assert f"left out: {folder}" in listed.err
    assert folder not in listed.out


@pytest.mark.parametrize("edit", EDITS)
def test_edited_records_are_refused_by_comparison_report_and_history(harness, runs, edit):
    edit_records("cand", EDITS[edit])
    refused_everywhere(harness, "cand", "its numbers do not follow from its records")


@pytest.mark.parametrize("edit", sorted(EDITS.keys() - {"other_reasoning"}))  # of which old runs have no hash
def test_edited_records_are_refused_where_a_run_has_no_seal(harness, runs, edit):
    edit_run("cand", lambda run: run.pop("identity"))
    edit_records("cand", EDITS[edit], checks=False)
    refused_everywhere(harness, "cand", "its numbers do not follow from its records")


@pytest.mark.parametrize("edit", sorted(EDITS.keys() - {"all_right"}))
def test_records_that_were_edited_and_sealed_anew_must_still_fit_the_run(harness, runs, edit):
    from harness.store.folder import write_run

    edit_records("cand", EDITS[edit])
    write_run(Path("cand"), read_run(Path("cand")))
    done = harness("compare", "base", "cand", "--gate", "--no-report")
    assert done.code == 2
    assert "its records do not fit the run" in done.err


def test_forged_estimates_are_refused_with_the_number_that_is_wrong(harness, runs):
    for sealed in (True, False):
        if not sealed:
            edit_run("cand", lambda run: run.pop("identity"))
        edit_run("cand", lambda run: run["estimates"]["accuracy"].update(value=0.99, low=0.98, high=1.0))
        refused_everywhere(harness, "cand", "accuracy: run.json says value 0.99, its records give")


@pytest.mark.parametrize("lines", [slice(0, 20), slice(5, None), slice(0, 0)])
def test_lost_records_are_refused(harness, runs, lines):
    path = Path("cand/records.jsonl")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[lines]))
    refused_everywhere(harness, "cand", "cand: its numbers do not follow")


def test_another_metric_direction_is_refused(harness, runs):
    edit_run("cand", lambda run: run["metrics"][0].update(higher_is_better=False))
    refused_everywhere(harness, "cand", "run.json changed after the run had finished")


def test_a_key_written_again_with_another_verdict_is_refused(harness, runs):
    from dataclasses import replace

    records = list(read_records(Path("cand/records.jsonl")))
    with Journal(Path("cand/records.jsonl")) as journal:
        journal.extend(replace(r, metrics={**r.metrics, "accuracy": 1.0}) for r in records)
    refused_everywhere(harness, "cand", "its numbers do not follow from its records: accuracy: run.json says value")


def test_every_flipped_bit_of_a_journal_is_noticed(harness, runs):
    path = Path("cand/records.jsonl")
    whole = path.read_bytes()
    rng = random.Random(0)
    for place in rng.sample(range(len(whole)), 40):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        assert harness("report", "cand", "--out", "pages").code == 2, place
    path.write_bytes(whole)
    assert harness("report", "cand", "--out", "pages").code == 0


def test_a_flipped_bit_is_noticed_in_a_run_that_is_not_finished(harness, runs):
    edit_run("cand", lambda run: run.update(finished=""))
    path = Path("cand/records.jsonl")
    path.write_text(path.read_text().replace('"accuracy":0.0', '"accuracy":1.0', 1))
    done = harness("run", "--resume", "cand")
    assert done.code == 2
    assert "records.jsonl:" in done.err
    assert "its checksum does not fit" in done.err


def test_resuming_reckons_the_numbers_of_a_changed_folder_again(harness, runs):
    edit_run("cand", lambda run: run["estimates"]["accuracy"].update(value=0.99))
    assert harness("run", "--resume", "cand").code == 0
    assert harness("compare", "base", "cand", "--gate", "--no-report").code == 3


def test_gold_reasoning_is_part_of_the_data(harness, tmp_path):
    for name, reasoning in {"a": "2 + 2 = 4", "b": "3 + 1 = 4"}.items():
        rows = [{"id": str(i), "question": f"2 + 2, {i}?", "answer": f"{reasoning}\n#### 4"} for i in range(8)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
        asked = ("run", "-t", "gsm8k", "--data", f"{name}.jsonl", "-m", "scripted:careful", "--out", name)
        assert harness(*asked).code == 0
    sides = [read_run(tmp_path / name) for name in "ab"]
    assert sides[0].data.docs_hash == sides[1].data.docs_hash
    done = harness("compare", "a", "b", "--gate", "--no-report")
    assert done.code == 2
    assert "gold reasoning, clusters or metadata of the docs differ" in done.err


@pytest.mark.parametrize("name", ["base", "tuned", "elsewhere"])
def test_runs_of_before_are_reckoned_again_and_never_rewritten(harness, tmp_path, name):
    shutil.copytree(OLD / name, tmp_path / name)
    assert harness("report", name, "--out", "pages").code == 0
    for file in (OLD / name).iterdir():
        assert (tmp_path / name / file.name).read_bytes() == file.read_bytes()
