"""Tables on a terminal of 80 columns: no word is broken, no number cut."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from harness.cli.show.console import MIN_WIDTH, table

NUMBERS = ("baseline", "candidate", "difference [95%]", "p adj.", "fixed", "broken")
WIDE = ["structure_answer_in_its_place", "100.0%", "100.0%", "+33.3 [-41.5, +79.2]", "<0.001", "12", "1,319"]


def shown(made, width: int = MIN_WIDTH, *, is_terminal: bool = True) -> str:
    console = Console(width=width, file=StringIO(), force_terminal=is_terminal, color_system=None)
    console.print(made)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def compared(*rows: list[str]):
    made = table("metric", *NUMBERS, right=NUMBERS, may_go=("broken", "fixed", "p adj."))
    for row in rows:
        made.add_row(*row)
    return made


def test_a_name_too_long_for_all_columns_stays_whole_and_says_what_went():
    text = shown(compared(WIDE))
    assert {WIDE[0], "+33.3 [-41.5, +79.2]"} <= {cell.strip() for cell in text.splitlines()[3].split("  ")}
    assert "no room for: p adj., fixed, broken" in text
    assert "1,319" not in text


def test_columns_stay_where_there_is_room_and_where_the_output_is_piped():
    assert "1,319" in shown(compared(["accuracy", *WIDE[1:]]))
    assert "1,319" in shown(compared(WIDE), 160, is_terminal=False)


def test_a_header_of_several_words_is_broken_between_them():
    numbers = ("accuracy", "accuracy 95%", "same answer", "same 95%", "docs", "reasoned on")
    made = table("at most shown", *numbers, right=numbers)
    made.add_row("100.0%", "100.0%", "43.9% to 100.0%", "100.0%", "43.9% to 100.0%", "1319", "100.0%")
    text = shown(made)
    assert max(map(len, text.splitlines())) <= MIN_WIDTH
    assert text.count("43.9% to 100.0%") == 2
    assert {"at", "most", "shown", "accuracy", "95%", "same", "answer", "reasoned", "on"} <= set(text.split())


def test_what_does_not_fit_at_all_loses_no_character():
    made = table("run", "model")
    made.add_row("r" * 60, "m" * 60)
    text = shown(made)
    assert (text.count("r"), text.count("m")) == (60 + 1, 60 + 1)  # one in each header


words = st.lists(st.text("abc", min_size=1, max_size=14), max_size=9).map(" ".join)


@given(st.lists(st.tuples(words, words, st.integers(0, 10**6).map(str)), min_size=1, max_size=5))
def test_no_word_is_ever_broken(rows):
    made = table("first words", "others", "n", right=("n",))
    for row in rows:
        made.add_row(*row)
    text = shown(made)
    assert max(map(len, text.splitlines())) <= MIN_WIDTH
    found = text.split()
    for row in rows:
        for word in " ".join(row).split():
            assert word in found


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_table_that_fits_is_the_same_on_a_terminal_and_piped(is_terminal):
    made = table("task", "what it is")
    made.add_row("sums", "Add two numbers.")
    assert shown(made, is_terminal=is_terminal).splitlines()[-1].strip() == "sums  Add two numbers."
