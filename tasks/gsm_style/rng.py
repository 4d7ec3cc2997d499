"""A tiny seeded random stream (SplitMix64) that gives the same numbers on every machine and Python version."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_MASK = (1 << 64) - 1


class Rng:
    """A stream named by its parts: streams of different names are independent, whatever is drawn from the others.

    SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    The standard library's generator costs more to seed than a whole question costs to draw.
    """

    __slots__ = ("_state",)

    def __init__(self, *name: object) -> None:
        digest = blake2b("\x1f".join(map(str, name)).encode(), digest_size=8).digest()
        self._state = int.from_bytes(digest, "little")

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        self._state = mixed = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((mixed ^ (mixed >> 31)) * n) >> 64

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """`count` different options, in random order."""
        pool = list(options)
        for i in range(count):
            j = i + self.below(len(pool) - i)
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:count]
