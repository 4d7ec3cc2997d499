"""Each structure rule, with replies that keep it and replies that break it."""

from __future__ import annotations

import pytest

from harness.core.errors import UserError
from harness.core.records import Completion, Doc
from harness.core.reply.format import ResponseFormat, Section
from harness.core.reply.presets import response_format
from tasks.scoring.structure import RULES, judge, structure
from tasks.scoring.structure.content_rules import answer_type, count_steps
from tasks.scoring.structure.reading import Breach, Limits
from tasks.scoring.structure.text_rules import repeated_tail

QUESTION = "Ana has 3 boxes of 12 pens and gives away 5 of the pens. How many pens are left?"
DOC = Doc(id="1", question=QUESTION, target="31")
WORKED = "3 * 12 = 36\n36 - 5 = 31"
TAGS = f"<reasoning>\n{WORKED}\n</reasoning>\n<answer>\n31\n</answer>"
LABELS = f"Question: {QUESTION}\nReasoning:\n{WORKED}\nAnswer: 31"
BOXED = f"<think>\n{WORKED}\n</think>\n\\boxed{{31}}"
CHANNEL = f"<|channel>thought\n{WORKED}\n<channel|>31"

TAG_FORM = response_format("reasoning-answer-tags")
FORMS = {
    "tags": TAG_FORM,
    "labels": response_format("question-reasoning-answer"),
    "boxed": response_format("think-boxed"),
    "channel": response_format("gemma4-channel"),
    "hashes": response_format("hashes"),
    "lenient": ResponseFormat(name="lenient", sections=TAG_FORM.sections, allow_before=True, allow_after=True),
}

KEPT = [
    ("present", "tags", TAGS),
    ("present", "labels", LABELS),
    ("present", "boxed", BOXED),
    ("present", "channel", CHANNEL),
    ("present", "hashes", f"{WORKED}\n#### 31"),
    ("once", "tags", TAGS),
    ("once", "tags", "no markers at all"),
    ("order", "tags", TAGS),
    ("order", "labels", LABELS),
    ("closed", "tags", TAGS),
    ("closed", "channel", CHANNEL),
    ("markers_whole", "tags", TAGS),
    ("markers_whole", "tags", "<reasoning>a < answerable, [reason/answer]</reasoning><answer>31</answer>"),
    ("nothing_before", "tags", "  \n" + TAGS),
    ("nothing_between", "tags", TAGS.replace("</reasoning>\n", "</reasoning>\n\n \n")),
    ("nothing_after", "tags", TAGS + "\n\n"),
    ("nothing_after", "tags", TAGS + "<end_of_turn>\n<eos>"),
    ("nothing_after", "labels", LABELS + "\n"),
    ("nothing_after", "boxed", BOXED + "\n\nSo 31 pens."),
    ("not_empty", "tags", TAGS),
    ("not_copied", "tags", TAGS),
    ("not_copied", "tags", f"<reasoning>{QUESTION} That is 3 * 12 - 5 = 31.</reasoning><answer>31</answer>"),
    ("boxed", "boxed", BOXED),
    ("answer_parsable", "tags", TAGS),
    ("answer_parsable", "tags", TAGS.replace("\n31\n", "There are thirty-one pens left.")),
    ("not_truncated", "tags", TAGS),
    ("not_truncated", "tags", "Please give me the question!"),
    ("not_truncated", "tags", "<reasoning>\na\n</reasoning>\n<answer>\n31"),
    ("no_loop", "tags", TAGS),
    ("no_loop", "tags", "The cost is 5. " * 3 + "The cost is 6."),
    ("no_loop", "tags", "A table\n" + "-" * 200),
    ("one_script", "tags", TAGS.replace("31\n</r", "31, and π > 3, naïve café × Σ\n</r")),
    ("exact_markers", "tags", TAGS),
    ("exact_markers", "labels", LABELS),
    ("answer_in_its_place", "tags", TAGS.replace("36 - 5", "The answer is 36 - 5")),
    ("answer_in_its_place", "tags", "<reasoning>a + b</reasoning>"),
    ("answer_in_its_place", "tags", "<reasoning>Let's check our answer: 3 * 12 = 36, so"),
    ("answer_in_its_place", "tags", "<reasoning>The answer is 7? No. " + "Let us count the pens again. " * 20),
]

