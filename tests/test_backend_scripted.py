"""Scripted solvers behave at the rate that they say."""

from __future__ import annotations

from random import Random
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.backends.open import open_backend
from harness.backends.scripted.backend import ScriptedBackend
from harness.backends.scripted.slips import evaluate, find_steps, slip
from harness.core.backend import Backend
from harness.core.errors import UserError
from harness.core.records import Completion, Doc, GenerationSettings, Request
from harness.core.reply.parse import parse_sections
from harness.core.reply.presets import PRESETS, REASONING_ANSWER_TAGS
from harness.core.task import PromptTemplate, Task

SETTINGS = GenerationSettings()
REASONING = "16 - 3 - 4 = 9 eggs are left.\nShe makes 9 * $2 = $18 a day."
DOCS = tuple(Doc(id=f"d-{i}", question="How much?", target="18", gold_reasoning=REASONING) for i in range(400))


def make_task(docs: tuple[Doc, ...] = DOCS, prefill: str = "", format_name: str = "reasoning-answer-tags") -> Task:
    prompt = PromptTemplate(response_format=PRESETS[format_name], prefill=prefill)
    return Task(docs=docs, scorers=(), prompt=prompt)


def requests(task: Task, repeats: int = 1) -> list[Request]:
    return [
        Request(doc_id=d.id, repeat=r, prompt=task.prompt.render(d), seed=0, max_new_tokens=9)
        for d in task.docs
        for r in range(repeats)
    ]


def run(spec: str, task: Task) -> list[Completion]:
    return list(open_backend(spec, task).generate(requests(task), SETTINGS))


def answer_of(completion: Completion) -> str:
    found = {s.name: completion.reply[s.body_start : s.body_end].strip() for s in _sections(completion.reply)}
    return found["answer"]


def _sections(reply: str) -> tuple:  # type: ignore[type-arg]
    return parse_sections(REASONING_ANSWER_TAGS, reply)


def test_careful_writes_the_gold_in_the_format() -> None:
    completion = run("scripted:careful", make_task())[0]
    assert completion.text == f"<reasoning>\n{REASONING}\n</reasoning>\n<answer>\n18\n</answer>"


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_careful_keeps_every_format(name: str) -> None:
    (completion,) = run("scripted:careful", make_task(DOCS[:1], format_name=name))
    assert [s.name for s in parse_sections(PRESETS[name], completion.reply)] == [s.name for s in PRESETS[name].sections]


@pytest.mark.parametrize("prefill", ["<reasoning>\n", "<reasoning>", "<reasoning> "])
def test_prefill_is_not_written_again(prefill: str) -> None:
    completion = run("scripted:careful", make_task(prefill=prefill))[0]
    assert completion.prefill == prefill
    assert completion.reply.count("<reasoning>") == 1


def test_slip_rate_is_recovered() -> None:
    answers = [answer_of(c) for c in run("scripted:slip,rate=0.25,seed=3", make_task())]
    wrong = sum(answer != "18" for answer in answers)
    assert 70 <= wrong <= 130  # 100 expected, standard deviation 8.7


def test_slips_are_the_same_in_any_order_and_for_any_subset() -> None:
    task = make_task()
    backend = open_backend("scripted:slip,rate=0.5", task)
    whole = {c.doc_id: c for c in backend.generate(requests(task), SETTINGS)}
    again = open_backend("scripted:slip,rate=0.5", make_task(DOCS[::-7]))
    assert all(whole[c.doc_id] == c for c in again.generate(requests(make_task(DOCS[::-7])), SETTINGS))


@pytest.mark.parametrize(("rate", "expected"), [("0", False), ("1", True)])
def test_slip_at_the_ends_of_the_rate(rate: str, expected: bool) -> None:
    assert {answer_of(c) != "18" for c in run(f"scripted:slip,rate={rate}", make_task())} == {expected}


def test_is_slip_tells_which_completions_slipped() -> None:
    backend = cast(ScriptedBackend, open_backend("scripted:slip,rate=0.3", make_task()))
    for completion in backend.generate(requests(make_task()), SETTINGS):
        assert (answer_of(completion) != "18") == backend.is_slip(completion.doc_id, 0)


