"""`harness lint` finds the mistakes in template, tokenizer and prompt that move scores."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from gemma_models import copy_of, small_model
from typer.testing import CliRunner

from harness.backends.chat_template import GEMMA
from harness.cli.lint import lint as lint_command
from harness.cli.show.lint import token_lines
from harness.core.records import Doc
from harness.core.reply.presets import REASONING_ANSWER_TAGS, THINK_ANSWER_TAGS
from harness.core.task import PromptTemplate, Task
from harness.gemma.lint.lint import Report, lint_model

DOC = Doc(id="d1", question="What is 2 + 3?", target="5", gold_reasoning="2 + 3 = 5")
TASK = Task(docs=(DOC,), scorers=())


def changed(folder: Path, *, template: str | None = None, **files: dict[str, Any]) -> Path:
    """The small model with another chat template, and with settings of its JSON files changed."""
    copy_of(small_model(), folder)
    if template is not None:
        files["tokenizer_config"] = files.get("tokenizer_config", {}) | {"chat_template": template}
    for name, values in files.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))
    return folder


def found(report: Report) -> dict[str, str]:
    """Check to level, notes left out."""
    return {finding.check: finding.level for finding in report.findings if finding.level != "note"}


def message(report: Report, check: str) -> str:
    return next(finding.message for finding in report.findings if finding.check == check)


def test_a_sound_model_has_no_errors_or_warnings() -> None:
    report = lint_model(small_model(), TASK)
    assert found(report) == {}
    assert report.tokens[:2] == ((2, "<bos>"), (105, "<start_of_turn>"))
    assert report.text.endswith("<start_of_turn>model\n")
    assert report.stop_tokens == ((1, "<eos>"), (106, "<end_of_turn>"))


def test_a_missing_newline_after_the_model_turn_is_an_error(tmp_path: Path) -> None:
    broken = GEMMA.replace("{{ '<start_of_turn>model\n' }}", "{{ '<start_of_turn>model' }}")
    assert broken != GEMMA
    report = lint_model(changed(tmp_path / "m", template=broken), TASK)
    assert found(report)["missing-newline"] == "error"
    assert found(report)["train-eval-mismatch"] == "error"  # finished turns still have it
    assert report.n_errors >= 1


def test_a_template_that_writes_bos_twice_is_an_error(tmp_path: Path) -> None:
    report = lint_model(changed(tmp_path / "m", template="{{ bos_token }}" + GEMMA), TASK)
    assert found(report)["double-bos"] == "error"
    assert "2 times" in message(report, "double-bos")
    assert [name for _, name in report.tokens].count("<bos>") == 1


def test_a_question_that_contains_bos_is_an_error_with_a_warning_naming_the_doc() -> None:
    doc = replace(DOC, question="What does <bos> mean?")
    report = lint_model(small_model(), replace(TASK, docs=(doc,)))
    assert found(report) == {"double-bos": "error", "special-token-in-question": "warning"}
    assert "doc d1 holds <bos>" in message(report, "special-token-in-question")


def test_no_bos_anywhere_is_a_warning(tmp_path: Path) -> None:
    bare = GEMMA.replace("{{ bos_token }}", "")
    folder = changed(tmp_path / "m", template=bare, tokenizer_config={"add_bos_token": False})
    assert found(lint_model(folder, TASK))["no-bos"] == "warning"


def test_a_template_that_begins_the_reply_hides_a_prefill_from_the_scorer(tmp_path: Path) -> None:
    hidden = GEMMA.replace("{{ '<start_of_turn>model\n' }}", "{{ '<start_of_turn>model\n<think>\n' }}")
    report = lint_model(changed(tmp_path / "m", template=hidden), TASK)
    assert found(report)["hidden-prefill"] == "error"
    assert "'<think>\\n'" in message(report, "hidden-prefill")


def test_a_template_that_does_not_open_the_reply_is_an_error(tmp_path: Path) -> None:
    closed = GEMMA.replace("{{ '<start_of_turn>model\n' }}", "")
    assert found(lint_model(changed(tmp_path / "m", template=closed), TASK))["reply-not-opened"] == "error"


def test_a_turn_that_ends_without_a_stop_token_is_an_error(tmp_path: Path) -> None:
    endless = GEMMA.replace("<end_of_turn>", "<unused7>")
    assert found(lint_model(changed(tmp_path / "m", template=endless), TASK))["stop-token"] == "error"


def test_an_end_of_turn_that_other_engines_ignore_is_a_warning(tmp_path: Path) -> None:
    folder = changed(tmp_path / "m", generation_config={"eos_token_id": 1})
    assert found(lint_model(folder, TASK)) == {"stop-token": "warning"}


def test_no_template_is_a_warning(tmp_path: Path) -> None:
    assert found(lint_model(changed(tmp_path / "m", template=""), TASK)) == {"no-template": "warning"}


def test_another_template_than_gemmas_is_a_warning_that_shows_the_place(tmp_path: Path) -> None:
    other = GEMMA.replace("'user') + '\n'", "'human') + '\n'")
    report = lint_model(changed(tmp_path / "m", template=other), TASK)
    assert found(report) == {"other-template": "warning"}
    assert "human" in message(report, "other-template")


def test_two_models_with_other_templates_are_a_mismatch(tmp_path: Path) -> None:
    tuned = changed(tmp_path / "tuned", template=GEMMA.replace("+ '\n\n' if", "+ '\n' if"))
    assert found(lint_model(tuned, TASK, against=small_model())) == {"train-eval-mismatch": "error"}
    assert found(lint_model(small_model(), TASK, against=small_model())) == {}


def test_two_models_with_other_tokenizers_are_a_mismatch(tmp_path: Path) -> None:
    folder = copy_of(small_model(), tmp_path / "m")
    stored = json.loads((folder / "tokenizer.json").read_text())
    stored["model"]["merges"] = stored["model"]["merges"][:-200]
    (folder / "tokenizer.json").write_text(json.dumps(stored))
    report = lint_model(folder, TASK, against=small_model())
    assert "tokenizers differ" in message(report, "train-eval-mismatch")


def test_a_prefill_that_does_not_begin_the_declared_format_is_an_error() -> None:
    prompt = PromptTemplate(response_format=REASONING_ANSWER_TAGS, prefill="<think>\n")
    report = lint_model(small_model(), replace(TASK, prompt=prompt))
    assert found(report)["prefill-format"] == "error"
    right = replace(TASK, prompt=PromptTemplate(response_format=THINK_ANSWER_TAGS, prefill="<think>\n"))
    assert "prefill-format" not in found(lint_model(small_model(), right))


def test_a_prefill_that_ends_inside_a_token_is_a_warning() -> None:
    inside = PromptTemplate(response_format=REASONING_ANSWER_TAGS, prefill="<reasoning>\n2 ")
    doc = replace(DOC, gold_reasoning="2 and 3 make 5")
    report = lint_model(small_model(), replace(TASK, prompt=inside, docs=(doc,)))
    assert found(report)["prefill-boundary"] == "warning"
    whole = replace(inside, prefill="<reasoning>\n2")
    assert "prefill-boundary" not in found(lint_model(small_model(), replace(TASK, prompt=whole, docs=(doc,))))


def test_tags_whose_tokens_depend_on_their_neighbours_are_a_warning_where_the_format_puts_them_there() -> None:
    apart = replace(REASONING_ANSWER_TAGS, separator=" ")  # " <answer>": the space and "<" are one token
    report = lint_model(small_model(), replace(TASK, prompt=PromptTemplate(response_format=apart)))
    assert found(report)["unstable-tag"] == "warning"
    assert "'</reasoning> '" in message(report, "unstable-tag") or "' <answer>" in message(report, "unstable-tag")


def test_tags_that_only_change_elsewhere_are_a_note() -> None:
    prompt = PromptTemplate(response_format=REASONING_ANSWER_TAGS)
    report = lint_model(small_model(), replace(TASK, prompt=prompt))
    assert found(report) == {}
    assert "' <reasoning>'" in message(report, "unstable-tag")


def test_a_context_too_short_for_prompt_and_budget_is_an_error(tmp_path: Path) -> None:
    folder = changed(tmp_path / "m", config={"max_position_embeddings": 150})
    docs = (DOC, replace(DOC, id="d2", question="Count. " * 100))
    report = lint_model(folder, replace(TASK, docs=docs, max_new_tokens=20))
    assert found(report)["context"] == "error"
    assert "1 of 2 docs do not fit" in message(report, "context")
    assert report.n_docs == 2
    assert "context" not in found(lint_model(folder, replace(TASK, max_new_tokens=20)))


def test_no_weights_are_read(tmp_path: Path) -> None:
    folder = copy_of(small_model(), tmp_path / "m")
    (folder / "model.safetensors").unlink()
    assert found(lint_model(folder, TASK)) == {}


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(lint_command)
    return CliRunner().invoke(app, list(arguments))


def test_the_command_prints_ids_and_findings_and_exits_3_on_an_error(tmp_path: Path) -> None:
    broken = changed(tmp_path / "m", template=GEMMA.replace("model\n' }}", "model' }}"))
    done = run("--model", str(broken))
    assert done.exit_code == 3
    assert "105 '<start_of_turn>'" in done.stdout
    assert "[missing-newline]" in done.stdout


def test_the_command_exits_0_on_a_sound_model_and_prints_json() -> None:
    done = run("--model", str(small_model()), "--task", "two_digit_addition", "-o", "n=3", "--json")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert document["n_errors"] == 0
    assert document["n_docs"] == 3
    assert document["tokens"][0] == [2, "<bos>"]


def test_the_template_of_the_model_can_be_replaced_on_the_command_line(tmp_path: Path) -> None:
    broken = changed(tmp_path / "m", template=GEMMA.replace("model\n' }}", "model' }}"))
    assert run("--model", f"{broken},chat_template=gemma").exit_code == 0


def test_tokens_are_printed_line_by_line() -> None:
    assert token_lines(((2, "<bos>"), (107, "\n"), (500, "▁a"))) == ["2 '<bos>'  107 '\\n'", "500 '▁a'"]
