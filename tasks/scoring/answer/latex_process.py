"""One helper process that runs math-verify: killed when a comparison takes too long, whatever thread asks."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path

from harness.core.errors import UserError

COMPARE_SECONDS = 3.0
"""Of processor time: a limit of the clock would make verdicts depend on what else the machine does."""
WAIT_SECONDS = 120.0
"""Of the clock, for a process that waits for the processor or for nothing at all."""
START_SECONDS = 60.0
"""Importing sympy and math-verify takes a second or two; a loaded machine may need many more."""
DYING_SECONDS = 1.0
_HAS_TIMER = hasattr(signal, "setitimer")
"""Without one the clock alone is the limit of a comparison."""
_SCRIPT = Path(__file__).with_name("latex_worker.py")


class LatexProcess:
    """Compares LaTeX answers in a process of its own, started at the first question.

    math-verify's own limit is SIGALRM: it works in the main thread only, and not while a big power is computed in C.
    Killing a process always works.
    """

    def __init__(self, *, seconds: float = COMPARE_SECONDS) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    def equal(self, gold: str, answer: str) -> bool:
        """Whether math-verify holds the two equal; False when it cannot say within the limit.

        Raises UserError when math-verify is not installed or does not start, RuntimeError when the process is ended by
        something else than its limit: that says nothing of the answer.
        """
        with self._lock:
            self._start()
            reply = self._ask({"gold": gold, "answer": answer, "seconds": self.seconds}, self.seconds + WAIT_SECONDS)
            if reply is None:
                self._end_of_time()
            return reply == "equal"

    def _end_of_time(self) -> None:
        """Puts away a process that did not answer. Raises RuntimeError unless it came to its limit."""
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):  # its output ends a moment before it does
            self._process.wait(DYING_SECONDS)
        code = self._process.poll()
        self._kill()
        if _HAS_TIMER and code != -signal.SIGPROF:
            ended = "did not answer" if code is None else f"was ended from outside (exit code {code})"
            raise RuntimeError(f"the process of math-verify {ended}")

    def close(self) -> None:
        """Ends the process, if it runs."""
        with self._lock:
            self._kill()

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self._lines = queue.Queue()
        # -P keeps this folder off sys.path, where numbers.py would hide the standard library's.
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        threading.Thread(target=_pump, args=(self._process, self._lines), daemon=True).start()
        if self._next_line(START_SECONDS) != "ready":
            self._kill()
            raise UserError(
                "math-verify did not start, and this task's answers are LaTeX",
                tip="pip install 'math-verify[antlr4_13_2]'",
            )

    def _ask(self, question: dict[str, str | float], seconds: float) -> str | None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except OSError:
            return None
        return self._next_line(seconds)

    def _next_line(self, seconds: float) -> str | None:
        try:
            return self._lines.get(timeout=seconds).strip() or None
        except queue.Empty:
            return None

    def _kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # the other end is gone
                    stream.close()
        self._process = None


def shared_process() -> LatexProcess:
    """The process that this Python process shares among its threads; a forked child gets its own."""
    return _process_of(os.getpid())


@lru_cache(maxsize=4)
def _process_of(pid: int) -> LatexProcess:
    process = LatexProcess()
    atexit.register(process.close)
    return process


def _pump(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.put(line)
    except ValueError:
        pass  # closed under us: the process was killed
    lines.put("")
