"""GemmaBackend over a tiny model on disk: text in, text out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jax", reason="needs the gemma extra")

import jax

from harness.backends.open import open_backend
from harness.core.backend import Backend, LogLikelihoodBackend
from harness.core.errors import UserError
from harness.core.records import Completion, Doc, GenerationSettings, Message, Prompt, Request
from harness.core.task import Task
from harness.gemma.text.stops import StopStrings
from harness.gemma.tiny import write_tiny_model

TASK = Task(docs=(Doc(id="a", question="q", target="1"),), scorers=(), max_new_tokens=24)
SETTINGS = GenerationSettings(max_new_tokens=24)


@pytest.fixture(scope="module", autouse=True)
def quick_compilation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """These programs run for milliseconds: optimising them would be most of the tests' time. Nothing goes to disk."""
    old = os.environ.get("HARNESS_COMPILE_CACHE")
    os.environ["HARNESS_COMPILE_CACHE"] = "off"
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
    os.environ.pop("HARNESS_COMPILE_CACHE")
    if old is not None:
        os.environ["HARNESS_COMPILE_CACHE"] = old


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def backend(folder: Path) -> Any:
    return open_backend(f"gemma:{folder},batch_size=4,max_length=400", TASK)


def ask(question: str, doc_id: str = "a", prefill: str = "", max_new_tokens: int = 24) -> Request:
    prompt = Prompt(messages=(Message(role="user", content=question),), prefill=prefill)
    return Request(doc_id=doc_id, repeat=0, prompt=prompt, seed=0, max_new_tokens=max_new_tokens)


def reply(backend: Backend, request: Request, settings: GenerationSettings = SETTINGS) -> Completion:
    (completion,) = backend.generate([request], settings)
    return completion


def test_the_backend_speaks_both_protocols(backend: Any) -> None:
    assert isinstance(backend, Backend)
    assert isinstance(backend, LogLikelihoodBackend)


