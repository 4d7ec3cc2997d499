"""The records that pass between the stages of the data side: samples, what was turned away, and their files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from harness.core.codec import decode, encode
from harness.data.rows import read_rows

Stage: TypeAlias = Literal["normalise", "structure", "tokens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One question with its worked answer, in the one form that every kind of raw row is brought to."""

    id: str
    """Unique within a data set."""
    question: str
    steps: tuple[str, ...]
    """The reasoning, one step each; empty where the data has none."""
    answer: str
    source: str
    """Where it came from: the file, hub data set or generator."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """`row` (0-based, in the raw data), `form`, `script`, `language`, `repairs`, and the raw row's plain columns."""

    @property
    def reasoning(self) -> str:
        """The steps as one text, a line each."""
        return "\n".join(self.steps)

    @property
    def row(self) -> int:
        """The raw row, 0-based; -1 where the sample was not made from one."""
        return int(self.metadata.get("row", -1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row or sample that was turned away, with the reason."""

    row: int
    """0-based, in the raw data."""
    reason: str
    """One word of a closed set, so that rejects can be counted: 'missing_answer', 'duplicate', ..."""
    detail: str = ""
    """What was found, in words."""
    raw: Any = None
    """The raw row, or the sample as a dict where a later stage turned it away."""
    stage: Stage = "normalise"


def reject_sample(sample: Sample, reason: str, detail: str, stage: Stage) -> Reject:
    """The reject of a `sample` that had passed normalisation: the `stage` that turned it away, its `reason`, and in
    `detail` what was found.
    """
    return Reject(row=sample.row, reason=reason, detail=detail, raw=encode(sample), stage=stage)


def write_lines(path: Path, records: Iterable[Any]) -> int:
    """Write records as JSON lines; how many there were."""
    n = 0
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(encode(record), ensure_ascii=False) + "\n")
            n += 1
    return n


def read_samples(path: Path) -> tuple[Sample, ...]:
    """Samples that `write_lines` wrote. Raises UserError for a file that cannot be read or holds something else."""
    from harness.core.errors import UserError

    samples = []
    for number, row in enumerate(read_rows(path), start=1):
        try:
            samples.append(decode(Sample, row))
        except (TypeError, KeyError, ValueError) as error:
            tip = "raw data goes through `harness prepare` first."
            raise UserError(f"{path}:{number}: not a prepared sample: {error}", tip=tip) from error
    return tuple(samples)
