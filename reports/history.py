"""The runs of a folder as one small page, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from harness.core import words
from harness.core.records import Estimate, Run
from reports import charts, svg
from reports.html import render
from reports.view import short_name
from reports.write import write_page

SHOWN = ("compliant", "step_validity")
"""Metrics of the table beside the primary one, each where a run has it."""
STEP = "training_step"
"""Key of `ModelInfo.detail` that places a checkpoint's run in its training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One run as the table shows it."""

    run: Run
    model: str
    docs: str
    """How many the primary metric rests on."""
    value: str
    """Of the primary metric, as `interval` and `drawing`."""
    interval: str
    drawing: Markup
    cells: tuple[str, ...]
    """Values of SHOWN."""
    report: str
    """Relative address of the run's own page; empty for none."""
    comparison: str
    """Relative address of the page that compares it with a baseline; empty for none."""


def history_html(found: Sequence[tuple[Run, Path]], root: Path) -> str:
    """The page over runs and their folders; addresses are relative to `root`."""
    axis = svg.share_axis()
    return render(
        "history.html.j2",
        rows=[_row(run, folder, root, axis) for run, folder in found],
        shown=SHOWN,
        ruler=svg.ruler(axis, signed=False),
        curves=_curves([run for run, _ in found]),
        root=root.resolve().name,
    )


def write_history(found: Sequence[tuple[Run, Path]], root: Path) -> list[Path]:
    """Write `history.html` into the folder of the runs; returns the files written."""
    return [write_page(root / "history.html", history_html(found, root))]


def _row(run: Run, folder: Path, root: Path, axis: svg.Axis) -> HistoryRow:
    kinds = {info.name: info.kind for info in run.metrics}
    main, kind = run.estimates.get(run.primary), kinds.get(run.primary, "binary")
    return HistoryRow(
        run=run,
        model=short_name(run.model.name),
        docs=words.scored_docs(run),
        value=_cell(main, kind) or words.UNDEFINED,
        interval=words.interval(main.low, main.high, kind) if main else words.UNDEFINED,
        drawing=_drawing(main, axis),
        cells=tuple(_cell(run.estimates.get(name), kinds.get(name, "binary")) for name in SHOWN),
        report=_relative(folder / "report.html", root),
        comparison=_relative(folder / "comparison.html", root),
    )


def _cell(found: Estimate | None, kind: str) -> str:
    return words.value(found.value, kind) if found is not None else ""


def _drawing(found: Estimate | None, axis: svg.Axis) -> Markup:
    if found is None or found.value is None or found.low is None or found.high is None or found.value > 1:
        return Markup()
    ends = 100 * found.low, 100 * found.high
    return svg.interval(axis, 100 * found.value, *ends, tone="plain", solid=True)


def _relative(path: Path, root: Path) -> str:
    """As the folder lies in the list, not where a link leads: the page is opened from `root`."""
    return "" if not path.is_file() else path.absolute().relative_to(root.absolute()).as_posix()


def _curves(runs: Sequence[Run]) -> list[tuple[str, Markup, list[tuple[int, str]]]]:
    """(task, chart, points in words) of the primary metric by training step, where checkpoints were run."""
    by_task: dict[str, dict[int, Estimate]] = {}
    for run in reversed(runs):  # oldest first, so that the newest run of a step stands
        step, found = run.model.detail.get(STEP), run.estimates.get(run.primary)
        if isinstance(step, int) and found is not None and found.value is not None:
            by_task.setdefault(run.task, {})[step] = found
    return [(task, *_checkpoints(task, sorted(found.items()))) for task, found in by_task.items() if len(found) > 1]


def _checkpoints(task: str, found: Sequence[tuple[int, Estimate]]) -> tuple[Markup, list[tuple[int, str]]]:
    points = tuple((float(step), one.value) for step, one in found if one.value is not None)
    ends = tuple((one.low, one.high) for _, one in found if one.low is not None and one.high is not None)
    line = charts.Series(name=task, points=points, band=ends if len(ends) == len(points) else ())
    is_share = all(value <= 1 for _, value in points)
    scale = charts.SHARES if is_share else charts.scale_of([value for _, value in points], from_zero=True)
    first, last = found[0][0], found[-1][0]
    drawing = charts.chart([line], scale, (first, last), (f"{first:,}", "training step", f"{last:,}"))
    return drawing, [(step, words.value(one.value, "binary" if is_share else "mean")) for step, one in found]
