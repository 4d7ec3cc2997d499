"""Words around numbers, and text on one line: the same on the terminal and on the pages."""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """A count with its noun: only one is singular.

    >>> counted(1, "doc"), counted(1319, "doc")
    ('1 doc', '1,319 docs')
    """
    return f"{n:,} {noun if n == 1 else noun + 's'}"


def one_line(text: object, most: int = 300) -> str:
    """Text of any kind (an error, a reply) on one line, its blanks single, of `most` characters at most.

    >>> one_line("  a\\n  b "), one_line("abcdefghijkl", 9), one_line(ValueError("x"))
    ('a b', 'abcde ...', 'x')
    """
    line = " ".join(str(text).split())
    return line if len(line) <= most else line[: most - 4] + " ..."
