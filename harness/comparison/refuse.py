"""Which differences between two runs forbid comparing them, and which of those the user has allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias, get_args

from harness.comparison.code import code_labels
from harness.comparison.inputs import input_difference, input_labels
from harness.core.errors import UserError, unknown_name
from harness.core.records import GenerationSettings, Run

Allowance: TypeAlias = Literal["data", "version", "prompt", "settings", "scorers"]
ALLOWANCES: tuple[str, ...] = get_args(Allowance)

RECORDED_BACKENDS = frozenset({"foreign", "replay"})
"""What answers from a file, and was asked nothing."""

_SAMPLING_ONLY = frozenset({"top_p", "top_k"})
"""Without effect at temperature 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One thing in which two runs differ."""

    allowance: Allowance
    """What `--allow` must name before they compare."""
    words: str


def check_comparable(baseline: Run, candidate: Run, allow: frozenset[str]) -> tuple[str, ...]:
    """Labels for what differs and was allowed. Raises UserError naming everything that differs and was not.

    Two runs whose completions both came from elsewhere compare without leave, labelled: neither prompt is known.
    """
    for name in sorted(allow - set(ALLOWANCES)):
        raise unknown_name("--allow", name, ALLOWANCES, tip=f"one or more of {', '.join(ALLOWANCES)}.")
    _check_same_question(baseline, candidate)
    found = list(_mismatches(baseline, candidate))
    refused = [mismatch for mismatch in found if mismatch.allowance not in allow]
    if refused:
        names = ",".join(dict.fromkeys(mismatch.allowance for mismatch in refused))
        raise UserError(
            "these runs do not compare: " + "; ".join(mismatch.words for mismatch in refused),
            tip=f"`--allow {names}` compares all the same and labels the result.",
        )
    labels = _recorded_labels(baseline, candidate)
    if not (is_recorded(baseline) or is_recorded(candidate)):
        labels += input_labels(baseline, candidate)
    return (*labels, *(mismatch.words for mismatch in found), *code_labels(baseline, candidate))


def _check_same_question(baseline: Run, candidate: Run) -> None:
    """What no allowance mends: another task, or another metric to decide on."""
    if baseline.task != candidate.task:
        raise UserError(f"these runs do not compare: task {baseline.task!r} against {candidate.task!r}")
    if baseline.primary != candidate.primary:
        raise UserError(f"these runs do not compare: primary metric {baseline.primary!r} against {candidate.primary!r}")


def _mismatches(baseline: Run, candidate: Run) -> Iterator[Mismatch]:
    if baseline.data.docs_hash != candidate.data.docs_hash:
        yield Mismatch(allowance="data", words=f"data differ ({_data(baseline)} against {_data(candidate)})")
    elif _content(baseline) and _content(candidate) and _content(baseline) != _content(candidate):
        yield Mismatch(allowance="data", words="gold reasoning, clusters or metadata of the docs differ")
    if baseline.task_version != candidate.task_version:
        versions = f"{baseline.task_version} against {candidate.task_version}"
        yield Mismatch(allowance="version", words=f"task versions differ ({versions})")
    if is_recorded(baseline) != is_recorded(candidate):
        yield from _half_recorded(baseline if is_recorded(baseline) else candidate)
    elif not is_recorded(baseline):
        yield from _prompt_and_settings(baseline, candidate)
    changed = _changed_scorers(baseline, candidate)
    if changed:
        yield Mismatch(allowance="scorers", words=f"scorers differ ({', '.join(changed)})")


def is_recorded(run: Run) -> bool:
    """Completions came from elsewhere: whatever prompt and settings the run names, they were not drawn with those."""
    return run.settings is None or not run.prompt_hash or run.model.backend in RECORDED_BACKENDS


def _content(run: Run) -> str:
    """Of the docs beyond question and gold answer; empty in runs of before it was kept."""
    return run.identity.data if run.identity is not None else ""


def _data(run: Run) -> str:
    return f"{run.data.source}, {run.data.n_docs:,} docs, {run.data.docs_hash[:8]}"


def _half_recorded(recorded: Run) -> Iterator[Mismatch]:
    yield Mismatch(allowance="prompt", words=f"the prompt of {recorded.model.name} is unknown{_note(recorded)}")
    yield Mismatch(allowance="settings", words=f"the generation settings of {recorded.model.name} are unknown")


def _prompt_and_settings(baseline: Run, candidate: Run) -> Iterator[Mismatch]:
    if baseline.prompt_hash != candidate.prompt_hash:
        hashes = f"{baseline.prompt_hash[:8]} against {candidate.prompt_hash[:8]}"
        yield Mismatch(allowance="prompt", words=f"rendered prompts differ ({hashes})")
    elif differing := input_difference(baseline, candidate):
        yield Mismatch(allowance="prompt", words=differing)
    if baseline.settings is not None and candidate.settings is not None:
        changed = list(_changed_settings(baseline.settings, candidate.settings))
        if changed:
            yield Mismatch(allowance="settings", words=f"generation settings differ ({', '.join(changed)})")


def _changed_settings(baseline: GenerationSettings, candidate: GenerationSettings) -> Iterator[str]:
    """Fields that change what is measured. The seed is not one: another seed draws from the same distribution."""
    greedy = baseline.temperature == candidate.temperature == 0
    for name in (field.name for field in fields(GenerationSettings)):
        if name == "seed" or (greedy and name in _SAMPLING_ONLY):
            continue
        before, after = getattr(baseline, name), getattr(candidate, name)
        if _plain(before) != _plain(after):
            yield f"{name} {before!r} against {after!r}"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value


def _changed_scorers(baseline: Run, candidate: Run) -> list[str]:
    """Names of scorers that both runs have in different versions or options, and of those that only one has.

    An extra scorer on one side changes no shared metric, unless the primary metric comes from it.
    """
    names = baseline.scorers.keys() & candidate.scorers.keys()
    changed = {name for name in names if baseline.scorers[name] != candidate.scorers[name]}
    needed = {info.scorer for run in (baseline, candidate) for info in run.metrics if info.name == run.primary}
    return sorted(changed | (needed - names))


def _recorded_labels(baseline: Run, candidate: Run) -> tuple[str, ...]:
    if not (is_recorded(baseline) and is_recorded(candidate)):
        return ()
    sides = " against ".join(f"{run.model.name}{_note(run)}" for run in (baseline, candidate))
    return (f"prompts and settings are unknown, the completions came from elsewhere: {sides}",)


def _note(run: Run) -> str:
    return f" (noted: {run.prompt_note})" if run.prompt_note else ""
