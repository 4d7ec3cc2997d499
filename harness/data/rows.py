"""Rows from local files: JSONL, JSON, CSV, Parquet, each to plain dicts, with clear errors."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO, TypeAlias, cast

from harness.core.errors import UserError
from harness.core.words import one_line
from harness.data.csv_rows import csv_rows

Row: TypeAlias = dict[str, Any]

SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet")


def read_rows(path: Path) -> list[Row]:
    """Every row of a local file.

    Raises UserError for a missing file, an unknown ending, a line that does not parse, or a file with no rows.
    """
    if not path.is_file():
        raise missing_file(path)
    ending = "".join(path.suffixes[-2:]) if path.suffix.lower() == ".gz" else path.suffix
    kind = ending.lower().removesuffix(".gz")
    if kind not in SUFFIXES:
        raise UserError(f"{path}: unknown kind of file {ending!r}", tip=f"data is read from {', '.join(SUFFIXES)}.")
    try:
        rows = list(_READERS[kind](path))
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error.reason})", tip="save it as UTF-8.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    if not rows:
        raise UserError(f"{path} has no rows")
    return rows


def missing_file(path: Path) -> UserError:
    """The error for a file that is not there, with the nearest name in its folder."""
    from difflib import get_close_matches

    names = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    near = get_close_matches(path.name, names, n=1, cutoff=0.6)
    if path.is_dir():
        return UserError(f"{path} is a folder, not a file", tip="give one file of it.")
    return UserError(f"no file at {path}" + (f"; did you mean {near[0]!r}?" if near else ""))


def pick_columns(rows: list[Row], where: str, wanted: Mapping[str, tuple[str, ...]], mapping: str) -> dict[str, str]:
    """Which column holds what: `{"question": "problem", ...}`, by the columns of the first of `rows`.

    `wanted` gives the usual names of each part, the part's own first; `mapping` is the user's `question=q,answer=a`;
    `where` names the source in messages. Parts that are not found are left out. Raises UserError for a mapping to a
    column that is not there.
    """
    present = list(rows[0])
    chosen = read_mapping(mapping, wanted)
    for part, column in chosen.items():
        if column not in present:
            raise UserError(f"{where} has no column {column!r} for {part}", tip=f"its columns: {', '.join(present)}.")
    for part, names in wanted.items():
        found = next((name for name in names if name in present), None)
        if part not in chosen and found is not None:
            chosen[part] = found
    return chosen


def missing_column(where: str, parts: Sequence[str], rows: Sequence[Row]) -> UserError:
    """The error for parts that no column holds."""
    columns, example = ", ".join(map(str, rows[0])), ",".join(f"{part}=NAME" for part in parts)
    return UserError(
        f"{where} has no {' and no '.join(parts)} column",
        tip=f"its columns: {columns}; say which is which with --columns {example}.",
    )


def read_mapping(mapping: str, wanted: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """`question=q,answer=a` as a dict. Raises UserError for a part that is not wanted."""
    chosen = {}
    for pair in filter(None, mapping.split(",")):
        part, separator, column = pair.partition("=")
        if not separator or part not in wanted:
            raise UserError(f"--columns {pair!r}: expected PART=COLUMN", tip=f"parts: {', '.join(wanted)}.")
        chosen[part] = column
    return chosen


def _read_jsonl(path: Path) -> Iterator[Row]:
    with _open_text(path) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _json_row(path, number, line)


def _json_row(path: Path, number: int, line: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}:{number}: not JSON: {error}") from error
    if not isinstance(row, dict):
        raise UserError(f"{path}:{number}: expected an object, found {type(row).__name__}")
    return row


def _open_text(path: Path) -> TextIO:
    """The file's text, unpacked where its name ends in .gz."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    return cast(TextIO, opener(path, "rt", encoding="utf-8-sig", errors="surrogatepass", newline=""))


def _read_json(path: Path) -> Iterator[Row]:
    try:
        with _open_text(path) as file:
            document = json.load(file)
    except UnicodeDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise UserError(f"{path}: expected a list of objects", tip="one object a line goes into a .jsonl file.")
    yield from document


def _read_csv(path: Path) -> Iterator[Row]:
    with _open_text(path) as file:
        yield from csv_rows(path, file, "\t" if ".tsv" in path.name.lower() else ",")


def _read_parquet(path: Path) -> Iterator[Row]:
    """Through pyarrow: pandas makes NaN of null, and of the whole numbers beside it."""
    from pyarrow import ArrowException, BufferReader
    from pyarrow.parquet import read_table

    try:
        packed = path.suffix.lower() == ".gz"
        table = read_table(BufferReader(gzip.decompress(path.read_bytes())) if packed else path)
    except (ArrowException, EOFError, OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read: {one_line(error)}") from error
    yield from table.to_pylist()


_READERS = {
    ".jsonl": _read_jsonl,
    ".json": _read_json,
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".parquet": _read_parquet,
}
