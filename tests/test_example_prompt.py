"""A run keeps one prompt as its model got it, and the report shows it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from harness.core.errors import UserError
from harness.core.records import Message, ModelInfo, Prompt
from harness.runner.example import EXAMPLE, example_prompt, turns, with_example
from harness.store.folder import find_run, read_run

ASKED = Prompt(
    messages=(Message(role="system", content="Be brief."), Message(role="user", content="2 + 2?")), prefill="So"
)
WEIGHED = Prompt(messages=(), raw=True, pairs=(("", "Rain fell."),))
INFO = ModelInfo(name="m", fingerprint="f", detail={"path": "x"})


class Plain:
    """A backend that says nothing of prompts."""


class Refusing:
    """A backend whose template takes no prompt."""

    def show_prompt(self, prompt):
        raise UserError("no system turns")


def test_without_a_template_the_turns_are_shown_by_role():
    assert turns(ASKED) == "[system]\nBe brief.\n\n[user]\n2 + 2?\n\n[assistant]\nSo"
    assert turns(replace(ASKED, messages=ASKED.messages[1:], raw=True)) == "2 + 2?So"
    assert example_prompt(Plain(), WEIGHED) == {"text": "Rain fell.", "token_ids": []}


def test_the_first_prompt_that_is_answered_stands_for_the_run():
    made = with_example(INFO, Plain(), [WEIGHED, ASKED])
    assert made.detail["path"] == "x"
    assert made.detail[EXAMPLE]["text"].startswith("[system]")
    assert with_example(INFO, Plain(), [WEIGHED]).detail[EXAMPLE]["text"] == "Rain fell."


def test_a_prompt_that_cannot_be_rendered_is_left_out():
    assert with_example(INFO, Refusing(), [ASKED]) == INFO
    assert with_example(INFO, Plain(), []) == INFO


def test_a_scripted_run_and_its_report_show_the_turns(harness, tmp_path):
    assert harness(
        "run", "--task", "two_digit_addition", "-o", "n=3", "--model", "scripted:careful", "--out", "r"
    ).code == 0  # fmt: skip
    example = read_run(find_run("r", tmp_path)).model.detail[EXAMPLE]
    assert "[user]\n" in example["text"]
    assert harness("report", "r").code == 0
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "One prompt as scripted-careful got it" in page
    assert "example_prompt" not in page


def test_gemma_shows_its_template_and_token_ids():
    pytest.importorskip("tunix", reason="needs the gemma extra")
    from gemma_models import small_model

    from harness.core.registry import load_task
    from harness.gemma.backend import GemmaBackend

    backend = GemmaBackend.from_spec(str(small_model()), {}, load_task("plain_text"))
    for prompt, text in ((ASKED, "<start_of_turn>user\n"), (WEIGHED, "Rain fell.")):
        shown = example_prompt(backend, prompt)
        assert text in shown["text"]
        assert shown["token_ids"][0] == backend.tokenizer.bos_id
        assert shown["token_ids"].count(backend.tokenizer.bos_id) == 1
    told = example_prompt(backend, ASKED)
    assert told["text"].endswith("<start_of_turn>model\nSo")
    assert told["token_ids"] == list(backend.tokenizer.render(ASKED))
    assert backend.count_tokens([("", "Rain fell.")]) == [len(shown["token_ids"]) - 1]


def test_a_server_is_shown_what_is_sent():
    from harness.backends.http.backend import HttpBackend
    from harness.backends.http.retry import RetryPolicy
    from harness.backends.http.server import ServerInfo
    from harness.backends.http.spec import read_spec

    def shown(**options):
        spec = read_spec("http://localhost:1/v1", {"model": "m", **options})
        return example_prompt(HttpBackend(spec, ServerInfo(model="m"), "", retry=RetryPolicy(retries=0)), ASKED)

    assert shown(endpoint="completions", template="gemma")["text"].endswith("<start_of_turn>model\nSo")
    turns_sent = json.loads(shown(prefill="trailing")["text"])
    assert turns_sent[0] == {"role": "system", "content": "Be brief."}
    assert shown(prefill="trailing")["token_ids"] == []
