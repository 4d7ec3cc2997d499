"""Every training reply keeps the declared format, and its reasoning is checked before a model learns it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.errors import UserError
from harness.core.records import Completion, Doc
from harness.core.registry import load_scorer
from harness.core.reply.format import ResponseFormat
from harness.core.reply.parse import parse_sections
from harness.core.reply.presets import (
    BARE,
    HASHES,
    PRESETS,
    QUESTION_REASONING_ANSWER,
    REASONING_ANSWER_TAGS,
    THINK_BOXED,
)
from harness.core.task import PromptTemplate
from sft.data.enforce import enforce, shares, verdict
from sft.data.normalise.rows import normalise
from sft.data.reaches import reaches
from sft.data.samples import Sample

GOOD = Sample(
    id="good",
    question="Weng has 3 clips and buys 4 more, then gives 2 away. How many has she?",
    steps=("She has 3 + 4 = 7 clips.", "Then 7 - 2 = 5 are left."),
    answer="5",
    source="x",
    metadata={"row": 4},
)
FALSE_STEP = replace(GOOD, id="false", steps=("She has 3 + 4 = 8 clips.", "Then 8 - 3 = 5 are left."))
NOT_REACHED = replace(GOOD, id="lost", answer="6")
NO_SUMS = replace(GOOD, id="prose", steps=("She buys some and gives some away.", "The rest is left."))


@pytest.mark.parametrize("form", PRESETS.values(), ids=PRESETS)
def test_every_preset_renders_a_compliant_reply_whose_sections_are_found(form: ResponseFormat) -> None:
    (one,), rejects = enforce([GOOD], form)
    assert rejects == ()
    score = load_scorer("structure", response_format=form).score(
        Doc(id="d", question=GOOD.question, target="5"), Completion(doc_id="d", text=one.reply)
    )
    assert score.outcome == "correct"
    assert set(one.sections) == {section.name for section in form.sections}
    start, end = one.sections["answer"]
    assert "5" in one.reply[start:end]
    assert one.flags == ("verified",)


def test_the_prompt_is_the_evaluations_own() -> None:
    template = PromptTemplate(response_format=REASONING_ANSWER_TAGS, prefill="<reasoning>\n", system="Think.")
    (one,), _ = enforce([GOOD], REASONING_ANSWER_TAGS, template=template)
    assert one.prompt == template.render(Doc(id="any", question=GOOD.question, target="0"))
    assert one.reply.startswith("<reasoning>\nShe has")


def test_a_prefill_that_the_format_does_not_begin_with_is_named() -> None:
    template = PromptTemplate(response_format=REASONING_ANSWER_TAGS, prefill="<think>\n")
    _, (reject,) = enforce([GOOD], REASONING_ANSWER_TAGS, template=template)
    assert reject.reason == "structure:prefill"


@pytest.mark.parametrize(
    ("sample", "reason"), [(FALSE_STEP, "false_step"), (NOT_REACHED, "answer_not_reached")], ids=["false", "lost"]
)
def test_unsound_reasoning_is_rejected_flagged_or_left_by_policy(sample: Sample, reason: str) -> None:
    kept, (reject,) = enforce([sample], HASHES, verify="reject")
    assert kept == ()
    assert (reject.reason, reject.row, reject.stage) == (reason, 4, "structure")
    assert reject.raw["answer"] == sample.answer
    (flagged,), none = enforce([sample], HASHES, verify="flag")
    assert (flagged.flags, none) == ((reason,), ())
    (unchecked,), none = enforce([sample], HASHES, verify="off")
    assert (unchecked.flags, none) == ((), ())


def test_reasoning_without_sums_is_undecided_and_stays() -> None:
    (one,), rejects = enforce([NO_SUMS], HASHES)
    assert one.flags == ("undecided",)
    assert rejects == ()


def test_shares_count_every_sample_once() -> None:
    samples = [GOOD, FALSE_STEP, NOT_REACHED, NO_SUMS]
    assert shares(*enforce(samples, HASHES)) == {
        "entered": 4,
        "verified": 1,
        "undecided": 1,
        "flagged": 0,
        "rejected": 2,
    }
    assert shares(*enforce(samples, HASHES, verify="flag"))["flagged"] == 2


def test_answer_only_leaves_the_reasoning_out_and_keeps_prompt_and_questions() -> None:
    samples = [GOOD, FALSE_STEP, NO_SUMS]
    with_reasoning, _ = enforce(samples, REASONING_ANSWER_TAGS)
    answer_only, _ = enforce(samples, REASONING_ANSWER_TAGS, order="answer-only")
    assert [a.sample for a in answer_only] == [r.sample for r in with_reasoning]
    assert [a.prompt for a in answer_only] == [r.prompt for r in with_reasoning]
    assert answer_only[0].reply == "<answer>\n5\n</answer>"
    assert set(answer_only[0].sections) == {"answer"}


def test_answer_then_reasoning_holds_the_same_sections_in_the_other_order() -> None:
    (one,), _ = enforce([GOOD], QUESTION_REASONING_ANSWER, order="answer-reasoning")
    starts = {name: start for name, (start, _) in one.sections.items()}
    assert starts["question"] < starts["answer"] < starts["reasoning"]


@pytest.mark.parametrize(("form", "order"), [(HASHES, "answer-reasoning"), (BARE, "answer-reasoning")])
def test_an_order_that_the_format_cannot_express_is_an_error(form: ResponseFormat, order: str) -> None:
    with pytest.raises(UserError):
        enforce([GOOD], form, order=order)


def test_another_order_after_a_prefill_is_an_error() -> None:
    template = PromptTemplate(response_format=REASONING_ANSWER_TAGS, prefill="<reasoning>\n")
    with pytest.raises(UserError, match="prefill"):
        enforce([GOOD], REASONING_ANSWER_TAGS, order="answer-only", template=template)


@pytest.mark.parametrize("option", [{"verify": "maybe"}, {"order": "answers-only"}])
def test_a_misspelt_policy_is_an_error(option: dict[str, str]) -> None:
    with pytest.raises(UserError, match="unknown"):
        enforce([GOOD], HASHES, **option)


@pytest.mark.parametrize(
    ("form", "steps", "reason"),
    [
        (QUESTION_REASONING_ANSWER, ("7 - 2 = 5.", "Answer: 5"), "structure:once"),
        (REASONING_ANSWER_TAGS, ("I write <answer>5</answer> here.",), "structure:once"),
        (REASONING_ANSWER_TAGS, (GOOD.question,), "structure:not_copied"),
        (REASONING_ANSWER_TAGS, ("She has 5 left, I am sure of it. " * 12,), "structure:no_loop"),
        (REASONING_ANSWER_TAGS, ("У неё осталось пять скрепок: 7 - 2 = 5.",), "structure:one_script"),
        (THINK_BOXED, (), "no_reasoning"),
    ],
)
def test_a_reply_that_breaks_the_form_is_rejected_by_rule(form: ResponseFormat, steps: tuple, reason: str) -> None:
    _, (reject,) = enforce([replace(GOOD, steps=steps)], form)
    assert reject.reason == reason
    assert reject.detail


def test_reasoning_that_breaks_the_form_is_missing_from_every_arm() -> None:
    looping = replace(GOOD, steps=("She has 5 left, I am sure of it. " * 12,))
    _, (reject,) = enforce([looping], REASONING_ANSWER_TAGS, order="answer-only")
    assert reject.reason == "structure:no_loop"
    (kept,), _ = enforce([replace(GOOD, steps=())], REASONING_ANSWER_TAGS, order="answer-only")
    assert kept.reply == "<answer>\n5\n</answer>"


def test_answers_without_reasoning_train_an_answer_format() -> None:
    (one,), _ = enforce([replace(GOOD, steps=())], BARE)
    assert (one.reply, one.flags) == ("5", ("undecided",))


@pytest.mark.parametrize(
    ("steps", "answer", "values", "reached"),
    [
        (("so 17 000/5 = 3 400.",), "3400", ["400"], True),
        (("it costs 50 - 25 = $0.25 more",), "25", ["1/4"], True),
        (("it costs $1,200",), "1200", [], True),
        (("100 / 3 = 33.33",), "33.3", ["3333/100"], True),
        (("4500/500 = 9 reams",), "3", ["9"], False),
        (("so x = 1/2",), "1/2", ["1/2"], True),
        (("Paris is the capital.",), "Paris", [], None),
        (("The cat sat.",), "7", [], None),
        (("2 + 2 = 4", "So both have it."), "4", ["4"], True),
    ],
)
def test_an_answer_is_reached_where_the_last_step_arrives_at_it(steps, answer, values, reached) -> None:
    assert reaches(steps, answer, values) is reached


@given(st.integers(0, 999), st.integers(0, 999), st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_a_sum_is_verified_and_the_same_sum_off_by_some_is_not(a: int, b: int, error: int) -> None:
    right = replace(GOOD, steps=(f"Together they have {a} + {b} = {a + b}.",), answer=str(a + b))
    assert verdict(right)[0] == "verified"
    wrong = replace(right, steps=(f"Together they have {a} + {b} = {a + b + error}.",), answer=str(a + b + error))
    assert verdict(wrong)[0] == "false_step"


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4), st.text(min_size=1, max_size=20))
@settings(max_examples=80, deadline=None)
def test_sections_of_what_is_kept_hold_what_went_in(lines: list[str], answer: str) -> None:
    done = normalise([{"question": GOOD.question, "steps": lines, "answer": answer}], "x")
    kept, rejects = enforce(done.samples, REASONING_ANSWER_TAGS, verify="off")
    assert len(kept) + len(rejects) == len(done.samples)
    for one in kept:
        found = {
            s.name: one.reply[s.body_start : s.body_end].strip()
            for s in parse_sections(REASONING_ANSWER_TAGS, one.reply)
        }
        assert found == {"reasoning": one.sample.reasoning, "answer": one.sample.answer}


def test_gsm8ks_own_training_data_is_almost_all_verified(shared_data) -> None:
    from sft.data.sources import load_raw

    rows = load_raw(str(shared_data("gsm8k/train.jsonl")))[:400]
    done = normalise(rows, "gsm8k")
    kept, rejects = enforce(done.samples, REASONING_ANSWER_TAGS)
    assert len(done.samples) == 400
    assert shares(kept, rejects)["verified"] >= 390
    assert {r.row for r in rejects} >= {
        168,
        198,
        224,
        356,
    }  # false sums and an answer of another question, read by hand
