"""A run that went wrong does not look like one that went right: failures, empty replies, nothing scored, history."""

from __future__ import annotations

import json

import pytest
from http_server import Server, always, question

from harness.core.failures import failure_words, grouped

pytestmark = pytest.mark.usefixtures("quick_and_keyless")

ROWS = [{"id": f"q{i}", "question": f"What is {i} + {i}?", "answer": str(2 * i)} for i in range(6)]


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def answer(handler, body):
    n = question(body).split("What is ")[-1].split(" ")[0]
    handler.send(200, {"choices": [{"message": {"content": f"Answer: {2 * int(n)}"}, "finish_reason": "stop"}]})


def asked(harness, server, data, *more, options=",retries=0"):
    model = f"{server.url},model=gemma{options}"
    return harness("run", "-t", "gsm8k", "--data", data, "-m", model, "--out", "run", *more)


def some_fail(n):
    """The first `n` rows fail."""

    def some(handler, body):
        if any(f"What is {i} +" in question(body) for i in range(n)):
            handler.send(500, {"error": {"message": "CUDA error 77"}})
        else:
            answer(handler, body)

    return some


def test_failures_are_told_with_their_number_reason_first_doc_and_the_way_on(harness, server: Server, data):
    server.default = some_fail(2)
    done = asked(harness, server, data)
    assert done.code == 0
    (line,) = done.err.splitlines()
    assert "2 of 6 completions failed and are not scored" in line
    assert "2 x HTTP 500: CUDA error 77 (first: doc 'q0')" in line
    assert line.endswith("go on with: harness run --resume run")


def test_the_command_that_is_told_goes_on_and_then_nothing_is_amiss(harness, server: Server, data):
    server.default = some_fail(2)
    asked(harness, server, data)
    server.default = answer
    done = harness("run", "--resume", "run")
    assert (done.code, done.err) == (0, "")
    assert "100.0%" in done.out


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_run_of_which_nothing_could_be_scored_is_no_success(harness, server: Server, data, more):
    server.default = always(500, {"error": {"message": "the engine is dead"}})
    done = asked(harness, server, data, *more)
    assert done.code == 2
    assert "error: nothing could be scored: none of 6 completions" in done.err
    assert "harness run --resume run" in done.err
    if more:
        assert json.loads(done.out)["estimates"]["accuracy"]["n_docs"] == 0


def test_history_shows_how_many_docs_a_number_rests_on(harness, server: Server, data):
    server.default = some_fail(6)
    asked(harness, server, data)
    assert "0 of 6" in harness("history", ".").out
    harness("history", ".", "--page")
    from pathlib import Path

    assert "0 of 6" in Path("history.html").read_text()


def test_a_run_that_was_ended_names_its_folder_in_the_way_on(harness, server: Server, data, tmp_path):
    server.default = always(401, {"error": {"message": "who are you"}})
    done = asked(harness, server, data)
    assert done.code == 2
    assert "go on with `harness run --resume run`" in done.err


def test_empty_replies_are_told_with_how_they_ended(harness, server: Server, data):
    server.default = always(200, {"choices": [{"message": {"content": " \n"}, "finish_reason": "length"}]})
    done = asked(harness, server, data)
    assert "6 of 6 replies are empty (finish: 6 length)" in done.err
    assert done.code == 0  # heard and wrong: the number is the model's own


def test_replies_that_are_calls_of_tools_are_told_and_no_score(harness, server: Server, data):
    message = {"content": None, "tool_calls": [{"function": {"name": "calc", "arguments": "{}"}}]}
    server.default = always(200, {"choices": [{"message": message, "finish_reason": "tool_calls"}]})
    done = asked(harness, server, data)
    assert done.code == 2
    assert "6 x malformed reply: the reply is empty (finish: tool_calls)" in done.err


def test_recorded_completions_that_all_failed_are_no_success(harness, data, tmp_path):
    rows = [{"id": f"q{i}", "completion": None, "error": f"HTTP 503 after {i} s"} for i in range(6)]
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = harness("score", "c.jsonl", "-t", "gsm8k", "--data", data, "--out", "scored")
    assert done.code == 2
    assert "6 x HTTP 503 after 0 s (first: doc 'q0')" in done.err
    assert "nothing could be scored" in done.err


def test_docs_that_were_drawn_more_often_than_others_are_told(harness, data, tmp_path):
    rows = [
        {"id": f"q{i}", "repeat": k, "completion": f"Answer: {2 * i}"} for i in range(6) for k in range(3 - (i == 4))
    ]
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = harness("score", "c.jsonl", "-t", "gsm8k", "--data", data, "--out", "scored")
    assert "1 of 6 docs have not 3 completions as the others: 2 for 'q4', 3 for 'q0'" in done.err


def test_reasons_that_differ_in_numbers_are_one_and_the_rest_is_counted():
    failures = [(f"d{i}", f"requested {i} tokens (after 3 tries)") for i in range(5)]
    failures += [("e", "a"), ("f", "b"), ("g", "c"), ("h", "d")]
    assert [(group.count, group.first) for group in grouped(failures)][:2] == [(5, "d0"), (1, "e")]
    assert failure_words(failures).startswith("5 x requested 0 tokens (first: doc 'd0'); 1 x a")
    assert failure_words(failures).endswith("2 for 2 other reasons")
    assert failure_words([]) == ""


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Another folder, in which the call is made a second time."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "data.jsonl").write_text('{"question": "another", "answer": "1"}\n')  # not to be taken

    def go():
        monkeypatch.chdir(tmp_path / "other")

    return go


