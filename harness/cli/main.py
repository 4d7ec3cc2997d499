"""The `harness` command: each subcommand is a function of its own module, loaded when it is called."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

from harness.core.errors import UserError

EXIT_USER_ERROR = 2
_TIP_FULL = "free some space and call again; a run goes on with `harness run --resume RUN`."
_TIP_WRITE = "name a place that you may read and write (--out, --runs, --cache), or change its permissions."
_TIP_ELSE = "nothing that was written is lost; mend the path or the disk and call again."
_TIPS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _TIP_FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _TIP_WRITE),
}


def main() -> None:
    """Run the command line; a user's mistake prints one line and exits 2."""
    from harness.cli.app import build_app
    from harness.cli.show.console import show_notices
    from harness.hardware.huge_pages import restart_with_huge_pages

    _open_closed_streams()
    restart_with_huge_pages()
    show_notices(details=_wants_debug(sys.argv[1:]))
    try:
        _call(build_app())
    except UserError as error:
        if _wants_debug(sys.argv[1:]):
            traceback.print_exception(error)
        _complain(error.message, error.tip)
        sys.exit(EXIT_USER_ERROR)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{error.strerror or error}", _TIPS.get(error.errno or 0, _TIP_ELSE))
        sys.exit(EXIT_USER_ERROR)


def _call(app: Callable[..., None]) -> None:
    """Run the application; where the reader of its output is gone (`harness ... | head`) it ends without a word.

    Rich and Typer both turn the broken pipe into exit code 1. Whatever ended before it was noticed keeps its own code.
    """
    try:
        app(standalone_mode=True)
    except SystemExit as stopped:
        if isinstance(stopped.__context__, BrokenPipeError):
            _write_nowhere()
            stopped.code = 0
        try:
            sys.stdout.flush()  # else it is the interpreter that notices, on its way out
        except BrokenPipeError:
            _write_nowhere()
        raise


def _write_nowhere() -> None:
    """Let what is still to be written fall: else the interpreter complains of it on its way out."""
    if sys.__stdout__ is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())


def _complain(message: str, tip: str) -> None:
    with suppress(BrokenPipeError):  # nobody reads it, and the exit code says it too
        print(f"error: {message}", file=sys.stderr)
        if tip:
            print(f"tip: {tip}", file=sys.stderr)


def _wants_debug(arguments: Sequence[str]) -> bool:
    """`harness --debug COMMAND`: an option of harness itself, before the command's name."""
    return "--debug" in takewhile(lambda argument: argument.startswith("-"), arguments)


def _open_closed_streams() -> None:
    """A stream that the caller closed (`harness ... >&-`) is None to Python: read nothing from it, write nowhere."""
    sys.stdin = sys.stdin or Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - as long as the process
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


if __name__ == "__main__":
    main()