BROKEN = [
    ("present", "tags", f"<reasoning>{WORKED}</reasoning>", "", "no <answer>"),
    ("present", "tags", "31", "", "no <reasoning>"),
    ("present", "labels", LABELS.replace("Reasoning:", "Thoughts:"), "Answer:", "no Reasoning:"),
    ("present", "boxed", f"<think>{WORKED}</think>\n", "", "no answer text"),
    ("present", "hashes", "#### 31", "#### 31", "no reasoning text"),
    ("once", "tags", TAGS + "<answer>31</answer>", "<answer>", "a second <answer>"),
    ("once", "tags", TAGS + "</answer>", "</answer>", "a second </answer>"),
    ("once", "labels", LABELS + "\nQuestion: another one?", "Question:", "a second Question:"),
    (
        "order",
        "tags",
        f"<answer>31</answer><reasoning>{WORKED}</reasoning>",
        "<reasoning>",
        "reasoning comes after answer",
    ),
    ("closed", "tags", TAGS.replace("</reasoning>", ""), "<answer>", "<answer> before </reasoning>"),
    ("closed", "tags", TAGS.replace("</answer>", ""), "", "no </answer>"),
    ("closed", "tags", TAGS.replace("</reasoning>\n<answer>", "<answer>\n</reasoning>"), "<answer>", "<answer> before"),
    ("closed", "tags", "31</answer>", "</answer>", "</answer> closes nothing"),
    ("closed", "channel", f"<|channel>thought\n{WORKED}", "", "no <channel|>"),
    ("markers_whole", "tags", TAGS.replace("</answer>", "</answer]"), "</answer]", "</answer] is a damaged tag"),
    ("markers_whole", "tags", TAGS.replace("31\n</", "31\n</answer}\n</"), "</answer}", "damaged"),
    ("markers_whole", "tags", TAGS.replace("<answer>", "< answer>"), "< answer>", "damaged"),
    ("markers_whole", "tags", TAGS.replace("</answer>", "[/answer]"), "[/answer]", "damaged"),
    ("nothing_before", "tags", "Okay, let us see.\n" + TAGS, "Okay, let us see.", "before the first section"),
    ("nothing_between", "tags", TAGS.replace("\n<answer>", "So:<answer>"), "So:", "between reasoning and answer"),
    ("nothing_after", "tags", TAGS + "\nHope this helps!", "Hope this helps!", "after the last section"),
    ("nothing_after", "labels", LABELS + "\n\nHope this helps!", "Hope this helps!", "after the answer"),
    ("nothing_after", "hashes", f"{WORKED}\n#### 31\n\nBye", "Bye", "after the answer"),
    ("not_empty", "tags", "<reasoning>\n \n</reasoning><answer>31</answer>", "<reasoning>\n \n</reasoning>", "empty"),
    ("not_empty", "tags", TAGS.replace("\n31\n", "\n"), "<answer>\n</answer>", "the answer is empty"),
    ("not_empty", "labels", LABELS.replace(QUESTION, ""), "Question: \n", "the question is empty"),
    ("not_copied", "tags", f"<reasoning>{QUESTION}</reasoning><answer>31</answer>", QUESTION, "repeats the question"),
    ("not_copied", "tags", f"<reasoning>{QUESTION * 3}</reasoning><answer>31</answer>", QUESTION * 3, "repeats"),
    ("boxed", "boxed", BOXED.replace("\\boxed{31}", "31"), "\n31", "no \\boxed{}"),
    ("answer_parsable", "tags", TAGS.replace("\n31\n", "I cannot say."), "I cannot say.", "no number"),
    ("answer_parsable", "tags", "I cannot say.", "", "no answer section"),
    ("not_truncated", "tags", "<reasoning>\n3 * 12 = 36, so the", "\n3 * 12 = 36, so the", "stops at"),
    ("no_loop", "tags", "Start. " + "We have 5 pens left over. " * 8, "", "repeats"),
    ("no_loop", "tags", f"<reasoning>{'so x = 5 and ' * 20}</reasoning><answer>31</answer>", "", "repeats"),
    ("one_script", "tags", TAGS.replace("36 - 5", "36 - 5 答案"), "答", "CJK"),
    ("one_script", "tags", TAGS.replace("36 - 5", "осталось 36 - 5"), "о", "CYRILLIC"),
    ("exact_markers", "tags", TAGS.replace("<answer>", "<Answer>"), "<Answer>", "<Answer> instead of <answer>"),
    ("exact_markers", "labels", LABELS.replace("Answer:", "**Answer:**"), "**Answer:**", "instead of Answer:"),
    ("answer_in_its_place", "tags", "<reasoning>\nThe final answer is \\boxed{31}", "answer is", "reasoning only"),
]


