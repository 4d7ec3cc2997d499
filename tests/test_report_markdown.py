"""The Markdown pages: golden files, and model text that stays text."""

from __future__ import annotations

import doctest
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_runs import baseline_records, compared, doc, finished, record

import reports.charts
import reports.html
import reports.markdown
import reports.view
import reports.visible
from harness.comparison.compare import compare
from harness.core import words
from harness.stats.estimate import estimate_metrics
from reports.markdown import code, comparison_page, plain, run_page
from reports.view import comparison_view, run_view, telling_flips

GOLDEN = Path(__file__).parent / "fixtures"


def check_golden(name: str, text: str) -> None:
    """Compare with the stored page; HARNESS_UPDATE_GOLDEN=1 writes it anew."""
    path = GOLDEN / name
    if os.environ.get("HARNESS_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_comparison_page_is_the_golden_one():
    comparison, before, after = compared()
    check_golden("report_comparison.md", comparison_page(comparison_view(comparison, before, after)))


def test_run_page_is_the_golden_one():
    records = baseline_records()
    check_golden("report_run.md", run_page(run_view(finished("base", records), records)))


def test_the_decision_comes_first():
    comparison, before, after = compared()
    page = comparison_page(comparison_view(comparison, before, after))
    lines = [line for line in page.splitlines() if line]
    assert lines[0] == "# tuned against base on gsm8k"
    assert lines[1] == f"**{comparison.verdict}**"
    assert lines[2].startswith(
        "**Gate passed: the candidate may ship.** A loss of up to 2.0 points is tolerated (--margin); "
    )


def test_ten_flips_are_shown_and_those_with_an_invalid_step_lead():
    comparison, before, after = compared()
    flips = telling_flips(comparison, before, after)
    kinds = [flip.flip.kind for flip in flips]
    assert kinds == ["broken"] * 3 + ["fixed"] * 7
    assert [bool(flip.baseline.invalid_step) for flip in flips[3:]] == [True] * 3 + [False] * 4


def test_fewer_broken_than_five_leave_room_for_fixed_ones():
    comparison, before, after = compared()
    assert len(telling_flips(comparison, before, after)) == 10
    assert sum(flip.kind == "fixed" for flip in comparison.flips) == 11


def test_an_unfinished_run_says_so():
    records = baseline_records()
    run = finished("base", records)
    unfinished = type(run)(**{name: getattr(run, name) for name in run.__slots__} | {"finished": ""})
    assert "> This run is not finished" in run_page(run_view(unfinished, records))


def test_a_killed_run_shows_what_it_has_drawn_so_far():
    records = baseline_records()
    run = finished("base", records)
    killed = replace(run, finished="", estimates={})
    drawn = run_page(run_view(killed, records))
    assert "> This run is not finished" in drawn
    assert words.estimate(run.estimates[run.primary], "binary") in drawn


@pytest.mark.parametrize("text", ["`", "``", "a`b``c", "`lead", "trail`"])
def test_inline_code_cannot_be_left_by_backticks(text):
    shown = code(text)
    ticks = len(shown) - len(shown.lstrip("`"))
    assert shown.startswith("`" * ticks)
    assert shown.endswith("`" * ticks)
    assert "`" * ticks not in shown[ticks:-ticks]


@given(st.text(max_size=60))
def test_plain_text_is_one_line_without_live_markup(text):
    shown = plain(text)
    assert "\n" not in shown
    assert "\r" not in shown
    for i, char in enumerate(shown):
        if char in "<`*|":
            backslashes = len(shown[:i]) - len(shown[:i].rstrip("\\"))
            assert backslashes % 2 == 1


def test_hostile_text_stays_inside_its_line():
    hostile = "\u202egnol\x00\n# heading\n</details><script>alert(1)</script> `code` | cell"
    records = [record(doc(1), hostile), record(doc(2), "<answer>4</answer>")]
    page = run_page(run_view(finished("a|b<b>", records), records))
    assert "\n# heading" not in page
    assert "\x00" not in page
    assert "\u202e" not in page
    assert "a\\|b\\<b>" in page
    inside = next(line for line in page.splitlines() if "<script>" in line)
    assert inside.startswith("  - reply: ``")
    assert inside.endswith("``")


def test_examples_in_docstrings_hold():
    for module in (reports.markdown, reports.visible, reports.charts, reports.html, reports.view):
        assert doctest.testmod(module).failed == 0


def test_names_of_metrics_and_variants_are_no_markup():
    name = "a|b <img src=x> [c](d)"
    made = [
        replace(
            one,
            doc=replace(one.doc, metadata={"seed_id": str(i // 2), "variant": name if i % 2 else "none"}),
            metrics={**one.metrics, name: 1.0},
        )
        for i, one in enumerate(baseline_records())
    ]
    run = finished("base", made)
    run = replace(run, metrics=(*run.metrics, replace(run.metrics[0], name=name)))
    run = replace(run, estimates=estimate_metrics(made, run.metrics))
    page = run_page(run_view(run, made)) + comparison_page(comparison_view(compare(run, made, run, made), made, made))
    assert page.count(plain(name)) >= 4
    assert name not in page
