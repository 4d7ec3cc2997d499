"""Completions to docs, by id or by row number, with every way to mix them up named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from harness.core.errors import UserError
from harness.core.records import Completion, Doc
from harness.core.task import as_text
from harness.recorded.fields import whole_number
from harness.recorded.gold import golds_agree
from harness.recorded.records import Matched, RecordedRow

_DATA_TIP = (
    "use the data that the completions were made from (--data), or give each row the id of its doc; "
    "without a gold column rows are not checked."
)


def match_to_docs(
    rows: Sequence[RecordedRow], docs: Sequence[Doc], *, where: str = "completions", partial: bool = False
) -> Matched:
    """The completions of `rows` for `docs`. `partial`: rows of docs that are not in `docs` are left out.

    A row is matched by its id where the docs know it, else by its row number in the data. Raises UserError for a
    row of no doc, for two rows of one doc and repeat, and where the rows' own golds show that they belong to others.
    """
    paired = list(_pair(rows, docs, where, partial))
    if not paired:
        raise UserError(f"{where}: no row belongs to any of the {len(docs)} docs", tip=_DATA_TIP)
    _check_duplicates(paired, where)
    _check_golds(paired, where)
    made: dict[str, list[Completion]] = {}
    for row, doc in paired:
        made.setdefault(doc.id, []).append(_completion(row, doc))
    completions = [c for doc in docs for c in sorted(made.get(doc.id, []), key=lambda c: c.repeat)]
    missing = tuple(doc.id for doc in docs if doc.id not in made)
    return Matched(completions=tuple(completions), missing=missing)


def _pair(
    rows: Sequence[RecordedRow], docs: Sequence[Doc], where: str, partial: bool
) -> Iterator[tuple[RecordedRow, Doc]]:
    by_id = {doc.id: doc for doc in docs}
    if any(row.question is not None for row in rows):
        rows = list(_by_question(rows, docs, where, partial))
    if any(row.id in by_id for row in rows):
        by_number: Mapping[int, Doc] = {}
    else:
        by_number = _row_numbers(docs)
        if not any(_number(row) is not None for row in rows):
            if partial:
                return
            raise _unknown_id(rows[0], by_id, where)
    for row in rows:
        number = _number(row)
        doc = by_number.get(number) if by_number and number is not None else by_id.get(row.id)
        if doc is not None:
            yield row, doc
        elif not partial:
            raise _out_of_range(row, docs, where) if by_number else _unknown_id(row, by_id, where)


def _by_question(rows: Sequence[RecordedRow], docs: Sequence[Doc], where: str, partial: bool) -> Iterator[RecordedRow]:
    """Rows that have their question in place of an id, with the id of the doc that asks it."""
    asking: dict[str, list[Doc]] = {}
    for doc in docs:
        asking.setdefault(_words(as_text(doc.question)), []).append(doc)
    for row in rows:
        found = asking.get(_words(row.question or ""), [])
        if row.question is None or (partial and not found):
            yield row
        elif len(found) == 1:
            yield replace(row, id=found[0].id, idx=None)
        else:
            many = f"{len(found)} docs ask" if found else "no doc asks"
            raise UserError(f"{where}, line {row.line}: {many} its question {row.question[:60]!r}", tip=_DATA_TIP)


def _words(text: str) -> str:
    return " ".join(text.split())


def _number(row: RecordedRow) -> int | None:
    if row.idx is not None:
        return row.idx
    number = whole_number(row.id)
    return number if number is not None and number >= 0 else None


def _row_numbers(docs: Sequence[Doc]) -> dict[int, Doc]:
    """Docs by their row in the data; by their position where the task does not say."""
    numbers = [doc.metadata.get("row") for doc in docs]
    told = all(isinstance(n, int) and n >= 0 for n in numbers) and len(set(numbers)) == len(docs)
    return {n if told and isinstance(n, int) else i: doc for i, (n, doc) in enumerate(zip(numbers, docs, strict=True))}


def _check_duplicates(paired: Sequence[tuple[RecordedRow, Doc]], where: str) -> None:
    lines: dict[tuple[str, int], list[int]] = {}
    for row, doc in paired:
        lines.setdefault((doc.id, row.repeat), []).append(row.line)
    twice = [(key, found) for key, found in lines.items() if len(found) > 1]
    if not twice:
        return
    (doc_id, repeat), found = twice[0]
    repeated = f", repeat {repeat}" if repeat else ""
    more = f" (and {len(twice) - 1} more duplicated ids)" if len(twice) > 1 else ""
    raise UserError(
        f"{where}: duplicated id {doc_id!r}{repeated} on lines {', '.join(map(str, found[:5]))}{more}",
        tip='keep one row a doc, or number several completions of one doc with "repeat": 0, 1, ...',
    )


def _check_golds(paired: Sequence[tuple[RecordedRow, Doc]], where: str) -> None:
    """One wrong gold is enough: a file that is mixed up in two rows scores those two against the wrong answers."""
    judged = [(row, doc, golds_agree(row.gold, doc.target)) for row, doc in paired if row.gold is not None]
    told = [item for item in judged if item[2] is not None]
    wrong = [(row, doc) for row, doc, agree in told if agree is False]
    if not wrong:
        return
    row, doc = wrong[0]
    raise UserError(
        f"{where}: mixed-up rows: the gold of {len(wrong)} of {len(told)} is not their doc's "
        f"(line {row.line} says {_short(row.gold)!r}, doc {doc.id!r} has {_short(doc.target)!r})",
        tip=_DATA_TIP,
    )


def _short(text: str | None) -> str:
    text = text or ""
    return text if len(text) <= 40 else "..." + text[-37:]


def _completion(row: RecordedRow, doc: Doc) -> Completion:
    return Completion(
        doc_id=doc.id,
        text=row.text,
        repeat=row.repeat,
        prefill=row.prefill,
        finish=row.finish,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        seconds=row.seconds,
        error=row.error,
    )


def _out_of_range(row: RecordedRow, docs: Sequence[Doc], where: str) -> UserError:
    number = _number(row)
    if number is None:
        return UserError(f"{where}, line {row.line}: id {row.id!r} among row numbers", tip=_DATA_TIP)
    numbers = _row_numbers(docs)
    span = f"{min(numbers)} to {max(numbers)}"
    return UserError(f"{where}, line {row.line}: idx {number} is out of range: the docs are {span}", tip=_DATA_TIP)


def _unknown_id(row: RecordedRow, by_id: Mapping[str, Doc], where: str) -> UserError:
    near = get_close_matches(row.id, list(by_id)[:5000], n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]!r}?" if near else f" (ids look like {next(iter(by_id))!r})" if by_id else ""
    return UserError(f"{where}, line {row.line}: no doc has id {row.id!r}{hint}", tip=_DATA_TIP)
