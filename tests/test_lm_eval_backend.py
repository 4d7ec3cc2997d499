"""lm-eval's models through our runner."""

from __future__ import annotations

import pytest

pytest.importorskip("lm_eval", reason="needs the lm-eval extra")

from lm_eval.api.registry import register_model
from lm_eval_builders import CannedBackend, CannedLM, run_through, sums, write_choice_task, write_rows

from harness.backends.open import open_backend
from harness.core.errors import UserError
from harness.core.records import GenerationSettings
from harness.core.registry import load_task
from harness.lm_eval_bridge.backend import generation_arguments


@register_model("canned-test")
class RegisteredLM(CannedLM):
    """A model as a package of lm-eval models would register one."""

    def __init__(self, name="canned", fail_on="", batch_size=1, device=None):
        super().__init__(name)
        self.fail_on, self.batch_size = fail_on, batch_size

    def generate_until(self, requests, disable_tqdm=False):
        if self.fail_on and any(self.fail_on in request.args[0] for request in requests):
            raise RuntimeError("out of memory")
        return super().generate_until(requests)

    def apply_chat_template(self, chat_history, add_generation_prompt=True):
        return "".join(f"<{turn['role']}>{turn['content']}" for turn in chat_history) + "<assistant>"

    @property
    def tokenizer_name(self):
        return "canned"


@pytest.fixture
def gsm8k(tmp_path):
    return load_task("gsm8k", {"data": str(write_rows(tmp_path / "d.jsonl", sums(20)))})


def test_the_same_task_gives_the_same_numbers_through_lm_evals_model(tmp_path):
    data = write_rows(tmp_path / "d.jsonl", sums(20))
    task = load_task("lm_eval:gsm8k", {"data": str(data), "few_shot": 2})
    ours, our_records = run_through(task, CannedBackend(), tmp_path / "ours")
    theirs, their_records = run_through(task, open_backend("lm_eval:canned-test", task), tmp_path / "theirs")
    assert [r.completion.text for r in our_records] == [r.completion.text for r in their_records]
    assert ours.estimates == theirs.estimates


def test_log_likelihoods_come_from_lm_evals_model(tmp_path):
    write_choice_task(tmp_path, "own_choice", 12)
    task = load_task("lm_eval:own_choice", {"include": str(tmp_path)})
    ours, _ = run_through(task, CannedBackend(), tmp_path / "ours")
    theirs, _ = run_through(task, open_backend("lm_eval:canned-test", task), tmp_path / "theirs")
    assert ours.estimates == theirs.estimates


def test_our_own_task_goes_through_the_models_chat_template(tmp_path, gsm8k):
    backend = open_backend("lm_eval:canned-test,name=other,batch_size=4", gsm8k)
    run, records = run_through(gsm8k, backend, tmp_path / "run")
    assert len(records) == 20
    assert run.estimates["accuracy"].n_not_scored == 0
    context = backend._model.contexts[0]
    assert context.startswith("<system>")
    assert context.endswith("<assistant>")


def test_a_failing_request_is_not_scored_and_takes_no_other_with_it(tmp_path, gsm8k):
    a = gsm8k.docs[3].question.split(".")[0]
    n_alike = sum(a in doc.question for doc in gsm8k.docs)
    backend = open_backend(f"lm_eval:canned-test,fail_on={a}", gsm8k)
    run, records = run_through(gsm8k, backend, tmp_path / "run")
    failed = [record for record in records if record.completion.finish == "error"]
    assert len(failed) == n_alike == run.estimates["accuracy"].n_not_scored
    assert "out of memory" in failed[0].completion.error


def test_two_models_have_two_fingerprints_and_never_share_a_run_folder(tmp_path, gsm8k):
    one, two = (open_backend(f"lm_eval:canned-test,name={name}", gsm8k) for name in ("one", "two"))
    assert one.describe().fingerprint != two.describe().fingerprint
    run_through(gsm8k, one, tmp_path / "run")
    with pytest.raises(UserError, match="another model"):
        run_through(gsm8k, two, tmp_path / "run")


def test_the_fingerprint_follows_the_files_of_a_local_model(tmp_path, gsm8k):
    from harness.lm_eval_bridge.backend import LmEvalBackend

    (tmp_path / "m").mkdir()
    weights = tmp_path / "m" / "model.safetensors"
    weights.write_bytes(b"one")
    backend = LmEvalBackend(CannedLM(), "hf", {"pretrained": str(tmp_path / "m")})
    before = backend.describe().fingerprint
    weights.write_bytes(b"two!")
    assert backend.describe().fingerprint != before


def test_an_unknown_model_is_refused_with_lm_evals_words(gsm8k):
    with pytest.raises(UserError, match="has no model 'nothing-like-it'"):
        open_backend("lm_eval:nothing-like-it", gsm8k)


def test_a_wrong_argument_is_refused_in_one_line(gsm8k):
    with pytest.raises(UserError, match="does not open"):
        open_backend("lm_eval:canned-test,colour=red", gsm8k)


@pytest.mark.parametrize(("temperature", "sampled"), [(0.0, False), (0.7, True)])
def test_settings_become_generation_kwargs(temperature, sampled):
    settings = GenerationSettings(temperature=temperature, top_p=0.9, top_k=5, stop=("\n\n",))
    made = generation_arguments(settings, 77)
    assert made["do_sample"] is sampled
    assert made["max_gen_toks"] == 77
    assert made["until"] == ["\n\n"]
    assert ("top_k" in made) is sampled
