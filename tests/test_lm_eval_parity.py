"""Our engine against lm-eval's own `hf` model: the same weights in float32, the same tasks, both directions.

On a model of random weights, and on the bundled gemma3-nano, which can answer.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("lm_eval", reason="needs the lm-eval extra")
pytest.importorskip("torch", reason="needs the parity extra: torch on the CPU")

from gemma_models import small_model
from lm_eval import simple_evaluate
from lm_eval.tasks import TaskManager
from lm_eval_builders import run_through, sums, write_choice_task, write_rows

from harness.backends.open import open_backend
from harness.core.registry import load_task
from harness.gemma.model.hub import BUNDLED
from harness.lm_eval_bridge.find import task_folders
from harness.lm_eval_bridge.model import ReasoningHarnessLM

pytestmark = pytest.mark.slow

TOLERANCE_NATS = 1e-3
N_TOKENS = 24


SPECS = {
    "gemma": "{},dtype=float32",
    "lm_eval:hf": "lm_eval:hf,pretrained={},dtype=float32,device=cpu,add_bos_token=True",
}


@pytest.fixture(scope="module", params=["random weights", "gemma3-nano"])
def model(request) -> Path:
    """A model's folder."""
    if request.param == "random weights":
        return small_model()
    if not (BUNDLED["gemma3-nano"] / "model.safetensors").is_file():
        pytest.skip("gemma3-nano is not in this checkout")
    return BUNDLED["gemma3-nano"]


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    """A folder with a generation task (gsm8k, short replies) and a multiple-choice task."""
    folder = tmp_path_factory.mktemp("tasks")
    write_choice_task(folder, "own_choice", 8)
    data = write_rows(folder / "gsm8k.jsonl", sums(8))
    (folder / "short.yaml").write_text(
        f"include: {task_folders('gsm8k')[0] / 'gsm8k.yaml'}\ntask: short\ndataset_path: json\ndataset_name: null\n"
        f"dataset_kwargs: {{data_files: {{test: {data}, train: {data}}}}}\nnum_fewshot: 2\n"
        f"generation_kwargs: {{until: ['Question:'], do_sample: false, max_gen_toks: {N_TOKENS}}}\n"
        "metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]\n"
    )
    return folder


@pytest.fixture(scope="module")
def hf(tasks, model):
    """What `lm_eval run --model hf` gives: results and samples by task."""
    arguments = {"pretrained": str(model), "dtype": "float32", "device": "cpu", "add_bos_token": True}
    return evaluate("hf", tasks, model_args=arguments, batch_size=1)


def evaluate(model, folder, **options):
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    names = ["own_choice", "short"]
    return simple_evaluate(model, tasks=names, task_manager=manager, bootstrap_iters=0, log_samples=True, **options)


def ours(name, spec, tasks, folder, **options):
    task = load_task(f"lm_eval:{name}", {"include": str(tasks), **options})
    backend = open_backend(spec, task)
    try:
        return run_through(task, backend, folder)
    finally:
        backend.close()


def log_likelihoods(samples):
    return [[pair[0] for pair in sorted_pairs(sample)] for sample in samples]


def sorted_pairs(sample):
    return [response[0] for response in sample["resps"]]


def by_doc(samples):
    return sorted(samples, key=lambda sample: sample["doc_id"])


@pytest.mark.parametrize("kind", ["gemma", "lm_eval:hf"])
def test_multiple_choice_agrees_with_hf(kind, model, tasks, hf, tmp_path):
    spec = SPECS[kind].format(model)
    run, records = ours("own_choice", spec, tasks, tmp_path / "run")
    wanted = log_likelihoods(by_doc(hf["samples"]["own_choice"]))
    found = [[total for total, _ in record.completion.log_likelihoods] for record in records]
    for ours_of_doc, theirs_of_doc in zip(found, wanted, strict=True):
        assert ours_of_doc == pytest.approx(theirs_of_doc, abs=TOLERANCE_NATS)
    assert run.estimates["acc"].value == hf["results"]["own_choice"]["acc,none"]
    assert run.estimates["acc_norm"].value == hf["results"]["own_choice"]["acc_norm,none"]


