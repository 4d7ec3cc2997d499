"""What the commands print: results to standard output, notices and progress to standard error."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.codec import encode
from harness.core.notices import LOGGER, notice

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Column, Table

PIPED_WIDTH = 160
MIN_WIDTH = 80
"""A narrower terminal breaks the lines itself: a table squeezed into it would lose names and digits."""


def out() -> Console:
    """Standard output; plain and unwrapped when piped, without colour with NO_COLOR."""
    from rich.console import Console

    if not sys.stdout.isatty():
        return Console(highlight=False, soft_wrap=True, width=PIPED_WIDTH)
    console = Console(highlight=False)
    return console if console.width >= MIN_WIDTH else Console(highlight=False, width=MIN_WIDTH)


def err() -> Console:
    """Standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def show_notices(*, details: bool = False) -> None:
    """Print what the harness tells beside a result as `note: ...` on standard error, never mixed into the result."""
    LOGGER.handlers = [_Notes()]
    LOGGER.setLevel(logging.DEBUG if details else logging.INFO)
    LOGGER.propagate = False


class _Notes(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """To the standard error of this moment: a test, or a caller, may have put another in its place."""
        print(f"note: {record.getMessage()}", file=sys.stderr)


def open_in_browser(paths: Sequence[Path]) -> None:
    """Open the HTML page among `paths`; says so where there is no browser."""
    import webbrowser

    for path in paths:
        if path.suffix == ".html" and not webbrowser.open(path.resolve().as_uri()):
            notice(f"no browser to open {path} with")


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    text = json.dumps(encode(document), indent=2, ensure_ascii=False)
    # A lone surrogate, which no stream can write, as JSON escapes it.
    sys.stdout.write(re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found.group()):04x}", text) + "\n")


def table(*columns: str, right: Iterable[str] = (), may_go: Sequence[str] = ()) -> Table:
    """A plain table; columns named in `right` are right-aligned. Names and cells are text, never markup: a model may
    be called `m[v2]`.

    A terminal too narrow for whole words goes without the columns of `may_go`, the first of them first, and is told so.
    """
    from rich import box
    from rich.console import ConsoleOptions, RenderResult
    from rich.table import Table
    from rich.text import Text

    class PlainTable(Table):
        def add_row(self, *cells: Any, **options: Any) -> None:
            super().add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells), **options)
            for column, cell in zip(self.columns, cells, strict=False):
                if column.justify == "right":  # a number that is cut off is another number
                    column.min_width = max(column.min_width or 0, len(str(cell)))

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            if console.is_terminal:
                fit_words(self, options.max_width, may_go)
            yield from super().__rich_console__(console, options)

    made = PlainTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), caption_justify="left")
    aligned = set(right)
    for column in columns:
        is_number = column in aligned
        made.add_column(Text(column), justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    return made


def fit_words(made: Table, width: int, may_go: Sequence[str] = ()) -> None:
    """Narrow a table to `width` between words; where that does not do, without the columns of `may_go`. One whose words
    do not fit even then is left as it is."""
    gone: list[str] = []
    while _sum_of(made, _least) > _room(made, width) and len(gone) < len(may_go):
        gone.append(may_go[len(gone)])
        made.columns = [column for column in made.columns if str(column.header) != gone[-1]]
    if gone:
        made.caption = f"no room for: {', '.join(reversed(gone))}"
    room = _room(made, width)
    if _sum_of(made, _least) <= room < _sum_of(made, _whole):
        for column, size in zip(made.columns, _narrowed(made, room), strict=True):
            column.no_wrap, column.min_width, column.max_width = False, size, size


def _narrowed(made: Table, room: int) -> list[int]:
    """Widths that fit, the widest column that can still give given less first."""
    sizes, least = [_whole(column) for column in made.columns], [_least(column) for column in made.columns]
    while sum(sizes) > room:
        at = max((i for i, size in enumerate(sizes) if size > least[i]), key=lambda i: sizes[i])
        sizes[at] -= 1
    return sizes


def _room(made: Table, width: int) -> int:
    """For text: beside it stand an edge on both sides, and two spaces between columns."""
    return width - 2 * len(made.columns)


def _sum_of(made: Table, size: Callable[[Column], int]) -> int:
    return sum(map(size, made.columns))


def _whole(column: Column) -> int:
    """Characters of the longest text."""
    return max(len(str(text)) for text in (column.header, *column.cells))


def _least(column: Column) -> int:
    """Characters of the longest word; a number with its interval is one."""
    cells = [str(cell) for cell in column.cells]
    parts = cells if column.justify == "right" else [word for cell in cells for word in cell.split()]
    return max(map(len, (*parts, *str(column.header).split())), default=1)
