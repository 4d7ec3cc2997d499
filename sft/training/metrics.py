"""`train_metrics.jsonl`: one JSON object per update or evaluation, cut back to the checkpoint that a resumed run starts
from."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.store.beside import read_metrics


class MetricsFile:
    """Appends lines such as {"step": 7, "loss": 1.2, "learning_rate": 1e-05, "grad_norm": 0.8}."""

    def __init__(self, path: Path, *, from_step: int = 0, tensorboard: Path | None = None) -> None:
        """Keeps the lines of updates up to `from_step`, which a checkpoint holds, and drops later and torn ones.

        An evaluation at `from_step` is dropped too: the resumed run makes it again.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = [row for row in read_metrics(path) if _is_before(row, from_step)]
        part = path.with_name(path.name + ".part")
        part.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
        part.replace(path)
        self._file = path.open("a", encoding="utf-8")
        self._board = _open_board(tensorboard, from_step)

    def write(self, step: int, values: Mapping[str, float | None]) -> None:
        """One line; values that are None or not finite are left out."""
        known = {k: float(v) for k, v in values.items() if v is not None and math.isfinite(v)}
        self._file.write(json.dumps({"step": step, **known}) + "\n")
        self._file.flush()
        for name, value in known.items() if self._board is not None else ():
            self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Flush and close."""
        self._file.close()
        if self._board is not None:
            self._board.close()


def _is_before(row: Mapping[str, Any], from_step: int) -> bool:
    return row["step"] < from_step or (row["step"] == from_step and "loss" in row)


def _open_board(folder: Path | None, from_step: int) -> Any:
    """A writer whose events after `from_step` take the place of those that a run before it wrote."""
    if folder is None:
        return None
    from tensorboardX import SummaryWriter

    purged = from_step + 1 if from_step else None
    return SummaryWriter(str(folder), purge_step=purged, filename_suffix=f".{from_step}")
