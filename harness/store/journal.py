"""records.jsonl: an append-only journal that survives a kill at any byte."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from harness.core.codec import decode, encode
from harness.core.errors import UserError
from harness.core.records import Record

FSYNC_SECONDS = 1.0
"""A kill of the process loses nothing (each line is written at once); a power cut loses at most this much."""


def encode_line(record: Record) -> str:
    """The record as one JSON line, newline included."""
    return json.dumps(encode(record), ensure_ascii=False, separators=(",", ":")) + "\n"


def parse_record(line: str) -> Record:
    """What `encode_line` wrote. Raises ValueError, TypeError or KeyError for anything else."""
    return decode(Record, json.loads(line))


def read_records(path: Path) -> Iterator[Record]:
    """Every whole record in the order written; a torn last line is passed over.

    Raises UserError with the line number for a line that is no record.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.endswith(b"\n"):
                yield _parse(path, number, line)


def latest_by_key(records: Iterable[Record]) -> dict[str, Record]:
    """One record a key, the last one written: a retry supersedes the failure before it."""
    return {record.key: record for record in records}


class Journal:
    """Appends records. Opening repairs a torn last line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        _cut_torn_line(path)
        self._file = path.open("ab", buffering=0)
        self._synced = time.monotonic()

    def append(self, record: Record) -> None:
        """Write one line now; it is fsynced within FSYNC_SECONDS of further appends, or at close."""
        _write_all(self._file.fileno(), encode_line(record).encode("utf-8", "surrogatepass"))
        if time.monotonic() - self._synced >= FSYNC_SECONDS:
            self.sync()

    def extend(self, records: Iterable[Record]) -> None:
        """Write many lines at once and fsync."""
        lines = "".join(map(encode_line, records))
        _write_all(self._file.fileno(), lines.encode("utf-8", "surrogatepass"))
        self.sync()

    def sync(self) -> None:
        """Force what was written onto the disk."""
        os.fsync(self._file.fileno())
        self._synced = time.monotonic()

    def close(self) -> None:
        """Sync and close."""
        if not self._file.closed:
            self.sync()
            self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _cut_torn_line(path: Path) -> None:
    """Drop bytes after the last newline: a line that a kill left half-written."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            file.truncate(end)


def _parse(path: Path, number: int, line: bytes) -> Record:
    try:
        return parse_record(line.decode("utf-8", "surrogatepass"))
    except (ValueError, TypeError, KeyError, StopIteration, RecursionError) as error:
        raise UserError(
            f"{path}:{number}: not a record: {_short(error)}",
            tip="delete that line; `harness run --resume` draws its completion again.",
        ) from error


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:160]
