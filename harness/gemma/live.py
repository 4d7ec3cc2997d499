"""A Gemma 3 that is in memory already, a trainer's between two updates for one, as something that answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.gemma.load import LoadedModel, build
from harness.gemma.model import lora, tunix_adapter
from harness.gemma.model.config import max_positions
from harness.gemma.model.hub import resolve
from harness.gemma.model.layout import parameters
from harness.gemma.model.shards import Dtype
from harness.gemma.text.tokenizer import Tokenizer, load_tokenizer

if TYPE_CHECKING:
    from jax.sharding import Mesh
    from tunix.models.gemma3.model import Gemma3

    from harness.gemma.backend import GemmaBackend


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveModel:
    """A Tunix Gemma 3 in memory with what it takes to ask it something."""

    model: Gemma3
    tokenizer: str | Path
    """Folder or hub id that has its tokenizer, chat template and config.json: that of the base, as a rule."""
    name: str = "in memory"
    """What runs and reports call it."""
    lora_alpha: float | None = None
    """Where it has LoRA parameters: the alpha that they were trained with. The scale is alpha / rank."""
    chat_template: str = ""
    """Instead of the tokenizer's own: 'gemma', 'none', or a file."""


def is_gemma(model: object) -> bool:
    """Whether an object is a Tunix Gemma 3, or one of its subclasses; loads neither JAX nor Tunix to find out."""
    return any(kind.__module__.startswith("tunix.models.gemma3") for kind in type(model).__mro__)


def load_live(live: LiveModel) -> LoadedModel:
    """The model as the decode engine takes it. Without LoRA parameters its own arrays are used, not copies of them;
    with them the merged weights are made anew, and the model stays as it is.

    Raises UserError for LoRA parameters without `lora_alpha`, and where `tokenizer` leads nowhere or does not fit.
    """
    folder = resolve(live.tokenizer, weights=False).model
    config = live.model.config
    tokenizer: Tokenizer = load_tokenizer(folder, embeddings=config.num_embed, chat_template=live.chat_template)
    arrays = tunix_adapter.state_arrays(live.model)
    embedding = tunix_adapter.whole_weight(live.model, parameters(tunix_adapter.sizes_of(config))[0].path)
    dtype: Dtype = "bfloat16" if str(embedding.dtype) == "bfloat16" else "float32"
    is_adapted = any(map(lora.is_lora, arrays))
    model = _merged(live, arrays, dtype, mesh_of(live.model)) if is_adapted else live.model
    return LoadedModel(
        model=model,
        config=config,
        tokenizer=tokenizer,
        fingerprint=weights_hash(arrays, live.lora_alpha),
        path=folder,
        dtype=dtype,
        max_positions=max_positions(folder),
    )


def weights_hash(arrays: Any, lora_alpha: float | None) -> str:
    """Over every byte of every parameter, one on the host at a time: two updates of one training differ."""
    import hashlib

    import numpy as np

    digest = hashlib.sha256(repr(lora_alpha).encode())
    for path in sorted(arrays, key=str):
        array = np.ascontiguousarray(arrays[path])
        digest.update(f"{path}{array.shape}{array.dtype}".encode())
        digest.update(array.view(np.uint8).data)
    return stable_hash({"weights": digest.hexdigest(), "in": "memory"})


def open_live(live: LiveModel, *, max_length: int | None = None) -> GemmaBackend:
    """The model behind the decode engine; `max_length` bounds prompt and reply together, in tokens."""
    from harness.gemma.backend import GemmaBackend
    from harness.gemma.engine.engine import Engine
    from harness.gemma.engine.placed import EngineOptions

    loaded = load_live(live)
    options = EngineOptions(max_length=min(max_length or loaded.max_positions, loaded.max_positions))
    return GemmaBackend(loaded, Engine(loaded.model, mesh=mesh_of(live.model), options=options), live.name)


def _merged(live: LiveModel, arrays: Any, dtype: Dtype, mesh: Mesh | None) -> Any:
    import numpy as np

    if live.lora_alpha is None:
        raise UserError(
            "the model in memory has LoRA parameters, and nothing says their alpha",
            tip="harness.LiveModel(model=..., tokenizer=..., lora_alpha=...) says it.",
        )
    alpha = live.lora_alpha
    wanted = parameters(tunix_adapter.sizes_of(live.model.config))
    lora.check({p: tuple(a.shape) for p, a in arrays.items()}, {p.path: p for p in wanted}, "the model in memory")

    def on_host(parameter: Any) -> Any:
        base = np.asarray(tunix_adapter.whole_weight(live.model, parameter.path))
        ab = lora.pair(arrays, parameter)
        return base if ab is None else lora.merged(parameter, base, np.asarray(ab[0]), np.asarray(ab[1]), alpha)

    return build(live.model.config, ((p, on_host(p)) for p in wanted), dtype, mesh)


def mesh_of(model: Gemma3) -> Mesh | None:
    """The mesh that a model in memory is spread over, where the engine can use it; None on one device."""
    from jax.sharding import NamedSharding

    placed = next(iter(tunix_adapter.state_arrays(model).values())).sharding
    if isinstance(placed, NamedSharding) and placed.mesh.size > 1 and "fsdp" in placed.mesh.axis_names:
        return placed.mesh  # type: ignore[return-value]  # of an array that exists it is no abstract one
    return None
