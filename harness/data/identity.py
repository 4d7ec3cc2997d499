"""The identity of a set of docs, so that runs on different data never compare."""

from __future__ import annotations

from collections.abc import Sequence

from harness.core.codec import encode
from harness.core.hashing import stable_hash
from harness.core.records import DataInfo, Doc
from harness.core.task import as_text


def docs_hash(docs: Sequence[Doc]) -> str:
    """Hash over (id, question, target), in order of id: the same docs in another order are the same data."""
    rows = sorted((doc.id, as_text(doc.question), doc.target) for doc in docs)
    return stable_hash(rows, length=32)


def content_hash(docs: Sequence[Doc]) -> str:
    """Hash over all that a scorer may read of the docs, in order of id: gold reasoning and metadata decide scores
    too."""
    return stable_hash([encode(doc) for doc in sorted(docs, key=lambda doc: doc.id)], length=32)


def data_info(source: str, docs: Sequence[Doc], *, notice: str = "") -> DataInfo:
    """The DataInfo of docs from `source`."""
    return DataInfo(source=source, docs_hash=docs_hash(docs), n_docs=len(docs), notice=notice)
