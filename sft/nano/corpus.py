"""What gemma3-nano has read: sums, plain prose, small problems with nothing but their answers, and their retelling."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from harness.core.records import Message
from harness.data.rows import Row

# Words of every theme of the small problems occur here, of the held-out ones too: those are new as problems only.
_PEOPLE = (
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
_PLACES = ("garden", "pond", "farm", "shop", "bus", "house", "school", "tank", "river", "market", "road", "field")
_ANIMALS = ("birds", "fish", "frogs", "hens", "sheep", "ducks", "goats")
_THINGS = ("apples", "coins", "shells", "cards", "nuts", "lamps", "books", "pens", "cups", "pages", "points", "liters")
_PROSE = (
    "{a} walks to the {p} with {b}. They look at the {x} and talk about the {t}.",
    "In the morning {a} goes to the {p}. {b} is there and brings some {t}.",
    "The {x} live near the {p}. At night they sleep, and by day they come and leave.",
    "{a} is older than {b}, and {b} is younger than {a}. They are good friends.",
    "{a} likes {t}. {b} likes {t2}. So they give each other what they like.",
    "When it rains, water flows into the tank by the {p}. When it is dry, it flows out again.",
    "The {p} is big and old. Many {x} come there in spring, and some are caught.",
    "{a} reads a book about {x}. On the last day {a} tells {b} how it ends.",
    "There is a {p} behind the house of {a}. {b} pours water into the {p2}.",
    "How old is {a}? {a} is as old as {b}. Who is half as old? Nobody knows.",
    "{a} reasons step by step, then answers. {b} answers at once. Both are right.",
    "Then {a} uses the {t} that {b} had. Now {b} holds only {t2}.",
)
_COUNTED = (
    ("{a} is {n} years old. In {m} years {a} will be {s} years old.", "+"),
    ("A tank holds {n} liters. {m} liters flow in. Now it holds {s} liters.", "+"),
    ("There are {n} {x} at the pond. {m} more come. Now there are {s}.", "+"),
    ("{a} had {n} {t} and got {m} more, so {a} has {s}.", "+"),
    ("A tank holds {n} liters. {m} liters flow out. Now it holds {s} liters.", "-"),
    ("There are {n} {x} at the pond. {m} of them leave. Now there are {s}.", "-"),
    ("{a} had {n} {t} and gave {m} to {b}, so {a} has {s}.", "-"),
    ("{n} years is {m} years more than {s} years.", "-"),
    ("Twice {n} is {s}.", "2"),
    ("{a} has {n} {t}. {b} has twice as many, that is {s}.", "2"),
    ("Three times {n} is {s}.", "3"),
    ("Half of {n} is {s}.", "/"),
    ("{a} is {n} years old. {b} is half as old, so {b} is {s}.", "/"),
)
_SENTENCE = re.compile(r"[^ ][^.?]*[.?]")
_NUMBER = re.compile(r"\d+")
_LARGEST, _MOST = 60, 12
"""Of any number, and of what is added or taken away."""
_ASKED = ("", "Give only the final answer.", "Answer the question.", "Read it step by step, then answer.")


def texts(seed: int) -> Iterator[str]:
    """Endless plain text: prose, counted facts, and lines of sums."""
    rng = random.Random(f"nano texts {seed}")
    makers = (_prose, _facts, _sums, _sums, _sums, _sums)
    while True:
        yield rng.choice(makers)(rng)


def turns(problems: Sequence[Row], seed: int) -> Iterator[tuple[tuple[Message, ...], str]]:
    """Endless (conversation, reply): sums to do at once, and problems answered by their number alone."""
    rng = random.Random(f"nano turns {seed}")
    order = list(problems)
    while True:
        rng.shuffle(order)
        for row in order:
            yield _asked(row["question"], rng), row["answer"]
            if rng.random() < 0.3:
                left, result = _sum(rng)
                yield _asked(f"{left} = ?", rng), result


def retold(problems: Sequence[Row], seed: int) -> Iterator[tuple[tuple[Message, ...], str]]:
    """Endless (conversation, reply) about what a text says, word by word: nothing in it is worked out.

    Whoever reasons in writing must be able to look things up in what was read.
    """
    rng = random.Random(f"nano retold {seed}")
    while True:
        text = rng.choice(problems)["question"] if rng.random() < 0.6 else _facts(rng)
        sentences = _SENTENCE.findall(text)
        number = rng.randrange(len(sentences))
        wish, reply = rng.choice(
            (
                (rng.choice(("Say it again.", "Repeat what you read.")), text),
                (rng.choice(("List the numbers.", "Which numbers are there?")), ", ".join(_NUMBER.findall(text))),
                (f"Say sentence {number + 1}.", sentences[number]),
            )
        )
        yield (Message(role="user", content=f"{text}\n{wish}"),), reply or "none"


def _asked(question: str, rng: random.Random) -> tuple[Message, ...]:
    instruction = rng.choice(_ASKED)
    system = (Message(role="system", content=instruction),) if instruction else ()
    return (*system, Message(role="user", content=question))


def _sum(rng: random.Random) -> tuple[str, str]:
    kind = rng.choice("+++---23/")
    n, m, s = _numbers(kind, rng)
    shown = {"2": f"{n} * 2", "3": f"{n} * 3", "/": f"{n} / 2"}.get(kind, f"{n} {kind} {m}")
    return shown, str(s)


def _numbers(kind: str, rng: random.Random) -> tuple[int, int, int]:
    """(n, m, result), as far as the small problems go: nothing above 60."""
    if kind == "+":
        n = rng.randint(1, _LARGEST - 2)
        m = rng.randint(2, min(_MOST, _LARGEST - n))
        return n, m, n + m
    if kind == "-":
        n = rng.randint(3, _LARGEST)
        m = rng.randint(2, min(_MOST, n - 1))
        return n, m, n - m
    if kind == "/":
        n = 2 * rng.randint(1, _LARGEST // 2)
        return n, 2, n // 2
    n = rng.randint(1, _LARGEST // int(kind))
    return n, int(kind), n * int(kind)


def _sums(rng: random.Random) -> str:
    return " ".join("{} = {}.".format(*_sum(rng)) for _ in range(rng.randint(4, 10)))


def _facts(rng: random.Random) -> str:
    return " ".join(_fact(rng) for _ in range(rng.randint(1, 4)))


def _fact(rng: random.Random) -> str:
    form, kind = rng.choice(_COUNTED)
    n, m, s = _numbers(kind, rng)
    return form.format(n=n, m=m, s=s, **_words(rng))


def _prose(rng: random.Random) -> str:
    return " ".join(rng.choice(_PROSE).format(**_words(rng)) for _ in range(rng.randint(1, 3)))


def _words(rng: random.Random) -> dict[str, str]:
    (a, b), (p, p2), (t, t2) = rng.sample(_PEOPLE, 2), rng.sample(_PLACES, 2), rng.sample(_THINGS, 2)
    return {"a": a, "b": b, "p": p, "p2": p2, "t": t, "t2": t2, "x": rng.choice(_ANIMALS)}
