"""lm-eval's tasks through our runner: its own numbers to the last digit, in our records."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("lm_eval", reason="needs the lm-eval extra")

from lm_eval import simple_evaluate
from lm_eval.tasks import TaskManager
from lm_eval_builders import (
    GROUP,
    CannedBackend,
    CannedLM,
    run_through,
    sums,
    write_choice_task,
    write_rows,
)

from harness.core.errors import UserError
from harness.core.registry import load_task
from harness.lm_eval_bridge.compat import NAMES, TASK_METHODS, cache_templates, lm_eval_name, rendered_once
from harness.lm_eval_bridge.find import task_folders
from harness.lm_eval_bridge.local_data import write_local_task

N_DOCS = 30


@pytest.fixture
def data(tmp_path):
    """(test file, train file) in the columns of lm-eval's gsm8k."""
    return write_rows(tmp_path / "test.jsonl", sums(N_DOCS)), write_rows(tmp_path / "train.jsonl", sums(12, first=40))


def their_results(name, include_path, lm=None, **options):
    manager = TaskManager(include_path=str(include_path), include_defaults=False)
    return simple_evaluate(
        lm or CannedLM(), tasks=[name], task_manager=manager, bootstrap_iters=0, log_samples=True, **options
    )


def test_every_name_of_lm_eval_that_we_use_is_where_we_look_for_it():
    missing = [path for path in NAMES if lm_eval_name(path) is None]
    task_class = lm_eval_name("lm_eval.api.task:ConfigurableTask")
    missing += [name for name in (*TASK_METHODS, "dump_config", "apply_filters") if not hasattr(task_class, name)]
    assert not missing, f"lm-eval moved {missing}: mend harness/lm_eval_bridge/compat.py"


def test_a_name_that_moved_is_named():
    with pytest.raises(UserError, match=r"has no lm_eval.tasks.NoSuchManager") as raised:
        lm_eval_name("lm_eval.tasks:NoSuchManager")
    assert "lm-eval>=" in raised.value.tip


def test_gsm8k_gives_lm_evals_own_numbers_to_the_last_digit(tmp_path, data):
    test, train = data
    task = load_task("lm_eval:gsm8k", {"data": str(test), "train": str(train), "few_shot": 3})
    run, records = run_through(task, CannedBackend(), tmp_path / "run")
    folder = tmp_path / "yaml"
    folder.mkdir()
    write_local_task(task_folders("gsm8k")[0] / "gsm8k.yaml", "gsm8k", folder, str(test), str(train))
    theirs = their_results("gsm8k", folder, num_fewshot=3)["results"]["gsm8k"]
    for key in ("exact_match,strict-match", "exact_match,flexible-extract"):
        assert run.estimates[key].value == theirs[key]
        assert 0 < theirs[key] < 1, "the canned model must be right on some docs and wrong on others"
    assert run.primary == "exact_match,strict-match"
    assert len(records) == N_DOCS


def test_prompts_are_the_ones_that_lm_eval_sends(tmp_path, data):
    test, train = data
    task = load_task("lm_eval:gsm8k", {"data": str(test), "train": str(train), "few_shot": 4})
    folder = tmp_path / "yaml"
    folder.mkdir()
    write_local_task(task_folders("gsm8k")[0] / "gsm8k.yaml", "gsm8k", folder, str(test), str(train))
    lm = CannedLM()
    their_results("gsm8k", folder, lm, num_fewshot=4)
    ours = [task.prompt.render(doc) for doc in task.docs]
    assert [prompt.messages[0].content for prompt in ours] == lm.contexts
    assert all(prompt.raw for prompt in ours)
    assert lm.contexts[0].count("Question:") == 5


def test_a_multiple_choice_task_gives_lm_evals_own_numbers(tmp_path):
    write_choice_task(tmp_path, "own_choice", 25)
    task = load_task("lm_eval:own_choice", {"include": str(tmp_path)})
    run, records = run_through(task, CannedBackend(), tmp_path / "run")
    theirs = their_results("own_choice", tmp_path)["results"]["own_choice"]
    assert run.estimates["acc"].value == theirs["acc,none"]
    assert run.estimates["acc_norm"].value == theirs["acc_norm,none"]
    assert 0 < theirs["acc,none"] < 1
    assert len(records[0].completion.log_likelihoods) == 3
    right = [record for record in records if record.scores["none"].outcome == "correct"]
    assert all(record.scores["none"].answer == record.doc.target for record in right)


