"""What a run will take, as a notebook shows it: one line a configuration, and what the figures rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from markupsafe import Markup

from harness.core.errors import unknown_name

if TYPE_CHECKING:
    import pandas as pd

GIB = 2**30
MOST_LINES = 15
GROUNDS = "Step times are rooflines, from full overlap to none, and no TPU has confirmed them."


class Plan(Protocol):
    """What is shown of a plan."""

    @property
    def model(self) -> str: ...
    @property
    def layers(self) -> int: ...
    @property
    def compiled_layers(self) -> Sequence[int]: ...
    @property
    def length(self) -> Mapping[str, Any]: ...
    @property
    def training(self) -> Sequence[Any]: ...
    @property
    def decoding(self) -> Sequence[Any]: ...
    @property
    def searches(self) -> Sequence[Any]: ...


def as_text(made: Plan) -> str:
    """The run, each configuration with whether it fits, and what was recommended; at most 15 lines."""
    lines = _lines(made)
    room = MOST_LINES - 2
    if len(lines) > room:
        lines = [*lines[: room - 1], f"and {len(lines) - room + 1} more: .to_frame()"]
    return "\n".join([_heading(made), *lines, GROUNDS])


def as_html(made: Plan) -> str:
    """The same as a list; of no colour of its own, for light and dark."""
    items = Markup("").join(Markup("<li>{}</li>").format(line) for line in _lines(made))
    return str(Markup("<div><p><b>{}</b></p><ul>{}</ul><p>{}</p></div>").format(_heading(made), items, GROUNDS))


def frame(made: Plan, what: str) -> pd.DataFrame:
    """Training (the default), decoding or searches, a row each. Raises UserError for another name."""
    name = what or "training"
    if name not in _FRAMES:
        raise unknown_name("table", name, _FRAMES, tip=f"tables of a plan: {', '.join(_FRAMES)}.")
    import pandas as pd

    rows, columns = _FRAMES[name]
    return pd.DataFrame(rows(made), columns=columns)


def _heading(made: Plan) -> str:
    depths = made.compiled_layers
    line = f", on the line through {depths[0]} and {depths[1]} compiled ones" if len(depths) > 1 else ""
    return f"{made.model}: {made.layers} layers{line}, rows of {made.length['row_length']} tokens"


def _lines(made: Plan) -> list[str]:
    searches = (f"{one.topology}: take {one.chosen or 'nothing'}: {one.reason}" for one in made.searches)
    return [*map(_training_line, made.training), *map(_decoding_line, made.decoding), *searches]


def _training_line(one: Any) -> str:
    parts = [f"{one.topology}, {one.choice.describe()}: {_memory(one.verdict)}"]
    if one.update is not None:
        parts.append(f"an update {one.update.low:.3f} to {one.update.high:.3f} s, bound by {one.update.bound_by}")
    if one.device_hours is not None:
        parts.append(f"{one.device_hours[0]:.2f} to {one.device_hours[1]:.2f} device-hours")
    if one.nearest:
        parts.append(f"nearest that fits: {one.nearest}")
    return "; ".join(parts)


def _decoding_line(one: Any) -> str:
    step = f"a step {1e3 * one.step.low:.1f} to {1e3 * one.step.high:.1f} ms"
    return f"{one.topology}, decoding {one.n_devices} x {one.rows} rows: {_memory(one.verdict)}; {step}"


def _memory(verdict: Any) -> str:
    sums = f"{verdict.needed_bytes / GIB:.2f} of {verdict.capacity_bytes / GIB:.2f} GiB"
    if not verdict.fits:
        return f"does NOT fit, {sums}"
    return f"fits narrowly, {sums}" if verdict.fits_narrowly else f"fits, {sums}"


def _training_rows(made: Plan) -> list[dict[str, Any]]:
    return [
        {
            "topology": one.topology,
            "training": one.choice.describe(),
            "fits": one.verdict.fits,
            "needed_gib": one.verdict.needed_bytes / GIB,
            "capacity_gib": one.verdict.capacity_bytes / GIB,
            "update_seconds_low": one.update.low if one.update else None,
            "update_seconds_high": one.update.high if one.update else None,
            "updates": one.updates,
            "device_hours_low": one.device_hours[0] if one.device_hours else None,
            "device_hours_high": one.device_hours[1] if one.device_hours else None,
            "nearest": one.nearest,
        }
        for one in made.training
    ]


def _decoding_rows(made: Plan) -> list[dict[str, Any]]:
    return [
        {
            "topology": one.topology,
            "rows": one.rows * one.n_devices,
            "fits": one.verdict.fits,
            "needed_gib": one.verdict.needed_bytes / GIB,
            "capacity_gib": one.verdict.capacity_bytes / GIB,
            "step_seconds_low": one.step.low,
            "step_seconds_high": one.step.high,
        }
        for one in made.decoding
    ]


def _search_rows(made: Plan) -> list[dict[str, Any]]:
    return [
        {"topology": one.topology, "tried": one.tried, "chosen": one.chosen, "reason": one.reason}
        for one in made.searches
    ]


_SUMS = ["fits", "needed_gib", "capacity_gib"]
_FRAMES: dict[str, tuple[Callable[[Plan], list[dict[str, Any]]], list[str]]] = {
    "training": (
        _training_rows,
        [
            *("topology", "training", *_SUMS, "update_seconds_low", "update_seconds_high"),
            *("updates", "device_hours_low", "device_hours_high", "nearest"),
        ],
    ),
    "decoding": (_decoding_rows, ["topology", "rows", *_SUMS, "step_seconds_low", "step_seconds_high"]),
    "searches": (_search_rows, ["topology", "tried", "chosen", "reason"]),
}
