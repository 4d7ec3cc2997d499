"""A stock task on local data: a small YAML file that includes the task's own and names other files as its dataset.

YAML is what stays the same from version to version of lm-eval; changing a loaded task is not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from harness.data.rows import missing_file

READERS = {".jsonl": "json", ".json": "json", ".csv": "csv", ".parquet": "parquet"}
SPLITS = ("training_split", "validation_split", "test_split", "fewshot_split")


def write_local_task(source: Path, name: str, folder: Path, data: str, train: str) -> None:
    """Write `local.yaml` into `folder`: task `name` as in `source`, but evaluated on the file `data`.

    Few-shot examples come from the file `train`; without it, from `data` as well. Raises UserError for files that are
    not there or are of two kinds.
    """
    import yaml

    config = read_config(source)
    files = [Path(part) for part in (data, train or data)]
    readers = {_reader(file) for file in files}
    if len(readers) > 1:
        raise UserError(f"{data} and {train} are of two kinds", tip="give both as JSONL, CSV or Parquet.")
    evaluated = config.get("test_split") or config.get("validation_split")
    named = {*(config.get(key) for key in SPLITS), shots_split(config)}
    splits = sorted(str(split) for split in named if split)
    chosen = {split: str(files[split != evaluated].resolve()) for split in splits}
    document = {
        "include": str(source),
        "task": name,
        "custom_dataset": None,
        "dataset_path": readers.pop(),
        "dataset_name": None,
        "dataset_kwargs": {"data_files": chosen},
    }
    (folder / "local.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")


def shots_split(config: dict[str, Any]) -> str | None:
    """The split that few-shot examples are drawn from, where the YAML says."""
    nested = config.get("fewshot_config")
    return (nested or {}).get("split") if isinstance(nested, dict) else None


def read_config(path: Path) -> dict[str, Any]:
    """A task's YAML with what it includes; functions are left as their names."""
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        """Reads `!function module.name` as text."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: str(node.value))
    config = yaml.load(path.read_text(encoding="utf-8"), Loader=Loader) or {}
    merged: dict[str, Any] = {}
    included = config.pop("include", [])
    for name in included if isinstance(included, list) else [included]:
        merged |= read_config(path.parent / name)
    return merged | config


def _reader(file: Path) -> str:
    if not file.is_file():
        raise missing_file(file)
    suffix = Path(file.stem).suffix if file.suffix == ".gz" else file.suffix
    if suffix not in READERS:
        raise UserError(f"{file}: lm-eval reads {', '.join(READERS)}")
    return READERS[suffix]