@pytest.mark.parametrize("weighted", [True, False])
def test_a_group_gives_its_tasks_and_its_own_number(tmp_path, weighted):
    write_choice_task(tmp_path, "small_part", 5)
    write_choice_task(tmp_path, "large_part", 23)
    (tmp_path / "both.yaml").write_text(
        GROUP.format(name="both_parts", one="small_part", two="large_part", weighted=weighted)
    )
    task = load_task("lm_eval:both_parts", {"include": str(tmp_path)})
    run, _ = run_through(task, CannedBackend(), tmp_path / "run")
    theirs = their_results("both_parts", tmp_path)["results"]
    assert run.estimates["both_parts: acc,none"].value == theirs["both_parts"]["acc,none"]
    assert run.estimates["small_part: acc,none"].value == theirs["small_part"]["acc,none"]
    assert run.estimates["large_part: acc_norm,none"].value == theirs["large_part"]["acc_norm,none"]
    assert run.data.n_docs == 28


ROLLING = """
task: own_text
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
output_type: loglikelihood_rolling
test_split: test
doc_to_text: ""
doc_to_target: "{{{{text}}}}"
metric_list:
  - metric: word_perplexity
  - metric: byte_perplexity
  - metric: bits_per_byte
metadata: {{version: 1.0}}
"""


def test_perplexities_are_lm_evals_own(tmp_path):
    data = write_rows(tmp_path / "text.jsonl", [{"text": "word " * (i + 2)} for i in range(6)])
    (tmp_path / "text.yaml").write_text(ROLLING.format(data=data))
    task = load_task("lm_eval:own_text", {"include": str(tmp_path)})
    run, _ = run_through(task, CannedBackend(), tmp_path / "run")
    theirs = their_results("own_text", tmp_path)["results"]["own_text"]
    assert run.estimates["lm-eval word_perplexity,none"].value == theirs["word_perplexity,none"]
    assert run.estimates["lm-eval byte_perplexity,none"].value == theirs["byte_perplexity,none"]
    assert run.estimates["bits_per_byte"].value == pytest.approx(theirs["bits_per_byte,none"], rel=1e-12)
    infos = {info.name: info for info in run.metrics}
    assert not infos["word_perplexity_nats"].higher_is_better
    assert {infos[name].kind for name in ("word_perplexity_nats", "bits_per_byte")} == {"mean"}, "no percentages"
    assert infos["bits_per_byte"].unbounded


def test_repeats_go_through_lm_evals_own_vote(tmp_path, data):
    test, train = data
    folder = tmp_path / "yaml"
    folder.mkdir()
    (folder / "voted.yaml").write_text(
        f"include: {task_folders('gsm8k')[0] / 'gsm8k.yaml'}\ntask: voted\ndataset_path: json\ndataset_name: null\n"
        f"dataset_kwargs: {{data_files: {{test: {test}, train: {train}}}}}\nrepeats: 3\n"
        "filter_list: [{name: vote, filter: [{function: regex, regex_pattern: '(\\d+)'}, {function: majority_vote}, "
        "{function: take_first}]}]\n"
    )
    task = load_task("lm_eval:voted", {"include": str(folder), "few_shot": 1})
    run, _ = run_through(task, CannedBackend(), tmp_path / "run", repeats=3, temperature=1.0)
    theirs = their_results("voted", folder, num_fewshot=1)["results"]["voted"]
    assert run.estimates["lm-eval exact_match,vote"].value == theirs["exact_match,vote"]
    assert "--repeats 3" in task.data.notice


def test_a_chat_prompt_keeps_its_turns_for_the_models_own_template(data):
    test, train = data
    task = load_task("lm_eval:gsm8k", {"data": str(test), "train": str(train), "few_shot": 2, "chat": "true"})
    prompt = task.prompt.render(task.docs[0])
    assert [message.role for message in prompt.messages] == ["user", "assistant", "user", "assistant", "user"]
    assert not prompt.raw


def test_choices_are_weighed_after_the_turns_of_the_models_own_template(tmp_path):
    class Chatty(CannedBackend):
        def render_text(self, prompt):
            return "".join(f"<{m.role}>{m.content}" for m in prompt.messages) + "<model>\n" + prompt.prefill

        def log_likelihood(self, pairs):
            self.pairs = pairs
            return super().log_likelihood(pairs)

    write_choice_task(tmp_path, "own_choice", 3)
    task = load_task("lm_eval:own_choice", {"include": str(tmp_path), "chat": "true"})
    backend = Chatty()
    run, _ = run_through(task, backend, tmp_path / "run")
    assert run.estimates["acc"].n_not_scored == 0
    assert backend.pairs[0] == ("<user>Question: What is 0 + 0?\nAnswer:<model>", "\n0")
    with pytest.raises(UserError, match="renders no chat template"):
        run_through(task, CannedBackend("plain"), tmp_path / "refused")


def test_a_run_stopped_part_way_asks_only_for_the_rest(tmp_path, data):
    test, train = data
    task = load_task("lm_eval:gsm8k", {"data": str(test), "train": str(train), "few_shot": 1})
    run_through(replace(task, docs=task.docs[:11]), CannedBackend(), tmp_path / "run")
    backend = CannedBackend()
    _, records = run_through(task, backend, tmp_path / "run")
    assert backend.n_requests == N_DOCS - 11
    assert len(records) == N_DOCS


