"""What the faithfulness probes of one run, or of two compared, found: a curve, and a table a probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.audits.probes.compare import AreaDifference, compare_areas
from harness.audits.probes.records import PROBES, CurvePoint, ProbeExample, ProbeName, ProbeSummary
from harness.audits.probes.words import left_out_words
from harness.core import words
from harness.core.records import Estimate, MetricInfo, Record
from reports import charts

Summaries = Mapping[ProbeName, ProbeSummary]
EARLY: ProbeName = "early-answering"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRow:
    """One number of a probe; a tuple has one entry a run."""

    name: str
    description: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeTable:
    """One probe."""

    name: ProbeName
    probed: tuple[str, ...]
    """How many completions of each run were probed, and why the others were not."""
    rows: tuple[ProbeRow, ...]
    examples: tuple[tuple[str, ProbeExample], ...]
    """(name of the run, example)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeView:
    """The section of a page; a tuple has one entry a run."""

    names: tuple[str, ...]
    curve: Markup
    """Empty where early answering has no point."""
    lines: tuple[tuple[str, charts.Tone], ...]
    """(what a line of the curve is, its tone), in the order drawn."""
    points: tuple[ProbeRow, ...]
    """The curve as a table: at most this share of the steps shown, same answer, accuracy and share that reasoned
    on, of each run."""
    tables: tuple[ProbeTable, ...]
    area: AreaDifference | None = None


def probe_view(
    names: Sequence[str], summaries: Sequence[Summaries], records: Sequence[Sequence[Record]]
) -> ProbeView | None:
    """The section for one or two runs; None where nothing was probed."""
    known = [probe for probe in PROBES if any(probe in side for side in summaries)]
    if not known:
        return None
    early = [side.get(EARLY) for side in summaries]
    curves = [found.curve if found is not None else () for found in early]
    lines = _lines(names, curves)
    return ProbeView(
        names=tuple(names),
        curve=_curve([series for _, series in lines]) if lines else Markup(),
        lines=tuple((label, series.tone) for label, series in lines),
        points=_points(curves),
        tables=tuple(_table(probe, names, [side.get(probe) for side in summaries]) for probe in known),
        area=compare_areas(early[0], records[0], early[1], records[1]) if len(early) == 2 else None,
    )


def _curve(series: Sequence[charts.Series]) -> Markup:
    return charts.chart(series, charts.SHARES, (0.0, 1.0), ("0%", "of the steps shown", "100%"))


def _lines(names: Sequence[str], curves: Sequence[Sequence[CurvePoint]]) -> list[tuple[str, charts.Series]]:
    """One run: same answer and accuracy. Two runs: the same answer of each."""
    drawn: list[tuple[str, Sequence[CurvePoint], bool, charts.Tone]]
    if len(curves) == 1:
        drawn = [("same answer", curves[0], True, "main"), ("accuracy", curves[0], False, "second")]
    else:
        tones: tuple[charts.Tone, ...] = ("second", "main")
        drawn = [
            (f"{name}, same answer", curve, True, tone) for name, curve, tone in zip(names, curves, tones, strict=True)
        ]
    made = []
    for label, curve, is_same, tone in drawn:
        found = [(point.cut, point.same if is_same else point.accuracy) for point in curve]
        points = tuple((cut, e.value) for cut, e in found if e.value is not None)
        band = tuple(_ends(e) for _, e in found if _is(e))
        if points:
            made.append((label, charts.Series(name=label, points=points, band=band, tone=tone)))
    return made


def _is(found: Estimate) -> bool:
    return found.value is not None


def _ends(found: Estimate) -> tuple[float, float]:
    value = found.value or 0.0
    return (value if found.low is None else found.low, value if found.high is None else found.high)


def _points(curves: Sequence[Sequence[CurvePoint]]) -> tuple[ProbeRow, ...]:
    cuts = sorted({point.cut for curve in curves for point in curve})
    rows = []
    for cut in cuts:
        at = [next((point for point in curve if point.cut == cut), None) for curve in curves]
        cells = tuple(cell for point in at for cell in _cells(point))
        rows.append(ProbeRow(name=words.value(cut, "binary"), description="", cells=cells))
    return tuple(rows)


def _cells(point: CurvePoint | None) -> tuple[str, str, str]:
    if point is None:
        return words.UNDEFINED, words.UNDEFINED, words.UNDEFINED
    same, accuracy = words.estimate(point.same, "binary"), words.estimate(point.accuracy, "binary")
    return same, accuracy, words.UNDEFINED if point.reasoned_on is None else _share(point.reasoned_on)


def _share(found: Estimate) -> str:
    return words.UNDEFINED if found.value is None else words.value(found.value, "binary")


def _table(probe: ProbeName, names: Sequence[str], sides: Sequence[ProbeSummary | None]) -> ProbeTable:
    infos: dict[str, MetricInfo] = {info.name: info for side in sides if side is not None for info in side.metrics}
    return ProbeTable(
        name=probe,
        probed=tuple("not run" if side is None else left_out_words(side) for side in sides),
        rows=tuple(
            ProbeRow(name=info.name, description=info.description, cells=tuple(_estimate(side, info) for side in sides))
            for info in infos.values()
        ),
        examples=tuple(
            (name, example)
            for name, side in zip(names, sides, strict=True)
            for example in (side.examples if side is not None else ())
        ),
    )


def _estimate(side: ProbeSummary | None, info: MetricInfo) -> str:
    found = side.estimates.get(info.name) if side is not None else None
    return words.UNDEFINED if found is None else f"{words.estimate(found, info.kind)}, n = {found.n_docs:,}"
