"""What a command of minutes is at, one line a stage on standard error: for logs, where no bar can be drawn."""

from __future__ import annotations

import sys
import time


class Stages:
    """Prints `[  12 s] text`, where standard error is no terminal: on one, bars show the same."""

    def __init__(self, *, tells: bool = True) -> None:
        self._tells = tells and not sys.stderr.isatty()
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """One stage begins or ends."""
        if self._tells:
            print(f"[{time.monotonic() - self._began:4.0f} s] {text}", file=sys.stderr, flush=True)


SILENT = Stages(tells=False)
