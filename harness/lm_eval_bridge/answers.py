"""What a model has answered in lm-eval's command, kept so that a run that stopped goes on.

lm-eval's own `--use_cache` keys its answers without the model: a second model on one path gets the first one's. Here
every key holds the model's fingerprint.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from harness.core.records import Completion, Doc, Record
from harness.store.folder import RECORDS_FILE, locked
from harness.store.journal import Journal, latest_by_key, read_records


class Answers:
    """Completions by key: in memory, and in a journal where a folder is given."""

    def __init__(self, folder: str) -> None:
        self._found: dict[str, Completion] = {}
        self._journal: Journal | None = None
        self._open = ExitStack()
        if folder:
            self._open_journal(Path(folder))

    def __contains__(self, key: str) -> bool:
        return key in self._found

    def __getitem__(self, key: str) -> Completion:
        return self._found[key]

    def add(self, key: str, completion: Completion) -> None:
        """Keep one answer; it is on disk when this returns."""
        self._found[key] = completion
        if self._journal is not None:
            doc = Doc(id=completion.doc_id, question="", target="")
            self._journal.append(Record(key=key, doc=doc, completion=completion, scores={}, metrics={}))

    def close(self) -> None:
        """Give back the journal and its lock."""
        self._open.close()
        self._journal = None

    def _open_journal(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._open.enter_context(locked(folder))
        self._journal = self._open.enter_context(Journal(folder / RECORDS_FILE))
        records = latest_by_key(read_records(folder / RECORDS_FILE))
        self._found = {key: record.completion for key, record in records.items()}
