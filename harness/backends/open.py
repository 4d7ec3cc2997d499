"""From `--model` to a backend. Backends are named by strings, so that JAX loads only when a model is asked for."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from harness.core.backend import Backend
from harness.core.errors import UserError, install_tip, unknown_name
from harness.core.task import Task

BACKENDS = {
    "scripted": "harness.backends.scripted.backend:ScriptedBackend",
    "replay": "harness.backends.replay:ReplayBackend",
    "http": "harness.backends.http.backend:HttpBackend",
    "gemma": "harness.gemma.backend:GemmaBackend",
    "lm_eval": "harness.lm_eval_bridge.backend:LmEvalBackend",
}
EXTRAS = {"gemma": "gemma", "lm_eval": "lm-eval"}
_TIP = "a folder, a hub id (google/gemma-3-1b-it), http://HOST/v1,model=NAME, replay:FILE or scripted:careful."


def open_backend(spec: str, task: Task) -> Backend:
    """Open `--model SPEC` for a task. Raises UserError for a model or option that is not known, or a missing extra."""
    kind, name, options = split_spec(spec)
    return _backend_class(kind).from_spec(name, options, task)


def check_model(spec: str) -> None:
    """Look at `--model SPEC` before any data is read. Raises UserError, as opening does, for what no task could mend.

    A backend that can say more than that its kind exists has a static method `check_spec(name, options)`.
    """
    kind, name, options = split_spec(spec)
    backend_class = _backend_class(kind)
    if hasattr(backend_class, "check_spec"):
        backend_class.check_spec(name, options)


def _backend_class(kind: str) -> Any:
    module_name, _, class_name = BACKENDS[kind].partition(":")
    try:
        return getattr(importlib.import_module(module_name), class_name)
    except ImportError as error:
        raise missing_extra(kind, error) from error


def split_spec(spec: str) -> tuple[str, str, dict[str, str]]:
    """`KIND:NAME,key=value,...` as (kind, name, options); URLs, folders and hub ids need no kind. Raises UserError for
    a name that no backend has, and for an option that is not key=value.

    >>> split_spec("scripted:slip,rate=0.2")
    ('scripted', 'slip', {'rate': '0.2'})
    >>> split_spec("http://localhost:8000/v1,model=m")
    ('http', 'http://localhost:8000/v1', {'model': 'm'})
    >>> split_spec("http://one:8000/v1,http://two:8000/v1,model=m")
    ('http', 'http://one:8000/v1,http://two:8000/v1', {'model': 'm'})
    """
    name, *pairs = _parts(spec)
    kind, separator, rest = name.partition(":")
    if kind in ("http", "https"):
        addresses = [name, *(pair for pair in pairs if _is_address(pair))]
        options = dict(_pair(spec, pair) for pair in pairs if not _is_address(pair))
        return "http", ",".join(addresses), options
    options = dict(_pair(spec, pair) for pair in pairs)
    if separator and kind in BACKENDS:
        return kind, rest, options
    local_or_hub = not separator and ("/" in name or name.startswith("gemma") or Path(name).is_dir())
    if kind in ("kaggle", "hf") or local_or_hub:
        return "gemma", name, options
    raise unknown_name("model", name, [f"{kind}:" for kind in BACKENDS], tip=f"a model is {_TIP}")


def _parts(spec: str) -> list[str]:
    """Between the commas; those within the JSON of an option (`extra_body={...}`) part nothing.

    >>> _parts('http://h/v1,extra_body={"a": [1, 2], "b": {}},model=m')
    ['http://h/v1', 'extra_body={"a": [1, 2], "b": {}}', 'model=m']
    """
    parts: list[str] = []
    while True:
        end = _end_of_part(spec)
        parts.append(spec[:end])
        if end >= len(spec):
            return parts
        spec = spec[end + 1 :]


def _end_of_part(spec: str) -> int:
    key, separator, value = spec.partition("=")
    comma = spec.find(",")
    end = len(spec) if comma < 0 else comma
    if separator and key.isidentifier() and value.startswith("{"):
        try:
            after = len(key) + 1 + json.JSONDecoder().raw_decode(value)[1]
        except (ValueError, RecursionError):
            return end  # the option's own reader says what is wrong with it
        return after if spec[after : after + 1] in ("", ",") else end
    return end


def _is_address(part: str) -> bool:
    return part.startswith(("http://", "https://"))


def missing_extra(kind: str, error: ImportError) -> UserError:
    """The error for a package that is not installed: it says which extra brings it."""
    if kind not in EXTRAS:
        return UserError(f"the {kind} backend does not import: {error}")
    message = f"the {kind} backend needs a package that is not installed: {error}"
    return UserError(message, tip=install_tip(EXTRAS[kind]))


def _pair(spec: str, text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise UserError(f"--model {spec!r}: {text!r} is not key=value", tip=f"a model is {_TIP}")
    return key, value