def test_log_likelihoods_are_journalled_too(tmp_path):
    write_choice_task(tmp_path, "own_choice", 9)
    task = load_task("lm_eval:own_choice", {"include": str(tmp_path)})
    run_through(replace(task, docs=task.docs[:4]), CannedBackend(), tmp_path / "run")
    backend = CannedBackend()
    run, _ = run_through(task, backend, tmp_path / "run")
    assert backend.n_requests == 3 * 5
    assert run.estimates["acc"].value == their_results("own_choice", tmp_path)["results"]["own_choice"]["acc,none"]


def test_a_backend_without_log_likelihoods_is_refused_by_name(tmp_path, harness):
    write_choice_task(tmp_path, "own_choice", 3)
    done = harness("run", "--task", "lm_eval:own_choice", "-o", f"include={tmp_path}", "--model", "scripted:careful")
    assert done.code == 2
    assert "gives no log-likelihoods" in done.err


def test_the_command_runs_several_tasks_of_lm_eval(tmp_path, harness):
    for name in ("part_one", "part_two"):
        folder = task_folders("gsm8k")[0]
        data = write_rows(tmp_path / f"{name}.jsonl", sums(4))
        (tmp_path / f"{name}.yaml").write_text(
            f"include: {folder / 'gsm8k.yaml'}\ntask: {name}\ndataset_path: json\ndataset_name: null\n"
            f"dataset_kwargs: {{data_files: {{test: {data}, train: {data}}}}}\n"
        )
    names = "lm_eval:part_one,part_two"
    done = harness("run", "-t", names, "-o", f"include={tmp_path}", "-o", "few_shot=1", "-m", "scripted:formless")
    assert done.code == 0, done.err
    assert "lm_eval:part_one" in done.out
    assert "lm_eval:part_two" in done.out


def test_an_unknown_task_names_the_nearest(harness):
    done = harness("run", "--task", "lm_eval:gsm8kk", "--model", "scripted:careful")
    assert done.code == 2
    assert "did you mean 'gsm8k'" in done.err


def test_too_few_rows_for_the_few_shot_examples_are_named(tmp_path):
    data = write_rows(tmp_path / "d.jsonl", sums(3))
    with pytest.raises(UserError, match="cannot build the 5-shot prompts of 'gsm8k'"):
        load_task("lm_eval:gsm8k", {"data": str(data)})


def test_data_without_the_tasks_columns_are_refused(tmp_path):
    data = write_rows(tmp_path / "d.jsonl", [{"problem": "1 + 1?", "solution": "2"}] * 9)
    with pytest.raises(UserError, match="'question' is undefined"):
        load_task("lm_eval:gsm8k", {"data": str(data), "few_shot": 0})


def test_templates_compiled_once_render_as_before():
    from lm_eval.utils import apply_template, env

    cache_templates()
    assert apply_template("{{a}}-{{b | upper}}", {"a": 1, "b": "x"}) == "1-X"
    assert apply_template("{{a}}-{{b | upper}}", {"a": 2, "b": "y"}) == "2-Y"
    assert env.from_string.cache_info().hits > 0


def test_a_doc_changed_in_place_is_rendered_again():
    from lm_eval import utils

    before, doc = utils.apply_template, {"a": 1}
    with rendered_once():
        assert [utils.apply_template("{{a}}", doc), utils.apply_template("{{a}}", doc)] == ["1", "1"]
        doc["a"] = 2
        assert utils.apply_template("{{a}}", doc) == "2"
    assert utils.apply_template is before


def test_a_task_file_is_run_by_its_path(tmp_path):
    write_choice_task(tmp_path, "own_choice", 3)
    task = load_task(f"lm_eval:{tmp_path / 'own_choice.yaml'}")
    assert [doc.id for doc in task.docs] == ["own_choice-0", "own_choice-1", "own_choice-2"]


def test_local_data_for_a_group_are_refused(data):
    with pytest.raises(UserError, match="'mmlu_stem' is a group or tag"):
        load_task("lm_eval:mmlu_stem", {"data": str(data[0])})


@pytest.mark.parametrize(
    ("name", "folders"),
    [
        ("gsm8k", ["gsm8k"]),
        ("mmlu_anatomy", ["mmlu"]),
        ("arc_easy", ["arc"]),
        ("ai2_arc", ["arc"]),
        ("mmlu", ["mmlu"]),
        ("wikitext", ["wikitext"]),
    ],
)
def test_a_task_a_group_or_a_tag_is_found_in_its_folder(name, folders):
    assert [folder.name for folder in task_folders(name)] == folders


def test_a_tag_over_several_folders_has_them_all():
    assert {"gsm8k", "minerva_math"} <= {folder.name for folder in task_folders("math_word_problems")}
