"""Irrelevant sentences with a number in them, which change nothing about the answer."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.rng import Rng
from tasks.gsm_style.vocab import PEOPLE

ABOUT_A_PERSON = (
    "{who} has a favorite song that lasts {n} bars.",
    "{who}'s house number is {n}.",
    "{who} once came in at place {n} in a chess tournament.",
    "{who}'s seat at the cinema last night was seat {n}.",
    "{who} lives on floor {n} of a tall building.",
    "{who}'s locker at the gym is number {n}.",
    "{who} has a football shirt with the number {n} on it.",
    "The bus that {who} likes best is line {n}.",
    "{who} was read a poem of {n} verses yesterday.",
    "{who}'s raffle number last summer was {n}.",
)
"""{who} is in the story or a stranger to it; {n} is no amount, price, time, age or count of the story."""

ABOUT_NOBODY = (
    "A poster on the wall shows a castle with {n} windows.",
    "The radio plays song number {n} of the charts.",
    "The weather report speaks of a town with {n} bridges.",
    "The nearest lighthouse has {n} steps.",
    "Next door, a dictionary lies open at page {n}.",
    "The local choir will sing {n} songs at its next concert.",
    "A famous painting of this region shows {n} swans.",
    "The museum in the capital has {n} rooms.",
)


def distractor(draft: Draft) -> str:
    """One irrelevant sentence for this story, always the same one for the same seed question."""
    rng = Rng(draft.key, "distractor")
    number = 3 + rng.below(45)
    if rng.below(2):
        return rng.pick(ABOUT_NOBODY).format(n=number)
    strangers = [person for person in (rng.pick(PEOPLE) for _ in range(8)) if person not in draft.people]
    who = draft.people[0] if draft.people and rng.below(2) else strangers[0]
    return rng.pick(ABOUT_A_PERSON).format(who=who, n=number)
