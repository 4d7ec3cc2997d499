"""Training curves from `train_metrics.jsonl`: one JSON object a line, with "step" and any numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from harness.store.beside import read_metrics

Points: TypeAlias = tuple[tuple[float, float], ...]

MAX_POINTS = 400
"""Of one line: more than the pixels of a chart add nothing but bytes."""

CHARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("loss", ("loss", "eval_loss")),
    ("learning rate", ("learning_rate",)),
    ("gradient norm", ("grad_norm",)),
    ("tokens per second", ("tokens_per_second",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """The primary metric of the model in training, drawn on a few docs at each evaluation."""

    metric: str
    points: Points
    ends: Points
    """(low, high) of each point's interval; empty where the file has none."""
    n_docs: int
    """0 where the file does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What a training run logged, by chart: (label, ((name, points (step, value)), ...))."""

    charts: tuple[tuple[str, tuple[tuple[str, Points], ...]], ...]
    probed: Probed | None = None


def read_training(path: Path, primary: str = "accuracy") -> Training | None:
    """The curves of a metrics file; None where there is no file or nothing to draw. Torn lines are passed over.

    `primary` is the metric that evaluations during training probed.
    """
    rows = list(read_metrics(path))
    charts = []
    for label, names in CHARTS:
        lines = tuple((name, points) for name in names if (points := _points(rows, name)))
        if lines:
            charts.append((label, lines))
    probed = _probed(rows, primary)
    return Training(charts=tuple(charts), probed=probed) if charts or probed else None


def _probed(rows: Sequence[Mapping[str, Any]], primary: str) -> Probed | None:
    points = _points(rows, primary)
    if not points:
        return None
    lows, highs = dict(_points(rows, f"{primary}_low")), dict(_points(rows, f"{primary}_high"))
    ends = tuple((lows[step], highs[step]) for step, _ in points if step in lows and step in highs)
    counts = _points(rows, f"{primary}_docs")
    return Probed(
        metric=primary,
        points=points,
        ends=ends if len(ends) == len(points) else (),
        n_docs=int(counts[-1][1]) if counts else 0,
    )


def _points(rows: Sequence[Mapping[str, Any]], name: str) -> Points:
    """The last value logged for each step, thinned to what a chart can show."""
    found = {float(row["step"]): float(row[name]) for row in rows if _is_number(row.get(name))}
    points = sorted(found.items())
    stride = math.ceil(len(points) / MAX_POINTS)
    return tuple(p for i, p in enumerate(points) if i % stride == 0 or i == len(points) - 1) if points else ()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
