"""Several processes draw one run: real ones, on loopback, killed and resumed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

N_DOCS = 60
REPO = Path(__file__).resolve().parent.parent
PROGRAM = (
    "import sys, harness.runner.jax_hosts as h; h.HEARTBEAT_SECONDS = 4; from harness.cli.main import main; main()"
)
"""`harness`, noticing a dead process sooner than the usual minute."""

pytestmark = pytest.mark.filterwarnings("ignore")


class Group:
    """Two processes of one run, each in a folder of its own or both in one."""

    def __init__(self, roots: list[Path]) -> None:
        self.roots = roots
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self, *arguments: object) -> list[subprocess.Popen]:
        return [self._start(index, root, *arguments) for index, root in enumerate(self.roots)]

    def _start(self, index: int, root: Path, *arguments: object) -> subprocess.Popen:
        group = {"HARNESS_COORDINATOR": f"127.0.0.1:{self.port}", "HARNESS_PROCESSES": "2"}
        path = os.pathsep.join(filter(None, (str(REPO), os.environ.get("PYTHONPATH"))))
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", PROGRAM, *map(str, arguments)],
            cwd=root,
            env=os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": path, "HARNESS_PROCESS": str(index)} | group,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def run_arguments(model: str, n: int = N_DOCS) -> list[str]:
    return ["run", "--task", "gsm_style", "-o", f"n={n}", "--model", model, "--out", "run", "--json"]


def end(processes: list[subprocess.Popen]) -> list[tuple[int, str, str]]:
    ended = [process.communicate(timeout=300) for process in processes]
    return [(p.returncode, out, err) for p, (out, err) in zip(processes, ended, strict=True)]


def records(folder: Path, name: str = "records.jsonl") -> dict[str, str]:
    """Texts by doc; asserts that no doc was drawn twice."""
    rows = [json.loads(line) for line in (folder / "run" / name).read_text().splitlines()]
    texts = {row["doc"]["id"]: row["completion"]["text"] for row in rows}
    assert len(texts) == len(rows)
    return texts


def n_lines(journal: Path) -> int:
    """Whole records; a kill may leave half of one behind them."""
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


@pytest.fixture
def jax_needed() -> None:
    pytest.importorskip("jax", reason="needs the gemma extra")


@pytest.fixture
def alone(harness, tmp_path) -> dict[str, str]:
    """The same run by one process."""
    done = harness("run", "--task", "gsm_style", "-o", f"n={N_DOCS}", "--model", SLOW, "--out", tmp_path / "alone/run")
    assert done.code == 0, done.err
    return records(tmp_path / "alone")


SLOW = "scripted:slip,rate=0.3,delay_seconds=0.01"


@pytest.mark.usefixtures("jax_needed")
@pytest.mark.parametrize("shared", [True, False], ids=["one disk", "a disk each"])
def test_two_processes_share_a_run_out(tmp_path, alone, shared):
    roots = [tmp_path / name for name in (("one", "one") if shared else ("one", "two"))]
    for root in roots:
        root.mkdir(exist_ok=True)
    (code, out, err), (other_code, other_out, other_err) = end(Group(roots).start(*run_arguments(SLOW)))
    assert (code, other_code) == (0, 0), err + other_err
    assert json.loads(out)["run"]["n_expected"] == N_DOCS
    assert other_out == ""
    assert records(roots[0]) == alone
    drawn_elsewhere = records(roots[1], "records.1.jsonl")
    assert len(drawn_elsewhere) == N_DOCS // 2


@pytest.mark.slow
@pytest.mark.usefixtures("jax_needed")
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_costs_only_what_it_had_not_drawn(tmp_path, alone, victim):
    roots = [tmp_path / "zero", tmp_path / "one"]
    for root in roots:
        root.mkdir()
    journal = roots[victim] / "run" / ("records.1.jsonl" if victim else "records.jsonl")
    processes = Group(roots).start(*run_arguments(SLOW.replace("0.01", "0.1")))
    while n_lines(journal) < 5:
        assert processes[victim].poll() is None, processes[victim].communicate()[1]
        time.sleep(0.02)
    os.kill(processes[victim].pid, signal.SIGKILL)
    survivor = end(processes)[1 - victim]
    assert survivor[0] != 0
    if victim == 1:  # the coordinator lives on: its process draws all of its share, and says who is missing
        assert survivor[0] == 2
        assert "process 1 of 2 is gone" in survivor[2]
        assert len(records(roots[0])) == N_DOCS // 2
    names = ("records.jsonl", "records.1.jsonl")
    before = [n_lines(root / "run" / name) for root, name in zip(roots, names, strict=True)]
    resumed = end(Group(roots).start("run", "--resume", "run", "--json"))
    assert [code for code, _, _ in resumed] == [0, 0], resumed
    assert records(roots[0]) == alone
    missing = N_DOCS - sum(before)
    assert n_lines(roots[1] / "run" / names[1]) == before[1] + missing // 2


@pytest.mark.usefixtures("jax_needed")
def test_a_mistake_on_one_process_stops_all_with_one_line(tmp_path):
    roots = [tmp_path / "zero", tmp_path / "one"]
    for root in roots:
        root.mkdir()
    (roots[0] / "run").mkdir()
    (roots[0] / "run" / "something").write_text("in the way")
    first, other = end(Group(roots).start(*run_arguments("scripted:careful")))
    assert (first[0], other[0]) == (2, 2)
    assert "error: run exists and is not empty" in first[2]
    assert "error: process 0 of 2 failed: run exists and is not empty" in other[2]
    assert "Traceback" not in first[2] + other[2]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HARNESS_COORDINATOR": "127.0.0.1:1", "HARNESS_PROCESS": "0"}, "but not HARNESS_PROCESSES"),
        ({"HARNESS_PROCESSES": "2"}, "but not HARNESS_COORDINATOR"),
        (
            {"HARNESS_COORDINATOR": "127.0.0.1:1", "HARNESS_PROCESSES": "2", "HARNESS_PROCESS": "2"},
            "HARNESS_PROCESS=2 of HARNESS_PROCESSES=2",
        ),
    ],
)
@pytest.mark.usefixtures("jax_needed")
def test_a_half_named_group_is_refused(harness, monkeypatch, environment, expected):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = harness("run", "--task", "gsm_style", "--model", "scripted:careful")
    assert done.code == 2
    assert expected in done.err


@pytest.mark.slow
@pytest.mark.usefixtures("jax_needed")
def test_two_processes_decode_the_texts_of_one(tmp_path, harness):
    pytest.importorskip("tunix", reason="needs the gemma extra")
    from harness.gemma.tiny import write_tiny_model

    write_tiny_model(tmp_path / "model", layers=7, embed=32, hidden=64, heads=4, head_dim=8, window=32)
    arguments = [*run_arguments(f"{tmp_path}/model", n=12), "--max-new-tokens", "24"]
    two = tmp_path / "two"
    two.mkdir()
    ended = end(Group([two, two]).start(*arguments))
    assert [code for code, _, _ in ended] == [0, 0], ended
    done = harness(*arguments)
    assert done.code == 0, done.err
    assert records(two) == records(tmp_path)