def finding(rule: str, form: str, reply: str, **limits: object):
    completion = Completion(doc_id="1", text=reply)
    return judge(FORMS[form], DOC, completion, Limits(**limits))[rule]


@pytest.mark.parametrize(("rule", "form", "reply"), KEPT)
def test_reply_that_keeps_a_rule(rule, form, reply):
    assert finding(rule, form, reply) == "kept"


@pytest.mark.parametrize(("rule", "form", "reply", "at", "why"), BROKEN)
def test_reply_that_breaks_a_rule_is_pointed_at(rule, form, reply, at, why):
    breach = finding(rule, form, reply)
    assert isinstance(breach, Breach)
    assert why in breach.why
    assert 0 <= breach.start <= breach.end <= len(reply)
    if at:
        assert reply[breach.start :].lstrip().startswith(at.lstrip())


def test_every_rule_has_a_kept_and_a_broken_case_here_or_below():
    limited = {"steps", "answer_type", "length"}
    assert {case[0] for case in KEPT} | limited == {rule.name for rule in RULES}
    assert {case[0] for case in BROKEN} | limited == {rule.name for rule in RULES}


@pytest.mark.parametrize(
    ("rule", "limits", "expected"),
    [
        ("steps", {"min_steps": 2}, "kept"),
        ("steps", {"max_steps": 2}, "kept"),
        ("steps", {"min_steps": 3}, "2 steps, fewer than 3"),
        ("steps", {"max_steps": 1}, "2 steps, more than 1"),
        ("steps", {}, "not_applicable"),
        ("answer_type", {"answer_type": "number"}, "kept"),
        ("answer_type", {"answer_type": "text"}, "kept"),
        ("answer_type", {}, "not_applicable"),
        ("length", {"max_chars": len(TAGS)}, "kept"),
        ("length", {"max_chars": 10}, "more than 10"),
        ("length", {"max_tokens": 5}, "not_applicable"),
        ("length", {}, "not_applicable"),
    ],
)
def test_rule_of_a_limit_applies_only_where_the_limit_is_set(rule, limits, expected):
    found = finding(rule, "tags", TAGS, **limits)
    assert expected in (found.why if isinstance(found, Breach) else found)


def test_sentence_where_a_bare_number_was_asked_for_breaks_the_answer_type():
    reply = TAGS.replace("\n31\n", "31 pens are left.")
    assert finding("answer_type", "tags", reply, answer_type="number").why == "the answer is sentence, not number"
    assert finding("answer_type", "tags", reply, answer_type="sentence") == "kept"


def test_length_in_tokens_is_judged_by_the_backends_count():
    completion = Completion(doc_id="1", text=TAGS, completion_tokens=40)
    assert judge(TAG_FORM, DOC, completion, Limits(max_tokens=40))["length"] == "kept"
    assert judge(TAG_FORM, DOC, completion, Limits(max_tokens=39))["length"].why == "40 tokens, more than 39"


def test_token_limit_is_a_truncation_even_of_a_whole_reply():
    completion = Completion(doc_id="1", text=TAGS, finish="length")
    assert judge(TAG_FORM, DOC, completion)["not_truncated"].why == "stopped by the token limit"


