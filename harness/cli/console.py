"""What the commands print: results to standard output, notices and progress to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from harness.core.codec import encode

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

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


def notice(text: str) -> None:
    """A line that the user should see, never mixed into the result."""
    print(f"note: {text}", file=sys.stderr)


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    json.dump(encode(document), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """A plain table; columns named in `right` are right-aligned."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    aligned = set(right)
    for index, column in enumerate(columns):
        fixed = column in aligned or index == 0
        made.add_column(column, justify="right" if column in aligned else "left", no_wrap=fixed)
    return made
