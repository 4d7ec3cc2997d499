"""What a run was asked to do: kept in run.json, so that it can be gone on with and asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from harness.core.places import placed
from harness.core.records import GenerationSettings

IN_MEMORY = "python:"
"""Begins the name of a task or a model that was handed over as an object: no name leads back to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How completions are drawn. `temperature` 0 is greedy; `top_p` 1 and `top_k` 0 are off."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int = 0
    repeats: int = 1
    """Completions drawn per doc."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One task asked of one model."""

    task: str
    """Its name, or the path of its file."""
    model: str
    """As `--model` takes it."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the task."""
    limit: int | None = None
    """Only the first docs."""
    scorers: tuple[str, ...] = ()
    """Beside the task's own."""
    also: tuple[str, ...] = ()
    """Other harnesses whose filters judge the same completions."""
    probes: tuple[str, ...] = ()
    k: tuple[int, ...] = ()
    """Of pass@k and maj@k."""
    max_new_tokens: int | None = None
    """None: the task's own budget."""
    sampling: Sampling = field(default_factory=Sampling)
    folder: str = ""
    """Where relative paths in it start; empty in runs of before it was kept."""

    def as_json(self) -> dict[str, Any]:
        """As run.json keeps it, in the order and the words of the first version."""
        return {
            "model": self.model,
            "limit": self.limit,
            "scorers": list(self.scorers),
            "also": list(self.also),
            "probes": list(self.probes),
            "k": ",".join(map(str, self.k)),
            "max_new_tokens": self.max_new_tokens,
            "sampling": asdict(self.sampling),
            "task": self.task,
            "options": dict(self.options),
            "folder": self.folder or str(Path.cwd()),
        }

    def settings(self, budget: int, stop: tuple[str, ...]) -> GenerationSettings:
        """With the task's token `budget` and `stop` texts. Raises UserError for values that cannot be drawn with."""
        asked = self.max_new_tokens
        made = GenerationSettings(max_new_tokens=budget if asked is None else asked, stop=stop, **asdict(self.sampling))
        _check_settings(made)
        _check_k(self.k, made.repeats)
        return made

    @property
    def in_memory(self) -> bool:
        """Whether its task or its model was an object, which must be handed over again to go on."""
        return self.task.startswith(IN_MEMORY) or self.model.startswith(IN_MEMORY)


def read_invocation(written: Mapping[str, Any]) -> Invocation:
    """What `Invocation.as_json` wrote, its relative paths found from wherever it is read; runs of before some of its
    parts existed lack them."""
    start = str(written.get("folder", ""))
    return Invocation(
        task=_task_placed(written["task"], start),
        model=placed(written["model"], start),
        options={key: _option_placed(key, value, start) for key, value in dict(written["options"]).items()},
        limit=written["limit"],
        scorers=tuple(written["scorers"]),
        also=tuple(written.get("also", ())),
        probes=tuple(written.get("probes", ())),
        k=read_k(written["k"]),
        max_new_tokens=written["max_new_tokens"],
        sampling=Sampling(**written["sampling"]),
        folder=start,
    )


def _task_placed(task: str, start: str) -> str:
    """The path of a task file; a name stays, whatever lies in a folder of that name."""
    file, suffix, name = task.partition(".py")
    return placed(file + suffix, start) + name if suffix else task


def _option_placed(key: str, value: Any, start: str) -> Any:
    """An option that is a path: the data, or what looks like one; another may be the name of a folder by chance."""
    looks_like_one = isinstance(value, str) and (key == "data" or "/" in value or Path(value).suffix != "")
    return placed(value, start) if looks_like_one else value


def read_k(text: str) -> tuple[int, ...]:
    """The numbers of `1,4`. Raises UserError for what are none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for part in parts:
        if not part.isdecimal() or int(part) < 1:
            raise UserError(f"--k {part!r}: expected whole numbers such as 1,4")
    return tuple(int(part) for part in parts)


def _check_settings(settings: GenerationSettings) -> None:
    checks = {
        f"--repeats {settings.repeats}: at least 1": settings.repeats >= 1,
        f"--max-new-tokens {settings.max_new_tokens}: at least 1": settings.max_new_tokens >= 1,
        f"--temperature {settings.temperature}: 0 or more, and finite": 0 <= settings.temperature < float("inf"),
        f"--top-p {settings.top_p}: above 0, at most 1": 0 < settings.top_p <= 1,
        f"--top-k {settings.top_k}: 0 or more": settings.top_k >= 0,
    }
    for complaint, fine in checks.items():
        if not fine:
            raise UserError(complaint)
    if settings.repeats > 1 and settings.temperature == 0:
        raise UserError("--repeats needs --temperature above 0", tip="greedy repeats are all the same text.")


def _check_k(wanted: tuple[int, ...], repeats: int) -> None:
    for k in wanted:
        if not isinstance(k, int) or k < 1:
            raise UserError(f"--k {k!r}: expected whole numbers such as 1,4")
        if k > repeats:
            raise UserError(f"--k {k} is more than --repeats {repeats}", tip=f"draw more with --repeats {k}.")
