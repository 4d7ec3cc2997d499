"""Figures of a deep model from those of two shallow ones: every round of local and global layers adds the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import partial

from harness.hardware.records import Figures

ROUND = 6
"""Layers after which Gemma 3's order of local and global ones begins anew. Two depths that are a round apart, and whole
rounds away from the model's, leave no global layer out: a decode step reads far more in one than in a local layer."""


def depths(layers: int, *, quick: bool) -> tuple[int, ...]:
    """Numbers of layers to compile for a model of `layers`: all, or quickly two, where they are fewer together.

    >>> depths(26, quick=True), depths(34, quick=True), depths(18, quick=True), depths(26, quick=False)
    ((2, 8), (4, 10), (18,), (26,))
    """
    shallow = layers % ROUND
    shallow += ROUND if shallow < 2 else 0  # one layer is compiled as no other is: there is none below it
    deep = shallow + ROUND
    return (layers,) if not quick or shallow + deep >= layers else (shallow, deep)


def carried_on(found: Sequence[Figures | None], at: tuple[int, ...], layers: int) -> Figures | None:
    """The figures at `layers` from those at one depth or two; None where the compiler refused one of them."""
    figures = [one for one in found if one is not None]
    if len(figures) < len(found):
        return None
    return figures[0] if len(at) == 1 else extrapolate(figures[0], figures[1], (at[0], at[1]), layers)


def extrapolate(shallow: Figures, deep: Figures, at: tuple[int, int], layers: int) -> Figures:
    """The figures of a program of `layers` layers, on the line through `shallow` and `deep`, which have `at` layers.

    >>> one = dict.fromkeys((f.name for f in fields(Figures)), 10.0) | {"collectives": {"all-reduce": 1.0}}
    >>> two = dict.fromkeys((f.name for f in fields(Figures)), 16.0) | {"collectives": {"all-gather": 3.0}}
    >>> made = extrapolate(Figures(**one), Figures(**two), (2, 8), 26)
    >>> made.peak_bytes, dict(made.collectives)
    (34.0, {'all-gather': 12.0, 'all-reduce': 0.0})
    """
    numbers = [f.name for f in fields(Figures) if f.name not in ("collectives", "cpu_seconds")]
    kinds = sorted({*shallow.collectives, *deep.collectives})
    line = partial(on_line, at=at, layers=layers)
    return Figures(
        **{name: line(getattr(shallow, name), getattr(deep, name)) for name in numbers},
        collectives={k: line(shallow.collectives.get(k, 0.0), deep.collectives.get(k, 0.0)) for k in kinds},
        cpu_seconds=shallow.cpu_seconds + deep.cpu_seconds,
    )


def on_line(shallow: float, deep: float, at: tuple[int, int], layers: int) -> float:
    """What grows evenly from `shallow` to `deep` between the depths `at`, at `layers`; never below 0.

    >>> on_line(10.0, 16.0, (2, 8), 26)
    34.0
    """
    return max(0.0, deep + (layers - at[1]) / (at[1] - at[0]) * (deep - shallow))
