"""The templates by name, with what is known of each without rendering it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.splits import Split, template_split

TemplateFunction: TypeAlias = Callable[[Draft], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One kind of story problem."""

    name: str
    theme: str
    """percent, ratio, rate, ..."""
    summary: str
    n_steps: tuple[int, int]
    """Fewest and most steps of the gold reasoning."""
    money: bool
    """Amounts of money occur, so that there is a currency to change."""
    people: bool
    """People with names occur."""
    split: Split
    """Train: seen in training, evaluated on held-out numbers. Dev, test: never seen in training."""
    build: TemplateFunction


_TEMPLATES: dict[str, Template] = {}


def template(
    theme: str, *, steps: int | tuple[int, int], money: bool = False, people: bool = True
) -> Callable[[TemplateFunction], TemplateFunction]:
    """Register a function that tells and solves one kind of problem; its docstring is the summary.

    `theme` groups templates, `steps` is how many steps the solution takes (or the fewest and the most). `money` says
    that it has amounts of money, `people` that it has names: what variants change. Registering raises ValueError for a
    name given twice.
    """

    def register(build: TemplateFunction) -> TemplateFunction:
        name = build.__name__
        if name in _TEMPLATES:
            raise ValueError(f"two templates are named {name!r}")
        _TEMPLATES[name] = Template(
            name=name,
            theme=theme,
            summary=(build.__doc__ or "").strip(),
            n_steps=(steps, steps) if isinstance(steps, int) else steps,
            money=money,
            people=people,
            split=template_split(name),
            build=build,
        )
        return build

    return register


def registered() -> tuple[Template, ...]:
    """What has registered so far, by name."""
    return tuple(_TEMPLATES[name] for name in sorted(_TEMPLATES))