def test_a_model_tells_its_memory_once_to_whoever_looks_for_it(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    again = open_backend(f"gemma:{folder},batch_size=4,max_length=400", TASK)
    with caplog.at_level("DEBUG", logger="harness"):
        for _ in range(2):
            reply(again, ask("What is 1 plus 1?"))
    told = [line for line in caplog.messages if line.startswith("memory of ")]
    assert len(told) == 1
    assert told[0].startswith(f"memory of {folder}: 4 rows x ")


def test_every_request_is_answered_under_its_own_name(backend: Any) -> None:
    requests = [ask(f"What is {i} plus {i}?", f"doc-{i}") for i in range(6)]
    done = list(backend.generate(requests, SETTINGS))
    assert sorted(c.doc_id for c in done) == [f"doc-{i}" for i in range(6)]
    for completion in done:
        assert completion.finish in ("stop", "length")
        assert completion.completion_tokens is not None
        assert (completion.finish == "length") == (completion.completion_tokens == 24)


def test_prefill_is_in_the_prompt_and_not_in_the_text(backend: Any) -> None:
    plain, filled = reply(backend, ask("Count.")), reply(backend, ask("Count.", prefill="<reasoning>\n"))
    assert filled.reply == "<reasoning>\n" + filled.text
    assert filled.prompt_tokens > plain.prompt_tokens


def test_a_stop_string_ends_the_text_before_it(backend: Any) -> None:
    text = reply(backend, ask("Count.")).text
    stop = text[len(text) // 2 : len(text) // 2 + 3]
    cut = reply(backend, ask("Count."), replace(SETTINGS, stop=(stop,)))
    assert cut.text == text[: text.find(stop)]
    assert cut.finish == "stop"
    assert 0 < cut.completion_tokens < 24


def test_a_prompt_beyond_the_context_is_an_error_and_the_rest_is_answered(backend: Any) -> None:
    done = {c.doc_id: c for c in backend.generate([ask("long " * 500, "long"), ask("short", "short")], SETTINGS)}
    assert done["long"].finish == "error"
    assert "max_length is 400" in done["long"].error
    assert done["short"].finish != "error"


def test_a_conversation_that_the_template_refuses_is_an_error(backend: Any) -> None:
    twice = Prompt(messages=(Message(role="user", content="a"), Message(role="user", content="b")))
    completion = reply(backend, replace(ask("x"), prompt=twice))
    assert completion.finish == "error"
    assert "alternate" in completion.error


def test_log_likelihood_of_the_greedy_text_is_the_highest(backend: Any) -> None:
    tokens = backend.tokenizer.render(ask("Count.").prompt)
    context = backend.tokenizer.decode(tokens, special=True)
    greedy = reply(backend, ask("Count.", max_new_tokens=1)).text
    others = [text for text in (" the", " a", "7") if text != greedy]
    scores = backend.log_likelihood([(context, text) for text in (greedy, *others)])
    assert scores[0][1]
    assert scores[0][0] == max(value for value, _ in scores) < 0


def test_the_fingerprint_depends_on_what_decides_the_reply(backend: Any, folder: Path) -> None:
    same = open_backend(f"gemma:{folder},batch_size=1,max_length=400", TASK).describe()
    assert same.fingerprint == backend.describe().fingerprint
    for option in ("dtype=bfloat16,max_length=400", "max_length=399"):
        assert open_backend(f"gemma:{folder},{option}", TASK).describe().fingerprint != same.fingerprint


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("batchsize=4", "unknown option of gemma"),
        ("batch_size=x", "expected a whole number"),
        ("dtype=float16", "unknown dtype"),
        ("max_length=20", "max_new_tokens is 24, but the context is 20 tokens"),
        ("max_length=10000000", "expected a whole number from 2 to"),
        ("tp=3", "expected a whole number from 1 to 1"),
    ],
)
def test_wrong_options_are_the_users_to_mend(folder: Path, options: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        open_backend(f"gemma:{folder},{options}", TASK)


def test_a_stop_string_is_found_across_tokens_and_counted_apart_from_the_batch() -> None:
    pieces = ["Hel", "lo", " EN", "D", " more"]

    def decode(ids: Any) -> str:
        return "".join(pieces[i] for i in ids)

    stop = StopStrings(["END", "zzz"], decode)
    assert not stop.check(0, [0, 1, 2], 3)
    assert stop.check(0, [0, 1, 2, 3], 1)
    assert stop.cut([0, 1, 2, 3]) == stop.cut([0, 1, 2, 3, 4]) == ("Hello ", 4)
    assert stop.cut([0, 1]) == ("Hello", 2)


EIGHT_DEVICES = """
import sys
import jax
from harness.backends.open import open_backend
from harness.core.records import GenerationSettings, Message, Prompt, Request
from harness.core.task import Task
from harness.core.records import Doc
assert len(jax.devices()) == int(sys.argv[2])
task = Task(docs=(Doc(id="a", question="q", target="1"),), scorers=(), max_new_tokens=40)
backend = open_backend(f"gemma:{sys.argv[1]},batch_size=4{sys.argv[3]}", task)
words = "many worked examples come first and are the same for all of them. " * 6
requests = [
    Request(doc_id=str(i), repeat=0, prompt=Prompt(messages=(Message(role="user", content=words + "x" * i),)), seed=i,
            max_new_tokens=40)
    for i in range(40)
]
for temperature in (0.0, 0.7):
    done = backend.generate(requests, GenerationSettings(max_new_tokens=40, temperature=temperature))
    for c in sorted(done, key=lambda c: int(c.doc_id)):
        print(c.doc_id, c.finish, repr(c.text), c.error)
print(backend.log_likelihood([(words, " and"), (words, " the end")])[0][1])
from harness.gemma.engine import schedule
from harness.gemma.engine.requests import TokenRequest
from harness.gemma.engine.sampling import Sampling
schedule.PARKED_BEYOND = 256
asked = [TokenRequest(index=i, tokens=(2, 11 + i % 7, 20 + i), max_new_tokens=340 if i == 3 else 30, seed=i)
         for i in range(300)]
for done in sorted(backend.engine.generate(asked, Sampling(temperature=0.7), []), key=lambda c: c.index):
    print(done.index, done.finish, done.tokens)
print("set aside:", backend.engine.stats.n_parked)
"""


def run_with_devices(folder: Path, n_devices: int, options: str = "") -> str:
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={n_devices}",
        "HARNESS_COMPILE_CACHE": "off",
    }
    command = [sys.executable, "-c", EIGHT_DEVICES, str(folder), str(n_devices), options]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("options", ["", ",tp=2"])
def test_eight_devices_write_what_one_does(folder: Path, options: str) -> None:
    one = run_with_devices(folder, 1)
    assert one.count("\n") == 81 + 301
    assert one.endswith("set aside: 1\n")
    assert run_with_devices(folder, 8, options) == one
