"""Small drawings as inline SVG: positions are percentages, so that they stretch with the page and text stays text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

Tone = Literal["better", "worse", "none", "plain"]

LINEAR_UP_TO = 25.0
"""Points. Wider axes are compressed, so that a change in format of 80 points does not flatten one in answers of 2."""
KNEE = 5.0
_TICKS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
MARGIN = 4.0
"""Percent of the width left free at each side, for dots and tick labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A scale from values to percent of the width."""

    low: float
    high: float
    ticks: tuple[float, ...]
    compressed: bool
    """Beyond KNEE equal distances stand for ever larger differences."""

    def place(self, value: float) -> float:
        """Where a value lies, percent of the width; values outside lie on the edge."""
        value = min(max(value, self.low), self.high)
        scale: Callable[[float], float] = (lambda x: math.asinh(x / KNEE)) if self.compressed else float
        width = scale(self.high) - scale(self.low)
        share = (scale(value) - scale(self.low)) / width if width else 0.5
        return MARGIN + (100 - 2 * MARGIN) * share


def difference_axis(ends: Sequence[float]) -> Axis:
    """A symmetric axis around 0 that holds all of `ends` (points)."""
    reach = max((abs(end) for end in ends), default=1.0) or 1.0
    compressed = reach > LINEAR_UP_TO
    if compressed:
        marks = tuple(tick for tick in (2.0, 10.0, 50.0) if tick <= reach)
        limit = min(max(reach, marks[-1]), 100.0)
    else:
        step = next(tick for tick in _TICKS if tick * 2.5 >= reach)
        marks = tuple(step * i for i in range(1, 4) if step * i <= reach * 1.05) or (step,)
        limit = max(reach * 1.05, marks[-1])
    return Axis(low=-limit, high=limit, ticks=(*(-m for m in reversed(marks)), 0.0, *marks), compressed=compressed)


def share_axis() -> Axis:
    """0 to 100%."""
    return Axis(low=0.0, high=100.0, ticks=(0.0, 25.0, 50.0, 75.0, 100.0), compressed=False)


def marks(axis: Axis, *, signed: bool) -> tuple[tuple[str, float], ...]:
    """The axis' labels, each with its place in percent of the width: for a ruler of plain text in a narrow column."""
    return tuple((_tick(tick, signed), axis.place(tick)) for tick in axis.ticks if not _is_minor(axis, tick))


def ruler(axis: Axis, *, signed: bool) -> Markup:
    """The axis' labels, for the head of a column of intervals."""
    labels = [
        f'<text{_minor(axis, t)} x="{axis.place(t):.2f}%" y="11" text-anchor="middle">{_tick(t, signed)}</text>'
        for t in axis.ticks
    ]
    return _svg("ruler", 16, labels)


def _minor(axis: Axis, tick: float) -> str:
    """Labels that have no room on a narrow page."""
    return ' class="minor"' if _is_minor(axis, tick) else ""


def _is_minor(axis: Axis, tick: float) -> bool:
    return axis.compressed and 0 < abs(tick) < KNEE


def interval(axis: Axis, value: float, low: float | None, high: float | None, *, tone: Tone, solid: bool) -> Markup:
    """A dot at `value` with its interval from `low` to `high` on the gridlines of the `axis`, in the colour of `tone`.

    It is hollow (not `solid`) where nothing is shown with confidence.
    """
    parts = [_grid(axis.place(t), "zero" if t == 0 and axis.low < 0 else "grid", 26) for t in axis.ticks]
    if low is not None and high is not None:
        left, right = axis.place(low), axis.place(high)
        parts.append(f'<line class="bar" x1="{left:.2f}%" x2="{right:.2f}%" y1="13" y2="13"/>')
        parts += [f'<line class="bar" x1="{x:.2f}%" x2="{x:.2f}%" y1="9.5" y2="16.5"/>' for x in (left, right)]
    kind = "dot" if solid else "dot hollow"
    parts.append(f'<circle class="{kind}" cx="{axis.place(value):.2f}%" cy="13" r="4.5"/>')
    return _svg(f"interval {tone}", 26, parts)


def fall(total: int, bars: Sequence[tuple[str, int, int]]) -> Markup:
    """One step of a waterfall: for each run a bar (class, from, to) on a scale of 0 to `total`."""
    height = 9 * len(bars) + 5
    parts = [_grid(100 * quarter / 4, "grid", height) for quarter in range(5)]
    for i, (name, start, end) in enumerate(bars):
        x, width = 100 * start / max(total, 1), 100 * (end - start) / max(total, 1)
        parts.append(
            f'<rect class="{escape(name)}" x="{x:.2f}%" width="{width:.2f}%" y="{3 + 9 * i}" height="8" rx="1"/>'
        )
    return _svg("fall", height, parts)


def _grid(x: float, name: str, height: float) -> str:
    return f'<line class="{name}" x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="{height}"/>'


def _tick(value: float, signed: bool) -> str:
    shown = f"{value:g}".replace("-", "−")
    return f"+{shown}" if signed and value > 0 else shown


def _svg(name: str, height: int, parts: Sequence[str]) -> Markup:
    opening = f'<svg class="{name}" width="100%" height="{height}" aria-hidden="true">'
    return Markup(f"{opening}{''.join(parts)}</svg>")
