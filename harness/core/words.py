"""Words around numbers, the same on the terminal and on the pages."""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """A count with its noun: only one is singular.

    >>> counted(1, "doc"), counted(1319, "doc")
    ('1 doc', '1,319 docs')
    """
    return f"{n:,} {noun if n == 1 else noun + 's'}"
