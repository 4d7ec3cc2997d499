"""How every verb of the front door tells how far it has come: one record, one callback."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from harness.core.records import Record

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a verb tells while it works: one stage of it, counted."""

    stage: str
    """What is at work: a task, a probe, an arm of a training run."""
    done: int
    total: int | None = None
    """None where nobody knows it yet."""
    resumed: int = 0
    """Of `done`, found from before: no time of this call went into them."""
    unit: str = "docs"
    """What is counted, in the plural."""
    record: Record | None = None
    """The newest completion with its scores; None at the start, and where no completions are counted."""
    primary: str = ""
    """The metric of `record` whose running mean says how it goes."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """Further numbers by name: loss, tokens_per_second."""


OnProgress = Callable[[Progress], None]


def quiet(progress: Progress) -> None:
    """Tell nobody."""


def followed(items: Sequence[Item], stage: str, unit: str, on_progress: OnProgress) -> Iterator[Item]:
    """The `items` of a `stage`, one by one, each told of (counted in `unit`s) when the next is asked for.

    >>> list(followed(["a", "b"], "reading", "rows", quiet))
    ['a', 'b']
    """
    for done, item in enumerate(items):
        on_progress(Progress(stage=stage, done=done, total=len(items), unit=unit))
        yield item
    on_progress(Progress(stage=stage, done=len(items), total=len(items), unit=unit))
