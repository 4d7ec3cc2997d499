"""How a server can be asked otherwise: fields renamed, left out or added, no system turn, Azure's ways."""

from __future__ import annotations

import pytest
from http_server import KEY, Handler, Server, make_task, run, say

from harness.backends.http.form import form_tip
from harness.backends.http.spec import read_spec
from harness.backends.open import open_backend
from harness.core.errors import UserError

pytestmark = pytest.mark.usefixtures("quick_and_keyless")


def test_budget_goes_under_the_name_that_the_server_knows(server: Server) -> None:
    run(server, options=",rename=max_tokens:max_completion_tokens")
    assert server.bodies[0]["max_completion_tokens"] == 32
    assert "max_tokens" not in server.bodies[0]


def test_fields_that_a_server_refuses_are_left_out(server: Server) -> None:
    run(server, options=",omit=seed+top_p")
    assert not {"seed", "top_p"} & server.bodies[0].keys()
    assert server.bodies[0]["temperature"] == 0.0


def test_json_of_ones_own_joins_the_body_commas_and_all(server: Server) -> None:
    extra = '{"chat_template_kwargs": {"enable_thinking": false, "n": [1, 2]}, "reasoning_effort": "low"}'
    run(server, options=f",extra_body={extra},retries=0")
    assert server.bodies[0]["chat_template_kwargs"] == {"enable_thinking": False, "n": [1, 2]}
    assert server.bodies[0]["reasoning_effort"] == "low"


def test_system_turn_opens_the_users_where_there_can_be_none(server: Server) -> None:
    run(server, options=",system=user")
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "Be brief.\n\nq0"}]


def test_azures_version_goes_with_every_request_and_its_key_into_its_own_header(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_API_KEY", KEY)
    backend = open_backend(f"{server.url}?api-version=2024-10-21,model=gemma", make_task())
    server.default = say
    assert backend.describe().detail["request"] == {"api-version": "2024-10-21"}
    assert run_on(backend, server) == ["/v1/chat/completions?api-version=2024-10-21"]
    assert all(seen["api-key"] == KEY and "Authorization" not in seen for seen in server.headers_seen)


def run_on(backend, server: Server) -> list[str]:
    from http_server import SETTINGS, requests

    list(backend.generate(requests(make_task()), SETTINGS))
    return server.paths


def test_key_goes_into_a_header_of_any_name(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_API_KEY", KEY)
    run(server, options=",key_header=X-Api-Key")
    assert {seen.get("X-Api-Key") for seen in server.headers_seen} == {KEY}


@pytest.mark.parametrize(
    "option", [",system=user", ",omit=seed", ",rename=max_tokens:max_length", ',extra_body={"min_p": 0.1}']
)
def test_another_form_is_another_model_and_the_usual_one_is_the_same_as_before(server: Server, option: str) -> None:
    def fingerprint(options: str = "") -> str:
        return open_backend(f"{server.url},model=gemma{options}", make_task()).describe().fingerprint

    assert fingerprint(option) != fingerprint() == fingerprint(",system=system,extra_body={}")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ('extra_body={"temperature": 1}', "extra_body sets 'temperature', which the run sets itself"),
        ('extra_body={"stream": true}', "extra_body sets 'stream'"),
        ("extra_body=[1]", "extra_body is list, expected an object"),
        ("extra_body={'a': 1}", "extra_body is not JSON"),
        ("omit=messages", "unknown field for omit of http: 'messages'"),
        ("rename=max_tokens", "expected OLD:NEW"),
        ("rename=sead:x", "did you mean 'seed'?"),
        ("system=none", "unknown system of http: 'none'"),
        ("key_header=a b", "no name of a header"),
    ],
)
def test_mistakes_in_the_form_are_one_clear_line(options: str, expected: str) -> None:
    with pytest.raises(UserError) as caught:
        open_backend(f"http://127.0.0.1:9/v1,model=m,{options}", make_task())
    assert expected in str(caught.value)


def test_other_queries_than_the_version_are_refused_as_secrets() -> None:
    for query in (f"api-version=1&key={KEY}", f"sig={KEY}"):
        with pytest.raises(UserError) as caught:
            read_spec(f"http://h/v1?{query}", {})
        assert KEY not in str(caught.value)


def test_servers_of_two_versions_are_refused() -> None:
    with pytest.raises(UserError, match="different versions"):
        read_spec("http://a/v1?api-version=1,http://b/v1", {})


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ("'max_tokens' is not supported. Use 'max_completion_tokens' instead.", "rename=max_tokens:"),
        ("Unsupported value: 'temperature' does not support 0", "--temperature 1"),
        ("internal system error", ""),
        ("System role not supported", "system=user"),
        ('[{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]', "omit=seed"),
        ("the moon is full", ""),
    ],
)
def test_a_refused_field_leads_to_the_option_that_mends_it(said: str, option: str) -> None:
    assert option in form_tip(said)
    assert bool(form_tip(said)) is bool(option)


def test_the_tip_stands_in_the_error_that_ends_the_run(server: Server) -> None:
    def refuse(handler: Handler, body: dict[str, object]) -> None:
        handler.send(400, {"error": {"message": "Use 'max_completion_tokens' instead."}})

    server.default = refuse
    with pytest.raises(UserError, match="8 requests in a row failed: HTTP 400") as caught:
        run(server, 300)
    assert "rename=max_tokens:max_completion_tokens" in caught.value.tip
    assert len(server.bodies) < 60
