"""What `harness contamination --run RUN --json` found, when it lies in the run's folder as contamination.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports import numbers

FILE = "contamination.json"


def read_contamination(folder: Path) -> str:
    """One sentence: how many docs the training data holds, and the score with and without them.

    Empty without a usable file.
    """
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return _sentence(document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""  # it is an extra: a report must not fail on it


def _sentence(document: Mapping[str, Any]) -> str:
    sets = document["sets"].values()
    n_docs = sum(found["n_docs"] for found in sets)
    # A question with other numbers is a new question: listed in the file, counted nowhere.
    doc_ids = {one["doc_id"] for found in sets for one in found["overlaps"] if one["kind"] != "numbers"}
    sentence = f"{len(doc_ids):,} of {n_docs:,} docs overlap with {Path(document['train']).name}"
    scored = document.get("run")
    if not scored or not doc_ids:
        return sentence
    every, rest = (_estimate(scored["scores"][part]) for part in ("every_doc", "without_overlap"))
    return f"{sentence}; {scored['metric']} {every} with them, {rest} without"


def _estimate(found: Mapping[str, Any]) -> str:
    ends = numbers.interval(found["low"], found["high"], "binary")
    return f"{numbers.value(found['value'], 'binary')} [{ends}]"
