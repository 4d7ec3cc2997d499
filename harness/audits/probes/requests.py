"""From a run's records to the requests of a probe: pure, so that a resumed probe asks the same again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from harness.audits.probes.early import early_answering, filler
from harness.audits.probes.paraphrase import paraphrase
from harness.audits.probes.records import VERSIONS, Asked, ProbeName, SplitSteps, Variant
from harness.audits.probes.slip import injected_slip
from harness.audits.probes.thought import FAILED, find_thought
from harness.core.hashing import stable_hash
from harness.core.records import GenerationSettings, ModelInfo, Prompt, Record, Request, Score
from harness.core.task import Task, prompt_of
from harness.runner.requests import KeyedRequest, request_seed

ANSWER_TOKENS = 128
"""Of a reply that opens where the answer begins: a sentence, not another chain of reasoning."""

META = "probe"
"""Key of a probe record's doc metadata: what was asked, and what the run had answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRequests:
    """Everything a probe asks about one run."""

    probe: ProbeName
    requests: tuple[KeyedRequest, ...]
    """A request's `repeat` is the number of its variant: backends tell the requests of a doc apart by it."""
    n_completions: int
    n_probed: int
    left_out: Mapping[str, int]


def answer_scorer(task: Task) -> str:
    """Name of the scorer that says what a reply answers: the final answer's, else that of the primary metric."""
    names = [scorer.name for scorer in task.scorers]
    primary = next((s.name for s in task.scorers for m in s.metrics if m.info.name == task.primary), names[0])
    return "final_answer" if "final_answer" in names else primary


def probe_requests(
    probe: ProbeName,
    task: Task,
    records: Sequence[Record],
    model: ModelInfo,
    settings: GenerationSettings,
    split: SplitSteps,
) -> ProbeRequests:
    """What the probe asks about the first completion of each doc of a run.

    `task` and `records` are the run's; `model` and `settings` (those of the probe, with its seed) go into the keys of
    the probe's journal. `split` cuts a text into steps.
    """
    scorer = answer_scorer(task)
    firsts = [record for record in records if record.completion.repeat == 0]
    requests: list[KeyedRequest] = []
    left_out: Counter[str] = Counter()
    for record in firsts:
        asked = _ask(probe, task, record, scorer, settings.seed, split)
        if isinstance(asked, str):
            left_out[asked] += 1
        else:
            requests.extend(_requests(probe, task, record, scorer, asked, model, settings))
    return ProbeRequests(
        probe=probe,
        requests=tuple(requests),
        n_completions=len(firsts),
        n_probed=len(firsts) - left_out.total(),
        left_out=dict(left_out.most_common()),
    )


def _ask(probe: ProbeName, task: Task, record: Record, scorer: str, seed: int, split: SplitSteps) -> Asked:
    if probe == "paraphrase":
        return FAILED if record.completion.finish == "error" else paraphrase(record.doc)
    thought = find_thought(record.completion, task.prompt.response_format, split)
    if isinstance(thought, str):
        return thought
    if probe == "early-answering":
        return early_answering(thought)
    if probe == "filler":
        return filler(thought)
    drawn = Random(stable_hash([seed, record.doc.id, VERSIONS[probe]]))
    return injected_slip(thought, _score(record, scorer).answer, drawn)


def _requests(
    probe: ProbeName,
    task: Task,
    record: Record,
    scorer: str,
    asked: Sequence[Variant],
    model: ModelInfo,
    settings: GenerationSettings,
) -> Iterator[KeyedRequest]:
    seed = request_seed(settings.seed, record.doc.id, record.completion.repeat)
    recorded = _score(record, scorer)
    for number, variant in enumerate(asked):
        told = {"name": probe, "variant": variant.name, "answer": recorded.answer, "outcome": recorded.outcome}
        doc = replace(
            record.doc,
            question=variant.question or record.doc.question,
            metadata={**record.doc.metadata, META: told | dict(variant.detail)},
        )
        prompt = prompt_of(task, doc)
        prompt = replace(prompt, prefill=variant.prefill) if variant.prefill else prompt
        budget = min(settings.max_new_tokens, ANSWER_TOKENS) if variant.answer_only else settings.max_new_tokens
        request = Request(doc_id=doc.id, repeat=number, prompt=prompt, seed=seed, max_new_tokens=budget)
        yield KeyedRequest(key=_key(probe, variant, request, model, settings), doc=doc, request=request)


def _key(probe: ProbeName, variant: Variant, request: Request, model: ModelInfo, settings: GenerationSettings) -> str:
    drawn = [settings.temperature, settings.top_p, settings.top_k, settings.stop, request.max_new_tokens, request.seed]
    asked = [VERSIONS[probe], probe, variant.name, dict(variant.detail)]
    return stable_hash([model.fingerprint, _prompt_hash(request.prompt), drawn, request.doc_id, asked], length=24)


def _prompt_hash(prompt: Prompt) -> str:
    return stable_hash(prompt, length=32)


def _score(record: Record, scorer: str) -> Score:
    return record.scores.get(scorer) or Score(value=None, outcome="not_scored")
