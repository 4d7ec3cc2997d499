"""The runs of a folder as one small page, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from harness.core.records import Estimate, Run
from reports import numbers, svg
from reports.html import render
from reports.write import write_page

SHOWN = ("accuracy", "compliant", "step_validity")
"""The metrics of the table, each where a run has it; the first is drawn too."""
STEP = "training_step"
"""Key of `ModelInfo.detail` that places a checkpoint's run in its training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One run as the table shows it."""

    run: Run
    cells: tuple[str, ...]
    """Values of SHOWN."""
    interval: str
    drawing: Markup
    page: str
    """Relative address of the page that its folder holds; empty for none."""


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
    main = run.estimates.get(run.primary)
    pages = [folder / name for name in ("comparison.html", "report.html")]
    return HistoryRow(
        run=run,
        cells=tuple(_cell(run.estimates.get(name), kinds.get(name, "binary")) for name in SHOWN),
        interval=numbers.interval(main.low, main.high, kinds.get(run.primary, "binary")) if main else numbers.UNDEFINED,
        drawing=_drawing(main, axis),
        page=next((_relative(page, root) for page in pages if page.is_file()), ""),
    )


def _cell(found: Estimate | None, kind: str) -> str:
    return numbers.value(found.value, kind) if found is not None else ""


def _drawing(found: Estimate | None, axis: svg.Axis) -> Markup:
    if found is None or found.value is None or found.low is None or found.high is None or found.value > 1:
        return Markup()
    ends = 100 * found.low, 100 * found.high
    return svg.interval(axis, 100 * found.value, *ends, tone="plain", solid=True)


def _relative(path: Path, root: Path) -> str:
    return path.resolve().relative_to(root.resolve()).as_posix()


def _curves(runs: Sequence[Run]) -> list[tuple[str, Markup, list[tuple[int, str]]]]:
    """(task, chart, points in words) of the primary metric by training step, where checkpoints were run."""
    by_task: dict[str, dict[int, float]] = {}
    for run in reversed(runs):  # oldest first, so that the newest run of a step stands
        step, found = run.model.detail.get(STEP), run.estimates.get(run.primary)
        if isinstance(step, int) and found is not None and found.value is not None:
            by_task.setdefault(run.task, {})[step] = found.value
    charts = []
    for task, values in by_task.items():
        points = sorted(values.items())
        if len(points) > 1:
            line = svg.Series(name=task, points=tuple((float(step), value) for step, value in points))
            charts.append((task, svg.chart([line]), [(step, numbers.value(value, "binary")) for step, value in points]))
    return charts
