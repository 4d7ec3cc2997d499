"""Folders that tests of one process share, gone when it ends."""

from __future__ import annotations

import atexit
import shutil
from pathlib import Path
from tempfile import mkdtemp


def shared_folder(name: str) -> Path:
    """A new empty folder for what is made once and only read."""
    folder = Path(mkdtemp(prefix=f"{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
