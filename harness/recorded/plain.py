"""Plain rows: one object a completion, with the names that people usually give its parts.

One row:
    {"idx": 1116, "gold": "60", "completion": "Let the number of students last year be ..."}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.core.errors import UserError
from harness.recorded.fields import FoundReply, as_gold, find_replies, read_finish, whole_number
from harness.recorded.records import RecordedRow

ID_NAMES = ("id", "doc_id", "idx", "index", "question_id", "custom_id", "request_id")
TEXT_NAMES = (
    "completion", "text", "response", "output", "generation", "generated_text",
    "model_output", "prediction", "reply", "outputs", "responses", "generations", "choices",
)  # fmt: skip
GOLD_NAMES = ("gold", "target", "gold_answer", "expected_answer", "ground_truth", "reference")
QUESTION_NAMES = ("question", "problem")
_ROW_NUMBER_NAMES = ("idx", "index", "doc_id")
_EXPECTED = f"expected one of {', '.join(ID_NAMES)} and one of {', '.join(TEXT_NAMES)}."


def plain_rows(source: str, objects: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[RecordedRow]:
    """Rows of a file whose columns are read by name. A row without an id that has its question, or is a whole response
    of a server, stands for the doc of its place. Raises UserError for a row that lacks an id or a text."""
    for place, (line, row) in enumerate(objects):
        id_name = _first(row, ID_NAMES)
        if is_raw_response(row):  # whose id is the response's own
            id_name = _first(row, ID_NAMES[1:])
        text_name = _first(row, TEXT_NAMES)
        if text_name is None or (id_name is None and not _has_a_place(row)):
            lacking = "completion" if id_name else "id"
            raise UserError(f"{source}:{line}: no {lacking} column: found {_names(row)}", tip=_EXPECTED)
        replies = find_replies(row[text_name])
        if replies is None:
            kind = type(row[text_name]).__name__
            raise UserError(f"{source}:{line}: {text_name!r} is {kind}, expected text or a list of texts")
        identity = ("", place) if id_name is None else _identity(source, line, id_name, row[id_name])
        yield from _rows(source, line, row, identity, replies)


def is_raw_response(row: Mapping[str, Any]) -> bool:
    """A response of OpenAI's API as it came."""
    return str(row.get("object", "")).startswith(("chat.completion", "text_completion", "response"))


def _has_a_place(row: Mapping[str, Any]) -> bool:
    """NeMo's rows are those of its input with a generation added; raw responses lie in the order of the questions."""
    return is_raw_response(row) or _question(row) is not None


def _question(row: Mapping[str, Any]) -> str | None:
    return next((row[name] for name in QUESTION_NAMES if isinstance(row.get(name), str)), None)


def is_batch_row(row: Mapping[str, Any]) -> bool:
    """A row of a batch output file of OpenAI or vLLM's `run-batch`."""
    return "custom_id" in row and "response" in row and "error" in row


def batch_rows(source: str, objects: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[RecordedRow]:
    """Rows of such a file: `custom_id` is the doc's id, each choice a repeat.

    Raises UserError, which names the `source` and the line, for a choice without text.
    """
    for line, row in objects:
        doc_id = str(row.get("custom_id", ""))
        body = (row.get("response") or {}).get("body") or {}
        if row.get("error") or not body.get("choices"):
            reason = f"the batch request failed: {row.get('error') or body.get('error') or 'no choices'}"[:300]
            yield RecordedRow(line=line, id=doc_id, text="", finish="error", error=reason)
            continue
        for repeat, choice in enumerate(body["choices"]):
            found = find_replies(choice)
            if found is None:
                raise UserError(f"{source}:{line}: choice {repeat} holds no text")
            finish = read_finish(choice.get("finish_reason"))
            stopped = f"the server stopped it: {choice.get('finish_reason')}" if finish == "error" else ""
            yield RecordedRow(
                line=line, id=doc_id, repeat=repeat, text=found[0].text or "", finish=finish, error=stopped
            )


def _rows(
    source: str, line: int, row: Mapping[str, Any], identity: tuple[str, int | None], replies: list[FoundReply]
) -> Iterator[RecordedRow]:
    doc_id, idx = identity
    of_row = row.get("finish", row.get("finish_reason", row.get("stop_reason")))
    first = whole_number(row.get("repeat", 0))
    if first is None or first < 0:
        raise UserError(f"{source}:{line}: repeat is {row['repeat']!r}, expected a whole number from 0")
    gold_name = _first(row, GOLD_NAMES)
    for repeat, (text, reason) in enumerate(replies, start=first):
        finish = read_finish(of_row if reason is None else reason)
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
            question=None if doc_id else _question(row),
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
