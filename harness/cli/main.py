"""The `harness` command: each subcommand is a function of its own module, loaded when it is called."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path

from harness.cli.unheard import unheard, write_nowhere
from harness.core.errors import UserError

EXIT_USER_ERROR = 2
EXIT_UNHEARD = 141
"""As a shell names the end of a program by SIGPIPE."""
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
    with unheard():
        show_notices(details=_wants_debug(sys.argv[1:]))
        _end(lambda: _call(build_app()))


def _end(command: Callable[[], None]) -> None:
    """Run a command; what it cannot do is one line and exit code 2."""
    try:
        _refuse_empty(sys.argv[1:])
        command()
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
    """Run the application. What a reader that is gone (`harness ... | head`) does not take falls, and every command
    ends as it would have: a gate that failed must not pass because of it.
    """
    try:
        app(standalone_mode=True)
    except SystemExit as stopped:
        if isinstance(stopped.__context__, BrokenPipeError):  # bytes, past the text streams
            write_nowhere(sys.stdout)
            stopped.code = EXIT_UNHEARD
        sys.stdout.flush()
        raise


def _refuse_empty(arguments: Sequence[str]) -> None:
    """Raise UserError for an empty argument: a variable of a shell script that was never set must choose nothing."""
    for before, argument in zip(["", *arguments], arguments, strict=False):
        name, separator, value = argument.partition("=")
        if not argument or (name.startswith("--") and separator and not value):
            flag = name if argument else before
            what = f"{flag} is empty" if flag.startswith("-") else "an argument is empty"
            raise UserError(what, tip="name something there, or leave it out for the default.")


def _complain(message: str, tip: str) -> None:
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
