"""Checked steps as a notebook shows them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from harness.core.errors import UserError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

_STYLES = {"invalid": "font-weight:bold;text-decoration:underline wavy #c33", "suspicious": "font-style:italic"}


def as_html(made: Any) -> str:
    """The steps in order with their verdicts and why, and what was decided."""
    rows = "".join(
        f'<tr><td>{number}</td><td style="{_STYLES.get(verdict, "")}">{verdict}</td>'
        f'<td style="text-align:left">{escape(text)}</td><td style="text-align:left">{escape(why)}</td></tr>'
        for number, text, verdict, why in _rows(made)
    )
    head = "<tr><th>step</th><th>verdict</th><th>text</th><th>why</th></tr>"
    return f"<table>{head}{rows}</table><p>{escape(made.summary)}</p>"


def frame(made: Any, what: str) -> pd.DataFrame:
    """A row a step. Columns: step (from 1), text, verdict, why. Raises UserError for another name than steps."""
    import pandas as pd

    if what not in ("", "steps"):
        raise unknown_name("table", what, ["steps"], tip="tables of checked steps: steps.")
    return pd.DataFrame(_rows(made), columns=["step", "text", "verdict", "why"])


def picture(made: Any, what: str) -> None:
    """There is none. Raises UserError."""
    raise UserError("no picture says more of steps than their text", tip=".to_frame() has their verdicts.")


def _rows(made: Any) -> list[tuple[int, str, str, str]]:
    pairs = zip(made.steps, made.verdicts(), strict=False)
    return [(step.index + 1, " ".join(step.text.split()), verdict, _why(made, step)) for step, verdict in pairs]


def _why(made: Any, step: Any) -> str:
    """Of the statements that decide the step's verdict; of its evidence beside a gold solution where that decides."""
    if made.reference is not None and step.index == made.reference.departure:
        return str(made.reference.why)
    verdict = step.verdict_in(made.tier)
    reasons = [
        one.suspicion if verdict == "suspicious" else one.reason
        for one in step.statements
        if one.verdict_in(made.tier) == verdict
    ]
    return ", ".join(dict.fromkeys(reasons))
