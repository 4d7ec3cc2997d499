"""Who is read and decoded next: pure decisions over lengths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.gemma.engine.requests import TokenRequest

BATCH_SIZES = (1, 4, 8, 16, 32, 64, 128, 256)
"""Rows per data-parallel device that are ever compiled."""
SMALLEST_SPAN = 256
"""Spans are this times a power of two: tokens that a row may hold behind the prefix."""
SHORTEST_PREFIX = 64
"""A shorter common start is not worth a prefix of its own: it would be padded to more than it saves."""
PARKED_BEYOND = 512
"""Rows that hold no more tokens than this are never set aside: replies of the usual length come and go there."""
LOOK_AHEAD = 256
"""Requests considered for one pack, so that a long queue costs no more than a short one."""


def batch_bucket(n_rows: int, largest: int, n_devices: int = 1) -> int:
    """The smallest compiled number of rows that holds `n_rows`, at most `largest`; a multiple of the devices.

    >>> batch_bucket(17, 64), batch_bucket(100, 64), batch_bucket(9, 64, n_devices=8)
    (32, 64, 32)
    """
    sizes = [size * n_devices for size in BATCH_SIZES]
    fitting = [size for size in sizes if size <= largest] or sizes[:1]
    return next((size for size in fitting if size >= n_rows), fitting[-1])


def span_bucket(n_tokens: int) -> int:
    """The smallest compiled span that holds `n_tokens`.

    >>> span_bucket(10), span_bucket(257), span_bucket(2000)
    (256, 512, 2048)
    """
    span = SMALLEST_SPAN
    while span < n_tokens:
        span *= 2
    return span


def rows_to_park(held: Sequence[int], span: int, most: int) -> list[int]:
    """Places in `held` (tokens that each row will hold next) of the rows to set aside until the rest is done.

    Every row is as wide as the longest one, so a few stragglers would make each step of all others dearer. They are
    those that no longer fit into `span`; none where they are more than `most`, since then long replies are the usual.

    >>> rows_to_park([90, 700, 1025, 300], span=1024, most=1), rows_to_park([1030, 700, 1025], span=1024, most=1)
    ([2], [])
    """
    if span < PARKED_BEYOND:
        return []
    beyond = [place for place, n_tokens in enumerate(held) if n_tokens > span]
    return beyond if len(beyond) <= most else []


def prefix_bucket(n_tokens: int) -> int:
    """Slots for a prefix: an eighth of its power of two finer, so that at most a quarter is padding beyond 512.

    >>> prefix_bucket(0), prefix_bucket(65), prefix_bucket(1000), prefix_bucket(1100), prefix_bucket(4000)
    (0, 128, 1024, 1280, 4096)
    """
    if n_tokens == 0:
        return 0
    grain = max(128, 2 ** (n_tokens - 1).bit_length() // 8)
    return -(-n_tokens // grain) * grain


def pack_bucket(n_tokens: int, largest: int) -> int:
    """Tokens of a pack: the power of two (32 or more) that holds all there is to read, at most `largest`."""
    return max(32, min(largest, 2 ** max(n_tokens - 1, 1).bit_length()))


def common_prefix(prompts: Sequence[Sequence[int]]) -> int:
    """Tokens that all prompts start with, the last token of the shortest left out: each row needs one to read.

    >>> common_prefix([[1, 2, 3, 4], [1, 2, 3, 9, 9]]), common_prefix([[1, 2, 3]]), common_prefix([[1, 2], [1, 2, 3]])
    (3, 2, 1)
    """
    if not prompts:
        return 0
    ordered = [tuple(prompt) for prompt in prompts]
    low, high = min(ordered), max(ordered)  # the two that differ first, in dictionary order
    limit = min(map(len, ordered)) - 1
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), limit)
    return min(same, limit)


def worthwhile_prefix(n_common: int) -> int:
    """The common start where it pays, else 0."""
    return n_common if n_common >= SHORTEST_PREFIX else 0


def admission_order(requests: Iterable[TokenRequest]) -> list[TokenRequest]:
    """Longest first, by budget and then by prompt: what runs longest should not start last, and neighbours in the
    queue have similar widths, so that packs fill up and rows age together."""
    return sorted(requests, key=lambda request: (-request.max_new_tokens, -len(request.tokens), request.index))


def take_pack(queue: list[TokenRequest], prefix: int, capacity: int) -> list[TokenRequest]:
    """Remove from the queue what fits into a pack of `capacity` tokens: the first, and then whatever still fits.

    A prompt's last token is not read here, so a request takes len(tokens) - prefix - 1 slots.
    """
    chosen: list[int] = []
    room = capacity
    for position, request in enumerate(queue[:LOOK_AHEAD]):
        width = len(request.tokens) - prefix - 1
        if width <= room:
            chosen.append(position)
            room -= width
    taken = [queue[position] for position in chosen]
    for position in reversed(chosen):
        del queue[position]
    return taken
