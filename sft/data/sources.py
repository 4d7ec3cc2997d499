"""Where raw training rows come from: files, hub data sets, and the project's own story problems."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.core.errors import UserError, unknown_name
from harness.data.rows import Row
from harness.data.sources import HUB, read_source

GENERATORS = {"gsm_style": "tasks.gsm_style:generate", "small_steps": "tasks.small_steps:generate"}
"""Named by strings: training knows no task, as tasks know no training."""
_NUMBERS = ("n", "seed")
_OPTIONS = {
    "gsm_style": ("n", "seed", "split", "variant"),
    "small_steps": ("n", "seed", "split", "steps"),
}
_DEFAULT_N = 1000


def load_raw(spec: str) -> list[Row]:
    """The raw rows of `spec`: what `run --data` takes (a file, shards, `hub:openai/gsm8k,config=main,split=train`), or
    `gsm_style:n=2000,seed=0`.

    Raises UserError for a file that is missing or unreadable, an unknown option, or a hub that cannot be reached.
    """
    kind, _, rest = spec.partition(":")
    if Path(spec).exists() or kind not in _OPTIONS:
        return read_source(spec, split="train")
    return _generated(kind, _options(kind, [pair for pair in rest.split(",") if pair]))


def source_name(spec: str) -> str:
    """How a source is named in samples and reports: files without their folder."""
    is_name = spec.startswith(HUB) or spec.partition(":")[0] in _OPTIONS
    return spec if is_name else Path(spec).name


def _generated(kind: str, options: Mapping[str, str]) -> list[Row]:
    module, _, function = GENERATORS[kind].partition(":")
    generate: Callable[..., tuple[object, ...]] = getattr(importlib.import_module(module), function)
    chosen: dict[str, int | str] = {"n": _DEFAULT_N, "split": "train"}
    for key, value in options.items():
        chosen[key] = _whole(kind, key, value) if key in _NUMBERS else value
    return [_row(doc) for doc in generate(**chosen)]


def _row(doc: object) -> Row:
    names = {
        "id": "id",
        "question": "question",
        "reasoning": "gold_reasoning",
        "answer": "target",
        "cluster": "cluster",
    }
    return {column: getattr(doc, field) for column, field in names.items()}


def _options(kind: str, pairs: list[str]) -> dict[str, str]:
    chosen = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise UserError(f"{kind}: expected KEY=VALUE, found {pair!r}", tip=f"options: {', '.join(_OPTIONS[kind])}.")
        if key not in _OPTIONS[kind]:
            raise unknown_name(f"option of {kind}:", key, _OPTIONS[kind], tip=f"it takes {', '.join(_OPTIONS[kind])}.")
        chosen[key] = value
    return chosen


def _whole(kind: str, key: str, value: str) -> int:
    if not value.removeprefix("-").isdigit():
        raise UserError(f"{kind}: {key}={value!r} is not a whole number")
    return int(value)
