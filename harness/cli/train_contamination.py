"""Before training: which benchmark docs stand in the samples. Afterwards: the scores with and without those docs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.audits.contamination import Contamination, Overlaps
    from harness.store.stored import StoredRun
    from sft.data.prepare import Prepared
    from sft.training.inputs import ArmData, TrainingInputs


def check(plan: TrainingInputs, data: ArmData, folder: Path, *, quiet: bool = False) -> dict[str, Contamination]:
    """Compare the samples, held-out ones too, with every configured task's docs; write `folder`/contamination.json.

    Raises UserError for a task whose docs cannot be opened: before training, not after it.
    """
    from harness.audits.contamination import find_overlaps, write_overlap
    from harness.cli.contamination import print_set

    rows = sample_texts(data.prepared)
    found = {name: find_overlaps(rows, _docs(plan, name)) for name in plan.config.benchmark.tasks}
    if found:
        write_overlap(folder, data.prepared.source, found, None)
    for name, one in found.items() if not quiet else ():
        print_set(name, one, 0)
    return found


def sample_texts(prepared: Prepared) -> list[dict[str, str]]:
    """What every arm is made from; rows count as samples.jsonl does."""
    samples = (one.sample for one in prepared.samples)
    return [{"question": one.question, "reasoning": one.reasoning, "answer": one.answer} for one in samples]


def write_beside_run(task: str, found: Overlaps, source: str, done: StoredRun) -> dict[str, Any] | None:
    """Write contamination.json into a run's folder; returns its scores with and without the docs, None where it was
    not looked for."""
    from harness.audits.contamination import write_overlap
    from harness.cli.contamination import scores_of
    from harness.core.codec import encode

    if task not in found:
        return None
    scores = scores_of(done.run, done.records, {task: found[task]})
    write_overlap(done.path, source, {task: found[task]}, scores)
    return dict(encode(scores))


def summary(found: Overlaps) -> dict[str, Any]:
    """Counts by task, as JSON."""
    from harness.audits.contamination import KINDS

    return {
        name: {"n_docs": one.n_docs, "n_overlap": len(one.doc_ids()), **{kind: one.count(kind) for kind in KINDS}}
        for name, one in found.items()
    }


def card_lines(found: Overlaps) -> str:
    """Markdown for the model card."""
    lines = [f"- {name}: {len(one.doc_ids())} of {one.n_docs} docs overlap" for name, one in found.items()]
    return "\n".join(lines) or "Not looked for: no task was configured."


def _docs(plan: TrainingInputs, name: str) -> Any:
    from harness.api.benchmark import invocation
    from harness.runner.begin import build_task

    asked = invocation(plan, name, "")
    return build_task(asked.task, asked.options, limit=asked.limit).docs
