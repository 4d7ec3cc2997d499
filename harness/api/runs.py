"""`load_run` and `list_runs`: runs that were made before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.core.errors import UserError
from harness.core.notices import notice
from harness.store.folder import DEFAULT_RUNS, run_folders
from harness.store.stored import StoredRun, StoredRuns, read_stored, stored


def load_run(run: str | Path, *, runs: str | Path = DEFAULT_RUNS) -> StoredRun:
    """A run by folder, id, or the start of its id under `runs`. Raises UserError where there is none, or several."""
    return stored(run, Path(runs))


def list_runs(root: str | Path = DEFAULT_RUNS) -> StoredRuns:
    """Every run of the folder `root`, newest first; one that cannot be read is told of and left out.

    Raises UserError where there is no such folder.
    """
    root = Path(root)
    if not root.is_dir():
        raise UserError(f"no folder of runs at {root}", tip="`harness run` makes one, or name another folder.")
    found = [made for folder in run_folders(root) if (made := _readable(folder)) is not None]
    return StoredRuns(sorted(found, key=lambda made: made.run.started, reverse=True))


def history_page(root: str | Path = DEFAULT_RUNS, *, found: Sequence[StoredRun] | None = None) -> Path:
    """Write `history.html` into the folder `root`: its runs, or those `found` in it already, newest first; returns the
    page's path.

    Raises UserError where there is no such folder, and where the page cannot be written.
    """
    from reports.history import write_history

    root = Path(root)
    shown = list_runs(root) if found is None else found
    (path,) = write_history([(made.run, made.path) for made in shown], root)
    return path


def _readable(folder: Path) -> StoredRun | None:
    """One that cannot be read must not hide the others."""
    try:
        return read_stored(folder)
    except UserError as error:
        notice(f"left out: {error.message}")
    except OSError as error:
        notice(f"left out: {error.filename}: {error.strerror}")
    return None
