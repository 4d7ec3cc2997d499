"""An interrupt that says where the work goes on."""

from __future__ import annotations

from pathlib import Path


class Stopped(KeyboardInterrupt):
    """Ctrl-C while a verb was at work. What it had written stays, and the same call goes on from there.

    A KeyboardInterrupt, so that no handler of errors takes it for one.
    """

    def __init__(self, folder: Path | None, *, goes_on: str = "") -> None:
        """`folder` has what was written, None where nothing was; `goes_on` is the command that goes on."""
        super().__init__(f"stopped; go on with: {goes_on}" if goes_on else "stopped before anything was drawn")
        self.folder = folder
        self.goes_on = goes_on