def test_a_run_finds_its_data_and_its_model_from_any_folder(harness, data, tmp_path, elsewhere):
    rows = [{"id": f"q{i}", "completion": f"Answer: {2 * i}"} for i in range(6)]
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = ("-t", "gsm8k", "--data", "data.jsonl", "-m", "replay:c.jsonl", "--out", "run")
    assert harness("run", *asked).code == 0
    before = json.loads((tmp_path / "run" / "run.json").read_text())
    records = (tmp_path / "run" / "records.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "run" / "records.jsonl").write_text("".join(records[:2]))
    elsewhere()
    from harness.api.evaluate import resume

    made = resume(tmp_path / "run")
    assert made.estimates["accuracy"].n_docs == 6
    after = json.loads((tmp_path / "run" / "run.json").read_text())
    assert [after[name] for name in ("invocation", "task_options")] == [
        before[name] for name in ("invocation", "task_options")
    ]


def test_a_task_file_is_found_from_any_folder_and_names_stay_names(tmp_path, monkeypatch, elsewhere):
    from harness.runner.invocation import Invocation, read_invocation

    monkeypatch.chdir(tmp_path)
    for name in ("mine.py", "template.jinja"):
        (tmp_path / name).write_text("")
    for name in ("test", "gsm8k", "base"):
        (tmp_path / name).mkdir()
    model = 'http://h/v1,template=template.jinja,base=base,extra_body={"a": 1, "b": 2}'
    asked = Invocation(task="mine.py:one", model=model, options={"split": "test", "data": "base", "n": 3})
    assert read_invocation(asked.as_json()).model == model
    written = asked.as_json()
    elsewhere()
    found = read_invocation(written)
    assert found.task == f"{tmp_path}/mine.py:one"
    assert found.options == {"split": "test", "data": f"{tmp_path}/base", "n": 3}
    assert found.model == model.replace("template.jinja", f"{tmp_path}/template.jinja").replace(
        "=base", f"={tmp_path}/base"
    )
    assert read_invocation(written | {"task": "gsm8k"}).task == "gsm8k"


def test_training_settings_find_their_files_from_any_folder(tmp_path, monkeypatch, elsewhere):
    from sft.config import read_written, resolve, write_config

    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.jsonl").write_text("{}\n")
    (tmp_path / "base").mkdir()
    layer = ("here", {"model.base": "base", "data.source": "t.jsonl"})
    write_config(resolve(layer), tmp_path / "run")
    assert read_written(tmp_path / "run").config.data.source == "t.jsonl"
    elsewhere()
    config = read_written(tmp_path / "run").config
    assert (config.model.base, config.data.source) == (f"{tmp_path}/base", f"{tmp_path}/t.jsonl")


def test_a_newline_typed_into_a_prefill_is_one_wherever_it_is_typed(harness, data, tmp_path):
    from harness.cli.train import set_layer
    from harness.core.registry import load_task

    typed = r"<reasoning>\n"
    options = {"data": str(data), "format": "reasoning-answer-tags", "prefill": typed}
    assert load_task("gsm8k", options).prompt.prefill == "<reasoning>\n"
    assert load_task("gsm8k", options | {"prefill": "<reasoning>\n"}).prompt.prefill == "<reasoning>\n"
    (tmp_path / "c.jsonl").write_text('{"id": "q0", "completion": "2\\n</reasoning>\\n<answer>\\n0\\n</answer>"}\n')
    form = ("-t", "gsm8k", "--data", data, "-o", "format=reasoning-answer-tags")
    assert harness("score", "c.jsonl", *form, "--prefill", typed, "--out", "by_flag").code == 0
    assert harness("score", "c.jsonl", *form, "-o", f"prefill={typed}", "--out", "by_option").code == 0
    kept = [json.loads((tmp_path / name / "records.jsonl").read_text()) for name in ("by_flag", "by_option")]
    assert [record["completion"]["prefill"] for record in kept] == ["<reasoning>\n"] * 2
    for written in (typed, f'"{typed}"'):
        assert set_layer([f"data.prefill={written}"])[1] == {"data.prefill": "<reasoning>\n"}


def test_history_shows_how_far_a_run_came_that_was_ended(harness, server: Server, data):
    server.default = always(401, {"error": {"message": "who are you"}})
    asked(harness, server, data)
    shown = harness("history", ".").out
    assert "0 of 6" in shown
    assert "unfinished" in shown


def test_a_field_that_the_server_refuses_is_told_with_the_option_that_mends_it(harness, server: Server, data):
    server.default = always(400, {"error": {"message": "Use 'max_completion_tokens' instead."}})
    done = asked(harness, server, data)
    assert "instead. (add rename=max_tokens:max_completion_tokens to --model)" in done.err


@pytest.mark.parametrize(
    "option",
    [
        ("--limit", "1"),
        ("--temperature", "0.9"),
        ("--seed", "7"),
        ("--scorer", "step_validity"),
        ("--out", "elsewhere"),
    ],
)
def test_an_option_beside_resume_that_would_be_ignored_is_refused(harness, data, option):
    assert harness("run", "-t", "gsm8k", "--data", data, "-m", "scripted:careful", "--out", "run").code == 0
    done = harness("run", "--resume", "run", *option)
    assert (done.code, f"{option[0]} does not apply" in done.err) == (2, True)


def test_a_run_of_a_noise_floor_tells_what_failed(harness, server: Server, data):
    server.default = some_fail(2)
    model = f"{server.url},model=gemma,retries=0"
    done = harness("noise", "-t", "gsm8k", "--data", data, "-m", model, "--seeds", "0,1")
    assert "seed 0: 2 of 6 completions failed and are not scored: 2 x HTTP 500" in done.err
