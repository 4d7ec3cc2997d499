"""How a noise floor looks on the terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.audits.noise.store import StoredFloor


def floor_document(floor: StoredFloor) -> dict[str, Any]:
    """The JSON of a floor, its file first."""
    from harness.core.codec import encode

    return {"path": str(floor.path)} | encode(floor)


def print_floor(floor: StoredFloor) -> None:
    """The floor in a sentence, its runs, and every pair of them."""
    from harness.audits.noise.words import floor_sentence, share
    from harness.cli.show.console import out, table

    console = out()
    console.print(floor_sentence(floor), markup=False, style="bold")
    for note in floor.notes:
        console.print(f"note: {note}", markup=False)
    runs = table("run", floor.primary, right=(floor.primary,))
    for one in floor.runs:
        runs.add_row(one.label, share(one.accuracy))
    console.print(runs)
    numbers = ("docs", "flips", "share [95%]", "other answers", "other texts")
    made = table("pair", *numbers, right=numbers)
    for pair in floor.pairs:
        counts = (str(pair.n_flips), share(pair.flips), str(pair.n_answers), str(pair.n_texts))
        made.add_row(f"{pair.first} / {pair.second}", str(pair.n_docs), *counts)
    console.print(made)
    console.print(f"noise: {floor.path}", markup=False)
