"""Word and logic puzzles with one right answer each: made from a seed, with every kind in turn.

One doc:

    question   Ben is taller than Ada. Cleo is taller than Ben. Who is the tallest? Answer with the name only, on a last
               line of the form "Answer: ...".
    target     Cleo
    metadata   {"part": "puzzles", "kind": "order", "group": "logic", "answer": "option", "options": ["Ada", ...]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.core.errors import UserError
from harness.core.records import Doc
from tasks.forgetting import logic_puzzles, word_puzzles
from tasks.forgetting.puzzle import Puzzle
from tasks.gsm_style.rng import Rng

PART = "puzzles"
Group: TypeAlias = Literal["word", "logic"]
_ATTEMPTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PuzzleKind:
    """A way to make puzzles."""

    group: Group
    make: Callable[[Rng], Puzzle]


def _interleaved() -> dict[str, PuzzleKind]:
    tables: dict[Group, Mapping[str, Callable[[Rng], Puzzle]]] = {
        "word": word_puzzles.MAKERS,
        "logic": logic_puzzles.MAKERS,
    }
    ranked = [
        (place / len(table), name, PuzzleKind(group=group, make=make))
        for group, table in tables.items()
        for place, (name, make) in enumerate(table.items())
    ]
    return {name: kind for _, name, kind in sorted(ranked, key=lambda row: row[0])}


KINDS: Mapping[str, PuzzleKind] = _interleaved()
"""By name, word and logic puzzles taking turns."""


def puzzles(n: int, seed: int) -> Iterator[Doc]:
    """`n` different docs, every kind in turn; those of a smaller n come first.

    Raises UserError where a seed has fewer.
    """
    seen: set[str] = set()
    names = list(KINDS)
    for index in range(n):
        doc = _doc(names[index % len(names)], index, seed, seen)
        seen.add(str(doc.question))
        yield doc


def chance(doc: Doc) -> float:
    """The share that blind guessing among the options gets right; 0 where the answer is open."""
    options = doc.metadata["options"]
    return 1 / len(options) if options else 0.0


def _doc(name: str, index: int, seed: int, seen: set[str]) -> Doc:
    kind = KINDS[name]
    for attempt in range(_ATTEMPTS):
        puzzle = kind.make(Rng.named(PART, seed, index, attempt))
        question = f'{puzzle.question} {puzzle.ask} on a last line of the form "Answer: ...".'
        if question not in seen:
            return Doc(
                id=f"{PART}-s{seed}-{index}",
                question=question,
                target=puzzle.target,
                metadata={
                    "part": PART,
                    "kind": name,
                    "group": kind.group,
                    "answer": puzzle.answer,
                    "options": list(puzzle.options),
                },
            )
    raise UserError(f"there are only {index} different puzzles of seed {seed}", tip="ask for fewer.")
