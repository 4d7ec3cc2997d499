"""Probes of a run as a notebook shows them: a line each on what was probed, and their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.audits.probes.records import ProbeSummary
from harness.audits.probes.words import left_out_words, undefined_words
from harness.core import words
from harness.core.errors import UserError, unknown_name
from reports.inline.lines import columns, fitted, html_table

if TYPE_CHECKING:
    import pandas as pd

HEADER = ("metric", "value", "95% interval", "docs")


def as_text(found: Sequence[ProbeSummary]) -> str:
    """What was probed, what is undefined and why, then the numbers; at most 15 lines."""
    told = [line for summary in found for line in _told(summary)]
    rows = [["probe", *HEADER], *([one.probe, *cells] for one in found for cells in _rows(one))]
    table = columns(rows) if len(rows) > 1 else []
    return fitted(told, table, [], ".to_frame() has every number; docs/method/probes.md says what they mean")


def as_html(found: Sequence[ProbeSummary]) -> str:
    """The same with a table a probe, whole."""
    parts = []
    for summary in found:
        parts += [Markup("<p>{}</p>").format(line) for line in _told(summary)]
        if rows := _rows(summary):
            parts.append(html_table([HEADER, *rows]))
    return str(Markup("<div>{}</div>").format(Markup("").join(parts)))


def frame(found: Sequence[ProbeSummary], what: str) -> pd.DataFrame:
    """The metrics of every probe, a row each, shares as fractions. Raises UserError for another name."""
    import pandas as pd

    if what not in ("", "metrics"):
        raise unknown_name("table", what, ["metrics"], tip="tables of probes: metrics.")
    rows = [
        [summary.probe, name, one.value, one.low, one.high, one.n_docs]
        for summary in found
        for name, one in summary.estimates.items()
    ]
    return pd.DataFrame(rows, columns=["probe", "metric", "value", "low", "high", "n_docs"])


def picture(found: Sequence[ProbeSummary], what: str) -> None:
    """There is none. Raises UserError."""
    raise UserError("probes have no picture of their own", tip="harness.report(run) draws their curves.")


def _told(summary: ProbeSummary) -> list[str]:
    undefined = undefined_words(summary)
    return [f"{summary.probe}: {left_out_words(summary)}", *([f"  {undefined}"] if undefined else [])]


def _rows(summary: ProbeSummary) -> list[list[str]]:
    """The metrics that have a value."""
    rows = []
    for info in summary.metrics:
        one = summary.estimates[info.name]
        if one.value is not None:
            interval = words.interval(one.low, one.high, info.kind)
            rows.append([info.name, words.value(one.value, info.kind), interval, words.count(one.n_docs)])
    return rows
