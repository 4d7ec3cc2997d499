"""Servers that fail, stall or refuse: what is tried again, what ends the run, what becomes a failed completion."""

from __future__ import annotations

import socket
import time
from random import Random

import pytest
from http_server import (
    SETTINGS,
    Answer,
    Server,
    always,
    cut_short,
    drop,
    fail_first,
    make_task,
    requests,
    run,
    slow,
)
from hypothesis import given
from hypothesis import strategies as st

from harness.backends.http import retry as http_retry
from harness.backends.http.retry import RequestFailure, RetryPolicy, is_transient, retry_after_seconds
from harness.backends.open import open_backend
from harness.core.errors import UserError

pytestmark = pytest.mark.usefixtures("quick_and_keyless")


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
