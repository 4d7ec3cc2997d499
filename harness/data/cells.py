"""What one cell of a table says as text: read alike for questions that are asked and for data that is trained on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def cell_text(value: Any) -> str:
    """The text of a cell: nothing for null and NaN, of a list (several right answers) its first. Raises ValueError for
    bytes, dates and objects: how they would be written is a guess.

    >>> cell_text(None), cell_text(float("nan")), cell_text(["7", "8"]), cell_text(" inf "), cell_text(7)
    ('', '', '7', 'inf', '7')
    """
    value = value.tolist() if hasattr(value, "tolist") else value  # of numpy
    if isinstance(value, (list, tuple)):
        value = value[0] if value else None
    if value is None or (isinstance(value, (float, Decimal)) and value != value):
        return ""
    if isinstance(value, (str, bool, int, float, Decimal)):
        return str(value).strip()
    raise ValueError(f"a value of type {type(value).__name__}, which is no text")
