"""Irrelevant sentences with a number in them, which change nothing about the answer."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.num import show
from tasks.gsm_style.rng import Rng
from tasks.gsm_style.vocab import PEOPLE

# {who} is in the story or a stranger to it, {n} a number and {money} an amount; none of them belongs to the story.
_ABOUT_A_PERSON = (
    "{who} has a favorite song that lasts {n} bars.",
    "{who}'s house number is {n}.",
    "{who} once came in at place {n} in a chess tournament.",
    "{who}'s seat at the cinema last night was seat {n}.",
    "{who} lives on floor {n} of a tall building.",
    "{who}'s locker at the gym is number {n}.",
    "{who} has a football shirt with the number {n} on it.",
    "The bus that {who} likes best is line {n}.",
    "{who} knows a poem of {n} verses by heart.",
    "{who}'s raffle number last summer was {n}.",
)
ABOUT_NOBODY = (
    "A poster on the wall shows a castle with {n} towers.",
    "The radio plays song number {n} of the charts.",
    "The weather report speaks of a town with {n} bridges.",
    "The nearest lighthouse has {n} steps.",
    "Next door, a dictionary lies open at page {n}.",
    "A famous song of this region has {n} verses.",
    "A famous painting of this region shows {n} swans.",
    "The palace in the capital has {n} chimneys.",
)
_WITH_A_UNIT = (
    ("A well-known actor from another country has been on stage for {n} years.", ("ages", "average")),
    ("In a film, a snail needs {n} hours to cross a street.", ("travel", "units", "work", "rate", "short")),
    ("In a legend, a giant once threw a stone {n} kilometers far.", ("travel", "ratio", "short", "long")),
    ("Somewhere far away, a whale weighs {n} tons.", ("units", "average", "mixture")),
)
"""These name a unit, and so stay away from the themes that count in it."""
_WITH_MONEY = (
    "A newspaper reports that somebody found {money} in an old sofa.",
    "In a film, a detective loses {money} in a bet.",
    "A museum in another country shows a spoon that is worth {money}.",
)


def distractor(draft: Draft, theme: str) -> str:
    """One irrelevant sentence for this story, always the same one for the same seed question."""
    rng = Rng.named(draft.key, "distractor")
    number = 6 + rng.below(42)
    if draft.uses_money and rng.below(3) == 0:
        amount = show(number * draft.currency.scale, draft.currency.symbol)
        return rng.pick(_WITH_MONEY).format(money=amount)
    kind = rng.below(3)
    if kind == 0:
        who = draft.people[0] if draft.people and rng.below(2) else _stranger(draft, rng)
        return rng.pick(_ABOUT_A_PERSON).format(who=who, n=number)
    if kind == 1:
        fitting = [text for text, themes in _WITH_A_UNIT if theme not in themes]
        return rng.pick(fitting).format(n=number)
    return rng.pick(ABOUT_NOBODY).format(n=number)


def _stranger(draft: Draft, rng: Rng) -> str:
    while (someone := rng.pick(PEOPLE)) in draft.people:
        pass
    return str(someone)
