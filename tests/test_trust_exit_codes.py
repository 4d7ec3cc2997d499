"""An exit code outlives whoever reads the output: a gate that failed does not pass because `head` had seen enough."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from compare_builders import from_table, run

from harness.data.identity import data_info
from harness.store.folder import write_run
from harness.store.journal import Journal

HARNESS = [sys.executable, "-m", "harness.cli.main"]


def stored(folder: Path, records) -> None:
    folder.mkdir(parents=True)
    with Journal(folder / "records.jsonl") as journal:
        journal.extend(records)
    data = data_info("file:test.jsonl", [record.doc for record in records])
    write_run(folder, run(folder.name, n_expected=len(records), data=data))


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Path:
    """Runs of which one is worse than base, and one can be told neither way."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parent.parent))
    for name, table in {"worse": (400, 10, 200, 90), "near": (400, 40, 42, 18)}.items():
        base, cand = from_table(*table)
        stored(tmp_path / name / "base", base)
        stored(tmp_path / name / "cand", cand)
    return tmp_path


def piped(command: list[str], reader: str, *, errors: bool = False) -> int:
    """The exit code of a command whose reader is another program."""
    joined = subprocess.STDOUT if errors else subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=joined)
    assert process.stdout is not None
    subprocess.run(["bash", "-c", reader], stdin=process.stdout, stdout=subprocess.DEVNULL, check=False)
    process.stdout.close()
    return process.wait(timeout=120)


@pytest.mark.parametrize(("name", "code"), [("worse", 3), ("near", 4)])
@pytest.mark.parametrize("reader", ["exec <&-", "head -c 1", "grep -q :"])
@pytest.mark.parametrize("errors", [False, True])
def test_a_gate_says_by_its_exit_code_what_it_said_to_nobody(runs, name, code, reader, errors):
    compare = [*HARNESS, "compare", f"{name}/base", f"{name}/cand", "--gate"]
    assert piped(compare, reader, errors=errors) == code


def test_an_error_keeps_its_exit_code_too(runs):
    assert piped([*HARNESS, "compare", "nowhere", "near/cand", "--gate"], "exec <&-", errors=True) == 2


def test_lint_says_by_its_exit_code_that_a_prompt_is_broken(runs, tmp_path):
    pytest.importorskip("tokenizers")
    (tmp_path / "mangled.jinja").write_text("{{ messages[0]['content'] }}")
    lint = [*HARNESS, "lint", "--model", "gemma3-nano,chat_template=mangled.jinja", "--task", "small_steps"]
    alone = subprocess.run(lint, capture_output=True, check=False).returncode
    assert alone == 3
    assert piped(lint, "head -c 1") == alone
