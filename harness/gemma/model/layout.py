"""Which Hugging Face tensors make up which Tunix parameter, in both directions: one table for loading and export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

Tensor: TypeAlias = Float[np.ndarray, "..."]
"""A weight on the host, in its stored type."""
Shape: TypeAlias = tuple[int, ...]
ParameterPath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The numbers that fix every tensor's shape."""

    layers: int
    vocabulary: int
    embed: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One Tunix parameter and the Hugging Face tensors it is made of."""

    path: ParameterPath
    """Keys into the model's nnx state."""
    shape: Shape
    sources: tuple[str, ...]
    """Hugging Face names, in the order that `join` takes them."""
    source_shapes: tuple[Shape, ...]
    join: Callable[[Sequence[Tensor]], Tensor]
    split: Callable[[Tensor], list[Tensor]]


def parameters(sizes: Sizes) -> list[Parameter]:
    """Every parameter of a text-only Gemma 3, embedding first, then layer by layer, then the final norm."""
    embedding = _same(("embedder", "input_embedding"), "model.embed_tokens.weight", (sizes.vocabulary, sizes.embed))
    final = _same(("final_norm", "scale"), "model.norm.weight", (sizes.embed,))
    return [embedding, *(p for i in range(sizes.layers) for p in _layer(i, sizes)), final]


def _layer(index: int, sizes: Sizes) -> list[Parameter]:
    here: ParameterPath = ("layers", index)
    name = f"model.layers.{index}"
    return [
        *(_same((*here, ours, "scale"), f"{name}.{theirs}.weight", (sizes.embed,)) for ours, theirs in _NORMS),
        *(
            _same(
                (*here, "attn", f"_{which}_norm", "scale"), f"{name}.self_attn.{short}_norm.weight", (sizes.head_dim,)
            )
            for which, short in (("query", "q"), ("key", "k"))
        ),
        *_attention(here, f"{name}.self_attn", sizes),
        _output(here, f"{name}.self_attn", sizes),
        *(
            _transposed((*here, "mlp", which, "kernel"), f"{name}.mlp.{which}.weight", shape)
            for which, shape in (
                ("gate_proj", (sizes.embed, sizes.hidden)),
                ("up_proj", (sizes.embed, sizes.hidden)),
                ("down_proj", (sizes.hidden, sizes.embed)),
            )
        ),
    ]


_NORMS = (
    ("pre_attention_norm", "input_layernorm"),
    ("post_attention_norm", "post_attention_layernorm"),
    ("pre_ffw_norm", "pre_feedforward_layernorm"),
    ("post_ffw_norm", "post_feedforward_layernorm"),
)


def _attention(here: ParameterPath, name: str, sizes: Sizes) -> list[Parameter]:
    """Tunix fuses query, key and value where all heads have their own key (MHA), else only key and value."""
    if sizes.heads == sizes.kv_heads:
        return [_stacked((*here, "attn", "qkv_einsum", "w"), [f"{name}.{s}_proj.weight" for s in "qkv"], sizes)]
    query_shape = (sizes.heads, sizes.embed, sizes.head_dim)
    query = Parameter(
        path=(*here, "attn", "q_einsum", "w"),
        shape=query_shape,
        sources=(f"{name}.q_proj.weight",),
        source_shapes=((sizes.heads * sizes.head_dim, sizes.embed),),
        join=lambda parts: _heads_first(parts[0], sizes.head_dim),
        split=lambda whole: [_heads_flat(whole)],
    )
    return [query, _stacked((*here, "attn", "kv_einsum", "w"), [f"{name}.{s}_proj.weight" for s in "kv"], sizes)]


def _stacked(path: ParameterPath, sources: list[str], sizes: Sizes) -> Parameter:
    return Parameter(
        path=path,
        shape=(len(sources), sizes.kv_heads, sizes.embed, sizes.head_dim),
        sources=tuple(sources),
        source_shapes=((sizes.kv_heads * sizes.head_dim, sizes.embed),) * len(sources),
        join=lambda parts: np.stack([_heads_first(part, sizes.head_dim) for part in parts]),
        split=lambda whole: [_heads_flat(part) for part in whole],
    )


def _output(here: ParameterPath, name: str, sizes: Sizes) -> Parameter:
    shape = (sizes.heads, sizes.head_dim, sizes.embed)
    return Parameter(
        path=(*here, "attn", "attn_vec_einsum", "w"),
        shape=shape,
        sources=(f"{name}.o_proj.weight",),
        source_shapes=((sizes.embed, sizes.heads * sizes.head_dim),),
        join=lambda parts: parts[0].T.reshape(shape),
        split=lambda whole: [whole.reshape(-1, sizes.embed).T],
    )


def _same(path: ParameterPath, source: str, shape: Shape) -> Parameter:
    return Parameter(
        path=path,
        shape=shape,
        sources=(source,),
        source_shapes=(shape,),
        join=lambda parts: parts[0],
        split=lambda whole: [whole],
    )


def _transposed(path: ParameterPath, source: str, shape: Shape) -> Parameter:
    return Parameter(
        path=path,
        shape=shape,
        sources=(source,),
        source_shapes=(shape[::-1],),
        join=lambda parts: parts[0].T,
        split=lambda whole: [whole.T],
    )


def _heads_first(weight: Float[np.ndarray, "heads_x_dim embed"], head_dim: int) -> Float[np.ndarray, "heads embed dim"]:
    """A projection's rows, grouped by head."""
    return weight.reshape(-1, head_dim, weight.shape[1]).transpose(0, 2, 1)


def _heads_flat(weight: Float[np.ndarray, "heads embed dim"]) -> Float[np.ndarray, "heads_x_dim embed"]:
    """The way back."""
    return weight.transpose(0, 2, 1).reshape(-1, weight.shape[1])
