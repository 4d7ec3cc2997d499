"""What the model read decides: two runs whose models read other texts do not compare, and do not share a journal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from compare_builders import run
from http_server import Server

import harness as front
from harness.comparison.inputs import input_labels
from harness.comparison.refuse import check_comparable
from harness.core.errors import UserError
from harness.core.records import Completion, Identity, ModelInfo
from harness.store.folder import read_run

NANO = ("run", "-t", "small_steps", "--limit", "3", "--max-new-tokens", "4")


class Reader:
    """A backend that puts its template around each prompt; its weights are the same whatever the template."""

    def __init__(self, template: str, stops: tuple[int, ...] = (1,), tokenizer: str = "t") -> None:
        self.template, self.stops, self.tokenizer = template, stops, tokenizer
        self.broken = False

    @classmethod
    def from_spec(cls, name, options, task):
        raise NotImplementedError

    def describe(self):
        return ModelInfo(name="reader", fingerprint="weights", tokenizer_hash=self.tokenizer, backend="reader")

    def input_of(self, prompt):
        return {"text": self.template.format(prompt.messages[-1].content), "stops": self.stops}

    def input_words(self):
        return f"template {self.template}"

    def generate(self, requests, settings):
        for i, request in enumerate(requests):
            if self.broken and i == 2:
                raise UserError("the server is gone")
            yield Completion(doc_id=request.doc_id, repeat=request.repeat, text="Answer: 4")

    def close(self):
        pass


def drawn(model, out, **options):
    return front.evaluate("two_digit_addition", model, options={"n": 6}, out=out, **options)


@pytest.fixture(autouse=True)
def _somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("other", [Reader("{} model:"), Reader("user: {}", stops=(1, 2))])
def test_another_template_or_other_stop_ids_are_another_prompt(other):
    base, cand = drawn(Reader("user: {}"), "base"), drawn(other, "cand")
    assert base.run.prompt_hash == cand.run.prompt_hash
    with pytest.raises(UserError, match="what the models read of the prompts differs") as refused:
        front.compare(base, cand)
    assert "--allow prompt`" in refused.value.tip
    (label,) = front.compare(base, cand, allow=["prompt"]).comparison.labels
    assert "template user: {}" in label


def test_another_template_does_not_go_on_in_a_run():
    model = Reader("user: {}")
    model.broken = True
    with pytest.raises(UserError, match="is gone"):
        drawn(model, "r")
    before = Path("r/records.jsonl").read_text()
    with pytest.raises(UserError, match="records of another model, prompt or settings"):
        front.resume("r", model=Reader("{} model:"))
    assert Path("r/records.jsonl").read_text() == before
    assert len(front.resume("r", model=Reader("user: {}")).records) == 6


def test_another_tokenizer_does_not_go_on_in_a_run_even_of_before_inputs_were_hashed():
    made = drawn(Reader("user: {}"), "r")
    document = json.loads(Path("r/run.json").read_text())
    del document["identity"]
    Path("r/run.json").write_text(json.dumps(document))
    with pytest.raises(UserError, match="begun with another tokenizer, chat template or stop ids"):
        front.resume(made.path, model=Reader("user: {}", tokenizer="other"))


def test_files_of_a_tokenizer_that_make_the_same_tokens_compare_with_a_label():
    base, cand = drawn(Reader("user: {}"), "base"), drawn(Reader("user: {}", tokenizer="saved anew"), "cand")
    (label,) = front.compare(base, cand).comparison.labels
    assert label.startswith("tokenizer files differ")


def test_runs_of_before_are_held_to_what_they_tell_of():
    info = ModelInfo(name="m", fingerprint="f", backend="gemma", tokenizer_hash="one")
    old, same, other = (run(model=replace(info, tokenizer_hash=name)) for name in ("one", "one", "two"))
    assert check_comparable(old, same, frozenset()) == ()
    with pytest.raises(UserError, match="tokenizers or chat templates differ"):
        check_comparable(old, other, frozenset())
    served = [
        run(model=ModelInfo(name="m", fingerprint="f", backend="http", detail={"endpoint": endpoint, "template": ""}))
        for endpoint in ("chat", "completions")
    ]
    with pytest.raises(UserError, match="endpoints differ"):
        check_comparable(*served, frozenset())


def test_an_input_that_one_run_tells_of_and_the_other_does_not_is_said():
    knows = run(identity=Identity(input="abc"))
    assert input_labels(knows, run("dumb", identity=Identity())) == (
        "what dumb read of the prompts is not known: its run does not tell",
    )
    assert input_labels(run(), run()) == ()


@pytest.mark.usefixtures("quick_and_keyless")
@pytest.mark.parametrize("other", [",endpoint=completions", ",endpoint=completions,template=gemma", ",bos=<bos>"])
def test_another_endpoint_template_or_bos_of_a_server_is_another_prompt(harness, server: Server, other):
    base = ",endpoint=completions" if other != ",endpoint=completions" else ""
    more = f",endpoint=completions{other}" if other.startswith(",bos") else other
    asked = ("run", "-t", "two_digit_addition", "-o", "n=3")
    for name, options in (("base", base), ("cand", more)):
        assert harness(*asked, "-m", f"{server.url},model=gemma{options}", "--out", name).code == 0
    assert read_run(Path("base")).prompt_hash == read_run(Path("cand")).prompt_hash
    refused = harness("compare", "base", "cand", "--gate", "--no-report")
    assert refused.code == 2
    assert "what the models read of the prompts differs" in refused.err
    assert "note: what the models read" in harness("compare", "base", "cand", "--allow", "prompt", "--no-report").out


def test_the_bundled_model_without_its_chat_template_is_asked_something_else(harness, tmp_path):
    pytest.importorskip("tunix")
    assert harness(*NANO, "-m", "gemma3-nano", "--out", "default").code == 0
    assert harness(*NANO, "-m", "gemma3-nano,chat_template=none", "--out", "none").code == 0
    sides = [read_run(tmp_path / name) for name in ("default", "none")]
    assert sides[0].model.fingerprint == sides[1].model.fingerprint
    done = harness("compare", "none", "default", "--gate", "--no-report")
    assert done.code == 2
    assert "chat template" in done.err
    document = json.loads((tmp_path / "default" / "run.json").read_text())
    document["invocation"]["model"] = "gemma3-nano,chat_template=none"
    (tmp_path / "default" / "run.json").write_text(json.dumps(document))
    resumed = harness("run", "--resume", "default")
    assert resumed.code == 2
    assert "another tokenizer, chat template or stop ids" in resumed.err
