"""An interrupt that says where the work goes on."""

from __future__ import annotations

from pathlib import Path


class Stopped(KeyboardInterrupt):
    """Ctrl-C while a verb was at work. What it had written stays, and the same call goes on from there.

    A KeyboardInterrupt, so that no handler of errors takes it for one.
    """

    def __init__(self, folder: Path | None, *, goes_on: str = "", call: str = "") -> None:
        """`folder` has what was written, None where nothing was; `goes_on` is the command that goes on, `call` the same
        in Python."""
        self.folder = folder
        self.goes_on = goes_on
        self.call = call
        super().__init__(self.at_shell + (f", or in Python: {call}" if goes_on and call else ""))

    @property
    def at_shell(self) -> str:
        """What a terminal says."""
        return f"stopped; go on with: {self.goes_on}" if self.goes_on else "stopped before anything was drawn"

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: who pressed Stop knows where."""
        return [str(self)]
