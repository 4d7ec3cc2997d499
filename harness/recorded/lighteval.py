"""lighteval's `details_*.parquet` (`--save-details`, 0.10 and later).

One row: {"doc": {"id": "0", "query": ..., "choices": [gold], "gold_index": 0},
          "model_response": {"input": ..., "text": ["..."]}, "metric": {...}}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.core.errors import UserError
from harness.recorded.fields import as_gold, reply_texts, whole_number
from harness.recorded.records import RecordedRow


def is_lighteval_row(row: Mapping[str, Any]) -> bool:
    """Whether a table row is one of lighteval's details."""
    return isinstance(row.get("doc"), dict) and isinstance(row.get("model_response"), dict)


def lighteval_rows(source: str, objects: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[RecordedRow]:
    """Every text of every sample. Raises UserError for samples without text (log-likelihoods)."""
    for line, row in objects:
        doc, response = row["doc"], row["model_response"]
        texts = reply_texts(response.get("text"))
        if texts is None:
            raise UserError(f"{source}, row {line}: holds no generated text", tip="score a generative task's details.")
        tokens = response.get("output_tokens") or []
        for repeat, text in enumerate(texts):
            yield RecordedRow(
                line=line,
                idx=_row_number(doc, line),
                repeat=repeat,
                text=text or "",
                prompt=response.get("input") if isinstance(response.get("input"), str) else doc.get("query"),
                gold=_gold(doc),
                completion_tokens=len(tokens[repeat]) if repeat < len(tokens) and tokens[repeat] else None,
            )


def _row_number(doc: Mapping[str, Any], line: int) -> int:
    number = whole_number(doc.get("id"))
    return line - 1 if number is None else number


def _gold(doc: Mapping[str, Any]) -> str | None:
    choices, index = doc.get("choices") or [], doc.get("gold_index")
    first = whole_number(index[0] if isinstance(index, list) and index else index)
    if first is None or not 0 <= first < len(choices):
        return None
    return as_gold(choices[first])
