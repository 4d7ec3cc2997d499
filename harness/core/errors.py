"""A user's mistake: one line saying what and where, one tip for the next step, exit code 2."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

REPOSITORY = "https://github.com/reasoning-harness/reasoning-harness"


class UserError(Exception):
    """Something the user can mend. The CLI prints it without a traceback and exits 2."""

    def __init__(self, message: str, *, tip: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.tip = tip

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: who made the mistake needs none of our lines."""
        return [f"error: {self.message}", *([f"tip: {self.tip}"] if self.tip else [])]


def unknown_name(kind: str, name: str, known: Iterable[str], *, tip: str = "") -> UserError:
    """The error for a name that is not in `known`, with the nearest known name.

    `kind` is what the name should have been one of ("task"), `tip` the next step.

    >>> str(unknown_name("task", "gsm8l", ["gsm8k", "svamp"]))
    "unknown task 'gsm8l'; did you mean 'gsm8k'?"
    """
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return UserError(f"unknown {kind} {name!r}{hint}", tip=tip)


def install_tip(extra: str) -> str:
    """How to install one of the package's extras. The package is on no index, so a checkout and git are what is named.

    >>> install_tip("plan").partition(",")[0]
    "pip install '.[plan]' in a checkout"
    """
    return f"pip install '.[{extra}]' in a checkout, or 'reasoning-harness[{extra}] @ git+{REPOSITORY}'"
