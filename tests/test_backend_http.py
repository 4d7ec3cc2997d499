"""What the HTTP backend sends, reads and streams, against a real server on the loopback interface."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from http_server import SETTINGS, Server, make_task, reply, requests, run, slow
from hypothesis import given
from hypothesis import strategies as st

from harness.backends.http.body import error_text, read_reply, request_body
from harness.backends.open import open_backend
from harness.core.errors import UserError
from harness.core.records import GenerationSettings, Message, Prompt, Request

pytestmark = pytest.mark.usefixtures("quick_and_keyless")


def test_every_request_is_answered_once(server: Server) -> None:
    found = run(server, 100)
    assert {i: c.text for i, c in found.items()} == {f"d-{i}": f"reply to q{i}" for i in range(100)}
    first = found["d-0"]
    assert (first.finish, first.prompt_tokens, first.completion_tokens) == ("stop", 11, 5)
    assert first.seconds is not None
    assert first.seconds > 0
    assert len(server.bodies) == 100


def test_body_carries_the_settings_and_the_requests_own_seed(server: Server) -> None:
    task = make_task()
    settings = GenerationSettings(temperature=0.7, top_p=0.9, top_k=40, stop=("\n\n", "Q:"))
    list(open_backend(f"{server.url},model=gemma", task).generate(requests(task), settings))
    assert server.paths == ["/v1/chat/completions"]
    assert server.bodies[0] == {
        "model": "gemma",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q0"}],
        "max_tokens": 32,
        "temperature": 0.7,
        "top_p": 0.9,
        "top_k": 40,
        "stop": ["\n\n", "Q:"],
        "seed": 7,
        "stream": False,
    }


@pytest.mark.parametrize(
    ("template", "prompt"),
    [
        ("", "Be brief.\n\nq0\n\n<think>\n"),
        (
            ",template=gemma",
            "<start_of_turn>user\nBe brief.\n\nq0<end_of_turn>\n<start_of_turn>model\n<think>\n",
        ),
        (",bos=<s>", "<s>Be brief.\n\nq0\n\n<think>\n"),
    ],
)
def test_completions_endpoint_gets_one_text_with_the_prefill(server: Server, template: str, prompt: str) -> None:
    found = run(server, options=f",endpoint=completions{template}", prefill="<think>\n")
    assert server.paths == ["/v1/completions"]
    assert server.bodies[0]["prompt"] == prompt
    assert found["d-0"].reply.startswith("<think>\nreply to")


def test_template_from_a_file_renders_the_completions_prompt(server: Server, tmp_path: Any) -> None:
    (tmp_path / "t.jinja").write_text("{% for m in messages %}[{{ m['content'] }}]{% endfor %}>")
    run(server, options=f",endpoint=completions,template={tmp_path / 't.jinja'}")
    assert server.bodies[0]["prompt"] == "[Be brief.][q0]>"


def test_prefill_is_continued_where_the_server_is_known_to(server: Server) -> None:
    found = run(server, prefill="<think>\n")
    body = server.bodies[0]
    assert body["messages"][-1] == {"role": "assistant", "content": "<think>\n"}
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)
    assert (found["d-0"].prefill, found["d-0"].text) == ("<think>\n", "reply to q0")


def test_prefill_trails_without_extensions_for_llama_cpp(server: Server) -> None:
    server.models = [{"id": "gemma", "owned_by": "llamacpp"}]
    run(server, prefill="<think>\n")
    assert server.bodies[0]["messages"][-1] == {"role": "assistant", "content": "<think>\n"}
    assert "continue_final_message" not in server.bodies[0]


def test_prefill_is_refused_where_the_server_would_start_a_new_turn(server: Server) -> None:
    server.models = [{"id": "gemma", "owned_by": "openai"}]
    with pytest.raises(UserError, match="not known to continue"):
        run(server, prefill="<think>\n")
    assert server.bodies == []
    assert run(server, prefill="<think>\n", options=",prefill=continue")["d-0"].finish == "stop"


def test_concurrency_is_used_and_bounded(server: Server) -> None:
    server.default = slow(0.02)
    run(server, 40, ",concurrency=5")
    assert 2 <= server.busiest <= 5


def test_completions_come_as_they_finish(server: Server) -> None:
    server.answers["q0"] = slow(0.3)
    task = make_task(6)
    backend = open_backend(f"{server.url},model=gemma", task)
    assert [c.doc_id for c in backend.generate(requests(task), SETTINGS)][-1] == "d-0"


def test_a_slow_reader_holds_the_sender_back(server: Server) -> None:
    task = make_task(60)
    stream = open_backend(f"{server.url},model=gemma,concurrency=4", task).generate(requests(task), SETTINGS)
    next(stream)
    time.sleep(0.2)
    assert len(server.bodies) <= 4 * 2 + 1
    assert len(list(stream)) == 59


def test_leaving_early_cancels_what_is_under_way(server: Server) -> None:
    server.default = slow(0.05)
    task = make_task(200)
    stream = open_backend(f"{server.url},model=gemma,concurrency=4", task).generate(requests(task), SETTINGS)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    time.sleep(0.1)  # what is on the wire arrives
    sent = len(server.bodies)
    time.sleep(0.2)
    assert len(server.bodies) == sent < 20
    assert not [t for t in threading.enumerate() if t.name == "harness-http"]


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """A shell starts background jobs with SIGINT ignored, and Python then leaves it so: `make test &` is one."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_waiting_ends_the_requests(server: Server, heeds_ctrl_c: None) -> None:
    server.default = slow(1.0)
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    threading.Timer(0.2, signal.pthread_kill, (main_thread, signal.SIGINT)).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(server, 8)
    assert time.monotonic() - started < 0.9
    assert not [t for t in threading.enumerate() if t.name == "harness-http"]


def test_length_and_content_filter_are_told(server: Server) -> None:
    server.answers["q0"] = lambda handler, body: handler.send(200, reply(body, "length"))
    server.answers["q1"] = lambda handler, body: handler.send(200, reply(body, "content_filter"))
    found = run(server, 2)
    assert found["d-0"].finish == "length"
    assert (found["d-1"].finish, found["d-1"].error) == ("error", "the server stopped it: content_filter")


def test_reasoning_in_a_field_of_its_own_returns_to_the_reply() -> None:
    message = {"content": "42", "reasoning_content": "6 * 7 = 42"}
    found = read_reply({"choices": [{"message": message}]}, "chat")
    assert found.text == "<think>\n6 * 7 = 42\n</think>\n42"


def test_reasoning_that_was_cut_off_gets_no_end() -> None:
    message = {"content": None, "reasoning_content": "6 * 7 is"}
    found = read_reply({"choices": [{"message": message, "finish_reason": "length"}]}, "chat")
    assert (found.text, found.finish) == ("<think>\n6 * 7 is", "length")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "text", "usage", "error"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(json_values, st.sampled_from(["chat", "completions"]))
def test_any_json_is_a_reply_or_a_value_error(document: Any, endpoint: Any) -> None:
    assert isinstance(error_text(document, "raw"), str)
    with contextlib.suppress(ValueError):
        assert isinstance(read_reply(document, endpoint).text, str)


def test_prefill_for_a_refusing_server_is_a_programming_error() -> None:
    prompt = Prompt(messages=(Message(role="user", content="q"),), prefill="<think>")
    request = Request(doc_id="d", repeat=0, prompt=prompt, seed=0, max_new_tokens=4)
    with pytest.raises(ValueError, match="does not continue"):
        request_body(request, SETTINGS, model="m", endpoint="chat")
