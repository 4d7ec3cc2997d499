"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import shape_checks
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from http_server import Server

if shape_checks.switched_on():
    shape_checks.install()

REPO = Path(__file__).resolve().parent.parent

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Finds a file of the collected real data, or skips the test with the reason."""
    root = Path(os.environ.get("HARNESS_SHARED_DATA", REPO.parent / "shared" / "data"))

    def find(relative: str) -> Path:
        path = root / relative
        if not path.exists():
            pytest.skip(f"real data not at {path}; set HARNESS_SHARED_DATA to the folder that has it")
        return path

    return find


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def harness(tmp_path, monkeypatch, capsys) -> Callable[..., Done]:
    """Runs a `harness` command in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def run(*arguments: object) -> Done:
        from harness.cli.main import main

        monkeypatch.setattr(sys, "argv", ["harness", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 1
        captured = capsys.readouterr()
        return Done(code=code, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on the loopback interface for the time of one test."""
    import threading

    from http_server import Server

    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def quick_and_keyless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of milliseconds; no key from the developer's own environment."""
    from harness.backends.http import retry as http_retry

    monkeypatch.setattr(http_retry, "FIRST_WAIT_SECONDS", 0.002)
    monkeypatch.delenv("HARNESS_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
