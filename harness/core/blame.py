"""What somebody's own code raises (a task, a prompt, a scorer) as one line: what was asked, where it broke, why."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.core.errors import UserError
from harness.core.words import one_line

DEBUG_TIP = "`harness --debug ...` shows the whole traceback."
_NOT_THEIRS = tuple(
    str(Path(folder).resolve())
    for folder in (Path(__file__).parents[1], sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))
)


@contextmanager
def blaming(what: str, *, tip: str = DEBUG_TIP) -> Iterator[None]:
    """Turn what the block raises into a UserError that begins with `what`; a UserError says enough by itself."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{what}: {failure(error)}", tip=tip) from error


def failure(error: BaseException) -> str:
    """One line on an exception: the innermost place in code that is neither ours nor a library's, its type, its text.

    `judge() failed at my_task.py:7: KeyError: 'x'`
    """
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if _is_theirs(frame.filename)] or list(frames)
    text = f"{type(error).__name__}: {one_line(error)}".removesuffix(": ")
    if not theirs:
        return text
    place = f"at {_shown(theirs[-1].filename)}:{theirs[-1].lineno}"
    named = [frame.name for frame in theirs if not frame.name.startswith("<")]  # no <genexpr>, no <module>
    return f"{named[-1]}() failed {place}: {text}" if named else f"{text} ({place})"


def _is_theirs(file: str) -> bool:
    if file.startswith("<"):
        return False
    path = Path(file).resolve()
    return not any(path.is_relative_to(folder) for folder in _NOT_THEIRS)


def _shown(file: str) -> str:
    """From the working folder, where the file lies in it."""
    path, here = Path(file).resolve(), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file
