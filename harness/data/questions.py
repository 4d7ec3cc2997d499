"""Rows to docs for question-and-answer data: which column is what, and the gold answer out of GSM8K's `####` form."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.core.errors import UserError
from harness.core.records import DataInfo, Doc
from harness.data.cells import cell_text
from harness.data.hub import load_hub_rows
from harness.data.identity import data_info
from harness.data.rows import Row, missing_column, pick_columns, read_mapping
from harness.data.sources import read_source, source_label

PARTS = {
    "question": ("question", "problem", "prompt", "input", "instruction"),
    "answer": ("answer", "target", "final_answer", "expected_answer", "label", "output"),
    "reasoning": ("solution", "reasoning", "rationale", "gold_reasoning", "cot"),
    "id": ("id", "unique_id", "uid"),
    "cluster": ("cluster", "template"),
}
NEEDED = ("question", "answer")
_CALCULATION = re.compile(r"<<[^<>]*>>")


def local_docs(path: str, task: str, columns: str = "") -> tuple[tuple[Doc, ...], DataInfo]:
    """Docs of a file, of shards, of a saved data set, or of `hub:OWNER/NAME`, as `read_source` reads them.

    `columns` maps parts to columns: `question=q,answer=a`.

    Raises UserError for a missing file, missing columns, an empty answer, or a duplicated id.
    """
    rows = read_source(path)
    docs = rows_to_docs(rows, where=path, prefix=task, columns=columns)
    return docs, data_info(source_label(path), docs)


def hub_docs(
    dataset: str, task: str, *, config: str | None = None, split: str = "test"
) -> tuple[tuple[Doc, ...], DataInfo]:
    """Docs of a hub `dataset` (OWNER/NAME), of one `config` and `split`. Raises HubUnavailable where it cannot be had.

    Docs without an id of their own are named `TASK-SPLIT-0`, ... after the `task`.
    """
    rows = load_hub_rows(dataset, config=config, split=split)
    docs = rows_to_docs(rows, where=dataset, prefix=f"{task}-{split}", columns="")
    return docs, data_info(f"hub:{dataset}:{split}", docs)


def rows_to_docs(rows: Sequence[Row], *, where: str, prefix: str, columns: str) -> tuple[Doc, ...]:
    """One doc a row; a row without an id is named by its position, `PREFIX-0` first with `prefix`.

    `where` names the source of the `rows` in messages, `columns` says which column holds what (`question=Q,answer=A`;
    "" for the usual names). Raises UserError for a missing column, a row that cannot be asked, and an id given twice.
    """
    rows = list(rows)
    chosen = pick_columns(rows, where, PARTS, columns)
    lacking = [part for part in NEEDED if part not in chosen]
    if lacking:
        raise missing_column(where, lacking, rows)
    docs = tuple(_doc(row, index, chosen, where=where, prefix=prefix) for index, row in enumerate(rows))
    _check_ids(docs, where)
    return docs


def choose_columns(rows: Sequence[Row], where: str, mapping: str) -> str:
    """The mapping of question and answer written out, for a task that is to keep reading them: `question=Q,answer=A`.

    More careful than reading once: two columns that could both be a part are asked about. Raises UserError with the
    columns that there are.
    """
    given = read_mapping(mapping, PARTS)
    chosen = {part: given.get(part) or _one_column(part, list(rows[0]), where) for part in NEEDED}
    lacking = [part for part, column in chosen.items() if not column]
    if lacking:
        raise missing_column(where, lacking, rows)
    if unwritable := [column for column in chosen.values() if "," in column]:
        raise UserError(f"{where}: the column {unwritable[0]!r} has a comma in its name", tip="rename it.")
    return ",".join(f"{part}={column}" for part, column in (chosen | given).items())


def _one_column(part: str, columns: Sequence[str], where: str) -> str:
    """The column that is plainly this part: of its name, or the only one of its usual names, in any case; else ''."""
    if part in columns:
        return part
    found = [column for column in columns if column.strip().lower() in PARTS[part]]
    if len(found) > 1:
        raise UserError(
            f"{where} has several columns that could be the {part}: {', '.join(found)}",
            tip=f"its columns: {', '.join(columns)}; choose with --columns {part}=NAME.",
        )
    return found[0] if found else ""


def _doc(row: Row, index: int, chosen: dict[str, str], *, where: str, prefix: str) -> Doc:
    here = f"{where}, row {index + 1}"
    texts = {part: _text(row, column, part, here) for part, column in chosen.items()}
    if empty := next((part for part in (*NEEDED, "id") if part in texts and not texts[part]), ""):
        raise UserError(f"{here}: empty {empty}", tip="drop the row, or map another column.")
    answer, reasoning = split_hashes(texts["answer"])
    if "reasoning" in chosen:
        reasoning = split_hashes(texts["reasoning"])[1] or texts["reasoning"]
    taken = set(chosen.values())
    return Doc(
        id=texts.get("id", f"{prefix}-{index}"),
        question=texts["question"],
        target=answer,
        gold_reasoning=strip_calculations(reasoning),
        cluster=texts.get("cluster", ""),
        metadata={"row": index} | {key: value for key, value in row.items() if key not in taken and _is_plain(value)},
    )


def split_hashes(text: str) -> tuple[str, str]:
    """GSM8K's form: (answer after '####' without thousands commas, reasoning before it).

    >>> split_hashes("2 * 600 = 1200\\n#### 1,200")
    ('1200', '2 * 600 = 1200')
    """
    reasoning, hashes, answer = text.rpartition("####")
    if not hashes or not answer.strip():
        return text.strip(), ""
    return re.sub(r"(?<=\d),(?=\d{3})", "", answer.strip()), reasoning.strip()


def strip_calculations(reasoning: str) -> str:
    """Without GSM8K's `<<16-3=13>>` annotations, which are for a calculator and not for a reader."""
    return _CALCULATION.sub("", reasoning)


def _text(row: Row, column: str, part: str, here: str) -> str:
    value = row.get(column)
    if part != "answer" and isinstance(value, (list, tuple)) and len(value) > 1:
        raise UserError(
            f"{here}: the {part} is a list of {len(value)}", tip="join it to one text, or map another column."
        )
    try:
        return cell_text(value)
    except ValueError as error:
        raise UserError(f"{here}: the {part} is {error}", tip="write it as text, or map another column.") from error


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, float, bool)) and value == value and len(str(value)) < 500  # NaN is not itself


def _check_ids(docs: Sequence[Doc], where: str) -> None:
    seen: dict[str, int] = {}
    for row, doc in enumerate(docs, start=1):
        if doc.id in seen:
            raise UserError(f"{where}: duplicated id {doc.id!r} in rows {seen[doc.id]} and {row}")
        seen[doc.id] = row
