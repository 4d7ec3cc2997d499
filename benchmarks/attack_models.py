"""What `gate_attacks.py` attacks with: models that are right by design, and tasks and scorers that fail by design."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import harness
from harness.core.records import Completion, Doc, GenerationSettings, MetricInfo, ModelInfo, Prompt, Request, Score
from harness.core.scorer import Metric, Scorer, value_metric
from harness.core.task import Task
from harness.runner.invocation import Sampling

N_DOCS = 240
SCATTER = 37
BASE_RIGHT, WORSE_RIGHT = 0.85, 0.45


@dataclass(frozen=True, kw_only=True)
class Model:
    """Answers a share of the docs rightly; what it does with the others is the attack."""

    right: float
    name: str = "model"
    on_wrong: Literal["answer", "error", "silence", "crash", "nothing"] = "answer"
    also_fails: float = 0.0
    """Of all docs, from the end: failed whatever it would have answered."""
    step: int = 1
    """1: the first docs are right; another number scatters them, so that on the candidate's best docs it wins."""
    template: str = "user: {}"
    stops: tuple[int, ...] = (1,)
    tokenizer: str = "t"
    tells: bool = True

    @classmethod
    def from_spec(cls, name: str, options: Any, task: Task) -> Model:
        raise NotImplementedError

    def describe(self) -> ModelInfo:
        return ModelInfo(
            name=self.name, fingerprint=f"{self.name}{self.right}", backend="own", tokenizer_hash=self.tokenizer
        )

    def input_of(self, prompt: Prompt) -> Any:
        text = self.template.format(" ".join(message.content for message in prompt.messages))
        return [text + prompt.prefill, self.stops] if self.tells else None

    def input_words(self) -> str:
        return f"template {self.template!r}, stops {self.stops}" if self.tells else ""

    def generate(self, requests: Sequence[Request], settings: GenerationSettings) -> Iterator[Completion]:
        for request in requests:
            place = int(request.doc_id)
            is_right = (place * self.step + request.repeat * 7) % N_DOCS < self.right * N_DOCS
            if place >= N_DOCS * (1 - self.also_fails) or (not is_right and self.on_wrong == "error"):
                yield self._reply(request, "", error="no reply within 5 s")
            elif is_right or self.on_wrong != "silence":
                yield self._reply(request, str(place) if is_right else {"crash": "CRASH"}.get(self.on_wrong, "-1"))

    def close(self) -> None:
        pass

    def _reply(self, request: Request, text: str, error: str = "") -> Completion:
        finish: Any = "error" if error else "stop"
        return Completion(doc_id=request.doc_id, repeat=request.repeat, text=text, finish=finish, error=error)


def exact(doc: Doc, completion: Completion) -> Score:
    """Raises for a reply that it was not made for."""
    if completion.text == "CRASH":
        raise KeyError("no such step")
    return Score(
        value=float(completion.text == doc.target), outcome="correct" if completion.text == doc.target else "wrong"
    )


def undecided(doc: Doc, completion: Completion) -> Score:
    """Gives no verdict on what is wrong."""
    right = completion.text == doc.target
    return Score(value=1.0 if right else math.nan, outcome="correct" if right else "wrong")


def shy(doc: Doc, completion: Completion) -> Score:
    right = completion.text == doc.target
    return Score(value=1.0 if right else None, outcome="correct" if right else "not_scored", why=completion.text)


def metric(kind: Any, read: Callable[[float], Any], **more: Any) -> Metric:
    info = MetricInfo(name="accuracy", description="right", scorer="exact", kind=kind, **more)
    return Metric(info=info, read=lambda doc, scores: read(scores["exact"].value or 0.0))


ACCURACY = value_metric("accuracy", "exact", "right")
UNBOUNDED = metric("mean", lambda value: 1.0 + 3 * value)
BITS = metric("mean", float, unbounded=True)
RATIO = metric("ratio", lambda value: (3 * value, 4.0))


def task(
    *,
    score: Callable[[Doc, Completion], Score] = exact,
    measure: Metric = ACCURACY,
    version: str = "1",
    n: int = N_DOCS,
    changed: Callable[[Doc], Doc] = lambda doc: doc,
    **more: Any,
) -> Task:
    """`n` docs, the gold answer of each being its number."""
    docs = tuple(
        changed(Doc(id=str(i), question=f"Which number is {i}?", target=str(i), gold_reasoning="Count."))
        for i in range(n)
    )
    scorer = Scorer(name="exact", version=version, score=score, metrics=(measure,))
    return Task(name="numbers", docs=docs, scorers=(scorer,), max_new_tokens=8, **more)


def run(name: str, model: Any, made: Task | None = None, **more: Any) -> Path:
    """A run folder."""
    return harness.evaluate(made or task(), model, out=name, **more).path


def base(made: Task | None = None, **more: Any) -> Path:
    """The baseline's."""
    return run("base", Model(right=BASE_RIGHT, name="base", step=SCATTER), made, **more)


def worse(made: Task | None = None, *, name: str = "cand", sampling: Sampling | None = None, **how: Any) -> Path:
    """The candidate's; `how` is what its model does."""
    return run(name, Model(**{"right": WORSE_RIGHT, "name": "cand"} | how), made, sampling=sampling)
