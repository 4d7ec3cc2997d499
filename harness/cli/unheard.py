"""Streams whose reader may go away (`harness ... | head`): the command ends with the exit code that it would have."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


class Unheard:
    """A text stream that lets fall what nobody reads any more, where a plain one would raise BrokenPipeError."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or let it fall."""
        try:
            self._stream.write(text)
        except BrokenPipeError:
            write_nowhere(self._stream)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each, or let it fall."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush, or let it fall."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            write_nowhere(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def unheard() -> Iterator[None]:
    """Standard output and standard error outlive their readers for as long as the block lasts."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (Unheard(stream) for stream in before)  # type: ignore[assignment]
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # else it is the interpreter that notices, on its way out
                stream.flush()
        sys.stdout, sys.stderr = before


def write_nowhere(stream: TextIO) -> None:
    """Let what is still to be written to a stream fall: else the interpreter complains of it on its way out."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
