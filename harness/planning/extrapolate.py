"""Figures of a deep model from those of two shallow ones: every block of layers adds the same."""

from __future__ import annotations

from dataclasses import fields
from functools import partial

from harness.planning.records import Figures

SHALLOW = (2, 8)
"""Layers that are compiled instead of more. The peak of the 1B's 26 came out within 0.1% of a whole compile."""


def depths(layers: int, *, exact: bool) -> tuple[int, ...]:
    """Numbers of layers to compile for a model of `layers`.

    >>> depths(26, exact=False), depths(26, exact=True), depths(7, exact=False)
    ((2, 8), (26,), (7,))
    """
    return (layers,) if exact or layers <= SHALLOW[1] else SHALLOW


def extrapolate(shallow: Figures, deep: Figures, at: tuple[int, int], layers: int) -> Figures:
    """The figures at `layers`, on the line through those at `at`.

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
