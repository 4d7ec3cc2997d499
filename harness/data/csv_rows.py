"""Rows of CSV and TSV: every row has the fields that the header names, or it is refused with its line."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.core.errors import UserError
from harness.core.words import counted

_TIP = "quote fields that hold the separator, or save the table anew from where it was made."


def csv_rows(path: Path, file: Iterable[str], separator: str) -> Iterator[dict[str, str]]:
    """The rows of the table in `file`, which lies at `path`. Raises UserError for a quote that is never closed, a
    column named twice, and a row that does not fit the header."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    reader = csv.reader(file, delimiter=separator, strict=True)
    try:
        header = _header(path, next(reader, []))
        for fields in reader:
            if not fields:
                continue  # an empty line
            if len(fields) != len(header):
                raise UserError(
                    f"{path}:{reader.line_num}: {counted(len(fields), 'field')}, but the header names {len(header)}",
                    tip=_TIP,
                )
            yield dict(zip(header, fields, strict=True))
    except csv.Error as error:
        raise UserError(f"{path}:{reader.line_num}: not a table: {error}", tip=_TIP) from error


def _header(path: Path, names: list[str]) -> list[str]:
    """A name a column; one without a name (an index that was written along) is called by its place."""
    header = [name.strip() or f"column {place}" for place, name in enumerate(names, start=1)]
    if twice := [name for name, count in Counter(header).items() if count > 1]:
        raise UserError(f"{path}: two columns are named {twice[0]!r}", tip="rename one of them.")
    return header
