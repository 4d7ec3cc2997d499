"""Several servers of one model: how requests are spread, and what happens when one of them goes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from http_server import SETTINGS, Server, always, make_task, requests, slow

from harness.backends.http.fleet import LONGEST_REST_SECONDS, Fleet
from harness.backends.http.spec import read_spec
from harness.backends.open import open_backend
from harness.core.errors import UserError
from harness.core.records import Completion

pytestmark = pytest.mark.usefixtures("quick_and_keyless")


@pytest.fixture
def two() -> Iterator[tuple[Server, Server]]:
    """Two servers of the same model."""
    servers = Server(), Server()
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


def stop(server: Server) -> None:
    server.shutdown()
    server.server_close()
    server.serve_forever = lambda *_, **__: None  # type: ignore[method-assign]


def open_both(two: tuple[Server, Server], n: int = 1, options: str = ""):
    return open_backend(f"{two[0].url},{two[1].url},model=gemma{options}", make_task(n))


def draw(backend, n: int) -> dict[str, Completion]:
    return {c.doc_id: c for c in backend.generate(requests(make_task(n)), SETTINGS)}


def test_requests_are_spread_over_the_servers(two):
    for server in two:
        server.default = slow(0.01)
    found = draw(open_both(two, 40, ",concurrency=4"), 40)
    assert {doc: c.text for doc, c in found.items()} == {f"d-{i}": f"reply to q{i}" for i in range(40)}
    asked = [len(server.bodies) for server in two]
    assert sum(asked) == 40
    assert min(asked) >= 8
    assert max(server.busiest for server in two) <= 4


def test_a_slower_server_gets_fewer_requests(two):
    two[0].default, two[1].default = slow(0.1), slow(0.005)
    draw(open_both(two, 40, ",concurrency=2"), 40)
    assert len(two[0].bodies) < len(two[1].bodies)


def test_a_server_that_goes_away_is_passed_over(two, capsys):
    backend = open_both(two, 60, ",concurrency=2")
    stop(two[0])
    found = draw(backend, 60)
    assert {c.finish for c in found.values()} == {"stop"}
    assert len(two[1].bodies) == 60


@pytest.mark.parametrize("status", [401, 404, 500])
def test_what_one_server_fails_another_answers(two, status):
    two[0].default = always(status, {"error": {"message": "not here"}})
    found = draw(open_both(two, 20, ",concurrency=2,retries=3"), 20)
    assert {c.finish for c in found.values()} == {"stop"}


def test_the_run_ends_when_all_servers_are_gone(two):
    backend = open_both(two, 30, ",retries=1")
    stop(two[0])
    stop(two[1])
    with pytest.raises(UserError, match=r"127.0.0.1:\d+/v1, http://127.0.0.1:\d+/v1: 8 requests in a row failed"):
        draw(backend, 30)


def test_a_bad_request_is_not_sent_to_every_server(two):
    for server in two:
        server.default = always(400, {"error": {"message": "too long"}})
    found = draw(open_both(two), 1)
    assert found["d-0"].error == "HTTP 400: too long"
    assert sum(len(server.bodies) for server in two) == 1


def test_servers_of_different_models_are_refused(two):
    two[1].models = [{"id": "gemma", "owned_by": "vllm", "max_model_len": 8192}]
    with pytest.raises(UserError, match="do not serve the same model: max_model_len is 4096 and 8192"):
        open_both(two)


def test_a_server_named_twice_is_refused():
    with pytest.raises(UserError, match="http://a:1/v1 is named twice"):
        read_spec("http://a:1,http://b:1,http://a:1/v1/", {})


def test_identity_does_not_depend_on_the_order_of_servers(two):
    there, back = open_both(two), open_both((two[1], two[0]))
    assert there.describe() == back.describe()
    assert there.describe() != open_backend(f"{two[0].url},model=gemma", make_task()).describe()


def test_a_resting_server_is_asked_again_and_comes_back():
    fleet = Fleet(["http://a", "http://b"], 2)
    a, b = fleet.members
    now = time.monotonic()
    fleet.missed(a, "gone")
    assert fleet.choose(now) is b
    assert fleet.choose(now, avoid=[b]) is b  # rather that one again than one that is gone
    assert fleet.choose(a.rests_until, avoid=[b]) is a
    for _ in range(20):
        fleet.missed(a, "gone")
    assert a.rests_until - time.monotonic() <= LONGEST_REST_SECONDS
    fleet.answered(a)
    assert a.rests_until == 0
    a.busy = b.busy = 2
    assert fleet.choose(now) is None
