"""What a server's body can be besides a reply, each told apart: errors, pages, streams, parts, bombs, redirects."""

from __future__ import annotations

import gzip
import json
import threading
import time
from typing import Any

import pytest
from http_server import Answer, Handler, Server, always, fail_first, make_task, reply, run

from harness.backends.http import exchange as http_exchange
from harness.backends.http.retry import retry_after_seconds
from harness.backends.open import open_backend
from harness.core.errors import UserError
from harness.recorded.message import message_text

pytestmark = pytest.mark.usefixtures("quick_and_keyless")


def typed(kind: str, content: bytes, **headers: str) -> Answer:
    return lambda handler, body: handler.send(200, content, {"Content-Type": kind, **headers})


def chat(message: Any, finish: str | None = "stop") -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": finish}]}


def error_of(server: Server, answer: Answer, options: str = ",retries=0") -> str:
    server.answers["q0"] = answer
    return run(server, 2, options)["d-0"].error


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (typed("text/html", b"<html><title>Sign in</title>"), "no JSON: <html><title>Sign in</title> (text/html)"),
        (typed("text/event-stream", b'data: {"choices": []}\n\ndata: [DONE]\n\n'), "the reply is an event stream"),
        (typed("application/json", b'{"choices": "\xff\xfe"}'), "the reply is not UTF-8 (byte 13)"),
        (always(200, [reply({"messages": []})]), "the reply is a JSON list, not an object"),
        (always(200, b""), "the reply is empty: there is no body"),
        (always(200, b"[" * 200_000), "the reply is no JSON: [[["),
        (typed("application/json", b"\x1f\x8b\x08\x00garbage", **{"Content-Encoding": "gzip"}), "gzip is damaged"),
        (typed("application/json", b"x", **{"Content-Encoding": "br"}), "packed as 'br', which was not asked for"),
        (always(200, {"choices": []}), "the reply has no choices"),
        (always(200, chat({"content": 7})), "the message's content is int, not text"),
        (always(200, chat({"content": [{"type": "image_url", "image_url": {}}]})), "a part of type 'image_url'"),
        (always(200, {"error": {"message": "bad gateway", "code": 502}}), "an error: bad gateway (code 502)"),
        (always(200, {"object": "error", "message": "no slot", "code": 400}), "no slot (code 400)"),
        (always(200, {"error": "overloaded"}), "the server reports an error: overloaded"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_reply_is_told_by_what_it_is(server: Server, answer: Answer, expected: str) -> None:
    assert expected in error_of(server, answer)


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        (always(200, {"error": {"message": "bad gateway", "code": 502}}), 3),
        (always(200, {"error": {"message": "unknown field", "code": 400}}), 1),
        (always(200, {"error": {"message": "who knows"}}), 3),
        (typed("text/event-stream", b"data: {}\n\n"), 1),
        (always(200, []), 1),
    ],
)
def test_the_cause_decides_whether_it_is_tried_again(server: Server, answer: Answer, tries: int) -> None:
    error_of(server, answer, ",retries=2")
    assert server.tries["q0"] == tries


def test_a_redirect_is_named_with_its_address_and_not_followed(server: Server) -> None:
    def redirect(handler: Handler, body: dict[str, Any]) -> None:
        handler.send(307, b"", {"Location": "https://elsewhere.example/v1/chat/completions"})

    said = error_of(server, redirect, "")
    assert said.startswith("HTTP 307: the server redirects to https://elsewhere.example/v1/chat/completions")
    assert server.tries["q0"] == 1


def test_content_in_parts_is_their_text_and_thinking_goes_between_tags(server: Server) -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "3 + 4 = 7"}]},
        {"type": "text", "text": "Answer: "},
        {"type": "text", "text": "7"},
    ]
    server.answers["q0"] = always(200, chat({"content": parts}))
    assert run(server)["d-0"].text == "<think>\n3 + 4 = 7\n</think>\nAnswer: 7"


@pytest.mark.parametrize(
    ("message", "prefill", "text"),
    [
        ({"content": None, "reasoning_content": "let me see"}, "", "<think>\nlet me see"),
        ({"content": "", "reasoning": "let me see"}, "", "<think>\nlet me see"),
        ({"content": "7", "reasoning": "3 + 4"}, "", "<think>\n3 + 4\n</think>\n7"),
        ({"content": "7", "reasoning": "3 + 4"}, "<think>\n", "3 + 4\n</think>\n7"),
        ({"content": "<think>\n3 + 4\n</think>\n7", "reasoning": "3 + 4"}, "", "<think>\n3 + 4\n</think>\n7"),
        ({"content": [{"type": "reasoning", "reasoning": "3 + 4"}]}, "", "<think>\n3 + 4"),
        ({"content": [{"type": "reasoning", "summary": [{"text": "3 + 4"}]}, "7"]}, "", "<think>\n3 + 4\n</think>\n7"),
        ({"content": None, "refusal": "I will not."}, "", "I will not."),
        ({"content": None}, "", ""),
    ],
)
def test_reasoning_gets_back_the_tags_that_it_had_and_no_others(message: Any, prefill: str, text: str) -> None:
    assert message_text(message, prefill=prefill) == text


