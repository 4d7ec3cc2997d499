"""Which completions a run needs: pure functions from a task to keyed requests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.core.hashing import stable_hash
from harness.core.records import Doc, GenerationSettings, ModelInfo, Prompt, Request
from harness.core.task import Task, prompt_of


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRequest:
    """A request with its doc and its journal key."""

    key: str
    doc: Doc
    request: Request
    input: str = ""
    """Hash of what the model reads of its prompt; empty where that is not known."""


def requests_of(
    task: Task, model: ModelInfo, settings: GenerationSettings, read: Callable[[Prompt], str] | None = None
) -> list[KeyedRequest]:
    """Every doc x repeat of the `task`, in order of doc.

    A key depends on the `model`, the `settings` of one completion, and on what the model reads of the prompt, as `read`
    says; without it, as in runs of before it was known, on the prompt alone.
    """
    requests = []
    shared = _settings_of_one(settings)
    for doc in task.docs:
        prompt = prompt_of(task, doc)
        prompt_part = stable_hash(prompt, length=32)
        told = read(prompt) if read is not None else ""
        for repeat in range(settings.repeats):
            request = Request(
                doc_id=doc.id,
                repeat=repeat,
                prompt=prompt,
                seed=request_seed(settings.seed, doc.id, repeat),
                max_new_tokens=settings.max_new_tokens,
            )
            parts = [model.fingerprint, prompt_part, shared, doc.id, repeat, request.seed, *([told] if told else [])]
            requests.append(KeyedRequest(key=stable_hash(parts, length=24), doc=doc, request=request, input=told))
    return requests


def request_seed(seed: int, doc_id: str, repeat: int) -> int:
    """A 31-bit seed of this request alone: the same whatever else is in the run."""
    digest = hashlib.sha256(f"{seed}\x00{doc_id}\x00{repeat}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF


def prompt_hash(prompts: Sequence[Prompt]) -> str:
    """One hash over every rendered prompt, in order."""
    return stable_hash(list(prompts), length=32)


def _settings_of_one(settings: GenerationSettings) -> dict[str, object]:
    """What changes a single completion: the number of repeats does not, so more can be added later."""
    return {
        "max_new_tokens": settings.max_new_tokens,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "top_k": settings.top_k,
        "stop": settings.stop,
    }
