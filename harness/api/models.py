"""What may stand for a model: a name, a backend, or a Gemma 3 in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core.backend import Backend
from harness.core.errors import UserError
from harness.core.notices import notice
from harness.core.task import Task
from harness.runner.invocation import IN_MEMORY

BUNDLED_MODEL = "gemma3-nano"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that can be opened for a task."""

    spec: str
    """As run.json keeps it: what `--model` takes; of an object, a name that leads nowhere."""
    open: Callable[[Task], Backend]
    """Raises UserError for what cannot be opened."""
    is_ours: bool = True
    """It is closed after use: a backend that was handed over is its owner's."""


def model_of(given: Any, tokenizer: str | Path = "") -> Model:
    """A model by name, as a Backend, as a Gemma 3 in memory (with the `tokenizer` of a folder or hub id), or a
    LiveModel; nothing is loaded yet.

    Raises UserError for a name that leads nowhere and for an object that is no model.
    """
    from harness.backends.open import check_model, open_backend

    if isinstance(given, str | Path):
        spec = str(given) or BUNDLED_MODEL
        check_model(spec)
        return Model(spec=spec, open=lambda task: open_backend(spec, task))
    if isinstance(given, Backend):
        return Model(spec=f"{IN_MEMORY}{given.describe().name}", open=lambda task: given, is_ours=False)
    live = _live(given, tokenizer)
    return Model(spec=f"{IN_MEMORY}{live.name}", open=lambda task: _open_live(live))


def tell_bundled(given: Any) -> None:
    """Say which model answers where none was named."""
    if isinstance(given, str | Path) and not str(given):
        notice(f"no --model given: {BUNDLED_MODEL}, the bundled model of 0.8 million parameters, answers")


def _live(given: Any, tokenizer: str | Path) -> Any:
    from harness.backends.open import missing_extra

    try:
        from harness.gemma.live import LiveModel, is_gemma
    except ImportError as error:
        raise missing_extra("gemma", error) from error
    if isinstance(given, LiveModel):
        return given
    if not is_gemma(given):
        raise UserError(
            f"a {type(given).__name__} is no model",
            tip="give what --model takes, a harness.Backend, or a Gemma 3 of Tunix with its tokenizer=.",
        )
    if not str(tokenizer):
        raise UserError(
            "a model in memory has no tokenizer of its own",
            tip="tokenizer=FOLDER or hub id: that of the base that it was trained from.",
        )
    return LiveModel(model=given, tokenizer=tokenizer)


def _open_live(live: Any) -> Backend:
    from harness.gemma.live import open_live

    return open_live(live)
