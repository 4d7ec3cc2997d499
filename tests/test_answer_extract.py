"""Where the final answer is found in a reply, under each policy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.errors import UserError
from harness.core.reply.presets import PRESETS, REASONING_ANSWER_TAGS
from tasks.scoring.answer.extract import MAX_CHARS, POLICIES, find_answer

REASONING = "She has 3 boxes of 17 pens, so 3 * 17 = 51. Then she gives 9 away on day 2."


def answer(reply: str, policy: str = "auto", **options: object) -> str | None:
    found = find_answer(reply, policy=policy, **options)  # type: ignore[arg-type]
    return None if found is None else found.text


@pytest.mark.parametrize("name", sorted(PRESETS))
@pytest.mark.parametrize("gold", ["42", "-7", "1,234.50", "3/4"])
def test_the_declared_format_is_read_as_it_is_rendered(name: str, gold: str) -> None:
    declared = PRESETS[name]
    reasoning = "" if name == "bare" else REASONING
    reply = declared.render("How many?", reasoning, gold)
    assert answer(reply, response_format=declared) == gold
    assert answer(reply, "format", response_format=declared) == gold


@pytest.mark.parametrize(
    ("policy", "reply", "expected"),
    [
        ("last-number", "1 then 2, then 3.", "3"),
        ("first-number", "1 then 2, then 3.", "1"),
        ("boxed", "\\boxed{1} no, \\boxed{x = 2} 3", "2"),
        ("hashes", "#### Step 1\n5\n#### 7\n8", "7"),
        ("answer-is", "The answer is 5. Then 9.", "5"),
        ("answer-is", "**Final Answer:** $12 per day\n8", "$12 per day"),
        ("answer-is", "**Answer:**\n\n12\n", "12"),
        ("tags", "<answer>5</answer> 6", "5"),
        ("last-line", "5\n6 apples", "6 apples"),
        ("auto", "7 \\boxed{5} and #### 6", "6"),
        ("auto", "<answer>4</answer> \\boxed{5}", "4"),
    ],
)
def test_a_policy_reads_its_own_rule(policy: str, reply: str, expected: str) -> None:
    assert answer(reply, policy) == expected


@pytest.mark.parametrize("policy", ["boxed", "hashes", "answer-is", "tags", "format"])
def test_a_strict_policy_finds_nothing_without_its_marker(policy: str) -> None:
    assert answer(REASONING, policy, response_format=REASONING_ANSWER_TAGS) is None


def test_first_or_last_of_several_matches_is_a_choice() -> None:
    reply = "<answer>1</answer> wait <answer>2</answer>"
    assert answer(reply, choice="last") == "2"
    assert answer(reply, choice="first") == "1"


@pytest.mark.parametrize("closing", ["</answer>", "</answer]", "</answer", "< / answer>", ""])
def test_a_broken_closing_tag_still_ends_the_answer(closing: str) -> None:
    assert answer(f"<answer>\n42\n{closing}") == "42"
    assert answer(f"<answer>\n42\n{closing}", response_format=REASONING_ANSWER_TAGS) == "42"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("This year, there are 60 students enrolled in the 3 schools.", "60"),
        ("Jerry will be 13 years old in 3 years.", "13"),
        ("After 2 hours, the distance between the cars will be 20 miles.", "20"),
        ("After 2 hours, the total is 8 + 5 = 13 stickers.", "13"),
        ("She had 15 and lost 7.\nTherefore, she has 8 left.", "8"),
        ("It takes **12** eggs (2 per cake).", "12"),
        ("There are twelve dozen eggs.", "twelve dozen"),
        ("The total is \\boxed{60} of 70.", "60"),
        ("Rs. 50", "Rs. 50"),
        ("She pays Rs. 50 in total.", "Rs. 50"),
    ],
)
def test_the_number_that_a_sentence_states_is_taken(body: str, expected: str) -> None:
    assert answer(f"{REASONING}\n<answer>\n{body}\n</answer>") == expected


def test_a_section_without_a_number_is_no_answer_rather_than_a_number_from_elsewhere() -> None:
    assert answer(f"{REASONING}\n<answer>\nNot enough is known.\n</answer>") is None


def test_a_truncated_reply_counts_only_with_a_marked_answer() -> None:
    assert answer(REASONING, complete=False) is None
    assert answer(f"{REASONING}\n#### 42", complete=False) == "42"
    assert answer(REASONING) == "9"


def test_an_unclosed_box_holds_no_answer() -> None:
    assert answer("\\boxed{4", "boxed") is None


def test_an_unknown_policy_names_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'last-number'"):
        find_answer("5", policy="last_number")


@given(
    st.lists(
        st.sampled_from(["<answer>", "</answer>", "\\boxed{", "}", "#### ", "The answer is ", "5", " (", ")", "\n"])
    )
)
def test_any_jumble_of_markers_is_read_without_failing_and_the_span_is_the_text(parts: list[str]) -> None:
    reply = "".join(parts)
    for policy in POLICIES:
        for choice in ("first", "last"):
            found = find_answer(reply, policy=policy, choice=choice, response_format=REASONING_ANSWER_TAGS)
            assert found is None or reply[found.start : found.end] == found.text


def test_spans_of_a_long_reply_are_those_of_the_whole_reply() -> None:
    reply = "x " * MAX_CHARS + "The answer is 42."
    found = find_answer(reply)
    assert found is not None
    assert reply[found.start : found.end] == "42"
