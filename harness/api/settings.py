"""The settings of a training run, as `train`, `plan` and `demo` take them: recipe, file, and what is said beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.api.given import names
from harness.core.errors import UserError

if TYPE_CHECKING:
    from sft.config import Resolved

Layer = tuple[str, Mapping[str, Any]]
"""Who set it, and values by dotted key."""
PROBE_DOCS = 32
"""Docs answered at every evaluation where somebody asks how often to evaluate and nothing says how many."""
_ARMS = {"reasoning": "reasoning-answer"}
"""Short names of arms."""


def resolve_settings(config: str | Path | None, recipe: str, *options: Layer, first: Layer = ("", {})) -> Resolved:
    """Defaults, then `first`, the recipe, the file `config` and each of `options`; the last that names a key sets it.

    Raises UserError without recipe and file, and for a misspelt key or a wrong value.
    """
    from sft.config import read_toml, resolve
    from sft.recipes import recipe as settings_of
    from sft.recipes import recipe_names

    if config is None and not recipe:
        raise UserError("no settings given", tip=f"harness train CONFIG.toml, or --recipe {', '.join(recipe_names())}.")
    layers: list[Layer] = [first]
    if recipe:
        layers.append((f"recipe {recipe}", settings_of(recipe)))
    if config is not None:
        layers.append((str(config), read_toml(Path(config))))
    return resolve(*layers, *options)


def training_options(
    *,
    overrides: Layer,
    base: str | None = None,
    data: str | None = None,
    arms: Sequence[str] = (),
    eval_every: int | None = None,
) -> list[Layer]:
    """What is said beside recipe and file, each part under its own name, as it counts: the later over the earlier.

    `overrides` are values by dotted key; `base`, `data`, `arms` and `eval_every` (in updates) stand for settings that
    are set most.
    """
    layers = [overrides]
    for name, key, value in (("--base", "model.base", base), ("--data", "data.source", data)):
        if value is not None:
            layers.append((name, {key: value}))
    if eval_every:
        layers.append(("--eval-every", {"train.eval_every": eval_every}))
    if arms:
        layers.append(("--arms", {"train.arms": [_ARMS.get(arm.strip(), arm.strip()) for arm in names(arms)]}))
    return layers


def probe_default(eval_every: int | None) -> Layer:
    """Whoever asks for evaluations wants to see accuracy too, unless a recipe or file says otherwise."""
    return "--eval-every", {"benchmark.probe_docs": PROBE_DOCS} if eval_every else {}


def typed_value(text: str) -> Any:
    """A value as TOML writes it; what is none is text: `train.method=full` needs no quotes.

    >>> typed_value("1e-5"), typed_value("[1, 2]"), typed_value("full")
    (1e-05, [1, 2], 'full')
    """
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
