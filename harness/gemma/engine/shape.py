"""What of a Gemma 3 is known when its programs are compiled: sizes, layer kinds, rotary frequencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tunix.models.gemma3.model import ModelConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerShape:
    """One layer's attention: how far it looks and how it encodes position."""

    window: int | None
    """Keys visible to a query, itself included; None: all."""
    rope_base: float
    rope_scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """Static and hashable, so that every compiled program is keyed by it."""

    layers: tuple[LayerShape, ...]
    vocabulary: int
    embed: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    query_scale: float

    @property
    def queries_per_kv(self) -> int:
        """Query heads that share one key head."""
        return self.heads // self.kv_heads

    @property
    def n_parameters(self) -> int:
        """Weights in the decoder, embedding included once (it is tied)."""
        return self.vocabulary * self.embed + len(self.layers) * self.layer_parameters

    @property
    def layer_parameters(self) -> int:
        """Matmul weights of one layer."""
        attention = self.embed * self.head_dim * (2 * self.heads + 2 * self.kv_heads)
        return attention + 3 * self.embed * self.hidden


def shape_of(config: ModelConfig) -> ModelShape:
    """The static shape of a Tunix Gemma 3 config: five local layers, then a global one, repeated."""
    from tunix.models.gemma3.model import GEMMA3_ATTENTION_PATTERN, AttentionType

    kinds = [GEMMA3_ATTENTION_PATTERN[i % len(GEMMA3_ATTENTION_PATTERN)] for i in range(config.num_layers)]
    return ModelShape(
        layers=tuple(_layer_shape(config, kind is AttentionType.LOCAL_SLIDING) for kind in kinds),
        vocabulary=config.num_embed,
        embed=config.embed_dim,
        hidden=config.hidden_dim,
        heads=config.num_heads,
        kv_heads=config.num_kv_heads,
        head_dim=config.head_dim,
        query_scale=_query_scale(config),
    )


def _layer_shape(config: ModelConfig, local: bool) -> LayerShape:
    if local:
        return LayerShape(
            window=config.sliding_window_size,
            rope_base=float(config.local_base_frequency),
            rope_scale=float(config.local_scale_factor),
        )
    return LayerShape(
        window=None, rope_base=float(config.global_base_frequency), rope_scale=float(config.global_scale_factor)
    )


def _query_scale(config: ModelConfig) -> float:
    from tunix.models.gemma3.model import QueryPreAttentionNormalisation

    if config.query_pre_attn_norm is QueryPreAttentionNormalisation.BY_ONE_OVER_SQRT_HEAD_DIM:
        return float(config.head_dim) ** -0.5
    return float(config.embed_dim // config.num_heads) ** -0.5
