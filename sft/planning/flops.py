"""Operations of a training update and a decode step, counted from the model's sizes."""

from __future__ import annotations

from harness.gemma.model.layout import Sizes


def layer_parameters(sizes: Sizes) -> int:
    """Matrix weights of one layer."""
    attention = sizes.embed * sizes.head_dim * (2 * sizes.heads + 2 * sizes.kv_heads)
    return attention + 3 * sizes.embed * sizes.hidden


def total_parameters(sizes: Sizes) -> int:
    """Matrix weights, the embedding once: it is also the output layer."""
    return sizes.layers * layer_parameters(sizes) + sizes.vocabulary * sizes.embed


def training_flops(sizes: Sizes, *, rows: int, row_length: int, n_positions: int, full: bool, remat: bool) -> float:
    """Operations of forward and backward pass of `rows` rows of `row_length` tokens; attention over all pairs, as Tunix
    computes it. `sizes` are the model's; its output layer is computed at `n_positions` positions of a row.

    The backward pass costs twice the forward pass, or once where the weights are frozen (not `full`): then only what
    they multiply has a gradient. Scores multiply no weights, both their operands always have one. Rematerialised
    layers (`remat`) are computed once more, the output layer is not. LoRA's own products, about a hundredth, are left
    out.
    """
    tokens = rows * row_length
    passes = 3 if full else 2
    weights = tokens * 2 * layer_parameters(sizes)
    attention = tokens * 4 * row_length * sizes.heads * sizes.head_dim
    head = rows * n_positions * 2 * sizes.vocabulary * sizes.embed
    return sizes.layers * (weights * (passes + remat) + attention * (3 + remat)) + head * passes


def decode_flops(sizes: Sizes, *, rows: int, keys: int) -> float:
    """Of one token for each of `rows`, each looking at `keys`."""
    attention = 4 * keys * sizes.heads * sizes.head_dim * sizes.layers
    return rows * (2 * total_parameters(sizes) + attention)
