"""A deterministic model for both harnesses, and small lm-eval tasks on local data."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lm_eval", reason="needs the lm-eval extra")

from lm_eval.api.model import LM

from harness.core.records import Completion, GenerationSettings, ModelInfo, Record, Request, Run
from harness.core.task import Task
from harness.runner.run import run_task
from harness.runner.scoring import metric_infos

ENDINGS = ("#### {}", "So it is {}.", "The answer is ${}.", "#### {}.5\n\nQuestion: next?\nAnswer: #### 1", "no idea")


def canned_reply(context: str, name: str = "canned") -> str:
    """A reply that depends on the whole context, now right, now wrong, now past a stop string."""
    digest = hashlib.sha256((name + context).encode()).digest()
    numbers = re.findall(r"\d+", context.rsplit("Question:", 1)[-1]) or ["0"]
    guess = sum(map(int, numbers)) + (digest[0] % 3 == 0)
    return "Step by step. " + ENDINGS[digest[1] % len(ENDINGS)].format(guess)


def canned_log_likelihood(context: str, continuation: str, name: str = "canned") -> tuple[float, bool]:
    digest = hashlib.sha256(f"{name}|{context}|{continuation}".encode()).digest()
    return -int.from_bytes(digest[:4], "big") / 2**28, digest[4] % 3 == 0


class CannedBackend:
    """Our side."""

    def __init__(self, name: str = "canned", reply: Callable[[str, str], str] = canned_reply) -> None:
        self.name, self.reply = name, reply
        self.n_requests = 0

    @classmethod
    def from_spec(cls, name, options, task):
        return cls(name or "canned")

    def describe(self) -> ModelInfo:
        return ModelInfo(name=self.name, fingerprint=f"canned:{self.name}", backend="canned")

    def generate(self, requests: Sequence[Request], settings: GenerationSettings) -> Iterator[Completion]:
        for request in requests:
            self.n_requests += 1
            context = "\n".join(m.content for m in request.prompt.messages) + request.prompt.prefill
            text = self.reply(context, self.name)
            for stop in settings.stop:
                text = text.split(stop)[0]
            yield Completion(doc_id=request.doc_id, repeat=request.repeat, text=text, prefill=request.prompt.prefill)

    def log_likelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        self.n_requests += len(pairs)
        return [canned_log_likelihood(context, continuation, self.name) for context, continuation in pairs]

    def close(self) -> None:
        pass


class CannedLM(LM):
    """The same model on lm-eval's side, written against its own base class alone."""

    def __init__(self, name: str = "canned") -> None:
        super().__init__()
        self.name = name
        self.contexts: list[str] = []

    def generate_until(self, requests, disable_tqdm=False):
        replies = []
        for request in requests:
            context, settings = request.args
            self.contexts.append(context)
            text = canned_reply(context, self.name)
            for stop in settings["until"]:
                text = text.split(stop)[0]
            replies.append(text)
        return replies

    def loglikelihood(self, requests, disable_tqdm=False):
        return [canned_log_likelihood(*request.args, self.name) for request in requests]

    def loglikelihood_rolling(self, requests, disable_tqdm=False):
        return [canned_log_likelihood("", *request.args, self.name)[0] for request in requests]


def run_through(task: Task, backend: CannedBackend, folder: Path, **settings: Any) -> tuple[Run, list[Record]]:
    """Run a task in `folder`, going on from what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = GenerationSettings(max_new_tokens=task.max_new_tokens, stop=task.stop, **settings)
    run = Run(
        id="r",
        task=task.name,
        task_version=task.version,
        task_options={},
        data=task.data,
        prompt_hash="",
        prompt_note="",
        scorers={scorer.name: scorer.identity for scorer in task.scorers},
        primary=task.primary,
        metrics=metric_infos(task.scorers),
        model=backend.describe(),
        settings=asked,
        versions={},
        git_sha="",
        command="",
        invocation={},
        started="",
    )
    return run_task(task, backend, asked, folder, run)


def sums(n: int, *, first: int = 0) -> list[dict[str, str]]:
    """GSM8K-like rows: a question with its solution."""
    rows = []
    for i in range(first, first + n):
        a, b = 3 + 7 * i % 50, 2 + 5 * i % 40
        answer = f"There are {a}+{b}=<<{a}+{b}={a + b}>>{a + b} apples.\n#### {a + b}"
        rows.append({"question": f"Ann has {a} apples and gets {b}. How many has she?", "answer": answer})
    return rows


def write_rows(path: Path, rows: Sequence[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


CHOICE_TASK = """
task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
output_type: multiple_choice
test_split: test
doc_to_text: "Question: {{{{question}}}}\\nAnswer:"
doc_to_target: gold
doc_to_choice: choices
metric_list:
  - metric: acc
  - metric: acc_norm
metadata:
  version: 1.0
"""

GROUP = """
group: {name}
task:
  - {one}
  - {two}
aggregate_metric_list:
  - metric: acc
    weight_by_size: {weighted}
metadata:
  version: 1.0
"""


def write_choice_task(folder: Path, name: str, n: int) -> Path:
    """A multiple-choice task on `n` rows of its own."""
    rows = [
        {"question": f"What is {i} + {i % 5}?", "choices": [str(i + i % 5), f"about {i}", "many"], "gold": 0}
        for i in range(n)
    ]
    data = write_rows(folder / f"{name}.jsonl", rows)
    (folder / f"{name}.yaml").write_text(CHOICE_TASK.format(name=name, data=data))
    return data
