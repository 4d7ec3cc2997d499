"""Pictures: the drawings of a page with their labels, as one SVG that shows itself in a notebook and can be saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from markupsafe import Markup, escape

from harness.core import words
from harness.core.errors import UserError, unknown_name
from reports.html import picture_style, typeset
from reports.plots import FateRow, Forest
from reports.view import Common
from reports.visible import visible
from reports.write import write_page

Shown = TypeVar("Shown")

WIDTH = 340
"""Pixels of the drawings; what stands beside them is as wide as its longest text."""
LETTER = 7.0
"""Pixels of a letter, on average and a little more: no text is measured here."""
BOLD_LETTER = 7.8
PAD = 14
TITLE_HEIGHT = 30
RULER_HEIGHT = 18


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """An SVG on a ground of its own, so that it can be read wherever it is put: a notebook light or dark, a slide."""

    title: str
    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"picture: {visible(self.title)} (.save('picture.svg') writes it)"

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file whose name ends in `.svg`. Raises UserError for another one, or where it cannot
        be written."""
        path = Path(path)
        if path.suffix != ".svg":
            raise UserError(f"{path}: pictures are written as SVG", tip=f"name it {path.with_suffix('.svg')}.")
        return write_page(path, self.svg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a picture: a name, a drawing, and what it says in numbers."""

    label: str
    drawing: Markup
    height: float = 26
    said: str = ""


def draw(title: str, rows: Sequence[Row], ruler: Markup | None = None) -> Picture:
    """Rows below each other, their drawings in one column under the `ruler`."""
    left = PAD + _width([row.label for row in rows]) + PAD
    right = left + WIDTH + PAD
    width = max(right + _width([row.said for row in rows]), PAD + BOLD_LETTER * len(visible(title))) + PAD
    parts = [_text(title, PAD, PAD + 12, "title")]
    y: float = PAD + TITLE_HEIGHT
    if ruler is not None:
        parts.append(_placed(ruler, left, y - 4, RULER_HEIGHT))
        y += RULER_HEIGHT
    for row in rows:
        middle = y + row.height / 2 + 4.5
        parts += [_text(row.label, PAD, middle), _placed(row.drawing, left, y, row.height)]
        parts.append(_text(row.said, right, middle))
        y += row.height
    return Picture(title=title, svg=_svg(width, y + PAD, parts, title))


def forest(title: str, drawn: Forest, rows: Sequence[Row]) -> Picture:
    """Differences under their ruler."""
    return draw(title + (" · axis compressed beyond ±5" if drawn.compressed else ""), rows, drawn.ruler)


def losses(title: str, common: Common) -> Picture:
    """Where answers were lost, one bar a run."""
    rows = [
        Row(label=row.label, drawing=row.drawing, height=9 * len(row.counts) + 12, said=_counts(row))
        for row in common.losses
    ]
    bars = "" if len(common.names) == 1 else f" · above {common.names[0]}, below {common.names[1]}"
    return draw(title + bars, rows)


def _counts(row: FateRow) -> str:
    """'-12 (30.0%)', of each run."""
    sign = "" if row.is_total else "-"
    return " → ".join(
        f"{sign if n else ''}{words.count(n)} ({share})" for n, share in zip(row.counts, row.shares, strict=True)
    )


def chosen(pictures: Mapping[str, Callable[[Shown], Picture]], shown: Shown, what: str, noun: str) -> Picture:
    """The one of `pictures` called `what` of the record `shown`, the first without a name.

    Raises UserError with those that a `noun` has for another.
    """
    name = what or next(iter(pictures))
    if name not in pictures:
        raise unknown_name("picture", name, pictures, tip=f"pictures of a {noun}: {', '.join(pictures)}.")
    return pictures[name](shown)


def _svg(width: float, height: float, parts: Sequence[Markup], title: str) -> str:
    opening = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="rh" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" '
        'aria-label="{title}">'
    ).format(w=round(width), h=round(height), title=visible(title))
    style = Markup("<style>{}</style>").format(Markup(picture_style()))
    paper = Markup('<rect class="paper" width="100%" height="100%"/>')
    return str(Markup("\n").join([opening + style, paper, *parts, Markup("</svg>\n")]))


def _placed(drawing: Markup, x: float, y: float, height: float) -> Markup:
    """A drawing whose width is that of what holds it, held by a column."""
    return Markup('<svg x="{:.0f}" y="{:.1f}" width="{}" height="{}">{}</svg>').format(x, y, WIDTH, height, drawing)


def _text(text: str, x: float, y: float, name: str = "") -> Markup:
    kind = Markup(' class="{}"').format(name) if name else Markup()
    return Markup('<text{} x="{:.0f}" y="{:.1f}">{}</text>').format(kind, x, y, escape(typeset(visible(text))))


def _width(texts: Sequence[str]) -> float:
    return LETTER * max((len(visible(text)) for text in texts), default=0)
