"""What callers may give loosely: one name where several are taken."""

from __future__ import annotations

from collections.abc import Sequence


def names(given: str | Sequence[str]) -> tuple[str, ...]:
    """The names, of which a text alone is one: its letters are none.

    >>> names("step_validity"), names(["a", "b"]), names("")
    (('step_validity',), ('a', 'b'), ())
    """
    return tuple(filter(None, [given])) if isinstance(given, str) else tuple(given)
