"""LoRA adapters in PEFT's folder layout: read and merged at load, written from a trained model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from harness.core.errors import UserError
from harness.gemma.model import lora
from harness.gemma.model.layout import Parameter, ParameterPath, Tensor
from harness.store.files import read_json

CONFIG_NAME, WEIGHTS_NAME = "adapter_config.json", "adapter_model.safetensors"
_PREFIX = "base_model.model."
# Each would change the weights in a way that adding B times A does not.
_REFUSED = (
    "use_dora",
    "modules_to_save",
    "rank_pattern",
    "alpha_pattern",
    "layer_replication",
    "trainable_token_indices",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """A PEFT LoRA: what to add to which Hugging Face tensors."""

    directory: Path
    base: str
    scale: float
    """alpha / rank, or alpha / sqrt(rank) with rank-stabilised LoRA."""
    pairs: Mapping[str, tuple[Float[np.ndarray, "_rank _in"], Float[np.ndarray, "_out _rank"]]]
    """By Hugging Face name of the adapted weight: A and B."""

    def on(self, read: Callable[[str], Tensor]) -> Callable[[str], Tensor]:
        """A reader of the adapted weights, given one of the base's."""

        def adapted(name: str) -> Tensor:
            base = read(name)
            if name not in self.pairs:
                return base
            a, b = (np.asarray(part, np.float32) for part in self.pairs[name])
            return np.asarray(base, np.float32) + np.float32(self.scale) * (b @ a)

        return adapted

    def check(self, wanted: list[Parameter]) -> None:
        """Raises UserError for an adapter of another model."""
        shapes = {name: shape for p in wanted for name, shape in zip(p.sources, p.source_shapes, strict=True)}
        for name, (a, b) in self.pairs.items():
            if name not in shapes:
                raise UserError(f"{self.directory} adapts {name}, which the base model does not have")
            if (b.shape[0], a.shape[1]) != shapes[name] or a.shape[0] != b.shape[1]:
                raise UserError(
                    f"{self.directory} adapts {name} with A {a.shape} and B {b.shape}; the weight is {shapes[name]}",
                    tip="the adapter belongs to another base model.",
                )


def read_adapter(directory: Path) -> Adapter:
    """Read a PEFT folder. Raises UserError for another kind of adapter, or tensors that do not pair up."""
    config = read_json(directory / CONFIG_NAME)
    if config.get("peft_type") != "LORA":
        raise UserError(f"{directory} is a {config.get('peft_type')} adapter; only LORA is supported")
    for key in _REFUSED:
        if config.get(key):
            raise UserError(f"{directory / CONFIG_NAME}: {key} is set, which cannot be merged here")
    if not (directory / WEIGHTS_NAME).is_file():
        raise UserError(f"{directory} lacks {WEIGHTS_NAME}", tip="adapter_model.bin is a pickle and is never opened.")
    rank, alpha = (_number(config, key, directory) for key in ("r", "lora_alpha"))
    return Adapter(
        directory=directory,
        base=str(config.get("base_model_name_or_path") or ""),
        scale=alpha / (rank**0.5 if config.get("use_rslora") else rank),
        pairs=_pairs(directory),
    )


def _number(config: Mapping[str, Any], key: str, directory: Path) -> float:
    value = config.get(key, 8)  # PEFT's default for both
    if not isinstance(value, int | float) or value <= 0:
        raise UserError(f"{directory / CONFIG_NAME}: {key}={value!r}; expected a number above 0")
    return float(value)


def _pairs(directory: Path) -> dict[str, tuple[Tensor, Tensor]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        stored = load_file(directory / WEIGHTS_NAME)
    except SafetensorError as error:
        raise UserError(f"{directory / WEIGHTS_NAME} is not a complete safetensors file: {error}") from error
    halves: dict[str, dict[str, Tensor]] = {}
    for name, tensor in stored.items():
        module, _, rest = name.removeprefix(_PREFIX).rpartition(".lora_")
        if rest not in ("A.weight", "B.weight"):
            raise UserError(f"{directory / WEIGHTS_NAME} holds {name}, which is not a LoRA weight")
        halves.setdefault(f"{module}.weight".replace("model.language_model.", "model."), {})[rest[0]] = tensor
    for name, found in halves.items():
        if set(found) != {"A", "B"}:
            raise UserError(f"{directory / WEIGHTS_NAME} has only lora_{next(iter(found))} for {name}")
    return {name: (found["A"], found["B"]) for name, found in halves.items()}


def write_adapter(
    directory: str | Path, weights: Mapping[ParameterPath, Tensor], wanted: list[Parameter], *, base: str, alpha: float
) -> Path:
    """Write qwix's LoRA parameters (`weights`) in PEFT's layout; `base` is what the adapter is for. Returns the
    `directory`.

    `wanted` are the parameters of the whole model, `alpha` is the one that LoRA was trained with. Raises UserError
    where the parameters do not fit the model or have several ranks.
    """
    from safetensors.numpy import save_file

    lora.check({path: tuple(w.shape) for path, w in weights.items()}, {p.path: p for p in wanted}, "the model")
    ranks = {lora.rank_of(weights[path]) for path in weights if str(path[-1]).endswith("_lora_a")}
    if len(ranks) != 1:
        raise UserError(f"the model has LoRA ranks {sorted(ranks)}; one rank is needed")
    tensors = {name: value for p in wanted if (ab := lora.pair(weights, p)) for name, value in _halves(p, *ab)}
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    save_file(tensors, directory / WEIGHTS_NAME, metadata={"format": "pt"})
    config = _config(base, ranks.pop(), alpha, sorted({name.split(".")[-3] for name in tensors}))
    (directory / CONFIG_NAME).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return directory


def _halves(
    parameter: Parameter, a: Float[np.ndarray, "*summed rank"], b: Float[np.ndarray, "rank *kept"]
) -> list[tuple[str, Tensor]]:
    """A [rank, in] and B [out, rank] of each Hugging Face tensor; fused ones share their A."""
    rank = lora.rank_of(a)
    down = np.ascontiguousarray(np.asarray(a, np.float32).reshape(-1, rank).T)
    up = np.asarray(b, np.float32)
    parts = [up] if len(parameter.sources) == 1 else [up[:, i] for i in range(len(parameter.sources))]
    found = []
    for source, part in zip(parameter.sources, parts, strict=True):
        module = _PREFIX + source.removesuffix(".weight")
        found += [
            (f"{module}.lora_A.weight", down.copy()),
            (f"{module}.lora_B.weight", np.ascontiguousarray(part.reshape(rank, -1).T)),
        ]
    return found


def _config(base: str, rank: int, alpha: float, modules: list[str]) -> dict[str, Any]:
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "target_modules": modules,
    }
