"""Training curves from `train_metrics.jsonl`: one JSON object a line, with "step" and any numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

Points: TypeAlias = tuple[tuple[float, float], ...]

FILE = "train_metrics.jsonl"
MAX_POINTS = 400
"""Of one line: more than the pixels of a chart add nothing but bytes."""

CHARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("loss", ("loss", "eval_loss")),
    ("learning rate", ("learning_rate",)),
    ("gradient norm", ("grad_norm",)),
    ("tokens per second", ("tokens_per_second",)),
    ("accuracy of checkpoints", ("accuracy",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What a training run logged, by chart: (label, ((name, points (step, value)), ...))."""

    charts: tuple[tuple[str, tuple[tuple[str, Points], ...]], ...]


def read_training(path: Path) -> Training | None:
    """The curves of a metrics file; None where there is no file or nothing to draw. Torn lines are passed over."""
    if not path.is_file():
        return None
    rows = list(_rows(path))
    charts = []
    for label, names in CHARTS:
        lines = tuple((name, points) for name in names if (points := _points(rows, name)))
        if lines:
            charts.append((label, lines))
    return Training(charts=tuple(charts)) if charts else None


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                continue  # the run may be writing its last line
            if isinstance(row, dict) and isinstance(row.get("step"), (int, float)):
                yield row


def _points(rows: list[Mapping[str, Any]], name: str) -> Points:
    """The last value logged for each step, thinned to what a chart can show."""
    found = {float(row["step"]): float(row[name]) for row in rows if _is_number(row.get(name))}
    points = sorted(found.items())
    stride = math.ceil(len(points) / MAX_POINTS)
    return tuple(p for i, p in enumerate(points) if i % stride == 0 or i == len(points) - 1) if points else ()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
