"""A few questions of a probe to read, some of each reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harness.audits.probes.records import ProbeExample
from harness.audits.probes.requests import META
from harness.core.records import Record
from harness.core.task import as_text

OF_EACH = 2
"""Examples of one reading."""
CHARS = 240
"""Of what was given and of what was written."""


def examples(rows: Sequence[Record], scorer: str, reactions: Sequence[str]) -> tuple[ProbeExample, ...]:
    """The first questions of each reading, from rows of one record a question."""
    taken: Counter[str] = Counter()
    found = []
    for row in rows:
        reading = _reading(row, reactions)
        if reading and taken[reading] < OF_EACH:
            taken[reading] += 1
            found.append(_example(row, reading, scorer))
    return tuple(found)


def _reading(row: Record, reactions: Sequence[str]) -> str:
    for name in reactions:
        if row.metrics.get(name) == 1:
            return name
    if row.metrics.get("reasoned_on") == 1:
        return "reasoned on"
    changed = row.metrics.get("changed")
    return "" if changed is None else "changed" if changed else "same"


def _example(row: Record, reading: str, scorer: str) -> ProbeExample:
    meta = row.doc.metadata[META]
    given = as_text(row.doc.question) if meta["name"] == "paraphrase" else row.completion.prefill
    score = row.scores.get(scorer)
    return ProbeExample(
        doc_id=row.doc.id,
        reading=reading,
        given=given if len(given) <= CHARS else f"… {given[-CHARS:]}",
        written=row.completion.text if len(row.completion.text) <= CHARS else f"{row.completion.text[:CHARS]} …",
        recorded=meta["answer"],
        answer="" if score is None else score.answer,
    )
