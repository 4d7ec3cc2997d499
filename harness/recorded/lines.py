"""Lines of JSON from a file: gzip, byte-order mark and CRLF handled, each mistake named by its line."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from harness.core.errors import UserError

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
PARQUET_MAGIC = b"PAR1"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def _open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked where it is gzip (by content, whatever its name)."""
    packed = head(path, 2) == GZIP_MAGIC
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")


def head(path: Path, n: int) -> bytes:
    """The first n bytes on disk."""
    with path.open("rb") as file:
        return file.read(n)


def json_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of every line that is not blank.

    Raises UserError naming the line that is not JSON, not an object, or not UTF-8.
    """
    for number, line in lines(path):
        if line.strip():
            yield number, _json_object(path, number, line)


def json_document(path: Path) -> Any:
    """The whole file as one JSON value. Raises UserError where it is not."""
    data = b"".join(line for _, line in lines(path))
    try:
        return json.loads(data.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not JSON: {error}") from error


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """(number, bytes) of every line, without a byte-order mark. Raises UserError for damaged gzip and for UTF-16."""
    try:
        with _open_bytes(path) as file:
            for number, line in enumerate(file, start=1):
                if number == 1:
                    _check_encoding(path, line)
                    line = line.removeprefix(_BOM)
                yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path}: damaged gzip file: {error}") from error


def _check_encoding(path: Path, line: bytes) -> None:
    if line.startswith(_UTF16):
        raise UserError(f"{path}: is UTF-16", tip="save it as UTF-8.")


def _json_object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError as error:
        raise UserError(f"{path}:{number}: not UTF-8 (byte {error.start} of the line)") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}:{number}: not JSON: {error}", tip="each line is one object.") from error
    if not isinstance(value, dict):
        raise UserError(f"{path}:{number}: expected an object, found {type(value).__name__}")
    return value
