"""Docs from templates: each one a pure function of seed, split, template and index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import islice

from harness.core.errors import UserError, unknown_name
from harness.core.records import Doc
from tasks.gsm_style.registry import Template
from tasks.gsm_style.rng import Rng
from tasks.gsm_style.splits import Band, HeldOut, Split
from tasks.gsm_style.templates import all_templates
from tasks.gsm_style.variants import BALANCED, Seed, SingleVariant, Variant, render

_FRUITLESS_ROUNDS = 50
"""Rounds over all templates with no new question, after which the supply counts as spent."""


def generate(
    n: int,
    seed: int = 0,
    split: Split = "train",
    *,
    held_out: HeldOut = "mixed",
    variant: Variant = "none",
    only: Sequence[str] = (),
) -> tuple[Doc, ...]:
    """`n` different docs, turn by turn from every template of the split.

    `generate(10, ...)` are the first ten of `generate(100, ...)`; `seed` decides which they are. With variant="all" the
    docs come in groups of seven, each seed question in every variant, and `n` is rounded down to whole groups (at least
    one). `held_out` says what a test question must not share with training (template, numbers; mixed: both kinds
    side by side), `only` names the templates or themes to use.

    Raises UserError for n < 1, for an unknown name, or when the templates have fewer than `n` different questions.
    """
    if n < 1:
        raise UserError(f"cannot generate {n} questions", tip="n must be at least 1.")
    per_seed = len(BALANCED) if variant == "all" else 1
    wanted = max(1, n // per_seed) * per_seed
    docs = tuple(islice(stream(seed, split, held_out=held_out, variant=variant, only=only), wanted))
    if len(docs) < wanted:
        raise UserError(f"there are only {len(docs)} different questions of this kind", tip="ask for fewer.")
    return docs


def stream(
    seed: int = 0,
    split: Split = "train",
    *,
    held_out: HeldOut = "mixed",
    variant: Variant = "none",
    only: Sequence[str] = (),
) -> Iterator[Doc]:
    """The docs of `generate`, one after the other, until no template has a new question.

    `seed`, `split`, `held_out`, `variant` and `only` are those of `generate`.
    """
    chosen = select(split, held_out, variant, only)
    order = Rng.named(seed, split, "order").sample(chosen, len(chosen))
    seen: set[bytes] = set()
    index, fruitless = 0, 0
    while fruitless < _FRUITLESS_ROUNDS:
        fruitless += 1
        for template in order:
            docs = make(template, index, seed, split, variant)
            mark = blake2b(str(docs[0].question).encode(), digest_size=10).digest()
            if mark not in seen:
                seen.add(mark)
                fruitless = 0
                yield from docs
        index += 1


def make(template: Template, index: int, seed: int, split: Split, variant: Variant = "none") -> tuple[Doc, ...]:
    """The docs of the seed question number `index` of a `template`: one, or with variant="all" seven.

    `seed` and `split` decide its numbers and names.
    """
    origin = Seed(
        template=template,
        band=band_of(template, split),
        id=f"gsm_style-{template.name}-{split}-s{seed}-{index}",
        split=split,
    )
    kinds: Sequence[SingleVariant] = BALANCED if variant == "all" else (variant,)
    return tuple(render(origin, kind) for kind in kinds)


def select(split: Split, held_out: HeldOut, variant: Variant = "none", only: Sequence[str] = ()) -> list[Template]:
    """The templates that a split draws from and that have what the variant changes (names, money), by name.

    `held_out` is what a test question must not share with training, `only` names templates or themes. Raises UserError
    for a name that is not known, and where no template is left.
    """
    everything = all_templates()
    known = {t.name for t in everything} | {t.theme for t in everything}
    for name in only:
        if name not in known:
            raise unknown_name("template or theme", name, sorted(known))
    chosen = [
        t
        for t in everything
        if _belongs(t, split, held_out) and _allows(t, variant) and (not only or t.name in only or t.theme in only)
    ]
    if not chosen:
        raise UserError(f"no template fits split={split}, held_out={held_out}, only={', '.join(only) or 'all'}")
    return chosen


def band_of(template: Template, split: Split) -> Band:
    """A template that training never sees may use all of its numbers; a seen one only the split's part."""
    return split if template.split == "train" else "all"


def _allows(template: Template, variant: Variant) -> bool:
    needs_money, needs_people = variant in ("currency", "all"), variant in ("names", "all")
    return (template.money or not needs_money) and (template.people or not needs_people)


def _belongs(template: Template, split: Split, held_out: HeldOut) -> bool:
    if split == "train":
        return template.split == "train"
    unseen, seen = template.split == split, template.split == "train"
    return {"template": unseen, "numbers": seen, "mixed": unseen or seen}[held_out]
