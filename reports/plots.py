"""The drawings of a page: which values go where on which axis; `svg` draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.comparison.records import Comparison, Difference
from harness.core import words
from harness.core.records import Estimate, MetricInfo, Run
from reports import charts, svg
from reports.sections.fates import Fate, Fates
from reports.sections.slices import Slice, Slices
from reports.sections.training import Probed, Training

ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One metric's difference, with its drawing; `axis` is None for metrics in units of their own."""

    difference: Difference
    drawing: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """Differences on one axis, in points; means stand apart, each on a scale of its own."""

    ruler: Markup
    marks: tuple[tuple[str, float], ...]
    """The ruler's labels with their places in percent of the width, those left out that have no room."""
    rows: tuple[ForestRow, ...]
    compressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateRow:
    """One metric of one run."""

    info: MetricInfo
    estimate: Estimate
    drawing: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """One part of the data."""

    part: Slice
    drawing: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceTable:
    """Parts of the data in groups."""

    groups: tuple[tuple[str, tuple[SliceRow, ...]], ...]
    ruler: Markup
    level: float
    n_parts: int
    compressed: bool

    @property
    def differing(self) -> tuple[SliceRow, ...]:
        """The parts that differ by their adjusted p-value and by their interval."""
        rows = (row for _, rows in self.groups for row in rows)
        return tuple(row for row in rows if _is_shown(row.part.low, row.part.high, row.part.p_adjusted))


@dataclass(frozen=True, slots=True, kw_only=True)
class FateRow:
    """One step of the waterfall; one entry a run in `counts` and `shares`."""

    label: str
    fate: str
    counts: tuple[int, ...]
    shares: tuple[str, ...]
    drawing: Markup
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One training quantity over steps."""

    label: str
    drawing: Markup
    lines: tuple[tuple[str, str, str], ...]
    """(name, tone, last value), in the order drawn."""
    note: str = ""


def forest(comparison: Comparison, *, diagnostic: bool = False) -> Forest:
    """Every metric's difference with its interval."""
    return forest_of([d for d in comparison.differences.values() if d.metric.diagnostic is diagnostic])


def forest_of(differences: Sequence[Difference]) -> Forest:
    """Differences on one axis, as given; those without a value are left out."""
    shown = [d for d in differences if d.value is not None]
    axis = svg.difference_axis([100 * end for d in shown if d.metric.kind != "mean" for end in _ends(d)])
    rows = tuple(ForestRow(difference=d, drawing=_difference(d, axis)) for d in shown)
    ruler, marks = svg.ruler(axis, signed=True), svg.marks(axis, signed=True)
    return Forest(ruler=ruler, marks=marks, rows=rows, compressed=axis.compressed)


def estimates(run: Run, *, diagnostic: bool = False) -> list[EstimateRow]:
    """Every metric of a run with its interval; those over repeats or all docs, which have no description, last."""
    known = {info.name: info for info in run.metrics}
    others = [_undescribed(name, run) for name in run.estimates if name not in known]
    infos = [*known.values(), *others]
    infos.sort(key=lambda info: info.name != run.primary)
    rows = [(info, run.estimates[info.name]) for info in infos if info.name in run.estimates]
    return [
        EstimateRow(info=info, estimate=found, drawing=_estimate(found, info))
        for info, found in rows
        if info.diagnostic is diagnostic and found.value is not None
    ]


def _undescribed(name: str, run: Run) -> MetricInfo:
    repeated = run.settings is not None and run.settings.repeats > 1
    value = run.estimates[name].value
    is_share = value is None or 0 <= value <= 1  # a perplexity is no share of anything
    description = "over repeats" if repeated else "of the run as a whole"
    return MetricInfo(name=name, description=description, scorer="", kind="binary" if is_share else "mean")


def slices(found: Slices, info: MetricInfo) -> SliceTable:
    """The parts in their groups, on one axis."""
    pairs = any(part.candidate is not None for part in found.rows)
    ends = [100 * end for part in found.rows for end in (part.low, part.high) if end is not None]
    axis = svg.difference_axis(ends) if pairs else svg.share_axis()
    groups: dict[str, list[SliceRow]] = {}
    for part in found.rows:
        groups.setdefault(part.group, []).append(SliceRow(part=part, drawing=_slice(part, axis, info)))
    return SliceTable(
        groups=tuple((name, tuple(rows)) for name, rows in groups.items()),
        ruler=svg.ruler(axis, signed=pairs),
        level=found.level,
        n_parts=len(found.rows),
        compressed=axis.compressed,
    )


LABELS: dict[Fate, str] = {
    "not_scored": "not scored",
    "truncated": "truncated",
    "no_answer": "no answer",
    "unparsable": "answer unreadable",
    "wrong_invalid": "wrong, a step is invalid",
    "wrong": "wrong, no step is invalid",
    "right_invalid": "right, but a step is invalid",
}


