"""Where a model's parameters are read from: safetensors, an orbax checkpoint, or a base with LoRA merged into it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.gemma.model import checkpoint, lora, peft, upstream
from harness.gemma.model.config import read_raw_config
from harness.gemma.model.fingerprint import file_hash, fingerprint
from harness.gemma.model.hub import Source
from harness.gemma.model.layout import Parameter, ParameterPath, Tensor
from harness.gemma.model.safetensors import Weights, read_weights

Read = Callable[[Parameter], Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Checked weights, not yet read."""

    read: Read
    """One parameter in Tunix's shape, on the host."""
    identity: str
    """Hash over every weight and the config."""
    notes: tuple[str, ...]


@contextmanager
def open_parameters(source: Source, wanted: list[Parameter], *, lora_alpha: float | None = None) -> Iterator[Found]:
    """Check a model's weights against its config and open them. Raises UserError that names what does not fit."""
    if source.checkpoint is not None:
        with _open_checkpoint(source, source.checkpoint, wanted, lora_alpha) as found:
            yield found
        return
    if source.upstream is not None:
        yield _open_upstream(source.model, source.upstream, wanted)
        return
    adapter = peft.read_adapter(source.adapter) if source.adapter else None
    if adapter is not None:
        adapter.check(wanted)
    with _open_safetensors(source.model, wanted, adapter) as found:
        yield found


@contextmanager
def _open_safetensors(directory: Path, wanted: list[Parameter], adapter: peft.Adapter | None = None) -> Iterator[Found]:
    weights = read_weights(directory)
    weights.check(wanted)
    with weights.open() as reader:
        named = adapter.on(reader) if adapter else reader
        yield Found(
            read=lambda p: p.join([named(name) for name in p.sources]),
            identity=_identity(weights, directory, adapter),
            notes=_notes(weights, adapter),
        )


def _identity(weights: Weights, directory: Path, adapter: peft.Adapter | None) -> str:
    base = fingerprint(weights.files, read_raw_config(directory))
    if adapter is None:
        return base
    return stable_hash({"base": base, "adapter": file_hash(adapter.directory / peft.WEIGHTS_NAME), "by": adapter.scale})


def _notes(weights: Weights, adapter: peft.Adapter | None) -> tuple[str, ...]:
    notes = [f"text only: {len(weights.vision)} vision tensors were not read"] if weights.vision else []
    return (*notes, *([f"LoRA merged from {adapter.directory}"] if adapter else []))


@contextmanager
def _open_checkpoint(source: Source, step: Path, wanted: list[Parameter], lora_alpha: float | None) -> Iterator[Found]:
    needs_base = checkpoint.check(checkpoint.stored_shapes(step), wanted, step)
    own = checkpoint.read_parameters(step)
    adapts = any(map(lora.is_lora, own))
    alpha = lora_alpha if lora_alpha is not None else source.lora_alpha
    if adapts and alpha is None:
        raise UserError(f"{step} holds LoRA weights but not their alpha", tip="give it: --model FOLDER,lora_alpha=32")
    own_hash = {"step": _values_hash(own), "alpha": alpha if adapts else None}
    notes = (f"LoRA merged from {step}",) if adapts else ()
    if not needs_base:
        config = read_raw_config(source.model)
        yield Found(
            read=_merging(own, alpha, lambda p: own.pop(p.path)), identity=stable_hash([own_hash, config]), notes=notes
        )
        return
    with _open_safetensors(source.model, wanted) as base:
        identity = stable_hash([own_hash, base.identity])
        yield Found(read=_merging(own, alpha, base.read), identity=identity, notes=(*base.notes, *notes))


def _open_upstream(model: Path, folder: Path, wanted: list[Parameter]) -> Found:
    checkpoint.check(upstream.stored_shapes(folder), wanted, folder)
    own = upstream.read_parameters(folder)
    identity = stable_hash([_values_hash(own), read_raw_config(model)])
    return Found(read=lambda p: own.pop(p.path), identity=identity, notes=())


def _merging(own: Mapping[ParameterPath, Tensor], alpha: float | None, read: Read) -> Read:
    def merged(parameter: Parameter) -> Tensor:
        base = read(parameter)
        ab = lora.pair(own, parameter)
        return base if ab is None or alpha is None else lora.merged(parameter, base, *ab, alpha)

    return merged


def _values_hash(own: Mapping[ParameterPath, Tensor]) -> str:
    """Over names and values: orbax's files differ from save to save of the same weights."""
    digest = hashlib.sha256()
    for path in sorted(own, key=lora.dotted):
        digest.update(f"{lora.dotted(path)} {own[path].dtype} {own[path].shape}".encode())
        digest.update(np.ascontiguousarray(own[path]).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
