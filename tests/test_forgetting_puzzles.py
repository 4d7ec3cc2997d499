"""Puzzles have one right answer each, found here by other means, and it is read off replies as a person would."""

from __future__ import annotations

import re
from itertools import pairwise, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.errors import UserError
from tasks.forgetting.logic_puzzles import _ways
from tasks.forgetting.puzzle import is_right, read_answer
from tasks.forgetting.puzzles import KINDS, chance, puzzles
from tasks.forgetting.vocabulary import CATEGORIES, DAYS

DOCS = list(puzzles(20 * len(KINDS), seed=5))


def of_kind(kind):
    return [doc for doc in DOCS if doc.metadata["kind"] == kind]


def quoted(doc):
    return re.findall(r'"([^"]+)"', doc.question)


def listed(doc):
    return re.search(r": ([a-z, ]+)\?", doc.question)[1].split(", ")


def solve_order(doc):
    pairs = re.findall(r"(\w+) is \w+ than (\w+)\.", doc.question)
    ask_top = re.search(r"Who is the (tallest|oldest|fastest)", doc.question)
    people = {name for pair in pairs for name in pair}
    fits = [o for o in permutations(sorted(people)) if all(o.index(a) < o.index(b) for a, b in pairs)]
    (found,) = {order[0 if ask_top else -1] for order in fits}
    return found


def solve_cups(doc):
    places = re.search(r"under the (\w+) one", doc.question)[1]
    for one, other in re.findall(r"The (\w+) and the (\w+) cup change", doc.question):
        places = {one: other, other: one}.get(places, places)
    return places


def solve_compass(doc):
    at = ["north", "east", "south", "west"].index(re.search(r"faces (\w+)", doc.question)[1])
    for turn in re.findall(r"turns (\w+)", doc.question):
        at += {"right": 1, "around": 2, "left": 3}[turn]
    return ["north", "east", "south", "west"][at % 4]


def solve_weekday(doc):
    n, way, day = re.search(r"(\d) days (after|before) (\w+)", doc.question).groups()
    return (DAYS * 3)[7 + DAYS.index(day) + int(n) * (1 if way == "after" else -1)]


def solve_syllogism(doc):
    """By every world of up to three things: yes where it holds in all, no where in none."""
    facts, ask = re.match(r"(.*\.) ((?:Are|Can).*?\?)", doc.question).groups()
    names = sorted(set(re.findall(r"(?:All|No|Some|all|some|the|also|are) (\w+s)\b", facts)))
    worlds = product(*[list(product([False, True], repeat=3))] * 3)
    answers = set()
    for world in worlds:
        has = [dict(zip(names, thing, strict=True)) for thing in world]
        if all(any(thing[name] for thing in has) for name in names) and all(
            holds(claim, has) for claim in re.findall(r"(All|No|Some) (\w+) are (\w+)", facts)
        ):
            quantity, a, b = re.match(
                r"(Are all|Are some|Can one of the) (\w+) (?:also|be one of the) (\w+)", ask
            ).groups()
            answers.add(holds(({"Are all": "All"}.get(quantity, "Some"), a, b), has))
    return {frozenset([True]): "yes", frozenset([False]): "no"}.get(frozenset(answers), "unknown")


def holds(claim, has):
    quantity, a, b = claim
    both = [thing[b] for thing in has if thing[a]]
    return {"All": all(both), "No": not any(both), "Some": any(both)}[quantity]


def solve_liars(doc):
    first, second = re.match(r"(\w+) and (\w+) each", doc.question).groups()
    said = re.search(r'says: "([^"]+)"', doc.question)[1]
    right = []
    for me, other in ((True, False), (False, True)):
        claim = {
            f"{second} is a liar.": not other,
            f"{second} tells the truth.": other,
            "We are both liars.": not (me or other),
            "At least one of us is a liar.": True,
            "We are of the same kind.": False,
            "We are of different kinds.": True,
        }[said]
        if claim == me:
            right.append(first if me else second)
    (found,) = right
    return found


def solve_belongings(doc):
    people = re.match(r"(\w+), (\w+) and (\w+)", doc.question).groups()
    things = doc.metadata["options"]
    excluded = re.findall(r"(\w+) does not have the (\w+)", doc.question)
    (way,) = _ways(people, things, excluded)
    return way[re.search(r"What does (\w+) have", doc.question)[1]]


def solve_pattern(doc):
    shown = re.search(r"next: (.*)\?", doc.question)[1].split(", ")
    steps = {ord(b) - ord(a) for a, b in pairwise(shown)}
    (step,) = steps
    return chr(ord(shown[-1]) + step).lower()


