"""Several servers of one model: each request goes to the least busy of them, and away from one that is gone."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

FIRST_REST_SECONDS = 0.5
LONGEST_REST_SECONDS = 60.0
TOLD_AFTER = 8
"""Failures in a row after which one line says that a server is passed over."""


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """One server, and how it has been doing."""

    url: str
    busy: int = 0
    """Requests under way."""
    misses: int = 0
    """Requests in a row that did not find it, or that it refused whatever they were."""
    rests_until: float = 0.0


class Fleet:
    """The servers of one run, each with at most `concurrency` requests under way.

    A server that is not there rests, longer with each miss (half a second to a minute), and is then tried again: one
    that is restarted comes back by itself. While all rest, requests go to the one that rests the shortest.
    """

    def __init__(self, urls: Sequence[str], concurrency: int) -> None:
        self.members = [Member(url=url) for url in urls]
        self._concurrency = concurrency
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def member(self, avoid: Collection[Member] = ()) -> AsyncIterator[Member]:
        """A server with room for one more request, for as long as the request runs."""
        async with self._changed:
            while (chosen := self.choose(time.monotonic(), avoid)) is None:
                await self._changed.wait()
            chosen.busy += 1
        try:
            yield chosen
        finally:
            async with self._changed:
                chosen.busy -= 1
                self._changed.notify_all()

    def choose(self, now: float, avoid: Collection[Member] = ()) -> Member | None:
        """The least busy that is awake and not to be avoided, else awake, else the first to wake; None: no room."""
        awake = [member for member in self.members if member.rests_until <= now]
        wanted = [member for member in awake if member not in avoid] or awake
        if not wanted:
            wanted = [min(self.members, key=lambda member: member.rests_until)]
        chosen = min(wanted, key=lambda member: member.busy)
        return chosen if chosen.busy < self._concurrency else None

    def untried(self, tried: Collection[Member]) -> bool:
        """Whether a server is awake that a request has not been to."""
        now = time.monotonic()
        return any(member.rests_until <= now for member in self.members if member not in tried)

    def answered(self, member: Member) -> None:
        """It is there."""
        member.misses, member.rests_until = 0, 0.0

    def missed(self, member: Member, why: str) -> None:
        """It is not there, or refuses everything."""
        member.misses += 1
        if len(self.members) == 1:
            return
        rest = min(FIRST_REST_SECONDS * 2 ** (member.misses - 1), LONGEST_REST_SECONDS)
        member.rests_until = time.monotonic() + rest
        if member.misses == TOLD_AFTER:
            print(f"{member.url} is passed over for now: {why}", file=sys.stderr)
