"""Solvers with a known behaviour, for tests and for showing that the harness recovers what is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from harness.backends.options import check_options, read_float, read_int
from harness.backends.scripted.readers import continued
from harness.backends.scripted.slips import slip
from harness.core.backend import Backend
from harness.core.errors import unknown_name
from harness.core.hashing import stable_hash
from harness.core.records import Completion, Doc, GenerationSettings, ModelInfo, Request
from harness.core.reply.format import ResponseFormat
from harness.core.task import Task, as_text

VERSION = "1"
SOLVERS = ("careful", "slip", "formless", "echo", "reader", "knower")
_COMMON = ("delay_seconds",)
_OPTIONS = dict.fromkeys(SOLVERS, _COMMON) | {"slip": ("rate", "seed", *_COMMON)}


class ScriptedBackend:
    """A deterministic solver that knows the gold answers of its task.

    careful: the gold reasoning and answer in the task's response format.
    slip: careful, but with probability `rate` per completion one step is wrong and the error is carried to the
    answer, so that accuracy is 1 - rate in expectation. formless: correct, in plain prose. echo: repeats the question.
    reader, knower: careful, and go on from reasoning in the prefill by what it says, or by what they know (`readers`).
    `delay_seconds` waits before each completion.
    """

    def __init__(
        self, solver: str, task: Task, *, rate: float = 0.2, seed: int = 0, delay_seconds: float = 0.0
    ) -> None:
        self._solver = solver
        self._docs = {doc.id: doc for doc in task.docs}
        self._format = task.prompt.response_format
        self._rate = rate
        self._seed = seed
        self._delay_seconds = delay_seconds

    @classmethod
    def from_spec(cls, name: str, options: Mapping[str, str], task: Task) -> Backend:
        """`scripted:NAME`. Raises UserError for a solver or option that is not known."""
        cls.check_spec(name, options)
        label = f"scripted:{name}"
        return cls(
            name,
            task,
            rate=read_float(label, options, "rate", 0.2, 0.0, 1.0),
            seed=read_int(label, options, "seed", 0, 0, 2**63 - 1),
            delay_seconds=read_float(label, options, "delay_seconds", 0.0, 0.0, 3600.0),
        )

    @staticmethod
    def check_spec(name: str, options: Mapping[str, str]) -> None:
        """Raises UserError for a solver or option that is not known."""
        if name not in SOLVERS:
            raise unknown_name("scripted solver", name, SOLVERS, tip=f"there are {', '.join(SOLVERS)}.")
        check_options(f"scripted:{name}", options, _OPTIONS[name])

    def describe(self) -> ModelInfo:
        """The fingerprint covers the solver, its options, the response format and the golds that it copies."""
        detail = {"rate": self._rate, "seed": self._seed} if self._solver == "slip" else {}
        golds = sorted((doc.id, doc.target, doc.gold_reasoning) for doc in self._docs.values())
        identity = stable_hash([VERSION, self._solver, detail, self._format, golds])
        return ModelInfo(
            name=f"scripted-{self._solver}", fingerprint=f"scripted:{identity}", backend="scripted", detail=detail
        )

    def generate(self, requests: Sequence[Request], settings: GenerationSettings) -> Iterator[Completion]:
        """One completion a request, in order. A doc that the task does not have is an error completion."""
        for request in requests:
            if self._delay_seconds:
                time.sleep(self._delay_seconds)
            yield self._complete(request)

    def close(self) -> None:
        """Nothing is open."""

    def is_slip(self, doc_id: str, repeat: int) -> bool:
        """Whether the solver `slip` slips on this completion."""
        return self._random(doc_id, repeat).random() < self._rate

    def _complete(self, request: Request) -> Completion:
        doc = self._docs.get(request.doc_id)
        if doc is None:
            error = f"the task has no doc {request.doc_id!r}"
            return Completion(doc_id=request.doc_id, repeat=request.repeat, text="", finish="error", error=error)
        prefill = request.prompt.prefill
        text = self._continued(doc, prefill)
        if text is None:
            text = without_prefill(_WRITERS[self._solver](self, doc, request.repeat), prefill)
        return Completion(doc_id=doc.id, repeat=request.repeat, text=text, prefill=prefill)

    def _continued(self, doc: Doc, prefill: str) -> str | None:
        if self._solver not in ("reader", "knower") or not prefill:
            return None
        return continued(self._format, doc, prefill, reads=self._solver == "reader")

    def _random(self, doc_id: str, repeat: int) -> Random:
        return Random(stable_hash([self._seed, doc_id, repeat]))

    def _careful(self, doc: Doc, repeat: int) -> str:
        return render_gold(self._format, doc)

    def _slip(self, doc: Doc, repeat: int) -> str:
        random = self._random(doc.id, repeat)
        if random.random() >= self._rate:
            return render_gold(self._format, doc)
        reasoning, answer = slip(_reasoning(doc), doc.target, random)
        return self._format.render(as_text(doc.question), reasoning, answer)

    def _formless(self, doc: Doc, repeat: int) -> str:
        return f"{_reasoning(doc)}\nThe answer is {doc.target}."

    def _echo(self, doc: Doc, repeat: int) -> str:
        return as_text(doc.question)


_WRITERS: dict[str, Callable[[ScriptedBackend, Doc, int], str]] = {
    "careful": ScriptedBackend._careful,
    "slip": ScriptedBackend._slip,
    "formless": ScriptedBackend._formless,
    "echo": ScriptedBackend._echo,
    "reader": ScriptedBackend._careful,
    "knower": ScriptedBackend._careful,
}


def render_gold(response_format: ResponseFormat, doc: Doc) -> str:
    """The gold reply of a doc, as a model that keeps to the format would write it."""
    return response_format.render(as_text(doc.question), _reasoning(doc), doc.target)


def without_prefill(reply: str, prefill: str) -> str:
    """The reply less the prefill that it opens with: what a model writes after it."""
    if reply.startswith(prefill):
        return reply[len(prefill) :]
    bare = prefill.rstrip()
    return reply[len(bare) :].lstrip() if bare and reply.startswith(bare) else reply


def _reasoning(doc: Doc) -> str:
    return doc.gold_reasoning or f"The answer is {doc.target}."
