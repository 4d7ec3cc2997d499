"""Training data held against evaluation sets, as a notebook shows it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from harness.audits.contaminated import FoundOverlaps, overlap_line
from harness.core.errors import UserError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("set", "id", "kind", "share", "row", "column", "example")


def as_html(found: FoundOverlaps) -> str:
    """A line a set, and the first of the docs that overlap."""
    lines = "<br>".join(escape(overlap_line(name, one)) for name, one in found.sets.items())
    return f"<p>{lines}</p>" + (frame(found, "").head(10).to_html(index=False) if found.doc_ids() else "")


def frame(found: FoundOverlaps, what: str) -> pd.DataFrame:
    """The docs that overlap, a row each, with the first place of it. Raises UserError for other names."""
    import pandas as pd

    if what not in ("", "overlaps"):
        raise unknown_name("table", what, ["overlaps"], tip="tables of overlaps: overlaps.")
    rows = [
        [name, one.doc_id, one.kind, one.share, one.places[0].row, one.places[0].column, one.example]
        for name, searched in found.sets.items()
        for one in searched.overlaps
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def picture(found: FoundOverlaps, what: str) -> None:
    """There is none. Raises UserError."""
    raise UserError("no picture says more of overlaps than their table", tip=".to_frame() has it.")
