"""What may lie beside a run in its folder, by name: extras that a report shows where they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.store.files import read_text, write_atomic

CONTAMINATION = "contamination.json"
"""Which docs stand in some training data, as `harness contamination --json` writes it."""
LM_EVAL = "lm_eval.json"
"""What `--also lm-eval` found: {scorer: {key of a record: 0 or 1}}."""
PROBES = "probes.json"
"""Summaries of probes."""
PROBE_JOURNALS = "probes"
"""A folder: a journal of records for each probe."""
TRAINING_METRICS = "train_metrics.jsonl"
"""One JSON object a line, with "step" and any numbers: what was logged while the run's model was trained."""


def read_beside(folder: Path, name: str) -> Any:
    """A JSON document that lies in the folder; None where there is none. Raises ValueError for a damaged one."""
    path = folder / name
    return json.loads(read_text(path)) if path.is_file() else None


def write_beside(folder: Path, name: str, document: Any, *, indent: int | None = 2) -> None:
    """Put a JSON `document` called `name` into the folder, in place of an older one; `indent` None writes it on one
    line.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / name, json.dumps(document, indent=indent, ensure_ascii=False) + "\n")


def read_metrics(path: Path) -> Iterator[dict[str, Any]]:
    """Whole lines of a metrics file in order; a torn line is passed over, and so is one without a step."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                continue  # training may be writing its last line
            if isinstance(row, dict) and isinstance(row.get("step"), (int, float)):
                yield row
