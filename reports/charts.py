"""Line charts over steps or shares, with labelled axes: the lines stretch with the page, the labels do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from markupsafe import Markup

Tone: TypeAlias = Literal["main", "second"]

HEIGHT = 132
"""Pixels of the frame; one unit of the drawing is one pixel up, and one percent of the width across."""
PAD = 6
"""Pixels above and below the outermost gridlines, so that labels and thick lines are not cut."""
MAX_DOTS = 24
"""Lines of at most so many points show each of them."""
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a chart; points are (x, y) in data units, in order of x."""

    name: str
    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float], ...] = ()
    """Lower and upper end of each point's interval, where it has one."""
    tone: Tone = "main"
    """The second is the grey, dashed one: a baseline, or what the first is held against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The values at the gridlines, evenly spaced, lowest first."""

    ticks: tuple[float, ...]
    percent: bool = False

    @property
    def low(self) -> float:
        return self.ticks[0]

    @property
    def high(self) -> float:
        return self.ticks[-1]

    def label(self, value: float) -> str:
        """As the axis says it: 25%, 0.001, 24,000."""
        if self.percent:
            return f"{100 * value:.3g}%"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


SHARES = Scale(ticks=(0.0, 0.25, 0.5, 0.75, 1.0), percent=True)


def scale_of(values: Sequence[float], *, from_zero: bool = False) -> Scale:
    """Two to five round values that hold all of `values`.

    >>> scale_of([7.1, 7.9]).ticks, scale_of([3.0]).ticks
    ((7.0, 7.25, 7.5, 7.75, 8.0), (2.0, 2.5, 3.0, 3.5, 4.0))
    """
    low, high = min(values), max(values)
    if from_zero:
        low = min(low, 0.0)
    if low == high:
        margin = abs(low) / 3 or 1.0
        low, high = low - margin, high + margin
    raw = (high - low) / 4
    unit = 10.0 ** math.floor(math.log10(raw))
    for factor in _STEPS:
        step = factor * unit
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= 4:
            return Scale(ticks=tuple(round(i * step, 12) for i in range(first, last + 1)))
    return Scale(ticks=(low, high))


def chart(series: Sequence[Series], scale: Scale, ends: tuple[float, float], labels: tuple[str, str, str]) -> Markup:
    """Every one of `series` as a line, on the vertical `scale` and over `ends` of the horizontal axis, whose left,
    middle and right label are `labels`.

    The labels of the vertical axis stand in a drawing of their own, beside the one that stretches.
    """
    drawing = vertical_labels(scale) + lines(series, scale, ends)
    below = Markup("").join(Markup("<span>{}</span>").format(label) for label in labels)
    return Markup('<div class="frame">{}<div class="xlabels">{}</div></div>').format(drawing, below)


def label_width(scale: Scale) -> int:
    """Pixels of the labels of a vertical axis."""
    return 7 * max(len(scale.label(tick)) for tick in scale.ticks) + 2


def vertical_labels(scale: Scale) -> Markup:
    """The labels of a vertical axis, a drawing of `label_width`."""
    text = "".join(
        f'<text x="100%" y="{_height(scale, tick) + 4:.1f}" text-anchor="end">{scale.label(tick)}</text>'
        for tick in scale.ticks
    )
    width = label_width(scale)
    return Markup(f'<svg class="ylabels" width="{width}" height="{HEIGHT}" aria-hidden="true">{text}</svg>')


def lines(series: Sequence[Series], scale: Scale, ends: tuple[float, float]) -> Markup:
    """The lines over their grid, a drawing that stretches to the width of what holds it."""
    left, right = ends

    def at(x: float, y: float) -> str:
        across = 100 * (x - left) / ((right - left) or 1)
        return f"{across:.2f},{_height(scale, y):.1f}"

    parts = [_line("grid", f"M0,{_height(scale, tick):.1f}H100") for tick in scale.ticks]
    for line in series:
        if line.band:
            pairs = list(zip((x for x, _ in line.points), line.band, strict=True))
            corners = [at(x, high) for x, (_, high) in pairs] + [at(x, low) for x, (low, _) in reversed(pairs)]
            parts.append(f'<polygon class="band {line.tone}" points="{" ".join(corners)}"/>')
        places = [at(x, y) for x, y in line.points]
        parts.append(_line(f"line {line.tone}", f"M{' L'.join(places)}"))
        if len(places) <= MAX_DOTS:
            parts.append(_line(f"dots {line.tone}", "".join(f"M{place}h0" for place in places)))
    return Markup(
        f'<svg class="chart" viewBox="0 0 100 {HEIGHT}" height="{HEIGHT}" preserveAspectRatio="none" '
        f'aria-hidden="true">{"".join(parts)}</svg>'
    )


def _height(scale: Scale, value: float) -> float:
    share = (value - scale.low) / ((scale.high - scale.low) or 1)
    return HEIGHT - PAD - (HEIGHT - 2 * PAD) * min(max(share, 0.0), 1.0)


def _line(name: str, path: str) -> str:
    return f'<path class="{name}" d="{path}"/>'
