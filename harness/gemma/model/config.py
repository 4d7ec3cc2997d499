"""A model's `config.json` read into Tunix's config; what Tunix cannot compute is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.errors import UserError
from harness.gemma.model.layout import Sizes
from harness.gemma.model.tunix_adapter import PATTERN, model_config
from harness.store.files import read_json

if TYPE_CHECKING:
    from tunix.models.gemma3.model import ModelConfig

_SIZE_KEYS = {
    "layers": "num_hidden_layers",
    "vocabulary": "vocab_size",
    "embed": "hidden_size",
    "hidden": "intermediate_size",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "head_dim": "head_dim",
}
# google/gemma-3-4b-it and larger leave out whatever equals transformers' Gemma3TextConfig default.
_DEFAULTS: dict[str, Any] = {
    "vocab_size": 262_208,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "query_pre_attn_scalar": 256,
    "sliding_window": 4096,
    "max_position_embeddings": 131_072,
}
# Fixed in Tunix's forward pass.
_FIXED: dict[str, tuple[Any, ...]] = {
    "hidden_activation": ("gelu_pytorch_tanh",),
    "rms_norm_eps": (1e-6,),
    "attention_bias": (False,),
    "final_logit_softcapping": (None,),
    "attn_logit_softcapping": (None,),
    "tie_word_embeddings": (True,),
    "use_bidirectional_attention": (False, None),
}


def read_config(directory: str | Path) -> ModelConfig:
    """Tunix's config for the Hugging Face model in `directory`.

    Raises UserError for a missing or broken config.json, another architecture, or a setting that Tunix's Gemma 3
    does not compute (named).
    """
    where = Path(directory) / "config.json"
    return config_of(text_config(read_raw_config(directory)), where)


def read_raw_config(directory: str | Path) -> dict[str, Any]:
    """The config.json of a model as it stands. Raises UserError where it is missing or broken."""
    return read_json(Path(directory) / "config.json", tip="a Hugging Face model directory holds config.json.")


def text_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The text part of a config: `text_config` of the multimodal ones (4b and larger), else the whole.

    Raises UserError for a model that is no Gemma 3.
    """
    kind = config.get("model_type")
    if kind not in ("gemma3", "gemma3_text"):
        raise UserError(
            f"config.json says model_type {kind!r}; only Gemma 3 (gemma3, gemma3_text) is supported",
            tip="other models: serve them and use --model http:URL.",
        )
    inner = dict(_object(config, "text_config", "config.json") or config)
    inner.setdefault("tie_word_embeddings", config.get("tie_word_embeddings", True))
    return inner


def config_json(
    sizes: Sizes,
    *,
    window: int,
    local_rope_base: float = 10_000.0,
    global_rope_base: float = 1_000_000.0,
    global_rope_scale: float = 1.0,
    query_scalar: int | None = None,
    max_positions: int = 32_768,
    dtype: str = "bfloat16",
) -> dict[str, Any]:
    """The config.json of a text-only Gemma 3 of these `sizes`, in the spelling that transformers 4 and 5 both read.

    `window` is in tokens. `local_rope_base` and `global_rope_base` are the rotary bases of the two kinds of layers,
    `global_rope_scale` divides the positions of global ones; queries are divided by the root of `query_scalar`, by
    default the head's width. `max_positions` is the context in tokens, `dtype` how the weights are stored.
    """
    return {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        **{theirs: getattr(sizes, ours) for ours, theirs in _SIZE_KEYS.items()},
        "hidden_activation": "gelu_pytorch_tanh",
        "rms_norm_eps": 1e-6,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "query_pre_attn_scalar": query_scalar or sizes.head_dim,
        "sliding_window": window,
        "sliding_window_pattern": len(PATTERN),
        "layer_types": [PATTERN[i % len(PATTERN)] for i in range(sizes.layers)],
        "rope_theta": global_rope_base,
        "rope_local_base_freq": local_rope_base,
        "rope_scaling": None if global_rope_scale == 1.0 else {"rope_type": "linear", "factor": global_rope_scale},
        "max_position_embeddings": max_positions,
        "tie_word_embeddings": True,
        "bos_token_id": 2,
        "eos_token_id": [1, 106],
        "pad_token_id": 0,
        "torch_dtype": dtype,
    }


def max_positions(directory: str | Path) -> int:
    """The longest sequence, in tokens, that the model was made for."""
    text = text_config(read_raw_config(directory))
    return _positive(text, "max_position_embeddings", Path(directory) / "config.json")


