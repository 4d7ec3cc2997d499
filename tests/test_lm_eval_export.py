"""Our tasks in lm-eval's command: the same prompts and the same numbers as in ours."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("lm_eval", reason="needs the lm-eval extra")

import typer
from lm_eval import simple_evaluate
from lm_eval.tasks import TaskManager
from lm_eval_builders import CannedBackend, CannedLM, run_through, sums, write_rows
from typer.testing import CliRunner

from harness.cli.export_lm_eval import export_lm_eval
from harness.core.errors import UserError
from harness.core.records import Message, Prompt
from harness.core.registry import load_task
from harness.lm_eval_bridge.export import export_task
from harness.lm_eval_bridge.exported import ExportedTask, ratio, user_turns

N_DOCS = 20


def chat(turns):
    """Any template that puts the instruction where Gemma's does."""
    return "".join(f"<{turn['role']}>{turn['content']}<end>" for turn in turns)


class ChatLM(CannedLM):
    """Answers as our side does: from the turns."""

    tokenizer_name = "canned"

    def apply_chat_template(self, chat_history, add_generation_prompt=True):
        self.turns = chat_history
        return chat(chat_history)

    def chat_template(self, chat_template=False):
        return "canned"


def reply_of(context, name):
    """Right on most docs, in the asked form on most, with a false step on some: read off the last question."""
    a, b = map(int, re.findall(r"\d+", context.rsplit("Ann has", 1)[1])[:2])
    said = a + b + (a % 3 == 0)
    answer = "" if b % 4 == 0 else f"\nAnswer: {said}"
    return f"Question: apples\nReasoning: {a} + {b} = {said}{answer}"


@pytest.fixture
def data(tmp_path):
    return write_rows(tmp_path / "d.jsonl", sums(N_DOCS))


def theirs(folder, name, lm, **options):
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    found = simple_evaluate(
        lm, tasks=[name], task_manager=manager, bootstrap_iters=0, apply_chat_template=True, fewshot_as_multiturn=True
    )
    return found["results"][name], found["samples"][name]


@pytest.mark.parametrize(
    "options", [{}, {"few_shot": "2"}, {"format": "reasoning-answer-tags", "prefill": "<reasoning>"}]
)
def test_an_exported_task_gives_our_numbers_and_our_prompts(tmp_path, data, options, monkeypatch):
    monkeypatch.setattr("lm_eval_builders.canned_reply", reply_of)
    options = {"data": str(data), **options}
    name = export_task(tmp_path / "out", "gsm8k", options, ["step_validity"])
    lm = ChatLM()
    numbers, samples = theirs(tmp_path / "out", name, lm)
    task = ExportedTask("gsm8k", options, ["step_validity"]).task
    run, _ = run_through(task, CannedBackend(reply=reply_of), tmp_path / "run")
    compared = {info.name for info in run.metrics if not info.diagnostic}
    for metric in compared:
        if run.estimates[metric].value is not None:
            assert numbers[f"{metric},none"] == pytest.approx(run.estimates[metric].value, rel=1e-12), metric
    assert 0 < numbers["accuracy,none"] < 1
    prompt = task.prompt.render(task.docs[0])
    turns = [{"role": turn.role, "content": turn.content} for turn in user_turns(prompt, "gsm8k")]
    if prompt.prefill:
        turns.append({"role": "assistant", "content": prompt.prefill})
    assert samples[0]["arguments"][0][0] == chat(turns)
    assert {"accuracy", "compliant"} <= compared


def test_the_command_writes_tasks_that_lm_eval_runs(tmp_path):
    app = typer.Typer()
    app.command()(export_lm_eval)
    asked = [str(tmp_path / "out"), "-o", "n=4", "-t", "structure,step_validity"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "--tasks harness_structure,harness_step_validity" in done.output
    lm = ChatLM()
    numbers, samples = theirs(tmp_path / "out", "harness_step_validity", lm)
    assert len(samples) == 4
    assert numbers["accuracy,none"] == 0.0
    assert lm.turns[0]["role"] == "user"


def test_data_that_changed_after_the_export_are_refused(tmp_path, data):
    export_task(tmp_path / "out", "gsm8k", {"data": str(data)})
    write_rows(data, sums(N_DOCS, first=3))
    with pytest.raises(UserError, match="the data changed since the export"):
        theirs(tmp_path / "out", "harness_gsm8k", ChatLM())


def test_an_export_never_overwrites(tmp_path, data):
    export_task(tmp_path / "out", "gsm8k", {"data": str(data)})
    with pytest.raises(UserError, match="exists"):
        export_task(tmp_path / "out", "gsm8k", {"data": str(data)})


def test_the_instruction_stands_where_gemmas_template_puts_it():
    from harness.backends.chat_template import GEMMA, ChatTemplate

    template = ChatTemplate(source=GEMMA, origin="test", bos="<bos>", eos="<eos>")
    prompt = Prompt(messages=(Message(role="system", content="Be brief."), Message(role="user", content="2 + 2?")))
    assert template.render(prompt) == template.render(Prompt(messages=user_turns(prompt, "t")))


def test_a_ratio_is_the_sum_above_over_the_sum_below():
    assert ratio([(1.0, 2.0), (3.0, 2.0)]) == 1.0


def test_a_task_of_final_texts_is_refused_by_name(data):
    task = load_task("lm_eval:gsm8k", {"data": str(data), "few_shot": "0"})
    with pytest.raises(UserError, match="'lm_eval:gsm8k' cannot be exported"):
        user_turns(task.prompt.render(task.docs[0]), "lm_eval:gsm8k")
