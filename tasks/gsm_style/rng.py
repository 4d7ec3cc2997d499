"""A tiny seeded random stream (SplitMix64) that gives the same numbers on every machine and Python version."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_MASK = (1 << 64) - 1


def states(count: int, *name: object) -> tuple[int, ...]:
    """Starting states of `count` streams that depend on nothing but the name; at most eight, from one hash."""
    digest = blake2b("\x1f".join(map(str, name)).encode(), digest_size=8 * count).digest()
    return struct.unpack(f"<{count}Q", digest)


class Rng:
    """A stream of its own: what is drawn from one stream changes nothing in another.

    SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    The standard library's generator costs more to seed than a whole question costs to draw.
    """

    __slots__ = ("_state",)

    def __init__(self, state: int) -> None:
        self._state = state

    @classmethod
    def named(cls, *name: object) -> Rng:
        """The stream of that name."""
        return cls(states(1, *name)[0])

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
