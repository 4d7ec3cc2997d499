"""The key does not come back: not from errors cut short, not from replies, not from the list of models, in no form."""

from __future__ import annotations

import json
from base64 import b64encode
from urllib.parse import quote

import pytest
from http_server import KEY, SETTINGS, Server, always, make_task, requests
from hypothesis import given
from hypothesis import strategies as st

from harness.backends.http.secret import Secret
from harness.backends.open import open_backend
from harness.core.errors import UserError

pytestmark = pytest.mark.usefixtures("quick_and_keyless")

FORMS = {
    "plain": KEY,
    "upper case": KEY.upper(),
    "spaced": " ".join(KEY),
    "HTML": "".join(f"&#{ord(c)};" for c in KEY),
    "hexadecimal HTML": "".join(f"&#x{ord(c):X};" for c in KEY),
    "URL": quote(KEY).replace("-", "%2D"),
    "JSON": KEY.replace("s", "\\u0073"),
    "base64": b64encode(KEY.encode()).decode(),
    "base64 of the header": b64encode(f"Bearer {KEY}".encode()).decode(),
    "base64 of one more": b64encode(f"x{KEY}".encode()).decode(),
    "hex": KEY.encode().hex(),
}


def without(text: str) -> str:
    return "".join(text.split()).lower()


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_key_in_any_form_leaves_errors_replies_and_model_lists(form: str) -> None:
    secret = Secret(KEY)
    for cleaned in (secret.error_line(f"bad key {form}!"), secret.out_of({"meta": [f"was {form}."]})["meta"][0]):
        assert "[key]" in cleaned
        assert without(form)[4:-4] not in without(cleaned)


@given(st.integers(0, 400))
def test_key_across_the_end_of_the_line_is_cleaned_before_the_cut(before: int) -> None:
    line = Secret(KEY).error_line("x" * before + KEY + "y" * 400)
    assert len(line) <= 300
    assert not any(KEY[i : i + 8] in line for i in range(len(KEY) - 8))


def test_the_beginning_of_a_key_is_cleaned_from_an_error() -> None:
    line = Secret(KEY).error_line(f"Incorrect API key provided: {KEY[:14]}...{KEY[-4:]}.")
    assert line == f"Incorrect API key provided: [key]...{KEY[-4:]}."


@pytest.mark.parametrize("stand_in", ["EMPTY", "none", "dummy", "sk-x", "password"])
def test_a_key_that_is_no_secret_takes_no_words_out_of_replies(stand_in: str) -> None:
    reply = f"The basket is {stand_in.lower()}: {stand_in}."
    assert Secret(stand_in).out_of(reply) == reply
    assert stand_in not in Secret(stand_in).error_line(f"wrong key {stand_in}")


@given(st.text(max_size=200))
def test_texts_without_the_key_stay_as_they_are(text: str) -> None:
    assert Secret(KEY).out_of(text) == text
    assert Secret("").error_line(text) == Secret(KEY).error_line(text)


def test_nothing_that_a_run_keeps_has_the_key(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_API_KEY", KEY)
    server.models = [{"id": "gemma", "root": f"/{KEY}", "parent": KEY.upper(), "meta": {"headers": [f"Bearer {KEY}"]}}]
    echo = {"choices": [{"message": {"content": f"Your key is {KEY}. Answer: 7"}, "finish_reason": "stop"}]}
    server.answers = {
        "q0": always(200, echo),
        "q1": always(400, {"error": {"message": "e" * 280 + KEY}}),
        "q2": always(200, {"error": {"message": f"no {KEY}"}}),
        "q3": always(307, b""),
        "q4": always(200, f"<html>{KEY}</html>".encode()),
        "q5": always(200, {"choices": [{"message": {"content": ""}, "finish_reason": f"error {KEY}"}]}),
    }
    task = make_task(7)
    backend = open_backend(f"{server.url},model=gemma,retries=0", task)
    found = list(backend.generate(requests(task), SETTINGS))
    kept = json.dumps(dict(backend.describe().detail)) + repr(backend.describe()) + repr(found)
    assert not any(KEY[i : i + 8].lower() in kept.lower() for i in range(len(KEY) - 8))
    assert {c.doc_id: c.text for c in found}["d-0"] == "Your key is [key]. Answer: 7"


def test_a_probe_that_is_refused_at_length_shows_no_part_of_the_key(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_API_KEY", KEY)
    monkeypatch.setattr("http_server.KEY", "z" * 265 + KEY)
    server.models_status = 401
    with pytest.raises(UserError) as caught:
        open_backend(f"{server.url},model=m", make_task())
    assert KEY[:8] not in str(caught.value)
