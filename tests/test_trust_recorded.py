"""Recorded completions are of an unknown prompt, by whichever road they come into a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.store.folder import read_run

ADDITION = ("-t", "two_digit_addition", "-o", "n=12")


@pytest.fixture
def completions(harness) -> Path:
    """Replies of another tool, all right, beside our own run `base`."""
    assert harness("run", *ADDITION, "-m", "scripted:careful", "--out", "base").code == 0
    lines = [json.loads(line) for line in Path("base/records.jsonl").read_text().splitlines()]
    rows = [json.dumps({"id": one["doc"]["id"], "completion": one["completion"]["text"]}) for one in lines]
    Path("c.jsonl").write_text("\n".join(rows))
    return Path("c.jsonl")


ROADS = {
    "score": ("score", "c.jsonl"),
    "replay": ("run", "-m", "replay:c.jsonl"),
    "replay under a name": ("run", "-m", "replay:c.jsonl,name=scripted-careful"),
    "replay of a run": ("run", "-m", "replay:base/records.jsonl"),
    "score of a run": ("score", "base/records.jsonl"),
}


@pytest.mark.parametrize("road", ROADS)
def test_completions_from_a_file_do_not_compare_with_ours_without_leave(harness, completions, road):
    verb, *rest = ROADS[road]
    assert harness(verb, *rest, *ADDITION, "--out", "cand").code == 0
    refused = harness("compare", "base", "cand", "--gate", "--no-report")
    assert refused.code == 2
    assert "is unknown" in refused.err
    allowed = harness("compare", "base", "cand", "--gate", "--no-report", "--allow", "prompt,settings")
    assert "note: the prompt of " in allowed.out


def test_two_replays_compare_with_a_label(harness, completions):
    for name in ("a", "b"):
        assert harness("run", *ADDITION, "-m", "replay:c.jsonl", "--out", name).code == 0
    assert read_run(Path("a")).prompt_hash
    assert "prompts and settings are unknown" in harness("compare", "a", "b", "--no-report").out


def test_what_a_file_answers_is_not_probed(harness, completions):
    assert harness("run", "-t", "gsm_style", "-o", "n=3", "-m", "scripted:careful", "--out", "own").code == 0
    assert harness("run", "-t", "gsm_style", "-o", "n=3", "-m", "replay:own/records.jsonl", "--out", "r").code == 0
    done = harness("probe", "r", "--probe", "early-answering")
    assert done.code == 2
    assert "made elsewhere" in done.err
