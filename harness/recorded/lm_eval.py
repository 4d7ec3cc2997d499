"""lm-eval's `samples_*.jsonl` (`--log_samples`): one row per doc *per filter*, the same replies in each.

One row, shortened:
    {"doc_id": 0, "doc": {...}, "target": "... #### 18", "arguments": {"gen_args_0": {"arg_0": "Question: ...",
     "arg_1": {"until": [...]}}}, "resps": [["She makes 18."]], "filtered_resps": ["18"], "filter": "strict-match"}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.core.errors import UserError
from harness.recorded.fields import as_gold, reply_texts, whole_number
from harness.recorded.records import RecordedRow


def is_lm_eval_row(row: Mapping[str, Any]) -> bool:
    """Whether an object is a row of a sample log."""
    return "doc_id" in row and "resps" in row


def lm_eval_rows(source: str, objects: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[RecordedRow]:
    """One row a doc and repeat: rows that only another filter made are passed over.

    Raises UserError for log-likelihood samples, which hold no text.
    """
    seen: dict[int, tuple[set[str], list[str | None]]] = {}
    for line, row in objects:
        doc_id, texts = _doc_id(source, line, row), _texts(source, line, row)
        chosen_filter = str(row.get("filter", "none"))
        if doc_id in seen:
            filters, before = seen[doc_id]
            if chosen_filter not in filters and texts == before:
                filters.add(chosen_filter)
                continue
        seen.setdefault(doc_id, ({chosen_filter}, texts))
        prompt = _argument(row, 0)
        for repeat, text in enumerate(texts):
            yield RecordedRow(
                line=line,
                idx=doc_id,
                repeat=repeat,
                text=text or "",
                finish="stop" if text is not None else "error",
                error="" if text is not None else "the row has no text",
                prompt=prompt if isinstance(prompt, str) else None,
                gold=as_gold(row.get("target")),
            )


def _doc_id(source: str, line: int, row: Mapping[str, Any]) -> int:
    doc_id = whole_number(row.get("doc_id"))
    if doc_id is None:
        raise UserError(f"{source}:{line}: doc_id is {row.get('doc_id')!r}, expected a whole number")
    return doc_id


def _texts(source: str, line: int, row: Mapping[str, Any]) -> list[str | None]:
    per_request = row.get("resps")
    is_likelihood = isinstance(_argument(row, 1), str)
    if isinstance(per_request, list) and len(per_request) == 1 and not is_likelihood:
        texts = reply_texts(per_request[0])
        if texts is not None:
            return texts
    raise UserError(
        f"{source}:{line}: holds log-likelihoods, not generated text",
        tip="score the samples of a task whose output_type is generate_until.",
    )


def _argument(row: Mapping[str, Any], position: int) -> Any:
    """What the first request was called with: {"gen_args_0": {"arg_0": ...}} in files, [[...]] in memory."""
    arguments = row.get("arguments")
    if isinstance(arguments, Mapping):
        first = arguments.get("gen_args_0") or {}
        return first.get(f"arg_{position}") if isinstance(first, Mapping) else None
    if isinstance(arguments, list) and arguments and isinstance(arguments[0], list):
        return arguments[0][position] if len(arguments[0]) > position else None
    return None
