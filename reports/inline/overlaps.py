"""Training data held against evaluation sets, as a notebook shows it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from harness.audits.contaminated import FoundOverlaps, overlap_line, run_lines
from harness.core.errors import UserError, unknown_name
from reports.inline.lines import MOST_LINES
from reports.visible import visible

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("set", "id", "kind", "share", "row", "column", "example")


def as_text(found: FoundOverlaps) -> str:
    """A line a set, and a run's score with and without the overlap; at most 15 lines."""
    sets = [overlap_line(name, one) for name, one in found.sets.items()]
    score = [] if found.run is None else run_lines(found.run)
    room = MOST_LINES - len(score)
    if len(sets) > room:
        sets = [*sets[: room - 1], f"and {len(sets) - room + 1} more sets"]
    return "\n".join(visible(line) for line in (*sets, *score))


def as_html(found: FoundOverlaps) -> str:
    """A line a set, a run's score with and without the overlap, and the first of the docs that overlap."""
    score = [] if found.run is None else run_lines(found.run)
    told = [*(overlap_line(name, one) for name, one in found.sets.items()), *score]
    lines = "<br>".join(escape(line) for line in told)
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