def solve_odd(doc):
    words = listed(doc)
    homes = [next(name for name, members in CATEGORIES.items() if word in members) for word in words]
    (found,) = [word for word, home in zip(words, homes, strict=True) if homes.count(home) == 1]
    return found


def solve_anagram(doc):
    (found,) = [word for word in listed(doc) if sorted(word) == sorted(quoted(doc)[0])]
    return found


def solve_longest(doc):
    lengths = sorted(map(len, listed(doc)))
    assert lengths[-1] > lengths[-2]
    return max(listed(doc), key=len)


SOLVERS = {
    "reverse": lambda doc: "".join(reversed(quoted(doc)[0])),
    "count_letter": lambda doc: str(sum(char == quoted(doc)[0] for char in quoted(doc)[1])),
    "letter_at": lambda doc: quoted(doc)[0][
        ["first", "second", "third", "fourth", "fifth"].index(doc.question.split()[3])
    ],
    "alphabet": lambda doc: (min if "stands first" in doc.question else max)(listed(doc)),
    "odd_one_out": solve_odd,
    "anagram": solve_anagram,
    "longest": solve_longest,
    "initials": lambda doc: "".join(word[0] for word in listed(doc)),
    "order": solve_order,
    "cups": solve_cups,
    "compass": solve_compass,
    "weekday": solve_weekday,
    "syllogism": solve_syllogism,
    "liars": solve_liars,
    "belongings": solve_belongings,
    "pattern": solve_pattern,
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_is_the_one_that_another_solver_finds(kind):
    assert of_kind(kind)
    for doc in of_kind(kind):
        assert SOLVERS[kind](doc) == doc.target, doc.question


@pytest.mark.parametrize("kind", KINDS)
def test_right_and_wrong_replies_are_told_apart(kind):
    for doc in of_kind(kind):
        others = [option for option in doc.metadata["options"] if option != doc.target] or ["7", "zq"]
        for wrapped in (
            "{}",
            "Let me think.\nAnswer: {}",
            "**Answer:** {}.",
            "<answer>{}</answer>",
            "The answer is {}.",
        ):
            assert is_right(doc, read_answer(doc, wrapped.format(doc.target)) or ""), (doc.question, wrapped)
            wrong = read_answer(doc, wrapped.format(others[0])) or ""
            assert not is_right(doc, wrong), (doc.question, wrapped)


def test_a_reply_that_names_two_options_gives_no_answer():
    doc = of_kind("order")[0]
    one, other = doc.metadata["options"][:2]
    assert read_answer(doc, f"It is {one} or {other}.") is None
    assert read_answer(doc, "I cannot say.") is None
    assert read_answer(doc, f"{one} is behind {other}, so:\nAnswer: {one}") == one
    assert read_answer(doc, f"It must be {one}, I think.\nHope that helps!") == one


def test_letters_may_be_spelt_apart_or_quoted():
    doc = of_kind("reverse")[0]
    for reply in (
        " ".join(doc.target),
        "-".join(doc.target),
        f'It reads "{doc.target}" backwards.',
        doc.target.upper(),
    ):
        assert is_right(doc, read_answer(doc, reply) or ""), reply


def test_numbers_may_be_words():
    doc = next(doc for doc in of_kind("count_letter") if doc.target == "2")
    assert is_right(doc, read_answer(doc, "Answer: two") or "")


def test_guessing_is_known_for_puzzles_with_options():
    assert chance(of_kind("liars")[0]) == 0.5
    assert chance(of_kind("weekday")[0]) == pytest.approx(1 / 7)
    assert chance(of_kind("reverse")[0]) == 0


def test_every_option_is_right_now_and_then():
    for kind in ("liars", "syllogism", "cups", "compass"):
        places = {sorted(doc.metadata["options"]).index(doc.target) for doc in of_kind(kind)}
        assert len(places) == len(of_kind(kind)[0].metadata["options"]), kind


@given(st.integers(0, 2**31), st.integers(1, 40))
def test_puzzles_depend_on_the_seed_alone_and_are_different(seed, n):
    made = list(puzzles(n, seed))
    assert made == list(puzzles(n + 7, seed))[:n]
    assert len({doc.question for doc in made}) == n


def test_a_seed_that_has_no_more_puzzles_says_so():
    with pytest.raises(UserError, match="different puzzles"):
        list(puzzles(20_000, 0))


@given(st.text(max_size=120), st.sampled_from(DOCS[: len(KINDS)]))
def test_no_reply_makes_reading_fail(reply, doc):
    assert read_answer(doc, reply) is None or isinstance(read_answer(doc, reply), str)
