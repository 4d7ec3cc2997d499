"""One seed question in several variants, each of which changes one thing and keeps the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.core.records import Doc
from tasks.gsm_style.distractors import distractor
from tasks.gsm_style.draft import Draft, Reject
from tasks.gsm_style.longer import lengthen
from tasks.gsm_style.num import Num, decimal_text
from tasks.gsm_style.registry import Template
from tasks.gsm_style.rng import Rng
from tasks.gsm_style.splits import Band, Split

SingleVariant: TypeAlias = Literal["none", "names", "numbers", "distractor", "reorder", "currency", "longer"]
Variant: TypeAlias = Literal["none", "names", "numbers", "distractor", "reorder", "currency", "longer", "all"]
BALANCED: tuple[SingleVariant, ...] = ("none", "names", "numbers", "distractor", "reorder", "currency", "longer")
"""What variant="all" makes of each seed question."""

_MAX_ATTEMPTS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A seed question, before it is rendered."""

    template: Template
    band: Band
    id: str
    split: Split


def render(seed: Seed, variant: SingleVariant) -> Doc:
    """The seed question in one variant."""
    draft = _draft_of(seed, variant)
    extra_lines = lengthen(draft) if variant == "longer" else ()
    lines = (*draft.lines, *extra_lines)
    return Doc(
        id=seed.id if variant == "none" else f"{seed.id}+{variant}",
        question=_question(draft, variant, seed.template.theme),
        target=target_of(draft.result),
        gold_reasoning="\n".join(lines),
        cluster=seed.template.name,  # the widest kinship: seed questions of one template are akin too
        metadata={
            "variant": variant,
            "seed_id": seed.id,
            "template": seed.template.name,
            "theme": seed.template.theme,
            "n_steps": len(lines),
            "answer_type": draft.answer_type,
            "held_out": "" if seed.split == "train" else "numbers" if seed.template.split == "train" else "template",
        },
    )


def target_of(result: Num) -> str:
    """The gold answer as bare text: '18', '7.50', '2.5'."""
    value = result.value
    if isinstance(value, int):
        return str(value)
    digits = decimal_text(value).replace(",", "")
    return digits + "0" if result.unit not in ("", "%") and digits[-2] == "." else digits


def _draft_of(seed: Seed, variant: SingleVariant) -> Draft:
    if variant == "names":
        return _other_names(seed)
    if variant == "numbers":
        return _other_numbers(seed)
    return _told(seed, swap=variant == "currency")


def _told(seed: Seed, *, names_salt: str = "", numbers_salt: str = "", swap: bool = False) -> Draft:
    """The first draft whose numbers make a natural question."""
    for attempt in range(_MAX_ATTEMPTS):
        draft = Draft(seed.id, seed.band, names_salt=names_salt, numbers_salt=numbers_salt, attempt=attempt)
        if swap:
            draft.swap_currency()
        try:
            seed.template.build(draft)
        except Reject:
            continue
        return draft
    raise RuntimeError(f"template {seed.template.name} finds no natural numbers in band {seed.band}")


def _other_names(seed: Seed) -> Draft:
    names = {person.name for person in _told(seed).people}
    for salt in range(_MAX_ATTEMPTS):
        draft = _told(seed, names_salt=f"names-{salt}")
        if names.isdisjoint(person.name for person in draft.people):
            return draft
    raise RuntimeError(f"template {seed.template.name} finds no other names")


def _other_numbers(seed: Seed) -> Draft:
    original = _told(seed)
    for salt in range(_MAX_ATTEMPTS):
        draft = _told(seed, numbers_salt=f"numbers-{salt}")
        if draft.drawn != original.drawn and draft.result.value != original.result.value:
            return draft
    raise RuntimeError(f"template {seed.template.name} finds no other numbers in band {seed.band}")


def _question(draft: Draft, variant: SingleVariant, theme: str) -> str:
    if variant == "reorder":
        return " ".join(_reordered(draft))
    sentences = [*draft.facts, draft.question]
    if variant == "distractor":
        sentences.insert(_distractor_place(draft), distractor(draft, theme))
    return " ".join(sentences)


def _reordered(draft: Draft) -> list[str]:
    """Free neighbours change places; where there are none, the question is asked first."""
    facts = list(draft.facts)
    moved = False
    for start, end in _free_runs(draft):
        facts[start:end] = facts[start + 1 : end] + facts[start : start + 1]
        moved = True
    return [*facts, draft.question] if moved else [draft.question, *facts]


def _free_runs(draft: Draft) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start = 0
    for i in range(len(draft.free) + 1):
        if i == len(draft.free) or not draft.free[i]:
            if i - start > 1:
                runs.append((start, i))
            start = i + 1
    return runs


def _distractor_place(draft: Draft) -> int:
    """Before the question, or between two free facts: nowhere could it change what a pronoun means."""
    places = [len(draft.facts)]
    places += [i for i in range(1, len(draft.facts)) if draft.free[i] and draft.free[i - 1]]
    return Rng.named(draft.key, "distractor place").pick(places)
