"""What is held out: whole templates, and for the templates seen in training, ranges of their numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, TypeAlias

Split: TypeAlias = Literal["train", "dev", "test"]
HeldOut: TypeAlias = Literal["template", "numbers", "mixed"]
Band: TypeAlias = Literal["train", "dev", "test", "all"]
"""The part of each number range that a doc may draw from."""

DEV_TEMPLATES: frozenset[str] = frozenset()
TEST_TEMPLATES: frozenset[str] = frozenset()

NARROW = 10
"""A range of fewer values than this (how many children, how many hours) is shared by all splits: it has no parts."""

_BAND_OF_DECILE: tuple[Band, ...] = (
    "train",
    "train",
    "train",
    "test",
    "train",
    "dev",
    "train",
    "test",
    "train",
    "train",
)


def template_split(name: str) -> Split:
    """The one split that a template belongs to."""
    if name in TEST_TEMPLATES:
        return "test"
    return "dev" if name in DEV_TEMPLATES else "train"


@lru_cache(maxsize=4096)
def positions(size: int, band: Band) -> tuple[int, ...]:
    """Which of `size` values, in order, a doc of that band may draw: contiguous tenths of the range.

    >>> positions(10, "test"), positions(10, "dev"), positions(3, "test")
    ((3, 7), (5,), (0, 1, 2))
    """
    if size < NARROW or band == "all":
        return tuple(range(size))
    return tuple(i for i in range(size) if _BAND_OF_DECILE[i * 10 // size] == band)
