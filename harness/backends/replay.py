"""Answers requests with completions from a file: a run without its model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.backends.options import check_options
from harness.core.backend import Backend
from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.records import Completion, GenerationSettings, ModelInfo, Request
from harness.core.task import Task
from harness.data.rows import missing_file
from harness.recorded import match_to_docs, read_completions


class ReplayBackend:
    """Completions by doc and repeat; what the file lacks is an error completion, which is not scored."""

    def __init__(self, name: str, source: str, kind: str, completions: Sequence[Completion]) -> None:
        self._name = name
        self._source = source
        self._kind = kind
        self._by_request = {(c.doc_id, c.repeat): c for c in completions}

    @classmethod
    def from_spec(cls, name: str, options: Mapping[str, str], task: Task) -> Backend:
        """`replay:FILE[,name=LABEL]`. Raises UserError for a file that cannot be read or does not fit the docs."""
        cls.check_spec(name, options)
        recorded = read_completions(name)
        matched = match_to_docs(recorded.rows, task.docs, where=recorded.source, partial=True)
        return cls(options.get("name") or Path(name).stem, recorded.source, recorded.kind, matched.completions)

    @staticmethod
    def check_spec(name: str, options: Mapping[str, str]) -> None:
        """Raises UserError for an unknown option, and a file that is not there."""
        check_options("replay", options, ("name",))
        if not name:
            raise UserError("replay: needs a file", tip="--model replay:completions.jsonl")
        if not Path(name).exists():
            raise missing_file(Path(name))

    def describe(self) -> ModelInfo:
        """The fingerprint covers every completion that can be replayed."""
        content = sorted((c.doc_id, c.repeat, c.prefill, c.text, c.finish) for c in self._by_request.values())
        return ModelInfo(
            name=self._name,
            fingerprint=f"replay:{stable_hash(content, length=32)}",
            backend="replay",
            detail={"source": Path(self._source).name, "format": self._kind, "n_completions": len(content)},
        )

    def generate(self, requests: Sequence[Request], settings: GenerationSettings) -> Iterator[Completion]:
        """One completion a request, in order; sampling settings do not change what a file holds."""
        for request in requests:
            yield self._complete(request)

    def close(self) -> None:
        """Nothing is open."""

    def _complete(self, request: Request) -> Completion:
        found = self._by_request.get((request.doc_id, request.repeat))
        if found is None:
            error = f"{Path(self._source).name} has no completion of doc {request.doc_id!r}, repeat {request.repeat}"
            return Completion(doc_id=request.doc_id, repeat=request.repeat, text="", finish="error", error=error)
        return _with_prefill(found, request.prompt.prefill)


def _with_prefill(completion: Completion, prefill: str) -> Completion:
    """Under a task with a prefill the text is what followed it, unless the file kept the prefill in the text."""
    from dataclasses import replace

    if not prefill or completion.prefill or completion.finish == "error":
        return completion
    return replace(completion, prefill=prefill, text=completion.text.removeprefix(prefill))
