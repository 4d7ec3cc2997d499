"""records.jsonl: an append-only journal that survives a kill at any byte."""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from harness.core.codec import decode, encode
from harness.core.errors import UserError
from harness.core.records import Record

FSYNC_SECONDS = 1.0
"""A kill of the process loses nothing (each line is written at once); a power cut loses at most this much."""


_CHECK = b',"check":"'
_CHECK_BYTES = len(_CHECK) + 8 + len(b'"}\n')
"""A CRC-32 of all that stands before it, as the last member of a line."""


def encode_line(record: Record, *, checked: bool = True) -> str:
    """The record as one JSON line, newline included; `checked` ends it with a checksum of itself."""
    line = json.dumps(encode(record), ensure_ascii=False, separators=(",", ":"))
    return (with_checksum(line) if checked else line) + "\n"


def with_checksum(line: str) -> str:
    """A JSON object on one line, with the checksum of what stands before it as its last member."""
    total = zlib.crc32(line[:-1].encode("utf-8", "surrogatepass"))
    return f'{line[:-1]}{_CHECK.decode()}{total:08x}"}}'


def parse_record(line: str) -> Record:
    """What `encode_line` wrote. Raises ValueError, TypeError or KeyError for anything else."""
    return decode(Record, json.loads(line))


def read_records(path: Path, *, checked: bool = False) -> Iterator[Record]:
    """Every whole record in the order written; a torn last line is passed over.

    Raises UserError with the line number for a line that is no record, that is not what its checksum says, or, where
    all are to be `checked`, that has none: lines of before there were checksums lack it.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.endswith(b"\n"):
                yield _parse(path, number, line, checked)


def latest_by_key(records: Iterable[Record]) -> dict[str, Record]:
    """One record a key, the last one written: a retry supersedes the failure before it."""
    return {record.key: record for record in records}


class Journal:
    """Appends records, each with a checksum unless it goes on in a file of before they existed. Opening repairs a torn
    last line."""

    def __init__(self, path: Path, *, checked: bool = True) -> None:
        self.path = path
        self._checked = checked
        _cut_torn_line(path)
        self._file = path.open("ab", buffering=0)
        self._synced = time.monotonic()

    def append(self, record: Record) -> None:
        """Write one line now; it is fsynced within FSYNC_SECONDS of further appends, or at close."""
        _write_all(self._file.fileno(), self._line(record).encode("utf-8", "surrogatepass"))
        if time.monotonic() - self._synced >= FSYNC_SECONDS:
            self.sync()

    def extend(self, records: Iterable[Record]) -> None:
        """Write many lines at once and fsync."""
        lines = "".join(map(self._line, records))
        _write_all(self._file.fileno(), lines.encode("utf-8", "surrogatepass"))
        self.sync()

    def _line(self, record: Record) -> str:
        return encode_line(record, checked=self._checked)

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


def _parse(path: Path, number: int, line: bytes, checked: bool) -> Record:
    try:
        _check_line(line, checked)
        return parse_record(line.decode("utf-8", "surrogatepass"))
    except (ValueError, TypeError, KeyError, StopIteration, RecursionError) as error:
        raise UserError(
            f"{path}:{number}: not a record: {_short(error)}",
            tip="delete that line; `harness run --resume` draws its completion again.",
        ) from error


def _check_line(line: bytes, checked: bool) -> None:
    """Raises ValueError for a line that was damaged."""
    said, tail = line[:-_CHECK_BYTES], line[-_CHECK_BYTES:]
    if tail.startswith(_CHECK):
        if tail[len(_CHECK) : -3] != b"%08x" % zlib.crc32(said):
            raise ValueError("its checksum does not fit: the line was changed after it was written")
    elif checked:
        raise ValueError("it has no checksum, as every line of this run should")


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:160]
