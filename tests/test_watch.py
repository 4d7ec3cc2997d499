"""How progress is told: one output of a notebook that is drawn anew in place, or a plain line now and then."""

from __future__ import annotations

import json
import math
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_runs import doc, record, reply

from harness.api.watch import LINE_SECONDS, REFRESH_SECONDS, Lines, NotebookBar, bar_html, in_notebook, shown_here
from harness.core.progress import Progress, quiet
from harness.stats.pace import Pace


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Screen:
    """What a notebook would show: every drawing, and how many outputs they stand in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.drawn: list[str] = []
        self.outputs = 0
        display = pytest.importorskip("IPython.display")
        monkeypatch.setattr(display, "display", self._display)

    def _display(self, made, *, display_id):
        assert display_id
        self.outputs += 1
        self.update(made)
        return self

    def update(self, made) -> None:
        self.drawn.append(made.data)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def screen(monkeypatch) -> Screen:
    return Screen(monkeypatch)


def at(done: int, total: int | None = 10, **changes) -> Progress:
    return Progress(stage="gsm8k", done=done, total=total, **changes)


def test_a_bar_is_one_output_drawn_anew(clock, screen):
    bar = NotebookBar(clock)
    for done in range(11):
        clock.now += REFRESH_SECONDS
        bar(at(done))
    assert screen.outputs == 1
    assert len(screen.drawn) == 11
    assert "gsm8k: 10 of 10 docs" in screen.drawn[-1]


def test_a_bar_is_drawn_no_more_often_than_can_be_seen(clock, screen):
    bar = NotebookBar(clock)
    for done in range(1000):
        clock.now += 0.001
        bar(at(done, 1000))
    assert 1 <= len(screen.drawn) <= 3
    bar(at(1000, 1000))
    assert "1,000 of 1,000" in screen.drawn[-1]  # the end is drawn whenever it comes


def test_the_next_stage_takes_the_place_of_the_last(clock, screen):
    bar = NotebookBar(clock)
    bar(at(10))
    bar(Progress(stage="early-answering", done=0, total=5, unit="prompts"))
    assert screen.outputs == 1
    assert "early-answering: 0 of 5 prompts" in screen.drawn[-1]


def test_the_next_run_of_the_same_task_is_not_counted_with_the_last(clock, screen):
    bar = NotebookBar(clock)
    for right in (True, False):
        for i in range(1, 5):
            made = record(doc(i), reply(i, 2 * i if right else "none"))
            bar(at(i, 4, record=made, primary="accuracy"))
    assert "accuracy 100.0% [51.0, 100.0]" in screen.drawn[1]
    assert "accuracy 0.0% [0.0, 49.0]" in screen.drawn[-1]


def test_what_was_reached_is_left_where_a_verb_was_stopped(clock, screen, monkeypatch):
    monkeypatch.setattr("harness.api.watch.in_notebook", lambda: True)
    monkeypatch.setattr("harness.api.watch.NotebookBar", lambda: NotebookBar(clock))

    def stopped_early() -> None:
        with shown_here(None) as tell:
            tell(at(1))
            tell(at(4))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_early()
    assert "4 of 10" in screen.drawn[-1]


def test_a_callback_that_was_given_is_the_one_that_is_told():
    with shown_here(quiet) as tell:
        assert tell is quiet


def test_no_notebook_is_seen_where_there_is_none_and_nobody_is_told():
    assert not in_notebook()
    with shown_here(None) as tell:
        assert tell is quiet


def test_a_stage_is_text_and_never_markup(clock):
    page = bar_html(Pace("<script>alert(1)</script>", clock))
    assert "<script" not in page


def test_lines_come_every_so_many_seconds_and_not_oftener(clock):
    told: list[str] = []
    lines = Lines(told.append, clock=clock)
    for done in range(1, 61):
        clock.now += 1
        lines(at(done, 60))
    assert len(told) == 60 // LINE_SECONDS
    assert told[0] == "[  15 s] gsm8k: 15 of 60 docs, 42 s left"  # timed since the first doc was told of


def test_words_have_accuracy_speed_and_time_left(clock):
    pace = Pace("gsm8k", clock)
    for i in range(4):
        clock.now += 5
        made = record(doc(i), reply(i, 2 * i if i else 7), completion_tokens=100)
        pace.add(at(i + 1, 8, record=made, primary="accuracy"))
    assert pace.describe() == "gsm8k: 4 of 8 docs, accuracy 75.0% [30.1, 95.4], 20 tokens/s, 20 s left"


def test_what_was_found_from_before_says_nothing_of_the_speed(clock):
    pace = Pace("gsm8k", clock)
    clock.now += 10
    pace.add(at(900, 1000, resumed=900))
    assert pace.seconds_left is None
    clock.now += 10
    pace.add(at(910, 1000, resumed=900))
    assert pace.seconds_left == pytest.approx(180)


def test_a_metric_that_is_no_share_has_no_running_accuracy(clock):
    pace = Pace("perplexity", clock)
    made = record(doc(1), reply(1, 2))
    pace.add(at(1, record=made, primary="words"))
    assert "words" not in pace.describe()


numbers = st.floats(allow_nan=True, allow_infinity=True)
progress = st.builds(
    Progress,
    stage=st.just("any"),
    done=st.integers(0, 10**9),
    total=st.none() | st.integers(0, 10**9),
    resumed=st.integers(0, 10**9),
    unit=st.text(max_size=8),
    figures=st.dictionaries(st.sampled_from(["loss", "tokens_per_second", "odd"]), numbers, max_size=3),
    record=st.none() | numbers.map(lambda value: record_with(value)),
    primary=st.sampled_from(["", "accuracy", "missing"]),
)


def record_with(value: float):
    made = record(doc(1), reply(1, 2))
    metrics = {**made.metrics, "accuracy": value}
    return type(made)(key=made.key, doc=made.doc, completion=made.completion, scores=made.scores, metrics=metrics)


@given(st.lists(st.tuples(progress, st.floats(0, 1e9)), min_size=1, max_size=8))
def test_no_progress_is_without_words_and_the_time_left_makes_sense(told):
    clock = Clock()
    pace = Pace("any", clock)
    for one, seconds in told:
        clock.now += seconds
        pace.add(one)
        assert pace.describe().startswith("any: ")
        assert "\n" not in pace.describe().replace(one.unit, "")
        assert pace.share is None or 0 <= pace.share <= 1
        assert re.fullmatch(r'<div .*<progress max="1"( value="[01]\.\d{4}")? .*</div>', bar_html(pace), re.DOTALL)
        if pace.seconds_left is not None:
            assert math.isfinite(pace.seconds_left)
            assert pace.seconds_left >= 0


CELLS = (
    "import sys; sys.path[:0] = PATH\nimport harness",
    "run = harness.evaluate('small_steps', model='scripted:careful', options={'n': 6}, out='run')",
    "run",
    "harness.evaluate('small_stepz', model='scripted:careful')",
)


@pytest.mark.slow
def test_a_saved_notebook_holds_one_bar_the_run_and_no_traceback(tmp_path):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    cells = [CELLS[0].replace("PATH", json.dumps(sys.path)), *CELLS[1:]]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    where = {"metadata": {"path": str(tmp_path)}}
    done = nbclient.NotebookClient(made, timeout=120, allow_errors=True, resources=where).execute()
    bars = done.cells[1].outputs
    assert [output.output_type for output in bars] == ["display_data"], bars
    assert "6 of 6 docs" in bars[0].data["text/html"]
    shown = done.cells[2].outputs[0].data
    assert "small_steps" in shown["text/plain"]
    assert 'class="rh ' in shown["text/html"]
    refused = done.cells[3].outputs[0]
    assert refused.traceback[0] == "error: unknown task 'small_stepz'; did you mean 'small_steps'?"
    assert len(refused.traceback) == 2  # the second is the tip
