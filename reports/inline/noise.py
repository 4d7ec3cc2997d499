"""A noise floor as a notebook shows it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from harness.audits.noise.records import NoiseFloor
from harness.audits.noise.words import floor_sentence, share
from harness.core.errors import UserError, unknown_name

if TYPE_CHECKING:
    import pandas as pd


def as_html(floor: NoiseFloor) -> str:
    """The floor in a sentence, what must be taken on trust, and every pair of runs."""
    lines = "<br>".join(escape(line) for line in (floor_sentence(floor), *floor.notes))
    return f"<p>{lines}</p>{frame(floor, '').to_html(index=False)}"


def frame(floor: NoiseFloor, what: str) -> pd.DataFrame:
    """The pairs (the default; counts of docs, and the share that flipped with its interval) or the runs. Raises
    UserError for another name."""
    import pandas as pd

    name = what or "pairs"
    if name == "pairs":
        pairs = [[p.first, p.second, p.n_docs, p.n_flips, share(p.flips), p.n_answers, p.n_texts] for p in floor.pairs]
        return pd.DataFrame(
            pairs, columns=["first", "second", "n_docs", "flips", "share", "other_answers", "other_texts"]
        )
    if name == "runs":
        runs = [[one.id, one.label, one.accuracy.value, one.accuracy.low, one.accuracy.high] for one in floor.runs]
        return pd.DataFrame(runs, columns=["id", "label", floor.primary, "low", "high"])
    raise unknown_name("table", name, ["pairs", "runs"], tip="tables of a noise floor: pairs, runs.")


def picture(floor: NoiseFloor, what: str) -> None:
    """There is none. Raises UserError."""
    raise UserError("no picture says more of a noise floor than its sentence", tip=".to_frame() has its pairs.")
