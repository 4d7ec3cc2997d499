"""Write a model that Tunix trained as a Hugging Face folder (LoRA merged), or its LoRA weights as a PEFT adapter."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.core.errors import UserError, unknown_name
from harness.gemma.model import lora, peft, tunix_adapter
from harness.gemma.model.config import config_json, read_raw_config, text_config
from harness.gemma.model.layout import Parameter, ParameterPath, Tensor, parameters
from harness.gemma.model.shards import DTYPES, Dtype, group_by_size, write_weights
from harness.store.files import write_json

if TYPE_CHECKING:
    from tunix.models.gemma3.model import Gemma3, ModelConfig

_COPIED = (
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "generation_config.json",
)
_FILE_BYTES = 4 << 30


def export_model(
    model: Gemma3,
    directory: str | Path,
    *,
    base: str | Path,
    lora_alpha: float | None = None,
    dtype: Dtype = "bfloat16",
    file_bytes: int = _FILE_BYTES,
) -> Path:
    """Write `model` so that transformers, vLLM or this harness can load it; returns the `directory`.

    `base` is the local folder whose tokenizer, chat template and generation settings the model was trained with. LoRA
    parameters are merged, which needs their `lora_alpha`. Weights are stored as `dtype`, in files of at most
    `file_bytes` bytes; one parameter is on the host at a time. Raises UserError for an output folder that already holds
    a model, and for LoRA weights without alpha.
    """
    if dtype not in DTYPES:
        raise unknown_name("dtype", dtype, DTYPES, tip="float32 or bfloat16.")
    directory, base = Path(directory), Path(base)
    if any(directory.glob("*.safetensors")):
        raise UserError(f"{directory} already holds a model", tip="give another folder, or delete it first.")
    arrays = tunix_adapter.state_arrays(model)
    wanted = parameters(tunix_adapter.sizes_of(model.config))
    _check_lora(arrays, wanted, lora_alpha)
    directory.mkdir(parents=True, exist_ok=True)
    _copy_tokenizer(base, directory)
    write_json(directory / "config.json", _config(model.config, base, dtype))
    groups = group_by_size(wanted, dtype, file_bytes)
    write_weights(directory, groups, lambda p: p.split(_on_host(arrays, p, lora_alpha)), dtype)
    return directory


def export_adapter(model: Gemma3, directory: str | Path, *, base: str | Path, lora_alpha: float) -> Path:
    """Write the LoRA parameters of `model` as a PEFT adapter of `base`; returns the `directory`.

    `lora_alpha` is the one they were trained with: PEFT scales by alpha / rank. Raises UserError where the model has
    none.
    """
    found = {path: np.asarray(a) for path, a in tunix_adapter.state_arrays(model).items() if lora.is_lora(path)}
    if not found:
        raise UserError("the model has no LoRA parameters to export", tip="export_model writes the full weights.")
    wanted = parameters(tunix_adapter.sizes_of(model.config))
    return peft.write_adapter(directory, found, wanted, base=str(base), alpha=lora_alpha)


def _check_lora(arrays: Mapping[ParameterPath, Any], wanted: list[Parameter], alpha: float | None) -> None:
    shapes = {path: tuple(array.shape) for path, array in arrays.items()}
    lora.check(shapes, {p.path: p for p in wanted}, "the model")
    if alpha is None and any(map(lora.is_lora, shapes)):
        raise UserError("the model has LoRA parameters; merging them needs lora_alpha")


def _copy_tokenizer(base: Path, directory: Path) -> None:
    names = [name for name in _COPIED if (base / name).is_file()]
    if not {"tokenizer.json", "tokenizer.model"} & set(names):
        raise UserError(f"{base} holds no tokenizer to export with the model")
    for name in names:
        shutil.copyfile(base / name, directory / name)


def _config(config: ModelConfig, base: Path, dtype: Dtype) -> dict[str, Any]:
    """A text-only config.json with the base's remaining settings (its longest sequence, its end tokens)."""
    made = config_json(
        tunix_adapter.sizes_of(config),
        window=config.sliding_window_size or 0,
        local_rope_base=float(config.local_base_frequency),
        global_rope_base=float(config.global_base_frequency),
        global_rope_scale=float(config.global_scale_factor),
        query_scalar=tunix_adapter.query_scalar(config),
        dtype=dtype,
    )
    whole = read_raw_config(base)
    text = text_config(whole)
    kept = {key: text[key] for key in ("max_position_embeddings", "bos_token_id", "pad_token_id") if key in text}
    ends = whole.get("eos_token_id", text.get("eos_token_id"))
    return made | kept | ({"eos_token_id": ends} if ends is not None else {})


def _on_host(arrays: Mapping[ParameterPath, Any], parameter: Parameter, alpha: float | None) -> Tensor:
    base = np.asarray(arrays[parameter.path])
    ab = lora.pair(arrays, parameter)
    if ab is None or alpha is None:
        return base
    return lora.merged(parameter, base, np.asarray(ab[0]), np.asarray(ab[1]), alpha)
