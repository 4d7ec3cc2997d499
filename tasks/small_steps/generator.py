"""Small problems from themes: each one a pure function of seed, split, theme, length and index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Literal, TypeAlias

from harness.core.errors import UserError
from harness.core.records import Doc
from tasks.gsm_style.rng import Rng
from tasks.gsm_style.splits import positions
from tasks.small_steps.themes import NAMES, THEMES, Operation, Split, Theme

HeldOut: TypeAlias = Literal["template", "numbers", "mixed"]

STARTS = tuple(range(3, 43))
"""Starting numbers; training has the tenths of this range that `tasks.gsm_style.splits` gives to it."""
CHANGES = tuple(range(2, 13))
LARGEST = 60
_SYMBOLS: dict[Operation, str] = {"add": "+", "take": "-", "double": "*", "triple": "*", "half": "/"}
_FACTORS: dict[Operation, int] = {"double": 2, "triple": 3, "half": 2}
_CHANGING = ("add", "take")
_TRIES = 2_000
"""Stories in a row that were told before, after which the supply counts as spent."""


@dataclass(frozen=True, slots=True)
class _Step:
    operation: Operation
    n: int
    before: int
    after: int

    @property
    def line(self) -> str:
        """As the reasoning says it."""
        return f"{self.before} {_SYMBOLS[self.operation]} {self.n} = {self.after}."


def generate(
    n: int, seed: int = 0, split: Split = "train", *, held_out: HeldOut = "mixed", steps: str = "1-5"
) -> tuple[Doc, ...]:
    """`n` different docs, turn by turn from every theme and every number of steps, for example `steps="2-4"`.

    `seed` decides which, `split` is train or test, `held_out` what a test question must not share with training.

    Raises UserError for n < 1, a range of steps that is none, or when there are fewer than `n` different questions.
    """
    if n < 1:
        raise UserError(f"cannot generate {n} questions", tip="n must be at least 1.")
    docs = tuple(islice(stream(seed, split, held_out=held_out, steps=steps), n))
    if len(docs) < n:
        raise UserError(f"there are only {len(docs)} different questions of this kind", tip="ask for fewer.")
    return docs


def stream(seed: int = 0, split: Split = "train", *, held_out: HeldOut = "mixed", steps: str = "1-5") -> Iterator[Doc]:
    """The docs of `generate`, one after the other, until nothing new comes.

    `seed`, `split`, `held_out` and `steps` are those of `generate`.
    """
    themes, lengths = _themes(split, held_out), step_range(steps)
    told: set[str] = set()
    idle = 0
    for index in count():
        for theme in themes:
            doc = make(theme, lengths[index % len(lengths)], index, seed, split)
            question = str(doc.question)
            idle = idle + 1 if question in told else 0
            if idle >= _TRIES:
                return
            if question not in told:
                told.add(question)
                yield doc


def make(theme: Theme, n_steps: int, index: int, seed: int, split: Split) -> Doc:
    """The story number `index` of a `theme` in `n_steps` steps; `seed` and `split` decide its numbers and things."""
    name = f"small_steps-{theme.name}-{split}-s{seed}-{index}"
    rng = Rng.named(name, n_steps)
    seen = theme.split == "train"
    start = STARTS[rng.pick(positions(len(STARTS), split if seen else "all"))]
    steps = _steps(theme, n_steps, start, rng)
    return Doc(
        id=name,
        question=_tell(theme, start, steps, rng),
        target=str(steps[-1].after),
        gold_reasoning="\n".join(step.line for step in steps),
        metadata={
            "template": theme.name,
            "n_steps": n_steps,
            "held_out": "" if split == "train" else "numbers" if seen else "template",
            "operations": [step.operation for step in steps],
        },
    )


def step_range(text: str) -> Sequence[int]:
    """The lengths that `3` or `2-5` means. Raises UserError for anything else."""
    first, separator, last = text.partition("-")
    if not first.isdigit() or not (last.isdigit() if separator else True):
        raise UserError(f"steps={text!r}: expected a number or a range such as 2-5")
    low, high = int(first), int(last or first)
    if not 1 <= low <= high <= 12:
        raise UserError(f"steps={text!r}: from 1 to 12, the smaller number first")
    return range(low, high + 1)


def _themes(split: Split, held_out: HeldOut) -> list[Theme]:
    seen = [theme for theme in THEMES if theme.split == "train"]
    unseen = [theme for theme in THEMES if theme.split == "test"]
    if split == "train":
        return seen
    return {"template": unseen, "numbers": seen, "mixed": [*seen, *unseen]}[held_out]


def _steps(theme: Theme, n_steps: int, start: int, rng: Rng) -> list[_Step]:
    steps: list[_Step] = []
    value = start
    while len(steps) < n_steps:
        operation = _operation(theme, value, rng)
        n = _FACTORS.get(operation) or rng.pick(_changes(operation, value))
        after = _apply(operation, value, n)
        steps.append(_Step(operation, n, value, after))
        value = after
    return steps


def _operation(theme: Theme, value: int, rng: Rng) -> Operation:
    """Adding and taking away are three times as frequent as the others."""
    possible = [op for op in theme.says for _ in range(3 if op in _CHANGING else 1) if _fits(op, value)]
    return rng.pick(possible)


def _fits(operation: Operation, value: int) -> bool:
    if operation in _CHANGING:
        return bool(_changes(operation, value))
    if operation == "half":
        return value % 2 == 0 and value >= 4
    return value * _FACTORS[operation] <= LARGEST


def _changes(operation: Operation, value: int) -> list[int]:
    room = LARGEST - value if operation == "add" else value - 1
    return [n for n in CHANGES if n <= room]


def _apply(operation: Operation, value: int, n: int) -> int:
    return {"add": value + n, "take": value - n, "half": value // n}.get(operation, value * n)


def _tell(theme: Theme, start: int, steps: Sequence[_Step], rng: Rng) -> str:
    things = rng.pick(theme.things)
    people = rng.sample(NAMES, len(steps) + 2)
    who, other = people[0], people[-1]
    said = [theme.start.format(who=who, n=start, things=things)]
    for step, person in zip(steps, people[1:], strict=False):
        before, who = who, person if theme.passes_on else who
        sentence = rng.pick(theme.says[step.operation])
        said.append(sentence.format(who=who, before=before, other=other, n=step.n, things=things))
    return " ".join([*said, theme.asks.format(who=who, things=things)])
