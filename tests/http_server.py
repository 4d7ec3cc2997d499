"""A real server on the loopback interface that can be told to misbehave, and a task to send to it."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from harness.backends.open import open_backend
from harness.core.records import Completion, Doc, GenerationSettings, Request
from harness.core.reply.presets import BARE
from harness.core.task import PromptTemplate, Task

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
