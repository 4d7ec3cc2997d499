"""The generator's promises: exact gold, natural numbers, disjoint splits, the same docs everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import pytest

from harness.core.errors import UserError
from harness.core.records import Doc
from tasks.gsm_style import generate, stream, templates
from tasks.gsm_style.generator import band_of, make
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import Template
from tasks.gsm_style.variants import Seed, _told

REPO = Path(__file__).resolve().parent.parent
EQUATION = re.compile(r"[-+*/().,\d$€₹£¥% ]*\d%?\)? = [$€₹£¥]?[\d.,]*\d%?")
SPLITS = ("train", "dev", "test")
MANY = 25
"""Docs of each template in each split that the exhaustive tests look at."""


def exact(expression: str) -> Fraction:
    """An independent reading of one side of a gold equation: precedence climbing over exact rationals."""
    tokens = re.findall(r"\d[\d,]*(?:\.\d+)?|[-+*/()]", re.sub(r"[$€₹£¥% ]", "", expression))

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
    found = EQUATION.findall(line)
    assert len(found) == 1, line
    left, right = found[0].split(" = ")
    return left.strip(" ,.:"), right


def docs_of(template: Template, count: int = MANY) -> Iterator[Doc]:
    for split in SPLITS if template.split == "train" else (template.split,):
        for index in range(count):
            yield from make(template, index, 0, split)


@pytest.fixture(scope="module")
def everything() -> tuple[Doc, ...]:
    return tuple(doc for template in templates() for doc in docs_of(template))


def test_there_are_at_least_sixty_templates() -> None:
    assert len(templates()) >= 60


def test_every_gold_line_is_one_true_equation(everything: tuple[Doc, ...]) -> None:
    for doc in everything:
        for line in doc.gold_reasoning.splitlines():
            left, right = equation_of(line)
            assert exact(left) == exact(right), f"{doc.id}: {line}"


def test_last_equation_gives_the_target(everything: tuple[Doc, ...]) -> None:
    for doc in everything:
        assert exact(equation_of(doc.gold_reasoning.splitlines()[-1])[1]) == Fraction(doc.target), doc.id


def test_ids_are_unique_across_templates_and_splits(everything: tuple[Doc, ...]) -> None:
    assert len({doc.id for doc in everything}) == len(everything)


def test_same_doc_whatever_was_generated_before() -> None:
    template = templates()[3]
    alone = make(template, 7, 5, "train")
    list(islice(stream(5, "train"), 100))
    assert make(template, 7, 5, "train") == alone


def test_few_docs_are_the_first_of_many() -> None:
    assert generate(30, 1, "dev") == generate(90, 1, "dev")[:30]


def test_docs_do_not_depend_on_the_hash_seed() -> None:
    code = "from tasks.gsm_style import generate; print(hash_of(generate(80, 3, 'test', variant='all')))"
    code = "from harness.data.identity import docs_hash as hash_of; " + code
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            cwd=REPO,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert outputs.pop().strip()


def test_zero_questions_is_a_user_error() -> None:
    with pytest.raises(UserError, match="cannot generate 0"):
        generate(0)


def test_unknown_theme_gets_the_nearest_name() -> None:
    with pytest.raises(UserError, match="did you mean 'percent'"):
        generate(5, only=("percents",))


def test_units_that_cannot_be_added_are_refused() -> None:
    with pytest.raises(TypeError):
        Num(3, "$") + Num(4)


def test_wide_number_ranges_are_disjoint_between_splits() -> None:
    for template in templates():
        if template.split != "train":
            continue
        drawn = {
            split: {
                tuple(
                    _told(Seed(template=template, band=band_of(template, split), id=f"{split}{i}", split=split)).drawn
                )
                for i in range(40)
            }
            for split in SPLITS
        }
        assert not drawn["train"] & drawn["test"], template.name
        assert not drawn["train"] & drawn["dev"], template.name
        assert not drawn["dev"] & drawn["test"], template.name