def test_a_reply_that_a_backend_saw_end_is_not_cut_however_it_ends():
    text = "<reasoning>\n3 * 12 = 36, so the"
    seen, unseen = (
        judge(TAG_FORM, DOC, Completion(doc_id="1", text=text, completion_tokens=tokens))["not_truncated"]
        for tokens in (9, None)
    )
    assert seen == "kept"
    assert unseen.why.startswith("stops at")


def test_text_around_the_sections_may_be_allowed():
    found = judge(FORMS["lenient"], DOC, Completion(doc_id="1", text=f"Okay.\n{TAGS}\nBye."))
    assert found["nothing_before"] == found["nothing_after"] == "not_applicable"


def test_question_in_another_script_wants_a_reply_in_it():
    doc = Doc(id="1", question="У Анны 3 коробки по 12 ручек. Сколько всего?", target="36")
    russian = Completion(doc_id="1", text="<reasoning>Всего 3 * 12 = 36 ручек, x = 36</reasoning><answer>36</answer>")
    english = Completion(doc_id="1", text="<reasoning>We multiply: 3 * 12 = 36</reasoning><answer>36</answer>")
    assert judge(TAG_FORM, doc, russian)["one_script"] == "kept"
    assert judge(TAG_FORM, doc, english)["one_script"].why == "written in LATIN, asked in CYRILLIC"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("31", "number"),
        ("$1,200.50", "number"),
        ("-4", "number"),
        ("560$", "number"),
        ("60%", "number"),
        ("3/4", "number"),
        ("**$18**.", "number"),
        (r"\(42\)", "number"),
        (r"\boxed{42}", "number"),
        ("$42$", "number"),
        ("12.5 liters", "sentence"),
        ("There are 4 balls.", "sentence"),
        ("Each gets $20 / 3 = $6.67 (rounded to the nearest cent).", "sentence"),
        ("blue", "sentence"),
        ("He had 3. Now he has 4.", "text"),
        ("First\nthen second", "text"),
        ("long " * 100, "text"),
    ],
)
def test_type_of_an_answer(answer, expected):
    assert answer_type(answer) == expected


@pytest.mark.parametrize(
    ("reasoning", "n_steps"),
    [("", 0), ("---", 0), ("a = 1\n\nb = 2\n---", 2), ("It costs $1.50. So 2 cost $3.", 2), ("one step", 1)],
)
def test_steps_are_lines_or_the_sentences_of_a_single_line(reasoning, n_steps):
    assert count_steps(reasoning) == n_steps


def test_loop_is_found_where_it_starts_even_when_cut_inside_a_round():
    text = "Some start. " + "The tank is empty on day 5. " * 6 + "The tank is"
    start = repeated_tail(text)
    assert start is not None
    assert text[start : start + 28] * 3 in text


def test_three_rounds_are_no_loop():
    assert repeated_tail("x" + "The tank is empty on this day. " * 3) is None


def test_declaring_sections_that_cannot_be_told_apart_is_refused():
    answer = Section(name="answer", open="<a>", close="</a>")
    for sections, problem in (
        ((Section(name="reasoning", open="<a>"), answer), "same text"),
        ((answer, answer), "declared twice"),
        ((Section(name="reasoning", open="<r>", close="</r>"),), "needs an answer"),
        ((Section(name="reasoning", open="R:"), Section(name="answer")), "must follow one that is closed"),
    ):
        with pytest.raises(UserError, match=problem):
            ResponseFormat(name="own", sections=sections)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rules": ["presence"]}, "unknown structure rule 'presence'; did you mean 'present'"),
        ({"response_format": "reasoning-answer-tag"}, "did you mean 'reasoning-answer-tags'"),
        ({"min_steps": 3, "max_steps": 2}, "min_steps=3 is above max_steps=2"),
        ({"max_chars": -1}, "max_chars=-1 is below 0"),
    ],
)
def test_options_that_nothing_can_meet_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        structure(**options)
