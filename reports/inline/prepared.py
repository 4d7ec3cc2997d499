"""Prepared data as a notebook shows it: counts, the commonest rejects, tokens; samples and rejects as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from markupsafe import Markup

from harness.core.errors import unknown_name

if TYPE_CHECKING:
    import pandas as pd

MOST_REASONS = 10


class Prepared(Protocol):
    """What is shown of prepared data: a summary in one line, samples, rejects and why, and tokens where counted."""

    @property
    def summary(self) -> str: ...
    @property
    def samples(self) -> Sequence[Any]: ...
    @property
    def rejects(self) -> Sequence[Any]: ...
    @property
    def reasons(self) -> Mapping[str, int]: ...
    @property
    def tokenised(self) -> Any: ...


def as_text(made: Prepared) -> str:
    """Counts, the commonest reasons, tokens; at most 13 lines."""
    shown = list(made.reasons.items())[:MOST_REASONS]
    lines = [made.summary, *(f"  {n:6,}  {reason}" for reason, n in shown)]
    if len(made.reasons) > MOST_REASONS:
        lines.append(f"  and {len(made.reasons) - MOST_REASONS} reasons more")
    return "\n".join([*lines, *_token_lines(made)])


def as_html(made: Prepared) -> str:
    """The same as a table; of no colour of its own, for light and dark."""
    row = Markup('<tr><td style="text-align:right">{:,}</td><td style="text-align:left">{}</td></tr>')
    rows = Markup("").join(row.format(n, reason) for reason, n in made.reasons.items())
    parts = [Markup("<p>{}</p>").format(made.summary)]
    if rows:
        parts.append(Markup("<table><thead><tr><th>rows</th><th>rejected</th></tr></thead>{}</table>").format(rows))
    parts += [Markup("<p>{}</p>").format(line) for line in _token_lines(made)]
    return str(Markup("<div>{}</div>").format(Markup("").join(parts)))


def frame(made: Prepared, what: str) -> pd.DataFrame:
    """The samples (the default), or the rejects with their reasons. Raises UserError for another name."""
    name = what or "samples"
    if name not in _FRAMES:
        raise unknown_name("table", name, _FRAMES, tip=f"tables of prepared data: {', '.join(_FRAMES)}.")
    return _FRAMES[name](made)


def _token_lines(made: Prepared) -> list[str]:
    if made.tokenised is None:
        return []
    found = made.tokenised.report
    lengths = f"median {found.median_length}, longest {found.max_length}"
    return [f"{found.n_tokens:,} tokens, {found.n_loss_tokens:,} with loss; a sample: {lengths}"]


def _samples(made: Prepared) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "id": one.sample.id,
            "row": one.sample.row,
            "question": one.sample.question,
            "reasoning": one.sample.reasoning,
            "answer": one.sample.answer,
            "reply": one.reply,
            "flags": ", ".join(one.flags),
        }
        for one in made.samples
    ]
    return pd.DataFrame(rows)


def _rejects(made: Prepared) -> pd.DataFrame:
    import pandas as pd

    rows = [{"row": one.row, "reason": one.reason, "detail": one.detail, "stage": one.stage} for one in made.rejects]
    return pd.DataFrame(rows, columns=["row", "reason", "detail", "stage"])


_FRAMES: dict[str, Callable[[Prepared], pd.DataFrame]] = {"samples": _samples, "rejects": _rejects}
