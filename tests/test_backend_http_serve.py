"""The HTTP backend against transformers' own server with a tiny random Gemma 3."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.backends.open import open_backend
from harness.core.errors import UserError
from harness.core.records import Completion, Doc, GenerationSettings, Request
from harness.core.reply.presets import BARE
from harness.core.task import PromptTemplate, Task

pytestmark = pytest.mark.slow
START_SECONDS = 120.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """(address, model folder) of a running `transformers serve`."""
    for package in ("torch", "transformers", "fastapi", "uvicorn", "openai"):
        pytest.importorskip(package, reason="needs torch and `pip install 'transformers[serving]'`")
    from harness.gemma.tiny import write_tiny_model

    folder = write_tiny_model(tmp_path_factory.mktemp("served") / "tiny")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = "from transformers.cli.transformers import main; main()"
    command = [sys.executable, "-c", start, "serve", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    log = (folder.parent / "log.txt").open("wb")
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    process = subprocess.Popen(
        [*command, "--device", "cpu", "--dtype", "float32"], stdout=log, stderr=log, env=environment
    )
    try:
        _wait(port, process, folder.parent / "log.txt")
        yield f"http://127.0.0.1:{port}/v1,model={folder}", folder
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text()[-2000:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    pytest.fail(f"the server did not start in {START_SECONDS} s: {log.read_text()[-2000:]}")


def make_task(n: int, prefill: str = "") -> Task:
    docs = tuple(Doc(id=f"d-{i}", question=f"What is {i} + {i}?", target=str(2 * i)) for i in range(n))
    return Task(docs=docs, scorers=(), prompt=PromptTemplate(response_format=BARE, prefill=prefill))


def run(spec: str, n: int = 6) -> dict[str, Completion]:
    task = make_task(n)
    wanted = [
        Request(doc_id=d.id, repeat=0, prompt=task.prompt.render(d), seed=i, max_new_tokens=8)
        for i, d in enumerate(task.docs)
    ]
    return {c.doc_id: c for c in open_backend(spec, task).generate(wanted, GenerationSettings())}


def test_every_doc_gets_its_greedy_completion_again(served: tuple[str, Path]) -> None:
    first = run(f"{served[0]},concurrency=4")
    assert [c.error for c in first.values()] == [""] * 6
    assert {c.finish for c in first.values()} <= {"stop", "length"}
    assert all(c.completion_tokens and c.completion_tokens <= 9 for c in first.values())
    again = run(f"{served[0]},concurrency=1")
    assert {i: c.text for i, c in again.items()} == {i: c.text for i, c in first.items()}


def test_gemma_template_on_completions_asks_what_chat_asks(served: tuple[str, Path]) -> None:
    chat = run(served[0], 3)
    completions = run(
        f"{served[0]},endpoint=completions,template=gemma,bos=<bos>", 3
    )  # this tokenizer adds none by itself
    assert [c.error for c in completions.values()] == [""] * 3
    assert {i: (c.text, c.prompt_tokens) for i, c in completions.items()} == {
        i: (c.text, c.prompt_tokens) for i, c in chat.items()
    }


def test_prefill_is_refused_because_this_server_does_not_continue_it(served: tuple[str, Path]) -> None:
    with pytest.raises(UserError, match="not known to continue"):
        open_backend(served[0], make_task(1, prefill="<think>"))
