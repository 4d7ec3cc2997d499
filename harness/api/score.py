"""`score`: completions made elsewhere, scored like our own; no model needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.api.evaluate import tell_data, tell_faults
from harness.api.given import names
from harness.api.outcome import tell_empty
from harness.core.hashing import stable_hash
from harness.core.notices import notice
from harness.core.records import Completion, ModelInfo, Run
from harness.core.task import Task
from harness.core.words import counted, typed_text
from harness.runner.begin import build_task, new_run
from harness.store.folder import DEFAULT_RUNS, new_folder
from harness.store.stored import StoredRun

LOOKED_AT = 200
"""Replies, evenly spread, from which their form is guessed."""
CLEARLY_MORE = 0.3
"""Of a form's markers, on average, that replies hold beyond those of the declared form before a word is said of it."""


def score(
    file: str | Path,
    task: str | Task,
    *,
    options: Mapping[str, Any] | None = None,
    scorers: Sequence[str] = (),
    also: Sequence[str] = (),
    prefill: str = "",
    note: str = "",
    name: str = "",
    out: str | Path | None = None,
    runs: str | Path = DEFAULT_RUNS,
) -> StoredRun:
    r"""Score completions made elsewhere with a task's scorers, into a run folder that compares like any other.

    `file` is JSONL with id or idx, lm-eval's samples, an inspect or lighteval log, or a run folder. `task` is a name,
    the path of a task file, or a Task, with its `options`; `scorers` judge beside its own, `also=["lm-eval"]` sets
    lm-eval's filters beside ours. `prefill` opened the replies but is not in the file (`\n` is a newline), `note`
    labels the prompt, which the harness does not know, and `name` is what to call the model. `out` is the run's folder;
    without it a new one is made under `runs`.

    Raises UserError for a file that cannot be read or does not belong to the task.
    """
    from harness.data.rows import missing_file
    from harness.lm_eval_bridge.verdicts import check_also, keep_verdicts

    file = Path(file)
    if not file.exists():
        raise missing_file(file)
    built = build_task(task, options or {}, extra_scorers=names(scorers))
    check_also(names(also), built)
    name = name or file.stem
    completions, kind = matched_completions(file, built, prefill)
    tell_data(built)
    _tell_other_form(built, completions)
    folder = new_folder(Path(out) if out is not None else None, Path(runs), built.name, name)
    made = score_completions(folder, built, file, kind, completions, name=name, note=note)
    tell_faults(made)
    tell_empty(made)
    if also:
        keep_verdicts(made.records, folder)
    return made


def matched_completions(file: Path, task: Task, prefill: str = "") -> tuple[list[Completion], str]:
    """A file's completions of the task's docs, and which tool wrote the file; what is amiss is said on the way."""
    from harness.recorded import match_to_docs, read_completions

    found = read_completions(file)
    matched = match_to_docs(found.rows, task.docs, where=str(file))
    for line in found.notices:
        notice(line)
    if matched.missing:
        some = f"{len(matched.missing)} of {len(task.docs)} docs"
        notice(f"{some} have no completion (first: {matched.missing[0]}): left out")
    _tell_uneven(matched.completions)
    opening = prefill or task.prompt.prefill
    return [_with_prefill(completion, opening) for completion in matched.completions], found.kind


def _tell_uneven(completions: Sequence[Completion]) -> None:
    """Say so where some docs were drawn more often than others: each still counts once."""
    drawn = Counter(completion.doc_id for completion in completions)
    fewest, most = min(drawn, key=drawn.__getitem__), max(drawn, key=drawn.__getitem__)
    if drawn[fewest] != drawn[most]:
        usual = Counter(drawn.values()).most_common(1)[0][0]
        others = sum(n != usual for n in drawn.values())
        notice(
            f"{others:,} of {counted(len(drawn), 'doc')} have not {usual} completions as the "
            f"others: {drawn[fewest]} for {fewest!r}, {drawn[most]} for {most!r}; each doc counts once"
        )


def score_completions(
    folder: Path, task: Task, file: Path, kind: str, completions: list[Completion], *, name: str, note: str = ""
) -> StoredRun:
    """Score the `completions` of `file`, which a tool of that `kind` wrote, into the run folder `folder`: as a run of
    `task` by a model of that `name`, its unknown prompt labelled with `note`."""
    run = _recorded_run(folder, task, file, kind, completions, name)
    return _write(folder, replace(run, prompt_note=note), task, completions)


def _tell_other_form(task: Task, completions: list[Completion]) -> None:
    """Say so where the replies were written in another response format than the one that they are held against."""
    from harness.core.reply.infer import infer_format, marker_share, missing_opening

    some = completions[:: max(1, len(completions) // LOOKED_AT)]
    declared, replies = task.prompt.response_format, [completion.reply for completion in some]
    found = infer_format(replies)
    if marker_share(found, replies) < marker_share(declared, replies) + CLEARLY_MORE:
        return
    opening = missing_opening(found, replies)
    prefill = "" if not opening else " --prefill " + repr(opening)
    notice(
        f"most replies are in the form {found.name!r}, not {declared.name!r}: for their structure and reasoning add "
        f"-o format={found.name}{prefill}"
    )


def _with_prefill(completion: Completion, prefill: str) -> Completion:
    text = typed_text(prefill)
    return replace(completion, prefill=text) if text and not completion.prefill else completion


def _recorded_run(folder: Path, task: Task, file: Path, kind: str, completions: list[Completion], name: str) -> Run:
    texts = stable_hash([[c.doc_id, c.repeat, c.text] for c in completions], length=32)
    model = ModelInfo(name=name, fingerprint=f"completions:{texts}", backend="foreign", detail={"format": kind})
    invocation = {"file": str(file), "task": task.name, "options": dict(task.options)}
    n_absent = len({doc.id for doc in task.docs} - {c.doc_id for c in completions})
    return replace(new_run(folder, task, model, None, invocation), n_expected=len(completions) + n_absent)


def _write(folder: Path, run: Run, task: Task, completions: list[Completion]) -> StoredRun:
    """Score everything in memory and write it once: unlike a model's, these completions cannot be lost."""
    from harness.runner.run import summary_of, utc_now
    from harness.runner.scoring import score_completion
    from harness.stats.estimate import estimate_metrics
    from harness.store.folder import RECORDS_FILE, sort_records, write_run
    from harness.store.journal import Journal

    docs = {doc.id: doc for doc in task.docs}
    records = sort_records(
        [score_completion(f"{c.doc_id}#{c.repeat}", docs[c.doc_id], c, task.scorers) for c in completions]
    )
    with Journal(folder / RECORDS_FILE) as journal:
        journal.extend(records)
    estimates = {**estimate_metrics(records, run.metrics), **summary_of(task, records)}
    run = replace(run, estimates=estimates, finished=utc_now())
    run = write_run(folder, run)
    return StoredRun(path=folder, run=run, at_hand=records)
