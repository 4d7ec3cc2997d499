"""Relative paths in what a run was asked with: they start in the folder that it was started in, wherever it goes on."""

from __future__ import annotations

import os
from pathlib import Path

_MARKS = ("", "=", ":")
"""A path is all of a part (`./model`), an option (`base=./model`), or stands behind a kind (`replay:FILE`)."""


def placed(text: str, start: str) -> str:
    """A name, path or model with its comma-separated parts, each relative path that exists below `start` made absolute.

    Nothing changes in `start` itself, nor where `start` is not known ('') or not there.

    >>> placed("scripted:careful", "/elsewhere")
    'scripted:careful'
    """
    if not start or not Path(start).is_dir() or Path(start).samefile(os.curdir):
        return text
    return ",".join(_placed_part(part, Path(start)) for part in text.split(","))


def _placed_part(part: str, start: Path) -> str:
    for mark in _MARKS:
        head, found, tail = part.partition(mark) if mark else ("", "", part)
        if tail and (mark == "" or found) and not Path(tail).is_absolute() and _is_there(start, tail):
            return f"{head}{found}{os.path.normpath(start / tail)}"
    return part


def _is_there(start: Path, name: str) -> bool:
    """Whether a file, a folder or, for a glob, one that matches lies there."""
    try:
        return (start / name).exists() or ("*" in name and any(start.glob(name)))
    except (OSError, ValueError, NotImplementedError):  # too long for a name, or with a NUL: no path
        return False
