"""From a path to its completions: which tool wrote it is seen from the content, not from the name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

from harness.core.errors import UserError
from harness.core.failures import failure_words
from harness.data.rows import missing_file, read_rows
from harness.recorded.inspect_log import inspect_rows, is_inspect_log, read_eval_samples
from harness.recorded.lighteval import is_lighteval_row, lighteval_rows
from harness.recorded.lines import PARQUET_MAGIC, ZIP_MAGIC, head, json_document, json_objects, lines
from harness.recorded.lm_eval import is_lm_eval_row, lm_eval_rows
from harness.recorded.plain import ID_NAMES, TEXT_NAMES, batch_rows, is_batch_row, plain_rows
from harness.recorded.records import Kind, RecordedCompletions, RecordedRow

Objects: TypeAlias = Iterable[tuple[int, Mapping[str, Any]]]

_ROWS: dict[Kind, Callable[[str, Objects], Iterator[RecordedRow]]] = {
    "lm-eval": lm_eval_rows,
    "lighteval": lighteval_rows,
    "openai-batch": batch_rows,
    "plain": plain_rows,
}
_FOLDER_PATTERNS = ("samples_*.jsonl", "details_*.parquet", "*.eval")
_ACCEPTED = (
    "completions are read from JSONL with an id and a text, lm-eval samples, lighteval details, Inspect logs, "
    "or a run folder."
)


def read_completions(path: str | Path) -> RecordedCompletions:
    """Every completion in a file or a run folder, in the file's order.

    Raises UserError for a missing or empty file, a line that is not JSON, or columns that are not there.
    """
    path = Path(path)
    if path.is_dir():
        return _from_folder(path)
    if not path.is_file():
        raise missing_file(path)
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty", tip=_ACCEPTED)
    start = head(path, 4)
    if start == ZIP_MAGIC:
        return _made(path, "inspect", inspect_rows(str(path), read_eval_samples(path)))
    if start == PARQUET_MAGIC:
        return _from_objects(path, enumerate(_parquet(path), start=1))
    if path.suffix.lower() in (".csv", ".tsv"):
        return _from_objects(path, enumerate(read_rows(path), start=2))
    return _from_json(path)


def _from_json(path: Path) -> RecordedCompletions:
    first = _first_line(path)
    is_whole_document = first.startswith(b"[") or (path.suffix == ".json" and not _is_complete_object(first))
    if not is_whole_document:
        return _from_objects(path, json_objects(path))
    document = json_document(path)
    if is_inspect_log(document):
        return _made(path, "inspect", inspect_rows(str(path), document.get("samples") or []))
    if isinstance(document, dict) and not document.keys() & {*ID_NAMES, *TEXT_NAMES}:
        raise UserError(f"{path}: not a known log: found {', '.join(map(str, document))[:200]}", tip=_ACCEPTED)
    rows = document if isinstance(document, list) else [document]
    if not all(isinstance(row, dict) for row in rows):
        raise UserError(f"{path}: expected a list of objects", tip=_ACCEPTED)
    return _from_objects(path, enumerate(rows, start=1))


def _from_objects(path: Path, objects: Objects) -> RecordedCompletions:
    objects = iter(objects)
    first = next(objects, None)
    if first is None:
        raise UserError(f"{path} has no rows", tip=_ACCEPTED)
    row = first[1]
    rest = chain([first], objects)
    if {"key", "doc", "completion"} <= row.keys():
        return _from_records(path)
    if is_inspect_log(row):
        return _made(path, "inspect", inspect_rows(str(path), row.get("samples") or []))
    kind: Kind = "plain"
    if is_lm_eval_row(row):
        kind = "lm-eval"
    elif is_lighteval_row(row):
        kind = "lighteval"
    elif is_batch_row(row):
        kind = "openai-batch"
    return _made(path, kind, _ROWS[kind](str(path), rest))


def _from_folder(folder: Path) -> RecordedCompletions:
    from harness.store.folder import RECORDS_FILE

    if (folder / RECORDS_FILE).is_file():
        return _from_records(folder / RECORDS_FILE)
    found = sorted(path for pattern in _FOLDER_PATTERNS for path in folder.glob(pattern))
    if len(found) == 1:
        return read_completions(found[0])
    if found:
        names = ", ".join(path.name for path in found[:4])
        raise UserError(f"{folder} holds {len(found)} files of completions: {names}", tip="give one of them.")
    raise UserError(f"{folder} is neither a run folder nor a folder of logs", tip=_ACCEPTED)


def _from_records(path: Path) -> RecordedCompletions:
    from harness.store.folder import sort_records
    from harness.store.journal import latest_by_key, read_records

    records = sort_records(latest_by_key(read_records(path)).values())
    rows = (
        RecordedRow(
            line=line,
            id=record.doc.id,
            repeat=c.repeat,
            text=c.text,
            prefill=c.prefill,
            finish=c.finish,
            error=c.error,
            gold=record.doc.target,
            prompt_tokens=c.prompt_tokens,
            completion_tokens=c.completion_tokens,
            seconds=c.seconds,
        )
        for line, record in enumerate(records, start=1)
        for c in [record.completion]
    )
    return _made(path, "run", rows)


def _made(path: Path, kind: Kind, rows: Iterable[RecordedRow]) -> RecordedCompletions:
    kept = tuple(rows)
    if not kept:
        raise UserError(f"{path} holds no completions", tip=_ACCEPTED)
    failed = [(row.id or str(row.idx), row.error) for row in kept if row.finish == "error"]
    share = f"{len(failed)} of {len(kept)} completions in {path.name} failed where they were made: not scored"
    notices = [f"{share} ({failure_words(failed)})"] if failed else []
    if any(not row.id and row.question is None and row.idx is not None for row in kept) and kind == "plain":
        notices.append(f"{path.name} has no ids: its rows are taken in the order of the docs")
    return RecordedCompletions(source=str(path), kind=kind, rows=kept, notices=tuple(notices))


def _parquet(path: Path) -> list[dict[str, Any]]:
    from pyarrow import ArrowException
    from pyarrow.parquet import read_table

    try:
        return list(read_table(path).to_pylist())
    except ArrowException as error:
        raise UserError(f"{path}: cannot be read: {error}") from error


def _first_line(path: Path) -> bytes:
    return next((line.strip() for _, line in lines(path) if line.strip()), b"")


def _is_complete_object(line: bytes) -> bool:
    """A `.json` file may hold one object a line; a log holds one object over many lines, or one line that is a log."""
    return line.startswith(b"{") and line.endswith(b"}")