def config_of(text: Mapping[str, Any], where: Path = Path("config.json")) -> ModelConfig:
    """As `read_config`, for the text part of a config.json that was read `where`. Raises UserError for what Tunix's
    Gemma 3 does not compute.
    """
    for key, allowed in _FIXED.items():
        if text.get(key, allowed[0]) not in allowed:
            raise UserError(f"{where}: {key}={text[key]!r}; Tunix's Gemma 3 computes with {allowed[0]!r} only")
    sizes = sizes_of(text, where)
    _check_layers(text, sizes.layers, where)
    local, whole = _rope(text, where)
    return model_config(
        sizes,
        window=_positive(text, "sliding_window", where),
        local_rope_base=local["rope_theta"],
        global_rope_base=whole["rope_theta"],
        global_rope_scale=float(whole.get("factor", 1.0)),
        scale_by_head_dim=_scales_by_head_dim(text, sizes, where),
    )


def sizes_of(text: Mapping[str, Any], where: Path = Path("config.json")) -> Sizes:
    """The numbers that fix every tensor's shape. Raises UserError for one that is missing or cannot be."""
    sizes = Sizes(**{ours: _positive(text, theirs, where) for ours, theirs in _SIZE_KEYS.items()})
    if sizes.heads % sizes.kv_heads:
        raise UserError(f"{where}: num_attention_heads={sizes.heads} is not a multiple of {sizes.kv_heads} key heads")
    if sizes.head_dim % 2:
        raise UserError(f"{where}: head_dim={sizes.head_dim} is odd; rotary positions need an even one")
    return sizes


def _positive(text: Mapping[str, Any], key: str, where: Path) -> int:
    value = text.get(key, _DEFAULTS[key])
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UserError(f"{where}: {key}={value!r}; expected a whole number above 0")
    return value


def _check_layers(text: Mapping[str, Any], layers: int, where: Path) -> None:
    expected = [PATTERN[i % len(PATTERN)] for i in range(layers)]
    if (text.get("layer_types") or expected) != expected:
        raise UserError(f"{where}: layer_types is not the pattern of five local layers and a global one")
    if text.get("sliding_window_pattern", text.get("_sliding_window_pattern", 6)) != 6:
        raise UserError(f"{where}: sliding_window_pattern is not 6; Tunix's Gemma 3 computes with 6 only")


def _rope(text: Mapping[str, Any], where: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rotary settings of local and global layers; transformers 5 nests them, version 4 spread them out."""
    nested = _object(text, "rope_parameters", where)
    local = {"rope_theta": text.get("rope_local_base_freq", 10_000.0)} | _object(nested, "sliding_attention", where)
    old = _object(text, "rope_scaling", where)
    whole = {"rope_theta": text.get("rope_theta", 1_000_000.0)} | old | _object(nested, "full_attention", where)
    kind = whole.get("rope_type", whole.get("type", "default"))
    if kind not in ("default", "linear") or local.get("rope_type", "default") != "default":
        raise UserError(f"{where}: rope_type {kind!r}; Tunix's Gemma 3 computes default and linear scaling only")
    for settings, key, least in ((local, "rope_theta", 1.0), (whole, "rope_theta", 1.0), (whole, "factor", 1.0)):
        value = settings.get(key, least)
        if not isinstance(value, int | float) or value < least:
            raise UserError(f"{where}: rotary {key}={value!r}; expected a number of at least {least:g}")
    return local, whole


def _object(holder: Mapping[str, Any], key: str, where: object) -> dict[str, Any]:
    """The object under `key`; empty where it is absent or null."""
    value = holder.get(key)
    if value is not None and not isinstance(value, dict):
        raise UserError(f"{where}: {key}={value!r}; expected an object")
    return value or {}


def _scales_by_head_dim(text: Mapping[str, Any], sizes: Sizes, where: Path) -> bool:
    scalar = text.get("query_pre_attn_scalar", _DEFAULTS["query_pre_attn_scalar"])
    if scalar == sizes.head_dim:
        return True
    if scalar == sizes.embed // sizes.heads:
        return False
    raise UserError(
        f"{where}: query_pre_attn_scalar={scalar}; Tunix's Gemma 3 computes with head_dim ({sizes.head_dim}) "
        f"or hidden_size // num_attention_heads ({sizes.embed // sizes.heads}) only"
    )
