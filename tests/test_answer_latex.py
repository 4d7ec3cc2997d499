"""LaTeX answers: equal as mathematics, bounded in time, and never evaluated as code."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.scoring.answer.latex import MAX_LATEX_CHARS, latex_equal, normalise_latex
from tasks.scoring.answer.latex_process import LatexProcess

ENDLESS = "\\sum_{n=1}^{100000000} \\frac{1}{n^2+n+1}"


@pytest.fixture(scope="module")
def process() -> Iterator[LatexProcess]:
    process = LatexProcess(seconds=1.0)
    yield process
    process.close()


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("\\frac{1}{2}", "0.5"),
        ("\\sqrt{50}", "5\\sqrt{2}"),
        ("x=5", "5"),
        ("p - q", "-q + p"),
        ("3, 5, 7", "7, 5, 3"),
        ("\\left( 3, \\frac{\\pi}{2} \\right)", "(3, \\tfrac{\\pi}2)"),
        ("(-\\infty, 2) \\cup (3, \\infty)", "(3,\\infty)\\cup(-\\infty,2)"),
    ],
)
def test_equal_mathematics_is_equal(gold: str, answer: str) -> None:
    assert latex_equal(gold, answer)


@pytest.mark.parametrize(
    ("gold", "answer"), [("(3,4]", "(3,4)"), ("\\sqrt{2}", "1.414"), ("x+1", "x-1"), ("\\pi", ""), ("2516_8", "2516")]
)
def test_different_mathematics_is_different(gold: str, answer: str) -> None:
    assert not latex_equal(gold, answer)


def test_spelling_alone_needs_no_mathematics() -> None:
    assert normalise_latex("$\\dfrac 34$") == normalise_latex("\\frac{3}{4}")
    assert normalise_latex("\\left(1,\\! 2\\right)") == normalise_latex("(1, 2)")


def test_a_comparison_that_does_not_end_is_stopped_outside_the_main_thread_too(process: LatexProcess) -> None:
    verdicts: list[bool] = []
    thread = threading.Thread(
        target=lambda: verdicts.extend([process.equal("x", ENDLESS), process.equal("\\frac12", "0.5")])
    )
    thread.start()
    thread.join(timeout=60)
    assert verdicts == [False, True]


def test_a_machine_that_is_busy_elsewhere_changes_no_verdict(process: LatexProcess) -> None:
    assert process.equal("1", "1")
    assert process._process is not None
    pid = process._process.pid
    os.kill(pid, signal.SIGSTOP)  # no processor for longer than the limit of 1 second
    waking = threading.Timer(1.5, os.kill, (pid, signal.SIGCONT))
    waking.start()
    assert process.equal("\\sqrt{50}", "5\\sqrt{2}")
    waking.join()


def test_code_in_an_answer_is_not_run(process: LatexProcess, tmp_path: Path) -> None:
    target = tmp_path / "run"
    for code in (f"open('{target}', 'w')", f"__import__('pathlib').Path('{target}').touch()"):
        for wrapped in (code, f"\\text{{{code}}}", f"\\operatorname{{{code}}}(1)", f"$ ${code}$"):
            assert not process.equal("x", wrapped)
    assert not target.exists()


def test_a_very_long_answer_is_not_parsed() -> None:
    assert not latex_equal("x", "x" + "+0" * MAX_LATEX_CHARS)
