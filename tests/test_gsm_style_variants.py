"""Each variant changes one thing: what it must change differs, what it must keep stays."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest

from harness.core.records import Completion, Doc
from harness.core.registry import load_task
from tasks.gsm_style import all_templates, generate, variants_of, vocab
from tasks.gsm_style.generator import make
from tasks.gsm_style.registry import Template
from tasks.gsm_style.variants import BALANCED, SingleVariant
from tasks.scoring.steps import check_solution

SYMBOLS = "$€₹£¥"
NAMES = {person.name for person in vocab.PEOPLE}
PER_TEMPLATE = 3


def pairs(variant: SingleVariant, *, people: bool = False, money: bool = False) -> list[tuple[Doc, Doc]]:
    """Originals with their variant, from every template that has what the variant changes."""
    fitting = [t for t in all_templates() if (t.people or not people) and (t.money or not money)]
    return [
        (_one(template, index, "none"), _one(template, index, variant))
        for template in fitting
        for index in range(PER_TEMPLATE)
    ]


def _one(template: Template, index: int, variant: SingleVariant) -> Doc:
    return make(template, index, 0, "test" if template.split == "train" else template.split, variant)[0]


def numbers(text: object) -> list[str]:
    return re.findall(r"\d[\d,.]*\d|\d", str(text))


def names(doc: Doc) -> set[str]:
    return NAMES & set(re.findall(r"[A-Z][a-z]+", str(doc.question)))


def sentences(doc: Doc) -> list[str]:
    return re.split(rf"(?<=[.?]) (?=[A-Z\d{SYMBOLS}])", str(doc.question))


def test_other_names_keep_numbers_answer_and_solution() -> None:
    for original, renamed in pairs("names", people=True):
        assert not names(original) & names(renamed), renamed.question
        assert renamed.question != original.question
        assert numbers(renamed.question) == numbers(original.question)
        assert numbers(renamed.gold_reasoning) == numbers(original.gold_reasoning)
        assert renamed.target == original.target


def test_other_numbers_keep_names_and_change_the_answer() -> None:
    for original, renumbered in pairs("numbers"):
        assert numbers(renumbered.question) != numbers(original.question)
        assert renumbered.target != original.target
        assert names(renumbered) == names(original), renumbered.question


def test_distractor_adds_one_sentence_with_a_number_and_changes_nothing_else() -> None:
    for original, distracted in pairs("distractor"):
        added = Counter(sentences(distracted)) - Counter(sentences(original))
        assert not Counter(sentences(original)) - Counter(sentences(distracted))
        assert len(added) == 1
        assert numbers(next(iter(added)))
        assert sentences(distracted)[-1] == sentences(original)[-1]
        assert (distracted.target, distracted.gold_reasoning) == (original.target, original.gold_reasoning)


def test_distractor_uses_the_currency_of_the_story() -> None:
    for original, distracted in pairs("distractor", money=True):
        assert set(str(original.question)) & set(SYMBOLS) == set(str(distracted.question)) & set(SYMBOLS)


def test_reordering_keeps_every_sentence_and_the_answer() -> None:
    for original, reordered in pairs("reorder"):
        assert sorted(sentences(reordered)) == sorted(sentences(original))
        assert reordered.question != original.question
        assert (reordered.target, reordered.gold_reasoning) == (original.target, original.gold_reasoning)


def test_reordering_happens_among_facts_or_asks_first() -> None:
    kinds = {str(reordered.question).endswith("?") for _, reordered in pairs("reorder")}
    assert kinds == {True, False}


def test_other_currency_keeps_figures_and_answer() -> None:
    for original, swapped in pairs("currency", money=True):
        before, after = ({c for c in str(doc.question) if c in SYMBOLS} for doc in (original, swapped))
        assert len(before) == len(after) == 1
        assert before != after
        assert re.sub(f"[{SYMBOLS}]", "", str(swapped.question)) == re.sub(f"[{SYMBOLS}]", "", str(original.question))
        assert swapped.target == original.target
        assert after.pop() in swapped.gold_reasoning


def test_yen_have_no_decimals() -> None:
    swapped = [str(doc.question) + doc.gold_reasoning for _, doc in pairs("currency", money=True)]
    assert any("¥" in text for text in swapped)
    assert not [text for text in swapped if re.search(r"¥[\d,]+\.\d", text)]


def test_longer_chain_goes_two_steps_beyond_the_old_answer() -> None:
    for original, longer in pairs("longer"):
        assert longer.gold_reasoning.startswith(original.gold_reasoning + "\n")
        assert longer.metadata["n_steps"] == original.metadata["n_steps"] + 2
        assert sentences(longer)[: len(sentences(original)) - 1] == sentences(original)[:-1]
        shown = [number.replace(",", "") for number in numbers(longer.gold_reasoning.splitlines()[-2])]
        assert original.target in shown, longer.gold_reasoning
        assert longer.gold_reasoning.splitlines()[-1].replace(",", "").endswith(f"{longer.target}.")


def test_gold_of_longer_chains_passes_the_step_checker() -> None:
    for _, longer in pairs("longer"):
        check = check_solution(longer.gold_reasoning.splitlines(), str(longer.question))
        assert {step.verdict for step in check.steps} == {"valid"}, longer.gold_reasoning


def test_all_has_every_seed_question_in_every_variant() -> None:
    docs = generate(140, 0, "test", variant="all")
    assert len(docs) == 140
    by_seed = defaultdict(list)
    for doc in docs:
        by_seed[doc.metadata["seed_id"]].append(doc.metadata["variant"])
        assert doc.cluster == doc.metadata["template"]
    assert len(by_seed) == 20
    assert set(map(tuple, by_seed.values())) == {BALANCED}
    assert len({doc.id for doc in docs}) == 140


def test_cluster_of_plain_docs_is_the_template() -> None:
    assert all(doc.cluster == doc.metadata["template"] for doc in generate(50, 0, "test"))


def test_less_than_a_group_still_gives_one_group() -> None:
    assert len(generate(3, 0, "test", variant="all")) == len(BALANCED)


def test_docs_carry_what_a_robustness_report_needs() -> None:
    wanted = {"variant", "seed_id", "template", "theme", "n_steps", "answer_type", "held_out"}
    assert all(set(doc.metadata) == wanted for doc in generate(70, 0, "test", variant="all"))


# Questions made elsewhere


def test_distractor_in_front_of_a_foreign_question() -> None:
    doc = Doc(id="q1", question="Janet's ducks lay 16 eggs per day. How many is that in a week?", target="112")
    original, distracted = variants_of(doc)
    assert original.question == doc.question
    assert str(distracted.question).endswith(f". {doc.question}")
    assert (distracted.target, distracted.cluster, distracted.id) == ("112", "q1", "q1+distractor")


def test_foreign_question_that_refers_back_gets_no_variant() -> None:
    assert variants_of(Doc(id="q1", question="He has 3 apples and eats 1. How many are left?", target="2")) == ()


def test_foreign_distractor_shares_no_topic_with_the_question() -> None:
    question = "A lighthouse has 40 steps and a castle has 9 towers. How many steps and towers are there?"
    for seed in range(40):
        _, distracted = variants_of(Doc(id="q1", question=question, target="49"), seed)
        added = str(distracted.question).removesuffix(question)
        assert not re.search("lighthouse|steps|castle|towers", added)


# The task


@pytest.mark.parametrize("variant", ["none", *BALANCED[1:], "all"])
def test_task_scores_gold_correct_and_the_empty_reply_as_no_answer(variant: str) -> None:
    task = load_task("gsm_style", {"n": "14", "variant": variant})
    scorer = next(scorer for scorer in task.scorers if scorer.name == "final_answer")
    assert task.name == "gsm_style"
    assert len(task.docs) == 14
    for doc in task.docs:
        reply = task.prompt.response_format.render(str(doc.question), doc.gold_reasoning, doc.target)
        assert scorer.score(doc, Completion(doc_id=doc.id, text=reply)).outcome == "correct", reply
        assert scorer.score(doc, Completion(doc_id=doc.id, text="")).outcome == "no_answer"


def test_task_names_its_data() -> None:
    train, test = (load_task("gsm_style", {"n": "20", "split": split}) for split in ("train", "test"))
    assert train.data is not None
    assert test.data is not None
    assert (test.data.source, test.data.n_docs) == ("bundled:gsm_style:test", 20)
    assert train.data.docs_hash != test.data.docs_hash
