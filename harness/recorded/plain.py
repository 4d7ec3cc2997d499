"""Plain rows: one object a completion, with the names that people usually give its parts.

One row:
    {"idx": 1116, "gold": "60", "completion": "Let the number of students last year be ..."}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.core.errors import UserError
from harness.recorded.fields import as_gold, read_finish, reply_texts, whole_number
from harness.recorded.records import RecordedRow

ID_NAMES = ("id", "doc_id", "idx", "index", "question_id", "custom_id")
TEXT_NAMES = (
    "completion", "text", "response", "output", "generation", "generated_text",
    "model_output", "prediction", "reply",
)  # fmt: skip
GOLD_NAMES = ("gold", "target", "gold_answer", "expected_answer", "ground_truth", "reference")
_ROW_NUMBER_NAMES = ("idx", "index", "doc_id")
_EXPECTED = f"expected one of {', '.join(ID_NAMES)} and one of {', '.join(TEXT_NAMES)}."


def plain_rows(source: str, objects: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[RecordedRow]:
    """Rows of a file whose columns are read by name. Raises UserError for a row that lacks an id or a text."""
    for line, row in objects:
        id_name = _first(row, ID_NAMES)
        text_name = _first(row, TEXT_NAMES)
        if id_name is None or text_name is None:
            lacking = "completion" if id_name else "id"
            raise UserError(f"{source}:{line}: no {lacking} column: found {_names(row)}", tip=_EXPECTED)
        texts = reply_texts(row[text_name])
        if texts is None:
            kind = type(row[text_name]).__name__
            raise UserError(f"{source}:{line}: {text_name!r} is {kind}, expected text or a list of texts")
        yield from _rows(source, line, row, id_name, texts)


def is_batch_row(row: Mapping[str, Any]) -> bool:
    """A row of a batch output file of OpenAI or vLLM's `run-batch`."""
    return "custom_id" in row and "response" in row and "error" in row


def batch_rows(source: str, objects: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[RecordedRow]:
    """Rows of such a file: `custom_id` is the doc's id, each choice a repeat."""
    for line, row in objects:
        doc_id = str(row.get("custom_id", ""))
        body = (row.get("response") or {}).get("body") or {}
        if row.get("error") or not body.get("choices"):
            reason = f"the batch request failed: {row.get('error') or body.get('error') or 'no choices'}"[:300]
            yield RecordedRow(line=line, id=doc_id, text="", finish="error", error=reason)
            continue
        for repeat, choice in enumerate(body["choices"]):
            text = choice.get("text", (choice.get("message") or {}).get("content"))
            yield RecordedRow(
                line=line, id=doc_id, repeat=repeat, text=text or "", finish=read_finish(choice.get("finish_reason"))
            )


def _rows(
    source: str, line: int, row: Mapping[str, Any], id_name: str, texts: list[str | None]
) -> Iterator[RecordedRow]:
    doc_id, idx = _identity(source, line, id_name, row[id_name])
    finish = read_finish(row.get("finish", row.get("finish_reason", row.get("stop_reason"))))
    first = whole_number(row.get("repeat", 0))
    if first is None or first < 0:
        raise UserError(f"{source}:{line}: repeat is {row['repeat']!r}, expected a whole number from 0")
    gold_name = _first(row, GOLD_NAMES)
    for repeat, text in enumerate(texts, start=first):
        failed = text is None or finish == "error"
        yield RecordedRow(
            line=line,
            id=doc_id,
            idx=idx,
            repeat=repeat,
            text=text or "",
            prefill=str(row.get("prefill") or ""),
            finish="error" if failed else finish,
            error=str(row.get("error") or "the row has no text") if failed else "",
            prompt=row["prompt"] if isinstance(row.get("prompt"), str) else None,
            gold=as_gold(row[gold_name]) if gold_name else None,
            completion_tokens=whole_number(row.get("completion_tokens")),
        )


def _identity(source: str, line: int, name: str, value: Any) -> tuple[str, int | None]:
    number = whole_number(value)
    if name in _ROW_NUMBER_NAMES and number is not None:
        return str(value), number
    if value is None or isinstance(value, (dict, list)) or str(value).strip() == "":
        raise UserError(f"{source}:{line}: {name} is {value!r}, expected a doc's id or row number")
    return str(value), None


def _first(row: Mapping[str, Any], names: Iterable[str]) -> str | None:
    return next((name for name in names if name in row), None)


def _names(row: Mapping[str, Any]) -> str:
    names = [str(name) for name in row][:12]
    return ", ".join(names) + (", ..." if len(row) > 12 else "") if names else "an empty object"
