"""The structure scorer as a whole: verdicts, metrics, properties of renderings, and the real runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.records import Completion, Doc
from harness.core.registry import load_task
from harness.core.reply.format import ResponseFormat
from harness.core.reply.infer import infer_format
from harness.core.reply.parse import MAX_MARKERS, find_markers, parse_sections
from harness.core.reply.presets import PRESETS, response_format
from harness.data.rows import read_rows
from tasks.scoring.structure import structure

QUESTION = "Ana has 3 boxes of 12 pens and gives away 5. How many are left?"
DOC = Doc(id="1", question=QUESTION, target="31")
TAGS = response_format("reasoning-answer-tags")
GOOD = "<reasoning>\n3 * 12 = 36\n36 - 5 = 31\n</reasoning>\n<answer>\n31\n</answer>"

lines = st.text(st.characters(codec="utf-8", exclude_characters="<>#:|\r\n\\[](){}*_\x85\u2028\u2029"), max_size=30)
bodies = st.builds(lambda a, b: f"so {a}\nthen {b} done", lines, lines)
answers = st.builds(str, st.integers(-(10**9), 10**9))


def score(reply: str, form: ResponseFormat | str = TAGS, doc: Doc = DOC, prefill: str = "", **options: object):
    completion = Completion(doc_id=doc.id, text=reply, prefill=prefill)
    return structure(form, **options).score(doc, completion)


def markers_of(form: ResponseFormat) -> list[str]:
    return [marker for section in form.sections for marker in (section.open, section.close) if marker]


@given(form=st.sampled_from(list(PRESETS.values())), question=bodies, reasoning=bodies, answer=answers)
def test_any_rendering_is_compliant(form, question, reasoning, answer):
    assert score(form.render(question, reasoning, answer), form).why == "compliant"


@given(
    data=st.data(),
    form=st.sampled_from([form for form in PRESETS.values() if markers_of(form)]),
    reasoning=bodies,
    answer=answers,
)
def test_rendering_without_any_one_marker_is_not_compliant(data, form, reasoning, answer):
    reply = form.render("How many?", reasoning, answer)
    marker = data.draw(st.sampled_from(markers_of(form)))
    assert score(reply.replace(marker, "", 1), form).value == 0.0


@given(
    order=st.lists(st.sampled_from(markers_of(TAGS)), max_size=6),
    form=st.sampled_from([TAGS]),
)
def test_the_four_rules_of_markers_hold_together_only_for_the_declared_sequence(order, form):
    reply = " 1 ".join(["", *order, ""])
    rules = score(reply, form).detail["rules"]
    kept = all(rules[name] is not False for name in ("present", "once", "order", "closed"))
    assert kept == (order == markers_of(form))


@given(reply=st.text(st.sampled_from("<>/ab1 \n:*#"), max_size=40) | st.text(max_size=60))
def test_every_span_lies_in_the_reply(reply):
    for form in PRESETS.values():
        found = score(reply, form)
        assert (found.value == 1.0) == (found.detail["first_broken"] is None)
        for breach in found.detail["broken"].values():
            start, end = breach["span"]
            assert 0 <= start <= end <= len(reply)
        for section in parse_sections(form, reply):
            assert 0 <= section.start <= section.body_start <= section.body_end <= section.end <= len(reply)


def test_prefill_is_part_of_the_judged_reply():
    text = GOOD.removeprefix("<reasoning>\n")
    assert score(text).detail["first_broken"] == "present"
    assert score(text, prefill="<reasoning>\n").why == "compliant"


def test_first_broken_rule_is_named_with_its_place():
    found = score(GOOD.replace("</reasoning>", ""))
    assert (found.value, found.outcome) == (0.0, "wrong")
    assert found.why == "closed: <answer> before </reasoning> (character 37)"
    assert found.detail["span"] == [37, 45]
    assert found.answer == "31"


def test_empty_reply_is_no_answer_and_a_failed_one_is_not_scored():
    assert score("").outcome == "no_answer"
    failed = Completion(doc_id="1", text="", finish="error", error="timeout")
    found = structure(TAGS).score(DOC, failed)
    assert (found.value, found.outcome, found.why) == (None, "not_scored", "no completion: timeout")


def test_metrics_give_one_number_a_rule_and_none_where_it_does_not_apply():
    scorer = structure(TAGS)
    found = {"structure": scorer.score(DOC, Completion(doc_id="1", text=GOOD.replace("31\n</answer>", "31 pens")))}
    read = {metric.info.name: metric.read(DOC, found) for metric in scorer.metrics}
    assert read["compliant"] == 0.0
    assert read["structure_closed"] == 0.0
    assert read["structure_present"] == 1.0
    assert read["structure_steps"] is None
    assert read["bare_answer"] == 0.0
    assert read["reasoning_steps"] == 2.0
    assert {info.name for info in (metric.info for metric in scorer.metrics) if info.kind == "mean"} == {
        "reasoning_steps"
    }


def test_chosen_rules_alone_decide_compliance():
    chatty = "Okay!\n" + GOOD
    assert score(chatty).value == 0.0
    assert score(chatty, rules=["present", "once", "closed"]).value == 1.0
    assert score(chatty, allow_before=True).value == 1.0


def test_options_are_part_of_the_scorers_identity():
    assert structure(TAGS).identity == structure("reasoning-answer-tags").identity
    assert structure(TAGS).identity != structure(TAGS, allow_before=True).identity
    assert structure(TAGS).identity != structure(TAGS, answer_type="number").identity


def test_detail_is_plain_json():
    detail = dict(score(GOOD).detail)
    assert json.loads(json.dumps(detail)) == detail


def test_markers_of_a_degenerate_reply_are_bounded_and_keep_both_ends():
    reply = "<reasoning>" + "<answer>" * 5000 + "7</answer>"
    found = find_markers(TAGS, reply)
    assert len(found) == MAX_MARKERS
    assert (found[0].section, found[-1].kind) == ("reasoning", "close")
    assert score(reply).detail["first_broken"] == "once"


def test_format_of_rendered_replies_is_recognised():
    for form in PRESETS.values():
        assert infer_format([form.render("How many?", "1 + 1 = 2", "2")]) == form
    assert infer_format([]).name == infer_format(["just text"]).name == "bare"


def test_structure_task_scores_its_own_gold_as_compliant():
    task = load_task("structure", {"n": "4", "format": "think-boxed"})
    assert task.primary == "compliant"
    for doc in task.docs:
        reply = task.prompt.response_format.render(str(doc.question), doc.gold_reasoning, doc.target)
        completion = Completion(doc_id=doc.id, text=reply)
        assert [scorer.score(doc, completion).outcome for scorer in task.scorers] == ["correct", "correct"]


@pytest.mark.parametrize(
    ("run", "n_compliant", "n_bare"),
    [("base_think", 31, 32), ("sft_lr1e6_prefill", 1114, 167), ("sft_lr1e5", 1177, 178)],
)
def test_compliance_of_the_real_runs(shared_data, run, n_compliant, n_bare):
    questions = read_rows(shared_data("gsm8k/test.jsonl"))
    rows = read_rows(shared_data(f"gemma3_1b_it_outputs/{run}.jsonl"))
    scorer = structure(TAGS)
    found = [
        scorer.score(
            Doc(id=str(row["idx"]), question=questions[row["idx"]]["question"], target=questions[row["idx"]]["answer"]),
            Completion(doc_id=str(row["idx"]), text=row["completion"], prefill="<reasoning>\n"),
        )
        for row in rows
    ]
    assert len(found) == 1319
    assert sum(one.value == 1.0 for one in found) == n_compliant
    assert sum(one.detail["answer_type"] == "number" for one in found) == n_bare


def test_the_docs_list_every_format():
    page = Path(__file__).parent.parent / "docs" / "method" / "structure.md"
    listed = page.read_text(encoding="utf-8").partition("## Formats")[2].partition("A new one:")[0]
    assert [name for name in PRESETS if f"`{name}`" not in listed] == []


@pytest.mark.parametrize(
    ("form", "reply", "value"),
    [
        ("think-boxed", "<think>6*7=42</think>\n\\boxed{42", 0.0),
        ("think-boxed", "<think>6*7=42</think>\n\\boxed{42}", 1.0),
        ("think-answer-tags", "<think>6*7=42</think><answer>42</answer><|return|>", 1.0),
        ("think-answer-tags", "<think>6*7=42</think><answer>42</answer><|end_of_text|>\n", 1.0),
        ("think-answer-tags", "<think>6*7=42</think><answer>42</answer> done", 0.0),
        ("hashes", "#### Step 1\n6*7=42\n#### 42", 1.0),
        ("hashes", "6*7=42\n#### 42\n#### 43", 0.0),
        ("reasoning-answer", "Reasoning : 6*7=42\nAnswer : 42", 1.0),
    ],
)
def test_boxes_end_tokens_headings_and_blanks_before_colons(form: str, reply: str, value: float) -> None:
    score = structure(form).score(Doc(id="d", question="q", target="42"), Completion(doc_id="d", text=reply))
    assert score.value == value, score.why
