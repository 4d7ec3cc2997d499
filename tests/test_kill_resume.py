"""A run killed with SIGKILL at any moment goes on: nothing lost, nothing doubled, the same records in the end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

N_DOCS = 1319
REPO = Path(__file__).resolve().parent.parent

TASK = '''
from harness import Doc, Task, task
from tasks.scoring.final_answer import final_answer

@task
def sums(n: int = {n}) -> Task:
    """Sums."""
    docs = tuple(Doc(id=str(i), question=f"{{i}} + 1?", target=str(i + 1), gold_reasoning=f"{{i}} + 1 = {{i + 1}}")
                 for i in range(n))
    return Task(docs=docs, scorers=(final_answer(),))
'''


class Session:
    """One run in a folder, started, killed and resumed as a process of its own."""

    def __init__(self, root: Path, *, delay_seconds: float = 0.0005) -> None:
        self.root, self.folder, self.delay_seconds = root, root / "run", delay_seconds
        (root / "sums.py").write_text(TASK.format(n=N_DOCS))

    def start(self) -> subprocess.Popen:
        model = f"scripted:careful,delay_seconds={self.delay_seconds}"
        arguments = ["run", "--task", str(self.root / "sums.py"), "--model", model, "--out", str(self.folder)]
        if (self.folder / "run.json").exists():
            arguments = ["run", "--resume", str(self.folder)]
        elif self.folder.exists():  # killed between making the folder and writing run.json
            for path in self.folder.iterdir():
                path.unlink()
        return subprocess.Popen(
            [sys.executable, "-m", "harness.cli.main", *arguments],
            cwd=REPO,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def kill_after(self, n_lines: int) -> None:
        """Kill once the journal has `n_lines` lines (or the run has ended)."""
        process = self.start()
        journal = self.folder / "records.jsonl"
        while process.poll() is None:
            if journal.exists() and journal.read_bytes().count(b"\n") >= n_lines:
                os.kill(process.pid, signal.SIGKILL)
                break
            time.sleep(0.001)
        process.communicate()

    def finish(self) -> None:
        process = self.start()
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()

    def records(self) -> dict[str, dict]:
        lines = [json.loads(line) for line in (self.folder / "records.jsonl").read_text().splitlines()]
        assert len({line["key"] for line in lines}) == len(lines), "a finished completion was drawn again"
        for line in lines:
            line["completion"].pop("seconds")
        return {line["key"]: line for line in lines}


def uninterrupted(root: Path) -> dict[str, dict]:
    session = Session(root)
    session.finish()
    return session.records()


def check_kills(tmp_path: Path, n_kills: int, seed: int) -> None:
    (tmp_path / "whole").mkdir()
    expected = uninterrupted(tmp_path / "whole")
    assert len(expected) == N_DOCS
    (tmp_path / "killed").mkdir()
    session = Session(tmp_path / "killed")
    for n_lines in sorted(random.Random(seed).sample(range(1, N_DOCS), n_kills)):
        session.kill_after(n_lines)
    session.finish()
    assert session.records() == expected


def test_a_run_killed_three_times_ends_with_the_same_records(tmp_path):
    check_kills(tmp_path, n_kills=3, seed=0)


@pytest.mark.slow
def test_a_run_killed_twenty_times_ends_with_the_same_records(tmp_path):
    check_kills(tmp_path, n_kills=20, seed=1)


def test_a_line_torn_by_a_kill_is_drawn_again(tmp_path):
    session = Session(tmp_path)
    session.kill_after(50)
    journal = session.folder / "records.jsonl"
    journal.write_bytes(journal.read_bytes()[:-7])
    session.finish()
    assert len(session.records()) == N_DOCS


def test_two_processes_cannot_write_one_run(tmp_path):
    session = Session(tmp_path, delay_seconds=1.0)
    first = session.start()
    while not (session.folder / "run.json").exists():  # written under the lock
        assert first.poll() is None
        time.sleep(0.01)
    second = session.start()
    _, errors = second.communicate(timeout=60)
    first.kill()
    first.communicate()
    assert second.returncode == 2
    assert b"is being written by another process" in errors