@pytest.mark.parametrize("kind", ["gemma", "lm_eval:hf"])
def test_generation_agrees_with_hf(kind, model, tasks, hf, tmp_path):
    spec = SPECS[kind].format(model)
    run, records = ours("short", spec, tasks, tmp_path / "run")
    samples = by_doc([sample for sample in hf["samples"]["short"] if sample["filter"] == "strict-match"])
    wanted = [sample["resps"][0][0] for sample in samples]
    assert [record.completion.text for record in records] == wanted
    assert any(wanted), "the model must write something"
    for filter_name in ("strict-match", "flexible-extract"):
        key = f"exact_match,{filter_name}"
        assert run.estimates[key].value == hf["results"]["short"][key]


@pytest.mark.parametrize("kind", ["gemma", "lm_eval:hf"])
def test_multiple_choice_after_chat_turns_agrees_with_hf(kind, model, tasks, tmp_path):
    arguments = {"pretrained": str(model), "dtype": "float32", "device": "cpu"}
    found = evaluate("hf", tasks, model_args=arguments, apply_chat_template=True, fewshot_as_multiturn=True)
    run, records = ours("own_choice", SPECS[kind].format(model), tasks, tmp_path / "run", chat=True)
    wanted = log_likelihoods(by_doc(found["samples"]["own_choice"]))
    for record, theirs_of_doc in zip(records, wanted, strict=True):
        ours_of_doc = [total for total, _ in record.completion.log_likelihoods]
        assert ours_of_doc == pytest.approx(theirs_of_doc, abs=TOLERANCE_NATS)
    assert run.estimates["acc"].value == found["results"]["own_choice"]["acc,none"]


def test_our_model_in_lm_evals_command_agrees_with_hf(model, tasks, hf, tmp_path):
    lm = ReasoningHarnessLM(pretrained=str(model), dtype="float32", journal=str(tmp_path / "j"))
    found = evaluate(lm, tasks)
    assert found["results"] == hf["results"]
    for ours_of_doc, theirs_of_doc in zip(
        log_likelihoods(by_doc(found["samples"]["own_choice"])),
        log_likelihoods(by_doc(hf["samples"]["own_choice"])),
        strict=True,
    ):
        assert ours_of_doc == pytest.approx(theirs_of_doc, abs=TOLERANCE_NATS)


def test_rolling_log_likelihoods_agree_with_hf_in_one_window(model):
    from lm_eval.api.instance import Instance
    from lm_eval.api.registry import get_model

    text = "Ann has 3 apples and gets 2 more, so she has 5 apples."
    asked = [Instance(request_type="loglikelihood_rolling", doc={}, arguments=(text,), idx=0)]
    hf = get_model("hf")(pretrained=str(model), dtype="float32", device="cpu")  # with it, lm-eval weighs a second BOS
    mine = ReasoningHarnessLM(pretrained=str(model), dtype="float32")
    assert mine.loglikelihood_rolling(asked) == pytest.approx(hf.loglikelihood_rolling(asked), abs=TOLERANCE_NATS)


def test_chat_templates_give_the_text_of_hf(model):
    from lm_eval.api.registry import get_model

    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"}]
    hf = get_model("hf")(pretrained=str(model), dtype="float32", device="cpu", add_bos_token=True)
    mine = ReasoningHarnessLM(pretrained=str(model), dtype="float32")
    assert mine.apply_chat_template(turns) == hf.apply_chat_template(turns)
    opened = [*turns, {"role": "assistant", "content": "The answer"}]
    assert mine.apply_chat_template(opened, add_generation_prompt=False) == hf.apply_chat_template(
        opened, add_generation_prompt=False
    )