def waterfall(sides: Sequence[Fates]) -> list[FateRow]:
    """From every completion to those that are right (and sound, where steps were judged), losing a kind a row."""
    most = max(side.total for side in sides)
    checked = any(side.has_steps for side in sides)
    tables = [side.rows() for side in sides]
    rows = [_fate_row("all", "all", [(0, side.total) for side in sides], sides, most, is_total=True)]
    for i, (fate, _, _) in enumerate(tables[0]):
        bars = [(table[i][2], table[i][2] + table[i][1]) for table in tables]
        if any(start < end for start, end in bars):
            label = LABELS[fate] if checked or fate != "wrong" else "wrong"
            rows.append(_fate_row(label, fate, bars, sides, most))
    left = [(0, table[-1][2]) for table in tables]
    rows.append(_fate_row("right and sound" if checked else "right", "right", left, sides, most, is_total=True))
    return rows


def curves(training: Training) -> list[Curve]:
    """One small chart a quantity."""
    made = []
    for label, lines in training.charts:
        tones: tuple[charts.Tone, ...] = ("main", "second")
        series = [
            charts.Series(name=name, points=points, tone=tone)
            for (name, points), tone in zip(lines, tones, strict=False)
        ]
        values = [y for line in series for _, y in line.points]
        scale = charts.scale_of(values, from_zero=label != "loss")
        made.append(_curve(label, series, scale))
    if training.probed is not None:
        made.append(_probed(training.probed))
    return made


def _probed(probed: Probed) -> Curve:
    line = charts.Series(name=probed.metric, points=probed.points, band=probed.ends)
    is_share = all(0 <= value <= 1 for _, value in probed.points)
    scale = charts.SHARES if is_share else charts.scale_of([value for _, value in probed.points], from_zero=True)
    about = f"{probed.metric} during training"
    band = ", with 95% intervals" if probed.ends else ""
    return _curve(about, [line], scale, f"on {probed.n_docs:,} docs{band}" if probed.n_docs else "")


def _curve(label: str, series: Sequence[charts.Series], scale: charts.Scale, note: str = "") -> Curve:
    steps = [x for line in series for x, _ in line.points]
    ends = min(steps), max(steps)
    labels = f"{ends[0]:,.0f}", "step", f"{ends[1]:,.0f}"
    lines = tuple((line.name, line.tone, _last(line, scale)) for line in series)
    return Curve(label=label, drawing=charts.chart(series, scale, ends, labels), lines=lines, note=note)


def _last(line: charts.Series, scale: charts.Scale) -> str:
    value = line.points[-1][1]
    return words.value(value, "binary") if scale.percent else scale.label(float(f"{value:.4g}"))


def _ends(difference: Difference) -> list[float]:
    return [end for end in (difference.value, difference.low, difference.high) if end is not None]


def _difference(difference: Difference, axis: svg.Axis) -> Markup:
    scale = 1.0 if difference.metric.kind == "mean" else 100.0
    if difference.metric.kind == "mean":
        axis = svg.difference_axis(_ends(difference))
        axis = svg.Axis(low=axis.low, high=axis.high, ticks=(0.0,), compressed=axis.compressed)
    p_value = difference.p_value if difference.p_adjusted is None else difference.p_adjusted
    gain = (difference.value or 0.0) * (1 if difference.metric.higher_is_better else -1)
    return _marked(axis, scale, gain, difference.value or 0.0, difference.low, difference.high, p_value)


def _slice(part: Slice, axis: svg.Axis, info: MetricInfo) -> Markup:
    if part.value is None:
        return Markup()
    if part.candidate is None:
        low, high = _scaled(part.low, 100), _scaled(part.high, 100)
        return svg.interval(axis, 100 * part.value, low, high, tone="plain", solid=True)
    gain = part.value * (1 if info.higher_is_better else -1)
    return _marked(axis, 100.0, gain, part.value, part.low, part.high, part.p_adjusted)


def _marked(
    axis: svg.Axis,
    scale: float,
    gain: float,
    value: float,
    low: float | None,
    high: float | None,
    p_value: float | None,
) -> Markup:
    solid = _is_shown(low, high, p_value)
    tone: svg.Tone = "none" if not solid else "better" if gain > 0 else "worse"
    return svg.interval(axis, scale * value, _scaled(low, scale), _scaled(high, scale), tone=tone, solid=solid)


def _is_shown(low: float | None, high: float | None, p_value: float | None) -> bool:
    """As a verdict wants it: p-value and interval both say so. They may differ where they are adjusted differently."""
    if p_value is None or p_value >= ALPHA:
        return False
    return low is None or high is None or not low <= 0 <= high


def _estimate(found: Estimate, info: MetricInfo) -> Markup:
    if info.kind == "mean" or found.value is None or found.value > 1:
        return Markup()
    low, high = _scaled(found.low, 100), _scaled(found.high, 100)
    return svg.interval(svg.share_axis(), 100 * found.value, low, high, tone="plain", solid=True)


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else scale * value


def _fate_row(
    label: str,
    fate: str,
    bars: Sequence[tuple[int, int]],
    sides: Sequence[Fates],
    most: int,
    *,
    is_total: bool = False,
) -> FateRow:
    names = ("only",) if len(bars) == 1 else ("baseline", "candidate")
    lost = "" if is_total else " lost"
    drawn = [(name + lost, *bar) for name, bar in zip(names, bars, strict=True)]
    counts = tuple(end - start for start, end in bars)
    shares = tuple(
        words.value(n / side.total, "binary") if side.total else "–" for n, side in zip(counts, sides, strict=True)
    )
    return FateRow(
        label=label, fate=fate, counts=counts, shares=shares, drawing=svg.fall(most, drawn), is_total=is_total
    )
