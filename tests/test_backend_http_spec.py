"""The model as a string: address, key, name, and the fingerprint that follows from them."""

from __future__ import annotations

import json
import logging

import pytest
from http_server import KEY, SETTINGS, Server, always, make_task, requests, run

from harness.backends.http.spec import read_spec
from harness.backends.open import open_backend
from harness.core.backend import Backend
from harness.core.errors import UserError

pytestmark = pytest.mark.usefixtures("quick_and_keyless")


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
