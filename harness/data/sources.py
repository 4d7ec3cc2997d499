"""Where rows come from by name: a file, shards of one table, what `datasets` saved, or a data set of the hub."""

from __future__ import annotations

import re
from pathlib import Path

from harness.core.errors import UserError, unknown_name
from harness.data.hub import load_hub_rows
from harness.data.rows import SUFFIXES, Row, missing_file, read_rows

HUB = "hub:"
HUB_OPTIONS = ("config", "split")
_SAVED, _SAVED_SPLITS = "state.json", "dataset_dict.json"
"""What `save_to_disk` leaves in the folder of a data set, and in that of several splits."""
_DIGITS = re.compile(r"\d+")
_GLOB = ("*", "?", "[")


def read_source(spec: str, *, split: str = "test") -> list[Row]:
    """Every row of `spec`: FILE, a folder of `save_to_disk`, a folder or a glob of shards (`data/train-*.parquet`), or
    `hub:OWNER/NAME,config=C,split=S`; `split` is that of a hub data set that names none.

    Raises UserError for a source that is not there, cannot be read or has no rows.
    """
    if spec.startswith(HUB):
        name, options = read_hub(spec)
        return load_hub_rows(name, config=options.get("config"), split=options.get("split", split))
    path = Path(spec)
    if path.is_dir():
        return _from_folder(path)
    if any(mark in spec for mark in _GLOB) and not path.exists():
        return _shards(_matching(path), spec)
    return read_rows(path)


def source_label(spec: str, *, split: str = "test") -> str:
    """How a run names its data: 'file:test.jsonl' without its folder, 'hub:openai/gsm8k:test'."""
    if not spec.startswith(HUB):
        return f"file:{Path(spec).name}"
    name, options = read_hub(spec)
    return f"{HUB}{name}:{options.get('split', split)}"


def read_hub(spec: str) -> tuple[str, dict[str, str]]:
    """Name and options of `hub:OWNER/NAME,config=C,split=S`. Raises UserError for an option that there is not."""
    name, *pairs = spec.removeprefix(HUB).split(",")
    options = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise UserError(f"hub: expected KEY=VALUE, found {pair!r}", tip=f"options: {', '.join(HUB_OPTIONS)}.")
        if key not in HUB_OPTIONS:
            raise unknown_name("option of hub:", key, HUB_OPTIONS, tip=f"it takes {', '.join(HUB_OPTIONS)}.")
        options[key] = value
    return name, options


def _from_folder(folder: Path) -> list[Row]:
    if (folder / _SAVED).is_file():
        return _saved(folder)
    if (folder / _SAVED_SPLITS).is_file():
        splits = sorted(path.name for path in folder.iterdir() if (path / _SAVED).is_file())
        raise UserError(
            f"{folder} holds several splits: {', '.join(splits)}",
            tip=f"name one of them: {folder / (splits or ['?'])[0]}",
        )
    paths = [path for path in sorted(folder.iterdir()) if _kind(path) is not None]
    _check_one_table(folder, paths)
    return _shards(paths, str(folder))


def _saved(folder: Path) -> list[Row]:
    import datasets

    try:
        loaded = datasets.load_from_disk(str(folder))
    except Exception as error:  # the library raises a dozen kinds
        reason = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        raise UserError(f"{folder} cannot be read as a saved data set: {reason}") from error
    if not len(loaded):
        raise UserError(f"{folder} has no rows")
    return [dict(row) for row in loaded]


def _shards(paths: list[Path], where: str) -> list[Row]:
    """The rows of several files in the order of their names."""
    if not paths:
        raise UserError(
            f"{where} holds no data", tip=f"data is read from {', '.join(SUFFIXES)}, packed by gzip or not."
        )
    return [row for path in paths for row in read_rows(path)]


def _check_one_table(folder: Path, paths: list[Path]) -> None:
    """Raises UserError for files that do not differ in a number alone: train.jsonl beside test.jsonl is no table."""
    tables = sorted({_DIGITS.sub("#", path.name.lower()) for path in paths})
    if len(tables) > 1:
        names = ", ".join(path.name for path in paths[:4])
        raise UserError(
            f"{folder} holds files that are no shards of one table: {names}",
            tip=f"name one of them, or those that belong together by a glob: '{folder / '*'}{_kind(paths[0])}'",
        )


def _matching(pattern: Path) -> list[Path]:
    root = Path(pattern.anchor) if pattern.is_absolute() else Path()
    found = sorted(path for path in root.glob(str(pattern.relative_to(root))) if path.is_file())
    if not found:
        raise UserError(f"no file matches {pattern}") if pattern.parent.exists() else missing_file(pattern)
    return found


def _kind(path: Path) -> str | None:
    """The ending of a file that can be read; None for any other."""
    names = path.name.lower().removesuffix(".gz")
    return next((ending for ending in SUFFIXES if names.endswith(ending) and path.is_file()), None)
