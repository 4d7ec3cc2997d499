"""The HTTP backend against a real server on the loopback interface that can be told to misbehave."""

from __future__ import annotations

import contextlib
import json
import logging
import signal
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.backends import http_retry
from harness.backends.http_body import error_text, read_reply, request_body
from harness.backends.http_retry import RequestFailure, RetryPolicy, is_transient, retry_after_seconds
from harness.backends.http_spec import read_spec
from harness.backends.open import open_backend
from harness.core.backend import Backend
from harness.core.errors import UserError
from harness.core.records import Completion, Doc, GenerationSettings, Message, Prompt, Request
from harness.core.task import PromptTemplate, Task
from harness.formats.presets import BARE

KEY = "sk-a-very-secret-key-0123456789"
SETTINGS = GenerationSettings()

Answer = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Answers like vLLM; `server.answers` holds what to do instead, by the user's question."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server  # type: ignore[assignment]

    def do_GET(self) -> None:
        self.server.headers_seen.append(dict(self.headers))
        if self.server.models_status != 200:
            self.send(self.server.models_status, {"error": {"message": f"no entry with {KEY}"}})
            return
        self.send(200, {"object": "list", "data": self.server.models})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.bodies.append(body)
            self.server.paths.append(self.path)
            self.server.headers_seen.append(dict(self.headers))
            self.server.tries[question(body)] += 1
            self.server.busy += 1
            self.server.busiest = max(self.server.busiest, self.server.busy)
        try:
            self.server.answers.get(question(body), self.server.default)(self, body)
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def send(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """A loopback server with a memory."""

    daemon_threads = True
    request_queue_size = 256
    default_models: ClassVar = [{"id": "gemma", "owned_by": "vllm", "created": 1, "max_model_len": 4096}]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers_seen: list[dict[str, str]] = []
        self.tries: Counter[str] = Counter()
        self.answers: dict[str, Answer] = {}
        self.default: Answer = say
        self.models: Any = list(self.default_models)
        self.models_status = 200
        self.busy = 0
        self.busiest = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that went away is what some tests are about


def question(body: dict[str, Any]) -> str:
    users = [m["content"] for m in body.get("messages", []) if m["role"] == "user"]
    return users[-1] if users else body.get("prompt", "")


def reply(body: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    text = f"reply to {question(body)}"
    message = {"message": {"role": "assistant", "content": text}} if "messages" in body else {"text": text}
    usage = {"prompt_tokens": 11, "completion_tokens": 5}
    return {"choices": [{"index": 0, "finish_reason": finish, **message}], "usage": usage}


def say(handler: Handler, body: dict[str, Any]) -> None:
    handler.send(200, reply(body))


def fail_first(n: int, status: int, headers: dict[str, str] | None = None) -> Answer:
    def answer(handler: Handler, body: dict[str, Any]) -> None:
        if handler.server.tries[question(body)] <= n:
            handler.send(status, {"error": {"message": "busy"}}, headers)
        else:
            say(handler, body)

    return answer


def always(status: int, document: Any) -> Answer:
    return lambda handler, body: handler.send(status, document)


def drop(handler: Handler, body: dict[str, Any]) -> None:
    """Cut the connection with a reset, no byte sent."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def cut_short(handler: Handler, body: dict[str, Any]) -> None:
    """Promise more bytes than are sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.wfile.flush()
    handler.close_connection = True


def slow(seconds: float) -> Answer:
    def answer(handler: Handler, body: dict[str, Any]) -> None:
        time.sleep(seconds)
        with contextlib.suppress(OSError):
            say(handler, body)

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture(autouse=True)
def quick_and_keyless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of milliseconds; no key from the developer's own environment."""
    monkeypatch.setattr(http_retry, "FIRST_WAIT_SECONDS", 0.002)
    monkeypatch.delenv("HARNESS_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def make_task(n: int = 1, prefill: str = "") -> Task:
    docs = tuple(Doc(id=f"d-{i}", question=f"q{i}", target="1") for i in range(n))
    return Task(docs=docs, scorers=(), prompt=PromptTemplate(system="Be brief.", response_format=BARE, prefill=prefill))


def requests(task: Task) -> list[Request]:
    return [
        Request(doc_id=d.id, repeat=0, prompt=task.prompt.render(d), seed=7 + i, max_new_tokens=32)
        for i, d in enumerate(task.docs)
    ]


def run(server: Server, n: int = 1, options: str = "", prefill: str = "") -> dict[str, Completion]:
    task = make_task(n, prefill)
    backend = open_backend(f"{server.url},model=gemma{options}", task)
    return {c.doc_id: c for c in backend.generate(requests(task), SETTINGS)}


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
    sent = len(server.bodies)
    time.sleep(0.2)
    assert len(server.bodies) == sent < 20
    assert not [t for t in threading.enumerate() if t.name == "harness-http"]


def test_ctrl_c_while_waiting_ends_the_requests(server: Server) -> None:
    server.default = slow(1.0)
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    threading.Timer(0.2, signal.pthread_kill, (main_thread, signal.SIGINT)).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(server, 8)
    assert time.monotonic() - started < 0.9
    assert not [t for t in threading.enumerate() if t.name == "harness-http"]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_failures_that_pass_are_retried(server: Server, status: int) -> None:
    server.answers["q1"] = fail_first(1, status)
    found = run(server, 3)
    assert {c.finish for c in found.values()} == {"stop"}
    assert server.tries["q1"] == 2


@pytest.mark.parametrize("misbehave", [drop, cut_short, always(200, b"<html>bad gateway</html>"), always(200, {})])
def test_lost_connections_and_malformed_replies_are_retried_within_the_bound(server: Server, misbehave: Answer) -> None:
    server.answers["q1"] = misbehave
    found = run(server, 3, ",retries=2")
    assert [found[f"d-{i}"].finish for i in range(3)] == ["stop", "error", "stop"]
    assert server.tries["q1"] == 3
    assert "(after 3 tries)" in found["d-1"].error
    assert found["d-1"].text == ""


def test_retries_are_bounded(server: Server) -> None:
    server.answers["q0"] = always(500, {"error": {"message": "the engine is dead"}})
    found = run(server, 2, ",retries=3")
    assert server.tries["q0"] == 4
    assert found["d-0"].error == "HTTP 500: the engine is dead (after 4 tries)"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 501])
def test_refusals_are_not_retried_and_never_a_score(server: Server, status: int) -> None:
    server.answers["q1"] = always(status, {"error": {"message": "the prompt is too long"}})
    found = run(server, 20)
    assert server.tries["q1"] == 1
    assert (found["d-1"].finish, found["d-1"].text) == ("error", "")
    assert found["d-1"].error == f"HTTP {status}: the prompt is too long"
    assert sum(c.finish == "stop" for c in found.values()) == 19


def test_retry_after_is_waited_for(server: Server) -> None:
    server.answers["q0"] = fail_first(1, 429, {"Retry-After": "0.3"})
    started = time.monotonic()
    assert run(server)["d-0"].finish == "stop"
    assert time.monotonic() - started >= 0.3


def test_retry_after_of_an_hour_fails_the_completion(server: Server) -> None:
    server.answers["q0"] = fail_first(1, 429, {"Retry-After": "3600"})
    found = run(server, 2)
    assert found["d-0"].error == "HTTP 429: busy (the server asks to wait 3600 s)"


def test_a_reply_that_takes_too_long_is_tried_once_more(server: Server) -> None:
    server.answers["q0"] = slow(0.6)
    found = run(server, 2, ",timeout=0.2")
    assert found["d-0"].error == "no reply within 0.2 s (after 2 tries)"
    assert server.tries["q0"] == 2


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


def test_server_that_is_not_there_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    with pytest.raises(UserError, match="cannot be reached") as caught:
        open_backend(f"{url},model=m", make_task())
    assert url in str(caught.value)
    assert "check host and port" in caught.value.tip


def test_server_that_goes_away_ends_the_run_and_keeps_what_was_drawn(server: Server) -> None:
    task = make_task(60)
    backend = open_backend(f"{server.url},model=gemma,concurrency=2,retries=1", task)
    stream = backend.generate(requests(task), SETTINGS)
    drawn = [next(stream) for _ in range(3)]
    server.default = drop
    server.shutdown()
    server.server_close()
    with pytest.raises(UserError, match="requests in a row failed: no connection") as caught:
        drawn.extend(stream)
    assert server.url in str(caught.value)
    assert "--resume" in caught.value.tip
    assert sum(c.finish == "stop" for c in drawn) >= 3
    assert len(drawn) < 60


@pytest.mark.parametrize(("status", "tip"), [(401, "HARNESS_API_KEY"), (404, "model's name")])
def test_every_request_refused_ends_the_run(server: Server, status: int, tip: str) -> None:
    server.default = always(status, {"error": {"message": "no such model"}})
    with pytest.raises(UserError, match=f"8 requests in a row failed: HTTP {status}: no such model") as caught:
        run(server, 500)
    assert tip in caught.value.tip
    assert len(server.bodies) < 60


def test_key_goes_into_the_header_and_nowhere_else(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HARNESS_API_KEY", KEY)
    server.answers["q0"] = always(400, {"error": {"message": f"wrong key {KEY}"}})
    task = make_task(2)
    backend = open_backend(f"{server.url},model=gemma", task)
    found = list(backend.generate(requests(task), SETTINGS))
    assert {h.get("Authorization") for h in server.headers_seen} == {f"Bearer {KEY}"}
    assert {c.error for c in found} == {"HTTP 400: wrong key [key]", ""}
    shown = [repr(backend), str(backend), repr(backend.describe()), repr(found), caplog.text, json.dumps(server.bodies)]
    assert not [text for text in shown if KEY in text]


def test_key_is_not_in_the_error_of_a_refused_probe(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_API_KEY", KEY)
    server.models_status = 401
    with pytest.raises(UserError, match="refuses the API key") as caught:
        open_backend(f"{server.url},model=m", make_task())
    assert KEY not in caught.value.message + caught.value.tip + repr(caught.value)


def test_missing_key_is_asked_for(server: Server) -> None:
    server.models_status = 401
    with pytest.raises(UserError, match="wants an API key") as caught:
        open_backend(f"{server.url},model=m", make_task())
    assert caught.value.tip == "set HARNESS_API_KEY."


@pytest.mark.parametrize("key", [f"{KEY}\nX: y", f"{KEY}é"])
def test_key_that_no_header_can_carry_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("HARNESS_API_KEY", key)
    with pytest.raises(UserError, match="HARNESS_API_KEY holds characters") as caught:
        open_backend("http://127.0.0.1:9/v1,model=m", make_task())
    assert KEY not in str(caught.value)


def test_own_key_comes_before_openais(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "second")
    run(server)
    monkeypatch.setenv("HARNESS_API_KEY", "first")
    run(server)
    assert [h.get("Authorization") for h in server.headers_seen] == ["Bearer second"] * 2 + ["Bearer first"] * 2


@pytest.mark.parametrize("url", [f"http://me:{KEY}@localhost/v1", f"http://localhost/v1?key={KEY}", f"http://me:{KEY}"])
def test_address_with_a_secret_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(UserError) as caught:
        open_backend(f"{url},model=m", make_task())
    assert KEY not in caught.value.message + caught.value.tip


def test_only_model_of_the_server_is_taken_and_several_are_listed(server: Server) -> None:
    assert open_backend(server.url, make_task()).describe().name == "gemma"
    server.models = [{"id": "a"}, {"id": "b"}]
    with pytest.raises(UserError, match="which model\\? it has a, b"):
        open_backend(server.url, make_task())


def test_server_without_a_list_is_taken_at_its_word(server: Server) -> None:
    server.models_status = 404
    assert run(server)["d-0"].finish == "stop"


def test_fingerprint_is_stable_over_restarts_and_follows_the_model(server: Server) -> None:
    def fingerprint(options: str = "") -> str:
        return open_backend(f"{server.url},model=gemma{options}", make_task()).describe().fingerprint

    first = fingerprint()
    server.models = [
        {"id": "gemma", "owned_by": "vllm", "created": 2, "max_model_len": 4096, "permission": [{"id": 9}]}
    ]
    assert fingerprint() == first == fingerprint(",concurrency=2")
    server.models = [{"id": "gemma", "owned_by": "vllm", "root": "/other"}]
    completions = ("", ",template=gemma", ",template=gemma,bos=<bos>")
    others = {fingerprint(), *(fingerprint(f",endpoint=completions{more}") for more in completions)}
    assert len(others | {first}) == 5
    assert isinstance(open_backend(server.url, make_task()), Backend)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("http://h/v1,modle=m", "unknown option of http: 'modle'; did you mean 'model'?"),
        ("http://h/v1,endpoint=caht", "unknown endpoint of http: 'caht'; did you mean 'chat'?"),
        ("http://h/v1,concurrency=0", "concurrency='0': expected a whole number from 1 to 1024"),
        ("http://h/v1,timeout=soon", "timeout='soon': expected a number"),
        ("http://h/v1,retries=99", "retries='99'"),
        ("http://h:99999/v1", "not a server address"),
        ("http:///v1", "not a server address: 'http:///v1'"),
    ],
)
def test_mistakes_in_the_model_are_one_clear_line(spec: str, expected: str) -> None:
    with pytest.raises(UserError) as caught:
        open_backend(spec, make_task())
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        ("http://h:8000", "http://h:8000/v1"),
        ("http://h:8000/v1/", "http://h:8000/v1"),
        ("https://h/api/v1/chat/completions", "https://h/api/v1"),
    ],
)
def test_address_ends_at_the_version(given_url: str, url: str) -> None:
    assert read_spec(given_url, {}).url == url


