"""Writing tasks with constraints that a program can check: made from a seed, each shown to be possible.

One doc:

    question   Explain what a library is for. Write exactly 3 sentences. Do not use any commas.
    target     Moon send knew. Ships not red. Lamps bus by.    (a witness: it keeps the constraints, no more)
    metadata   {"part": "instructions", "constraints": [{"kind": "sentences", "params": {"n": 3}}, ...]}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise
from typing import Any

from harness.core.errors import UserError
from harness.core.records import Doc
from tasks.forgetting import vocabulary
from tasks.forgetting.constraints import KINDS, Constraint
from tasks.gsm_style.rng import Rng

PART = "instructions"
LEADING = tuple(name for name, kind in KINDS.items() if kind.name not in ("avoid_word", "no_commas", "no_digits"))
"""Kinds that hardly any reply keeps by chance; every doc has one."""
_ALONE = frozenset({"one_of", "json_keys"})
"""Kinds that leave no room for another."""
_ATTEMPTS = 60
_UNMEASURED = frozenset({"numbered", "title", "acrostic"})
"""Layouts in which it is open what counts as a word of the text: never with a length."""


def instructions(n: int, seed: int) -> Iterator[Doc]:
    """`n` different docs with one, two or three constraints each, every leading kind in turn; those of a smaller n
    come first."""
    seen: set[str] = set()
    for index in range(n):
        doc = _doc(index, seed, seen)
        seen.add(str(doc.question))
        yield doc


def constraints_of(doc: Doc) -> tuple[Constraint, ...]:
    """The constraints of a doc."""
    return tuple(Constraint(kind=c["kind"], params=c["params"]) for c in doc.metadata["constraints"])


def _doc(index: int, seed: int, seen: Set[str]) -> Doc:
    """The first draw that can be kept and is new; a kind that has nothing new left makes room for the next."""
    wanted = 1 + (index // len(LEADING)) % 3
    for attempt in range(_ATTEMPTS * len(LEADING)):
        lead = LEADING[(index + attempt // _ATTEMPTS) % len(LEADING)]
        rng = Rng.named(PART, seed, index, attempt)
        chosen = _choose(rng, lead, wanted)
        reply = witness(chosen)
        doc = None if reply is None else _made(index, seed, rng, chosen, reply)
        if doc is not None and doc.question not in seen:
            return doc
    raise UserError(f"there are only {index} different writing tasks of seed {seed}", tip="ask for fewer.")


def _made(index: int, seed: int, rng: Rng, chosen: Sequence[Constraint], reply: str) -> Doc:
    topic = rng.pick(vocabulary.TOPICS)
    if chosen[0].kind == "one_of":
        topic = next(q for q, options in vocabulary.CHOICES if tuple(chosen[0].params["options"]) == options)
    return Doc(
        id=f"{PART}-s{seed}-{index}",
        question=" ".join([topic, *(constraint.sentence for constraint in chosen)]),
        target=reply,
        metadata={
            "part": PART,
            "kind": chosen[0].kind,
            "constraints": [{"kind": c.kind, "params": dict(c.params)} for c in chosen],
        },
    )


def _choose(rng: Rng, lead: str, wanted: int) -> tuple[Constraint, ...]:
    """The leading kind and others that say nothing of the same thing."""
    kinds = [lead]
    for name in rng.sample(list(KINDS), len(KINDS)):
        if len(kinds) < wanted and _fits(name, kinds):
            kinds.append(name)
    return tuple(Constraint(kind=kind, params=_params(kind, rng)) for kind in kinds)


def _fits(name: str, kinds: Sequence[str]) -> bool:
    if name in _ALONE or not _ALONE.isdisjoint(kinds):
        return False
    slots = [KINDS[kind].slot for kind in (*kinds, name)]
    measured = "length" in slots and not _UNMEASURED.isdisjoint((*kinds, name))
    return len(set(slots)) == len(slots) and not measured


def _params(kind: str, rng: Rng) -> Mapping[str, Any]:
    ranges = {
        "words_exact": (8, 30), "words_at_least": (25, 60), "words_at_most": (8, 20), "sentences": (2, 5),
        "paragraphs": (2, 4), "bullets": (2, 6), "numbered": (2, 6), "parted": (2, 3), "short_words": (4, 6),
        "exclaimed": (1, 4),
    }  # fmt: skip
    if kind in ranges:
        low, high = ranges[kind]
        return {"n": low + rng.below(high - low + 1)}
    if kind == "word_times":
        return {"word": rng.pick(vocabulary.ASKED_WORDS), "n": 2 + rng.below(3)}
    lists: dict[str, tuple[str, Sequence[Any]]] = {
        "acrostic": ("word", vocabulary.ACROSTICS),
        "json_keys": ("keys", vocabulary.KEY_SETS),
        "one_of": ("options", [options for _, options in vocabulary.CHOICES]),
        "starts_with": ("text", vocabulary.OPENINGS),
        "ends_with": ("text", vocabulary.CLOSINGS),
        "avoid_word": ("word", vocabulary.AVOIDED_WORDS),
        "avoid_letter": ("letter", vocabulary.AVOIDED_LETTERS),
    }
    if kind not in lists:
        return {}
    key, options = lists[kind]
    picked = rng.pick(options)
    return {key: list(picked) if isinstance(picked, tuple) else picked}


def witness(constraints: Sequence[Constraint]) -> str | None:
    """A reply that keeps them all, or None where this plain builder finds none."""
    by_kind = {constraint.kind: constraint.params for constraint in constraints}
    reply = _built(by_kind)
    if reply is None or any(constraint.fault(reply) for constraint in constraints):
        return None
    return reply


def _built(by_kind: Mapping[str, Any]) -> str | None:
    if "one_of" in by_kind:
        return str(by_kind["one_of"]["options"][0])
    if "json_keys" in by_kind:
        return json.dumps(dict.fromkeys(by_kind["json_keys"]["keys"], "rain"))
    units = _units(by_kind)
    if units is None:
        return None
    reply = _laid_out([" ".join(unit) for unit in units], by_kind)
    if "quoted" in by_kind:
        reply = f'"{reply}"'
    if "lower_case" in by_kind:
        return reply.lower()
    return reply.upper() if "upper_case" in by_kind else reply


def _units(by_kind: Mapping[str, Any]) -> list[list[str]] | None:
    """The words of each sentence, line or paragraph."""
    start = by_kind.get("starts_with", {}).get("text", "").split()
    end = by_kind.get("ends_with", {}).get("text", "").split()
    asked = by_kind.get("word_times", {"word": "", "n": 0})
    firsts = by_kind.get("acrostic", {}).get("word", "")
    n_units = len(firsts) or next((by_kind[k]["n"] for k in _LAYOUTS if k in by_kind), 1)
    n_words = next((by_kind[k]["n"] for k in ("words_exact", "words_at_least", "words_at_most") if k in by_kind), 0)
    n_words = n_words or max(3 * n_units, 2 + len(start) + len(end) + asked["n"])
    pool = [word for word in vocabulary.FILLER if _allowed(word, by_kind) and word != asked["word"]]
    n_filler = n_words - len(start) - len(end) - asked["n"]
    if n_filler < 0 or n_units > n_words or not pool:
        return None
    filler = [pool[i % len(pool)] for i in range(n_filler)]
    words = [*start, *[asked["word"]] * asked["n"], *filler, *end]
    cuts = [len(words) * i // n_units for i in range(n_units + 1)]
    units = [words[a:b] for a, b in pairwise(cuts)]
    for unit, first in zip(units, firsts, strict=False):
        fitting = next((word for word in pool if word[0] == first), None)
        if fitting is None:
            return None
        unit[0] = fitting
    return units


_LAYOUTS = ("sentences", "paragraphs", "bullets", "numbered", "parted")


def _allowed(word: str, by_kind: Mapping[str, Any]) -> bool:
    letter = by_kind.get("avoid_letter", {}).get("letter")
    longest = by_kind.get("short_words", {}).get("n", 99)
    return (
        not (letter and letter in word) and len(word) <= longest and word != by_kind.get("avoid_word", {}).get("word")
    )


def _laid_out(units: Sequence[str], by_kind: Mapping[str, Any]) -> str:
    n_marks = by_kind.get("exclaimed", {}).get("n", 0)
    ends = ["!" if i < n_marks - 1 else "." for i in range(len(units))]
    if n_marks:
        ends[-1] = "!" * max(1, n_marks - (len(units) - 1))
    told = [unit[0].upper() + unit[1:] + mark for unit, mark in zip(units, ends, strict=True)]
    if "bullets" in by_kind:
        return "\n".join(f"- {unit}" for unit in told)
    if "numbered" in by_kind:
        return "\n".join(f"{i}. {unit}" for i, unit in enumerate(told, start=1))
    if "paragraphs" in by_kind:
        return "\n\n".join(told)
    if "parted" in by_kind:
        return "\n***\n".join(told)
    if "acrostic" in by_kind:
        return "\n".join(told)
    text = " ".join(told)
    return f"<<Rain>>\n{text}" if "title" in by_kind else text
