"""Puzzles that follow from what is told: orders, shells, compass, calendars, syllogisms, liars, who has what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, permutations

from tasks.forgetting import vocabulary
from tasks.forgetting.puzzle import Puzzle
from tasks.gsm_style.rng import Rng

_NAME = "Answer with the name only,"
_SCALES = (("taller", "tallest", "shortest"), ("older", "oldest", "youngest"), ("faster", "fastest", "slowest"))
_TURNS = {"right": 1, "left": -1, "around": 2}


def order(rng: Rng) -> Puzzle:
    """Three or four people in a row, told by neighbours in a mixed order: who stands at an end?"""
    people = rng.sample(vocabulary.NAMES, 3 + rng.below(2))
    scale, most, least = rng.pick(_SCALES)
    facts = [f"{high} is {scale} than {low}." for high, low in pairwise(people)]
    top = rng.below(2) == 0
    return Puzzle(
        question=f"{' '.join(rng.sample(facts, len(facts)))} Who is the {most if top else least}?",
        ask=_NAME,
        target=people[0] if top else people[-1],
        options=tuple(sorted(people)),
    )


def cups(rng: Rng) -> Puzzle:
    """A thing under one of three cups, which change places in pairs; a cup keeps what is under it."""
    thing, places = rng.pick(vocabulary.THINGS), ["left", "middle", "right"]
    at = rng.below(3)
    told = [f"Three cups stand in a row, and a {thing} lies under the {places[at]} one."]
    for _ in range(2 + rng.below(2)):
        one, other = rng.sample([0, 1, 2], 2)
        told.append(f"The {places[one]} and the {places[other]} cup change places, with what is under them.")
        at = other if at == one else one if at == other else at
    return Puzzle(
        question=f"{' '.join(told)} Under which cup is the {thing} now?",
        ask="Answer with left, middle or right only,",
        target=places[at],
        options=tuple(places),
    )


def compass(rng: Rng) -> Puzzle:
    """Turns to the right, to the left and around."""
    who, start = rng.pick(vocabulary.NAMES), rng.below(4)
    turns = [rng.pick(sorted(_TURNS)) for _ in range(2 + rng.below(2))]
    words = {"right": "turns right", "left": "turns left", "around": "turns around"}
    told = ", then ".join(words[turn] for turn in turns)
    end = (start + sum(_TURNS[turn] for turn in turns)) % 4
    return Puzzle(
        question=f"{who} faces {vocabulary.COMPASS[start]}, {told}. Which way does {who} face now?",
        ask="Answer with north, east, south or west only,",
        target=vocabulary.COMPASS[end],
        options=vocabulary.COMPASS,
    )


def weekday(rng: Rng) -> Puzzle:
    """So many days after or before a day."""
    start, days, after = rng.below(7), 2 + rng.below(4), rng.below(2) == 0
    end = (start + (days if after else -days)) % 7
    told = f"{days} days {'after' if after else 'before'} {vocabulary.DAYS[start]}"
    return Puzzle(
        question=f"Which day of the week is {told}?",
        ask="Answer with the day only,",
        target=vocabulary.DAYS[end],
        options=vocabulary.DAYS,
    )


def syllogism(rng: Rng) -> Puzzle:
    """Two general statements about made-up things; does a third one follow, is it excluded, or open?"""
    a, b, c = rng.sample(vocabulary.MADE_UP, 3)
    forms = (
        (f"All {a} are {b}. All {b} are {c}. Are all {a} also {c}?", "yes"),
        (f"All {a} are {b}. No {b} are {c}. Can one of the {a} be one of the {c}?", "no"),
        (f"All {a} are {b}. Some {b} are {c}. Are some {a} also {c}?", "unknown"),
        (f"All {a} are {c}. All {b} are {c}. Are all {a} also {b}?", "unknown"),
        (f"No {a} are {b}. All {c} are {a}. Can one of the {c} be one of the {b}?", "no"),
        (f"Some {a} are {b}. All {b} are {c}. Are some {a} also {c}?", "yes"),
    )
    told, target = rng.pick(forms)
    return Puzzle(
        question=told, ask="Answer with yes, no or unknown only,", target=target, options=("yes", "no", "unknown")
    )


def liars(rng: Rng) -> Puzzle:
    """One of two always lies and the other never does; what one of them says leaves one way open."""
    first, second = rng.sample(vocabulary.NAMES, 2)
    claims: dict[str, Callable[[bool, bool], bool]] = {
        f'"{second} is a liar."': lambda me, other: not other,
        f'"{second} tells the truth."': lambda me, other: other,
        '"We are both liars."': lambda me, other: not me and not other,
        '"At least one of us is a liar."': lambda me, other: not (me and other),
        '"We are of the same kind."': lambda me, other: me == other,
        '"We are of different kinds."': lambda me, other: me != other,
    }
    kinds = [(True, False), (False, True)]
    said, way = rng.pick(
        [
            (said, ways[0])
            for said, holds in sorted(claims.items())
            if len(ways := [way for way in kinds if way[0] == holds(*way)]) == 1
        ]
    )
    return Puzzle(
        question=(
            f"{first} and {second} each either always lie or always tell the truth. {first} says: {said} "
            f"One of the two tells the truth and the other one lies. Who tells the truth?"
        ),
        ask=_NAME,
        target=first if way[0] else second,
        options=tuple(sorted((first, second))),
    )


def belongings(rng: Rng) -> Puzzle:
    """Three people, three things, told by what each has not, until one way is left."""
    people = rng.sample(vocabulary.NAMES, 3)
    things = rng.sample(rng.pick((vocabulary.PETS, vocabulary.DRINKS)), 3)
    truth = dict(zip(people, rng.sample(things, 3), strict=True))
    clues = [(who, thing) for who in people for thing in things if truth[who] != thing]
    told: list[tuple[str, str]] = []
    for clue in rng.sample(clues, len(clues)):
        if len(list(_ways(people, things, told))) > 1:
            told.append(clue)
    who = rng.pick(people)
    facts = " ".join(f"{name} does not have the {thing}." for name, thing in told)
    return Puzzle(
        question=(
            f"{people[0]}, {people[1]} and {people[2]} each have one of these: {', '.join(sorted(things))}. "
            f"No two have the same. {facts} What does {who} have?"
        ),
        ask="Answer with the word only,",
        target=truth[who],
        options=tuple(sorted(things)),
    )


def _ways(
    people: Sequence[str], things: Sequence[str], excluded: Sequence[tuple[str, str]]
) -> Iterator[dict[str, str]]:
    """Every way to give the things that nothing excludes."""
    for dealt in permutations(things):
        way = dict(zip(people, dealt, strict=True))
        if all(way[who] != thing for who, thing in excluded):
            yield way


def pattern(rng: Rng) -> Puzzle:
    """Letters that go on by a fixed step."""
    step, start = 1 + rng.below(3), rng.below(10)
    shown = [chr(ord("A") + start + step * i) for i in range(5)]
    return Puzzle(
        question=f"Which letter comes next: {', '.join(shown[:4])}?",
        ask="Answer with the letter only,",
        target=shown[4].lower(),
        answer="letters",
    )


MAKERS: dict[str, Callable[[Rng], Puzzle]] = {
    "order": order,
    "weekday": weekday,
    "cups": cups,
    "syllogism": syllogism,
    "compass": compass,
    "liars": liars,
    "belongings": belongings,
    "pattern": pattern,
}