@pytest.mark.parametrize(
    ("host", "expected"), [("localhost", True), ("127.0.0.1", True), ("[::1]", True), ("h", False)]
)
def test_loopback_addresses_pass_by_proxies(host: str, expected: bool) -> None:
    assert read_spec(f"http://{host}:8000/v1", {}).is_loopback is expected


@given(st.integers(0, 12), st.integers(0, 2**31), st.none() | st.floats(0, 120))
def test_waits_grow_are_bounded_and_honour_retry_after(attempt: int, seed: int, retry_after: float | None) -> None:
    failure = RequestFailure("busy", transient=True, retry_after=retry_after)
    wait = RetryPolicy(retries=20).wait_seconds(failure, attempt, Random(seed))
    assert wait is not None
    assert (retry_after or 0) <= wait <= max(retry_after or 0, http_retry.LONGEST_WAIT_SECONDS)


def test_retry_after_may_be_a_date() -> None:
    headers = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert retry_after_seconds(headers, now=1445412470.0) == 10.0
    assert retry_after_seconds(headers) == 0.0
    assert retry_after_seconds({"retry-after": "soon"}) is None


def test_only_statuses_that_may_pass_are_transient() -> None:
    assert [s for s in range(300, 600) if is_transient(s)][:3] == [408, 429, 500]
    assert not is_transient(501)


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