@given(st.integers(0, 10**6))
def test_one_step_is_wrong_and_the_next_follows_from_it(seed: int) -> None:
    text, answer = slip(REASONING, "18", Random(seed))
    broken = len(list(find_steps(REASONING))) - len(list(find_steps(text)))
    assert broken == 1
    assert answer != "18"
    assert text.endswith(f"= ${answer} a day.")


def test_wrong_value_is_carried_through_prose_and_thousands_commas() -> None:
    text, answer = slip("2 * 1,500 = 3,000. Of these 3,000 he sells 3,000 / 2 = 1,500.", "1,500", Random(1))
    wrong = text.split("= ")[1].split(".")[0]
    assert wrong != "3,000"
    assert f"Of these {wrong} he sells {wrong} / 2 = {answer}." in text


@pytest.mark.parametrize("answer", ["42", "-3", "1/2", r"\frac{3}{4}", "Paris", "$5.50", "0"])
def test_an_answer_without_steps_slips_too(answer: str) -> None:
    text, slipped = slip("It is plain to see.", answer, Random(0))
    assert text == "It is plain to see."
    assert slipped != answer


@given(st.text(alphabet="0123456789+-*/=().,$% x\n", max_size=60), st.text(alphabet="0123456789.,-/$", max_size=8))
def test_slipping_never_fails_and_always_changes_the_answer(reasoning: str, answer: str) -> None:
    assert slip(reasoning, answer, Random(0))[1] != answer


@pytest.mark.parametrize(
    ("expression", "value"), [("2 + 3 * 4", 14), ("(2 + 3) × 4", 20), ("10 ÷ 4", 2.5), ("1/0", None), ("2 +", None)]
)
def test_expressions_are_evaluated_exactly(expression: str, value: float | None) -> None:
    assert evaluate(expression) == value


def test_formless_is_right_without_the_format() -> None:
    completion = run("scripted:formless", make_task())[0]
    assert completion.text == f"{REASONING}\nThe answer is 18."


def test_echo_repeats_the_question() -> None:
    assert {c.text for c in run("scripted:echo", make_task())} == {"How much?"}


def test_fingerprint_tells_solvers_options_and_golds_apart() -> None:
    other_gold = (Doc(id="d-0", question="How much?", target="19"),)
    backends = [
        open_backend("scripted:careful", make_task()),
        open_backend("scripted:formless", make_task()),
        open_backend("scripted:slip", make_task()),
        open_backend("scripted:slip,seed=1", make_task()),
        open_backend("scripted:slip,rate=0.1", make_task()),
        open_backend("scripted:careful", make_task(format_name="hashes")),
        open_backend("scripted:careful", make_task(other_gold)),
    ]
    assert len({b.describe().fingerprint for b in backends}) == len(backends)
    same = open_backend("scripted:slip,delay_seconds=0.5", make_task()).describe()
    assert same == backends[2].describe()
    assert all(isinstance(b, Backend) for b in backends)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("scripted:carefull", "unknown scripted solver 'carefull'; did you mean 'careful'?"),
        ("scripted:slip,raet=0.1", "unknown option of scripted:slip: 'raet'; did you mean 'rate'?"),
        ("scripted:careful,rate=0.1", "unknown option of scripted:careful: 'rate'"),
        ("scripted:slip,rate=1.5", "rate='1.5': expected a number from 0 to 1"),
        ("scripted:slip,rate=nan", "expected a number"),
        ("scripted:slip,seed=-1", "expected a whole number"),
    ],
)
def test_mistakes_in_the_model_are_one_clear_line(spec: str, expected: str) -> None:
    with pytest.raises(UserError) as caught:
        open_backend(spec, make_task())
    assert expected in str(caught.value)


def test_a_doc_that_the_task_lacks_is_an_error_completion() -> None:
    backend = open_backend("scripted:careful", make_task(DOCS[:1]))
    (completion,) = backend.generate(requests(make_task(DOCS[5:6])), SETTINGS)
    assert (completion.finish, completion.error) == ("error", "the task has no doc 'd-5'")
