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


def out() -> Console:
    """Standard output; plain when piped or with NO_COLOR."""
    from rich.console import Console

    return Console(soft_wrap=not sys.stdout.isatty(), highlight=False)


def err() -> Console:
    """Standard error."""
    from rich.console import Console

    return Console(stderr=True, soft_wrap=not sys.stderr.isatty(), highlight=False)


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

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    aligned = set(right)
    for column in columns:
        made.add_column(column, justify="right" if column in aligned else "left", no_wrap=column in aligned)
    return made
