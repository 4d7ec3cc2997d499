"""The generator's promises: exact gold, natural numbers and English, the same docs everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from pathlib import Path

import pytest

from harness.core.errors import UserError
from harness.core.records import Doc
from harness.data.identity import docs_hash
from tasks.gsm_style import VERSION, all_templates, generate, stream, vocab
from tasks.gsm_style.generator import make
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import Template
from tasks.scoring.steps import check_solution

REPO = Path(__file__).resolve().parent.parent
SYMBOLS = "$€₹£¥"
EQUATION = re.compile(rf"[-+*/().,\d{SYMBOLS}% ]*\d%?\)? = [{SYMBOLS}]?\d[\d.,]*(?<=\d)%?")
SPLITS = ("train", "dev", "test")
PER_TEMPLATE = 10
"""Docs of each template in each of its splits that the exhaustive tests look at."""


def exact(expression: str) -> Fraction:
    """An independent reading of one side of a gold equation: recursive descent over exact rationals."""
    tokens = re.findall(r"\d[\d,]*(?:\.\d+)?|[-+*/()]", re.sub(rf"[{SYMBOLS}% ]", "", expression))

    def factor() -> Fraction:
        token = tokens.pop(0)
        if token == "(":
            value = total()
            assert tokens.pop(0) == ")"
            return value
        return Fraction(token.replace(",", ""))

    def product() -> Fraction:
        value = factor()
        while tokens and tokens[0] in "*/":
            value = value * factor() if tokens.pop(0) == "*" else value / factor()
        return value

    def total() -> Fraction:
        value = product()
        while tokens and tokens[0] in "+-":
            value = value + product() if tokens.pop(0) == "+" else value - product()
        return value

    value = total()
    assert not tokens, expression
    return value


def equation_of(line: str) -> tuple[str, str]:
    """The two sides of the only equation in a gold line."""
    found = EQUATION.findall(line)
    assert len(found) == 1, line
    left, right = found[0].split(" = ")
    return left.strip(" ,.:"), right


def docs_of(template: Template) -> Iterator[Doc]:
    for split in SPLITS if template.split == "train" else (template.split,):
        for index in range(PER_TEMPLATE):
            yield from make(template, index, 0, split)


@lru_cache(maxsize=1)
def everything() -> tuple[Doc, ...]:
    return tuple(doc for template in all_templates() for doc in docs_of(template))


def test_there_are_at_least_sixty_templates_in_every_length_from_two_to_eight_steps() -> None:
    assert len(all_templates()) >= 60
    assert {doc.metadata["n_steps"] for doc in everything()} == set(range(2, 9))


def test_every_gold_line_is_one_true_equation() -> None:
    for doc in everything():
        for line in doc.gold_reasoning.splitlines():
            left, right = equation_of(line)
            assert exact(left) == exact(right), f"{doc.id}: {line}"


def test_an_untrue_equation_would_be_noticed() -> None:
    left, right = equation_of("There are 16 - 3 - 4 = 8 eggs left.")
    assert exact(left) != exact(right)


def test_last_equation_gives_the_target() -> None:
    for doc in everything():
        assert exact(equation_of(doc.gold_reasoning.splitlines()[-1])[1]) == Fraction(doc.target), doc.id


def test_step_checker_finds_every_gold_step_valid() -> None:
    for doc in everything()[::4]:
        check = check_solution(doc.gold_reasoning.splitlines(), str(doc.question))
        assert {step.verdict for step in check.steps} == {"valid"}, f"{doc.id}: {check}"


def test_results_are_positive_and_counts_are_whole() -> None:
    for doc in everything():
        for line in doc.gold_reasoning.splitlines():
            right = equation_of(line)[1]
            assert exact(right) > 0, line
            if "." in right and right[0] not in SYMBOLS:
                assert doc.metadata["template"] == "fuel_for_a_tour", line


def test_money_has_no_decimals_or_two() -> None:
    for doc in everything():
        for amount in re.findall(rf"[{SYMBOLS}]([\d,]*\d(?:\.\d+)?)", f"{doc.question} {doc.gold_reasoning}"):
            assert re.fullmatch(r"\d{1,3}(,\d{3})*(\.\d\d)?", amount), f"{doc.id}: {amount}"


def test_rupees_are_whole() -> None:
    texts = [f"{doc.question} {doc.gold_reasoning}" for doc in everything()]
    assert not [text for text in texts if re.search(r"₹[\d,]+\.\d", text)]


def test_dollars_euros_and_rupees_all_occur_and_never_in_one_question() -> None:
    found = {frozenset(c for c in str(doc.question) if c in SYMBOLS) for doc in everything()}
    assert found == {frozenset(), frozenset("$"), frozenset("€"), frozenset("₹")}


def test_target_is_a_bare_number() -> None:
    for doc in everything():
        pattern = r"\d+(\.\d\d)?" if doc.metadata["answer_type"] == "money" else r"\d+"
        assert re.fullmatch(pattern, doc.target), doc.id


def test_template_says_how_many_steps_and_whether_money_and_people_occur() -> None:
    by_name = {template.name: template for template in all_templates()}
    seen: dict[str, set[int]] = {}
    for doc in everything():
        template = by_name[doc.metadata["template"]]
        seen.setdefault(template.name, set()).add(len(doc.gold_reasoning.splitlines()))
        assert doc.metadata["n_steps"] == len(doc.gold_reasoning.splitlines())
        assert template.money == any(c in SYMBOLS for c in str(doc.question)), doc.id
        names = {person.name for person in vocab.PEOPLE}
        assert template.people == bool(names & set(re.findall(r"[A-Z][a-z]+", str(doc.question)))), doc.id
    assert seen.keys() == by_name.keys()
    for name, lengths in seen.items():
        assert (min(lengths), max(lengths)) == by_name[name].n_steps, name


# English


def all_nouns() -> list[vocab.Noun]:
    pools = [value for value in vars(vocab).values() if isinstance(value, tuple)]
    return [noun for pool in pools for noun in pool if isinstance(noun, vocab.Noun) and noun.one != noun.s]


def test_numbers_and_nouns_agree() -> None:
    singular = "|".join(re.escape(noun.one) for noun in all_nouns())
    plural = "|".join(re.escape(noun.s) for noun in all_nouns())
    extra = "hours|minutes|days|weeks|meters|liters|kilometers|people|children|friends|tablets|boxes|pages|points"
    one_many = re.compile(rf"(?<![\w.,/])(?:1|[Oo]ne|[Aa]n?) (?:{plural}|{extra})\b")
    many_one = re.compile(rf"(?:\b[2-9]|\d\d|two|three|four|five|six|seven|eight|nine|ten) (?:{singular})\b(?! \w*s\b)")
    any_plural = re.compile(rf"(?<![\w.,/{SYMBOLS}])1 (?!(?:{singular})\b)(?:\w+ )?\w+[^s\W]s\b")
    for doc in everything():
        for text in (str(doc.question), doc.gold_reasoning):
            assert not any_plural.search(text), f"{doc.id}: {text}"
            assert not one_many.search(text), f"{doc.id}: {text}"
            assert not many_one.search(text), f"{doc.id}: {text}"


def test_articles_fit_the_next_sound() -> None:
    wrong = re.compile(r"(?<!art )\b[Aa] (?:[aeio]\w|8|11\b|18\b)|\b[Aa]n (?![aeio8]|hour|11\b|18\b)")
    allowed = re.compile(r"\b[Aa] (?:one\b|11,|18,)")
    for doc in everything():
        hits = [m.group() for m in wrong.finditer(f"{doc.question} {doc.gold_reasoning}")]
        assert all(allowed.match(hit) for hit in hits), f"{doc.id}: {hits}"


def test_sentences_are_well_formed() -> None:
    for doc in everything():
        question = str(doc.question)
        assert question.count("?") == 1, doc.id
        assert question.endswith("?"), doc.id
        for text in (question, *doc.gold_reasoning.splitlines()):
            assert re.match(rf"[A-Z\d{SYMBOLS}]", text), text
            assert not re.search(r"  |[{}@_]| [.,?]|\.\.|,,|;$", text), text
        assert all(line.endswith(".") for line in doc.gold_reasoning.splitlines()), doc.id


def test_nobody_is_confused_with_somebody_else() -> None:
    """The question sentence uses names: asked first, a pronoun in it would have nobody to stand for."""
    for doc in everything():
        last = re.split(r"(?<=\.) (?=[A-Z])", str(doc.question))[-1]
        assert not re.search(r"\b(?:he|she|they|him|her|his|them|their)\b", last), f"{doc.id}: {last}"


def test_a_template_has_several_wordings() -> None:
    for template in all_templates():
        shapes = {
            re.sub(r"[\d.,]+|\b[A-Z]\w+", "", str(make(template, index, 3, template.split)[0].question))
            for index in range(24)
        }
        assert len(shapes) >= 4, template.name


# Identity


def test_ids_are_unique_across_templates_and_splits() -> None:
    assert len({doc.id for doc in everything()}) == len(everything())


def test_questions_are_unique() -> None:
    docs = generate(2000, 0, "train")
    assert len({doc.question for doc in docs}) == 2000


def test_same_doc_whatever_was_generated_before() -> None:
    template = all_templates()[3]
    alone = make(template, 7, 5, "train")
    list(islice(stream(5, "train"), 100))
    assert make(template, 7, 5, "train") == alone


def test_few_docs_are_the_first_of_many() -> None:
    assert generate(30, 1, "dev") == generate(90, 1, "dev")[:30]


def test_another_seed_gives_other_questions() -> None:
    assert not {doc.question for doc in generate(200, 1)} & {doc.question for doc in generate(200, 2)}


def test_docs_do_not_depend_on_the_hash_seed() -> None:
    code = "from harness.data.identity import docs_hash; from tasks.gsm_style import generate; "
    code += "print(docs_hash(generate(80, 3, 'test', variant='all')))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            cwd=REPO,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {docs_hash(generate(80, 3, "test", variant="all")) + "\n"}


def test_zero_questions_is_a_user_error() -> None:
    with pytest.raises(UserError, match="cannot generate 0"):
        generate(0)


def test_unknown_theme_gets_the_nearest_name() -> None:
    with pytest.raises(UserError, match="did you mean 'percent'"):
        generate(5, only=("percents",))


def test_amounts_and_plain_numbers_cannot_be_added() -> None:
    with pytest.raises(TypeError):
        Num(3, "$") + Num(4)


def test_brackets_appear_exactly_where_precedence_needs_them() -> None:
    a, b, c = Num(12), Num(3), Num(2)
    assert (a - (b - c)).text == "12 - (3 - 2)"
    assert (a / (b * c)).text == "12 / (3 * 2)"
    assert (a * b + c).text == "12 * 3 + 2"
    assert ((a + b) * c).text == "(12 + 3) * 2"


def test_docs_of_this_version_are_pinned() -> None:
    """If this fails, the docs of a released version have changed: raise VERSION and pin the new hash."""
    assert (VERSION, docs_hash(generate(300, 0, "test"))) == ("1", "fafabb1416bab2e1d9ff74af79ec5349")
