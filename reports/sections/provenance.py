"""Where a run's numbers come from, as rows of a table: enough to repeat it and to distrust it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.core.records import Record, Run
from harness.core.words import count, counted
from harness.runner.example import EXAMPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One row: what, and its value for each run."""

    name: str
    values: tuple[str, ...]
    is_code: bool = False

    @property
    def differs(self) -> bool:
        """The runs do not agree on it."""
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptExample:
    """One prompt as a model got it."""

    model: str
    text: str
    token_ids: tuple[int, ...]


def facts(runs: Sequence[Run], records: Sequence[Sequence[Record]], contamination: Sequence[str] = ()) -> list[Fact]:
    """Every row that some run has a value for; `contamination` has a sentence a run, where it was looked for."""
    told = contamination or [""] * len(runs)
    columns = [
        _of(run, found) | {"contamination": sentence} for run, found, sentence in zip(runs, records, told, strict=True)
    ]
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [
        Fact(name=name, values=tuple(column.get(name, "") or "–" for column in columns), is_code=name in _CODE)
        for name in names
    ]
    return [row for row in rows if any(value != "–" for value in row.values)]


def example_prompts(runs: Sequence[Run]) -> list[PromptExample]:
    """The rendered prompts that runs carry, one a run, equal ones once."""
    found: dict[tuple[str, tuple[int, ...]], PromptExample] = {}
    for run in runs:
        example = run.model.detail.get(EXAMPLE)
        if isinstance(example, Mapping) and isinstance(example.get("text"), str):
            ids = tuple(int(token) for token in example.get("token_ids") or ())
            told = PromptExample(model=run.model.name, text=example["text"], token_ids=ids)
            found.setdefault((told.text, ids), told)
    return list(found.values())


_CODE = frozenset({"fingerprint", "tokenizer", "command", "data hash", "prompt hash", "commit"})


def _of(run: Run, records: Sequence[Record]) -> dict[str, str]:
    return {
        "run": run.id,
        "model": run.model.name,
        "backend": run.model.backend,
        "fingerprint": run.model.fingerprint,
        "tokenizer": run.model.tokenizer_hash,
        **{
            f"model: {key.replace('_', ' ')}": _text(value)
            for key, value in run.model.detail.items()
            if key != EXAMPLE and value != run.model.name
        },
        "task": f"{run.task}, version {run.task_version}",
        "task options": _text({key: value for key, value in run.task_options.items() if value not in ("", None)}),
        "data": f"{run.data.source}, {counted(run.data.n_docs, 'doc')}",
        "data hash": run.data.docs_hash,
        "data notice": run.data.notice,
        "prompt hash": run.prompt_hash or "unknown: completions made elsewhere",
        "prompt note": run.prompt_note,
        "settings": _settings(run),
        "scorers": _text(run.scorers),
        "completions": f"{len(records):,} of {run.n_expected:,}",
        "prompt tokens": _tokens([r.completion.prompt_tokens for r in records]),
        "completion tokens": _tokens([r.completion.completion_tokens for r in records]),
        "failed completions": count(failed) if (failed := sum(r.completion.finish == "error" for r in records)) else "",
        "started": run.started,
        "finished": run.finished or "not finished",
        "versions": ", ".join(f"{name} {version}" for name, version in run.versions.items()),
        "commit": run.git_sha,
        "command": run.command,
    }


def _settings(run: Run) -> str:
    s = run.settings
    if s is None:
        return "unknown: completions made elsewhere"
    drawn = "greedy" if s.temperature == 0 else f"temperature {s.temperature:g}, top-p {s.top_p:g}, top-k {s.top_k}"
    repeats = f", {s.repeats} repeats" if s.repeats > 1 else ""
    return f"{drawn}, at most {s.max_new_tokens} new tokens{repeats}, seed {s.seed}"


def _tokens(counts: Sequence[int | None]) -> str:
    known = [n for n in counts if n is not None]
    return f"{sum(known):,} ({sum(known) / len(known):,.0f} a completion)" if known else ""


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={_text(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value))
    return f"{value:,}" if type(value) is int and value >= 10_000 else str(value)
