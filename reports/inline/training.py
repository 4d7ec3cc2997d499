"""A training run as a notebook shows it: arms, verdicts with links to their pages, metrics by update."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from markupsafe import Markup

from harness.audits.compared import ComparedRuns
from harness.core.errors import UserError, unknown_name
from harness.store.beside import TRAINING_METRICS, read_metrics
from reports import charts
from reports.inline.picture import WIDTH, Picture, Row, draw
from reports.sections.training import Points, read_training

if TYPE_CHECKING:
    import pandas as pd

MOST_LINES = 15
AXIS_GAP = 6
"""Pixels between an axis's labels and its lines, and between two arms."""


class Arm(Protocol):
    """What is shown of an arm."""

    @property
    def order(self) -> str: ...
    @property
    def folder(self) -> Path: ...
    @property
    def model(self) -> Path: ...
    @property
    def steps(self) -> int: ...
    @property
    def tokens(self) -> int: ...
    @property
    def first_loss(self) -> float: ...
    @property
    def last_loss(self) -> float: ...


class Pair(Protocol):
    """What is shown of two models that were compared."""

    @property
    def task(self) -> str: ...
    @property
    def baseline(self) -> str: ...
    @property
    def candidate(self) -> str: ...
    @property
    def compared(self) -> ComparedRuns: ...
    @property
    def report(self) -> Path: ...


class Trained(Protocol):
    """A training run, or recorded runs that were compared, which have no arms."""

    @property
    def folder(self) -> Path: ...
    @property
    def arms(self) -> Sequence[Arm]: ...
    @property
    def comparisons(self) -> Sequence[Pair]: ...


def as_text(made: Trained) -> str:
    """Arms, verdicts, and where everything is; at most 15 lines."""
    lines = [*map(_arm_line, made.arms), *(f"{_names(pair)}: {pair.compared.verdict}" for pair in made.comparisons)]
    room = MOST_LINES - 1
    if len(lines) > room:
        lines = [*lines[: room - 1], f"and {len(lines) - room + 1} more comparisons: .comparisons"]
    return "\n".join([*lines, f"everything is in {made.folder}"])


def as_html(made: Trained) -> str:
    """The same with a link to the page of each comparison; of no colour of its own, for light and dark."""
    arms = Markup("").join(Markup("<li>{}</li>").format(_arm_line(arm)) for arm in made.arms)
    link = Markup('<li><b>{}</b>: {} <a href="{}">report</a></li>')
    verdicts = Markup("").join(
        link.format(_names(pair), pair.compared.verdict, _reached(pair.report)) for pair in made.comparisons
    )
    lists = Markup("").join(Markup("<ul>{}</ul>").format(items) for items in (verdicts, arms) if items)
    return str(Markup("<div>{}<p>everything is in <code>{}</code></p></div>").format(lists, str(made.folder)))


def frame(made: Trained, what: str) -> pd.DataFrame:
    """Metrics by arm and update (the default), or the comparisons. Raises UserError for another name."""
    name = what or "metrics"
    if name not in _FRAMES:
        raise unknown_name("table", name, _FRAMES, tip=f"tables of a training run: {', '.join(_FRAMES)}.")
    return _FRAMES[name](made)


def picture(made: Trained, what: str) -> Picture:
    """The loss of each arm by update (the default), or another quantity that was logged, on one scale; the dashed line
    is the loss on held-out samples. Raises UserError where nothing was trained, and for another name."""
    found = {arm.order: read_training(arm.folder / TRAINING_METRICS) for arm in made.arms}
    drawn = {order: dict(training.charts) for order, training in found.items() if training is not None}
    if not drawn:
        raise UserError("nothing was trained here", tip=".comparisons have the pictures of recorded runs.")
    names = list(dict.fromkeys(name for quantities in drawn.values() for name in quantities))
    name = what or names[0]
    if name not in names:
        raise unknown_name("picture", name, names, tip=f"pictures of a training run: {', '.join(names)}.")
    series = {order: _series(quantities[name]) for order, quantities in drawn.items() if name in quantities}
    points = [point for lines in series.values() for line in lines for point in line.points]
    scale = charts.scale_of([y for _, y in points], from_zero=name != "loss")
    ends = min(x for x, _ in points), max(x for x, _ in points)
    rows = [_row(order, lines, scale, ends) for order, lines in series.items()]
    return draw(f"{name}, updates {ends[0]:,.0f} to {ends[1]:,.0f}", rows)


def _series(lines: Sequence[tuple[str, Points]]) -> list[charts.Series]:
    tones: tuple[charts.Tone, ...] = ("main", "second")
    return [
        charts.Series(name=name, points=points, tone=tone) for (name, points), tone in zip(lines, tones, strict=False)
    ]


def _row(order: str, lines: Sequence[charts.Series], scale: charts.Scale, ends: tuple[float, float]) -> Row:
    """One arm: the axis, and beside it the lines."""
    left = charts.label_width(scale) + AXIS_GAP
    beside = Markup('{}<svg x="{}" width="{}" height="{}">{}</svg>').format(
        charts.vertical_labels(scale), left, WIDTH - left, charts.HEIGHT, charts.lines(lines, scale, ends)
    )
    said = ", ".join(f"{line.name.replace('_', ' ')} ends at {line.points[-1][1]:.4g}" for line in lines)
    return Row(label=order, drawing=beside, height=charts.HEIGHT + AXIS_GAP, said=said)


def _metrics(made: Trained) -> pd.DataFrame:
    """One row an update or evaluation: the loss, the evaluation loss, learning rate, gradient norm, what was probed."""
    import pandas as pd

    rows = [{"arm": arm.order, **row} for arm in made.arms for row in read_metrics(arm.folder / TRAINING_METRICS)]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["arm", "step", "loss"])


def _comparisons(made: Trained) -> pd.DataFrame:
    """One row a pair: the primary difference as a fraction, its interval, and the verdict."""
    import pandas as pd

    rows = []
    for pair in made.comparisons:
        found = pair.compared.difference()
        numbers: dict[str, Any] = {
            "difference": found.value,
            "low": found.low,
            "high": found.high,
            "p_value": found.p_value,
        }
        models: dict[str, Any] = {"task": pair.task, "baseline": pair.baseline, "candidate": pair.candidate}
        said = {"verdict": pair.compared.verdict, "report": str(pair.report)}
        rows.append(models | {"metric": found.metric.name} | numbers | said)
    return pd.DataFrame(rows)


_FRAMES: dict[str, Callable[[Trained], pd.DataFrame]] = {"metrics": _metrics, "comparisons": _comparisons}


def _arm_line(arm: Arm) -> str:
    losses = f"loss {arm.first_loss:.3f} to {arm.last_loss:.3f}"
    return f"{arm.order}: {arm.steps} updates, {arm.tokens:,} tokens, {losses}: {arm.model}"


def _names(pair: Pair) -> str:
    task = f"{pair.task}, " if pair.task else ""
    return f"{task}{pair.candidate} against {pair.baseline}"


def _reached(page: Path) -> str:
    """As a notebook follows it: from the folder that it is read from, where the page lies below."""
    here, whole = Path.cwd(), page.resolve()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
