"""What the small problems are about: each theme words a start, one sentence an operation, and a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Operation: TypeAlias = Literal["add", "take", "double", "triple", "half"]
Split: TypeAlias = Literal["train", "test"]

NAMES = (
    "Ada",
    "Ben",
    "Cleo",
    "Dan",
    "Eva",
    "Finn",
    "Gus",
    "Hana",
    "Ivan",
    "Jo",
    "Kim",
    "Leo",
    "Mia",
    "Ned",
    "Ola",
    "Pia",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One kind of story.

    Sentences take `{n}`, `{things}`, `{who}` and `{other}`. Where `passes_on`, every sentence is about a new person
    `{who}` beside `{before}`, the one of the sentence before.
    """

    name: str
    things: tuple[str, ...]
    start: str
    says: Mapping[Operation, tuple[str, ...]]
    asks: str
    split: Split = "train"
    """Themes of `test` are never seen in training."""
    passes_on: bool = False


THEMES = (
    Theme(
        name="pockets",
        things=("apples", "coins", "shells", "cards", "nuts"),
        start="{who} has {n} {things}.",
        says={
            "add": ("{who} buys {n} more.", "{other} gives {who} {n} more.", "{who} finds {n} {things}."),
            "take": ("{who} gives {n} to {other}.", "{who} loses {n} {things}.", "{who} uses {n} of them."),
            "double": ("Then {who} gets as many again.",),
            "half": ("{who} gives half of them away.",),
        },
        asks="How many {things} does {who} have now?",
    ),
    Theme(
        name="bus",
        things=("people", "children"),
        start="{n} {things} are on a bus.",
        says={
            "add": ("At a stop {n} get on.", "{n} more {things} get on."),
            "take": ("At a stop {n} get off.", "{n} {things} get off."),
            "double": ("Then the number on the bus doubles.",),
            "half": ("Then half of them get off.",),
        },
        asks="How many {things} are on the bus now?",
    ),
    Theme(
        name="shop",
        things=("lamps", "books", "pens", "cups"),
        start="A shop has {n} {things}.",
        says={
            "add": ("A truck brings {n} more.", "{who} brings back {n} {things}."),
            "take": ("The shop sells {n} {things}.", "{who} buys {n} of them."),
            "double": ("A truck brings as many again.",),
            "half": ("The shop sells half of them.",),
        },
        asks="How many {things} does the shop have now?",
    ),
    Theme(
        name="farm",
        things=("hens", "sheep", "ducks", "goats"),
        start="{who} keeps {n} {things} on a farm.",
        says={
            "add": ("{n} {things} are born.", "{who} buys {n} more."),
            "take": ("{n} {things} run away.", "{who} sells {n} of them."),
            "double": ("In spring the number doubles.",),
            "half": ("{who} sells half of them.",),
        },
        asks="How many {things} are on the farm now?",
    ),
    Theme(
        name="game",
        things=("points",),
        start="{who} starts a game with {n} {things}.",
        says={
            "add": ("{who} wins {n} {things}.", "A card brings {n} more."),
            "take": ("{who} loses {n} {things}.", "A mistake costs {n} {things}."),
            "double": ("A card doubles the {things}.",),
            "triple": ("A card triples the {things}.",),
            "half": ("A mistake costs half of them.",),
        },
        asks="How many {things} does {who} have at the end?",
    ),
    Theme(
        name="comparison",
        things=("cards", "coins", "books", "shells"),
        start="{who} has {n} {things}.",
        says={
            "add": ("{who} has {n} more {things} than {before}.",),
            "take": ("{who} has {n} fewer {things} than {before}.",),
            "double": ("{who} has twice as many {things} as {before}.",),
            "triple": ("{who} has three times as many {things} as {before}.",),
            "half": ("{who} has half as many {things} as {before}.",),
        },
        asks="How many {things} does {who} have?",
        passes_on=True,
    ),
    Theme(
        name="pages",
        things=("pages",),
        start="On the first day {who} reads {n} {things}.",
        says={
            "add": ("On the next day it is {n} {things} more.",),
            "take": ("On the next day it is {n} {things} fewer.",),
            "double": ("On the next day it is twice as many.",),
            "triple": ("On the next day it is three times as many.",),
            "half": ("On the next day it is half as many.",),
        },
        asks="How many {things} does {who} read on the last day?",
    ),
    Theme(
        name="ages",
        things=("years",),
        start="{who} is {n} {things} old.",
        says={
            "add": ("{who} is {n} {things} older than {before}.",),
            "take": ("{who} is {n} {things} younger than {before}.",),
            "double": ("{who} is twice as old as {before}.",),
            "half": ("{who} is half as old as {before}.",),
        },
        asks="How old is {who}?",
        split="test",
        passes_on=True,
    ),
    Theme(
        name="tank",
        things=("liters",),
        start="A tank holds {n} {things}.",
        says={
            "add": ("{n} {things} flow in.", "{who} pours in {n} more."),
            "take": ("{n} {things} flow out.", "{who} uses {n} {things}."),
            "double": ("Then the number of {things} doubles.",),
            "half": ("Then half of them flow out.",),
        },
        asks="How many {things} does the tank hold now?",
        split="test",
    ),
    Theme(
        name="pond",
        things=("birds", "fish", "frogs"),
        start="There are {n} {things} at a pond.",
        says={
            "add": ("{n} more come.", "{who} brings {n} {things}."),
            "take": ("{n} {things} leave.", "{n} of them are caught."),
            "double": ("Then as many again come.",),
            "half": ("Then half of them leave.",),
        },
        asks="How many {things} are at the pond now?",
        split="test",
    ),
)
