"""What a record says as text: its table in columns, and never more lines than an interpreter's screen can spare."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from harness.core.words import one_line
from reports.visible import visible

MOST_LINES = 15
_CELL = 40


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Cells as lines, the first of each to the left and the others to the right.

    >>> columns([["metric", "n"], ["accuracy", "40"]])
    ['metric     n', 'accuracy  40']
    """
    cells = [[one_line(visible(cell), _CELL) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    return ["  ".join(_aligned(row, widths)).rstrip() for row in cells]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    (first, *others), (width, *more) = row, widths
    return [first.ljust(width), *(cell.rjust(wide) for cell, wide in zip(others, more, strict=True))]


def html_table(rows: Sequence[Sequence[str]]) -> Markup:
    """Cells as a table, the first row its header; of no colour of its own, for light and dark."""
    header, *others = ([Markup("{}").format(visible(cell)) for cell in row] for row in rows)
    head = Markup("").join(Markup('<th style="text-align:left">{}</th>').format(cell) for cell in header)
    lines = (Markup("").join(Markup('<td style="text-align:left">{}</td>').format(c) for c in row) for row in others)
    body = Markup("").join(Markup("<tr>{}</tr>").format(line) for line in lines)
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


def fitted(head: Sequence[str], table: Sequence[str], tail: Sequence[str], last: str) -> str:
    """At most so many lines: what the `head` says first, then as much of the `table` and of the `tail` as there is room
    for, with a word on what was left out, and the `last` line."""
    room = MOST_LINES - len(head) - 1
    kept_tail = _kept(tail, max(room // 3, room - len(table)), "notes")
    kept = _kept(table, room - len(kept_tail), "rows")
    return "\n".join(visible(line) for line in (*head, *kept, *kept_tail, last))


def _kept(lines: Sequence[str], most: int, noun: str) -> list[str]:
    if len(lines) <= most:
        return list(lines)
    return [*lines[: most - 1], f"and {len(lines) - most + 1} more {noun}"]