def test_a_call_of_tools_without_a_text_is_a_failure_and_no_wrong_answer(server: Server) -> None:
    call = {"content": None, "tool_calls": [{"id": "1", "function": {"name": "calc", "arguments": "{}"}}]}
    assert error_of(server, always(200, chat(call, "tool_calls"))).endswith("the reply is empty (finish: tool_calls)")


def test_timeout_bounds_the_whole_attempt_however_the_bytes_drip(server: Server) -> None:
    def drip(handler: Handler, body: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(30):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)

    server.answers["q0"] = drip
    started = time.monotonic()
    found = run(server, 2, ",timeout=0.5,retries=0")
    assert found["d-0"].error == "no reply within 0.5 s"
    assert time.monotonic() - started < 2.5


def test_a_list_of_models_that_drips_is_not_waited_for(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(30):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)

    monkeypatch.setattr(Handler, "do_GET", drip)
    with pytest.raises(UserError, match=r"no list of models within 0\.5 s"):
        open_backend(f"{server.url},model=m,timeout=0.5", make_task())


@pytest.mark.parametrize("packed", [True, False])
def test_a_reply_without_end_or_a_bomb_is_cut_at_the_limit(
    server: Server, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(http_exchange, "MAX_ANSWER_BYTES", 2**20)
    content = b" " * 2**24
    headers = {"Content-Encoding": "gzip"} if packed else {}
    said = error_of(
        server, lambda handler, body: handler.send(200, gzip.compress(content) if packed else content, headers)
    )
    assert "the reply is larger than 1 MiB" in said


def test_a_packed_reply_is_read_as_any_other(server: Server) -> None:
    def packed(handler: Handler, body: dict[str, Any]) -> None:
        handler.send(200, gzip.compress(json.dumps(reply(body)).encode()), {"Content-Encoding": "gzip"})

    server.default = packed
    assert run(server)["d-0"].text == "reply to q0"


def test_cookies_of_a_server_are_not_kept(server: Server) -> None:
    server.default = lambda handler, body: handler.send(200, reply(body), {"Set-Cookie": "who=me; Path=/"})
    run(server, 5, ",concurrency=1")
    assert not [seen for seen in server.headers_seen if "Cookie" in seen]


@pytest.mark.parametrize("count", [-3, 10**400, "many", 1e300])
def test_impossible_token_counts_are_unknown(server: Server, count: Any) -> None:
    document = chat({"content": "7"}) | {"usage": {"prompt_tokens": count, "completion_tokens": count}}
    server.default = always(200, document)
    found = run(server)["d-0"]
    assert (found.prompt_tokens, found.completion_tokens) == (None, None)


def test_wait_in_milliseconds_is_heeded(server: Server) -> None:
    assert retry_after_seconds({"retry-after-ms": "1200", "retry-after": "9"}) == 1.2
    assert retry_after_seconds({"retry-after-ms": "soon", "retry-after": "9"}) == 9.0
    server.answers["q0"] = fail_first(1, 429, {"retry-after-ms": "300"})
    started = time.monotonic()
    assert run(server)["d-0"].finish == "stop"
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, {"message": "You exceeded your current quota", "type": "insufficient_quota"}),
        (429, {"message": "no", "code": "credit_balance_exhausted"}),
        (402, {"message": "Insufficient credits", "code": 402}),
        (403, {"message": "pay", "type": "billing_error"}),
    ],
)
def test_a_quota_that_is_used_up_ends_the_run_without_a_second_try(
    server: Server, status: int, error: dict[str, Any]
) -> None:
    server.default = always(status, {"error": error})
    with pytest.raises(UserError, match="8 requests in a row failed") as caught:
        run(server, 200)
    assert "billing" in caught.value.tip
    assert len(server.bodies) < 60
    assert max(server.tries.values()) == 1


def test_a_rate_limit_that_speaks_of_a_quota_is_waited_for(server: Server) -> None:
    server.answers["q0"] = always(429, {"error": {"message": "You exceeded your current quota", "code": 429}})
    assert "(after 3 tries)" in run(server, 2, ",retries=2")["d-0"].error


@pytest.mark.parametrize(
    "answer", [always(400, {"error": {"message": "no"}}), always(422, {"detail": "no"}), typed("text/html", b"<html>")]
)
def test_first_requests_that_all_fail_alike_end_the_run(server: Server, answer: Answer) -> None:
    server.default = answer
    with pytest.raises(UserError, match="8 requests in a row failed"):
        run(server, 200, ",retries=0")
    assert len(server.bodies) < 60


def test_prompts_that_are_too_long_end_no_run(server: Server) -> None:
    said = "This model's maximum context length is 2048 tokens. However, you requested {} tokens"
    server.default = lambda handler, body: handler.send(
        400, {"message": said.format(2300 + len(server.bodies)), "code": 400}
    )
    assert {c.finish for c in run(server, 30).values()} == {"error"}


def test_failures_after_a_reply_end_no_run(server: Server) -> None:
    for i in range(1, 30):
        server.answers[f"q{i}"] = always(400, {"error": {"message": "no"}})
    assert len(run(server, 30, ",concurrency=1")) == 30


def test_a_probe_leaves_no_thread_behind(server: Server) -> None:
    before = threading.active_count()
    open_backend(f"{server.url},model=gemma", make_task())
    assert threading.active_count() <= before + 1  # the server's own for that connection
