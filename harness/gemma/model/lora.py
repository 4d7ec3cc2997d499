"""LoRA weights added into the weights they adapt, as qwix computes them: w + alpha / rank x (a, b)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from harness.core.errors import UserError
from harness.gemma.model.layout import Parameter, ParameterPath, Shape, Tensor

Weight = TypeVar("Weight")
"""An array of numpy or of JAX."""
_SUFFIXES = ("_lora_a", "_lora_b")
# qwix gives `a` the axes that are summed over and `b` the others; r is the rank.
_EINSUMS = {
    "q_einsum": "dr,rnh->ndh",
    "kv_einsum": "dr,rckh->ckdh",
    "qkv_einsum": "dr,rsnh->sndh",
    "attn_vec_einsum": "nhr,rd->nhd",
    "gate_proj": "dr,rf->df",
    "up_proj": "dr,rf->df",
    "down_proj": "fr,rd->fd",
}


def is_lora(path: ParameterPath) -> bool:
    """Whether a path names a LoRA parameter."""
    return str(path[-1]).endswith(_SUFFIXES)


def adapted(path: ParameterPath) -> ParameterPath:
    """The path of the parameter that a LoRA parameter adapts."""
    return (*path[:-1], str(path[-1])[: -len(_SUFFIXES[0])])


def pair(weights: Mapping[ParameterPath, Weight], parameter: Parameter) -> tuple[Weight, Weight] | None:
    """The (a, b) that adapt one parameter, or None."""
    *module, leaf = parameter.path
    a, b = ((*module, f"{leaf}{suffix}") for suffix in _SUFFIXES)
    return (weights[a], weights[b]) if a in weights and b in weights else None


def merged(
    parameter: Parameter,
    base: Float[np.ndarray, "*weight"],
    a: Float[np.ndarray, "*summed rank"],
    b: Float[np.ndarray, "rank *kept"],
    alpha: float,
) -> Float[np.ndarray, "*weight"]:
    """The adapted weight of a `parameter` in float32, in the shape of `base`: base + alpha / rank times their product.

    `a` and `b` are the LoRA pair in qwix's shapes; `alpha` is the one they were trained with.
    """
    scale = alpha / rank_of(a)
    return np.asarray(base, np.float32) + np.float32(scale) * delta(parameter.path, a, b)


def delta(path: ParameterPath, a: Float[np.ndarray, "*summed rank"], b: Float[np.ndarray, "rank *kept"]) -> Tensor:
    """What `a` and `b` add to the weight at `path`, before the factor alpha / rank."""
    return np.einsum(_EINSUMS[str(path[-2])], np.asarray(a, np.float32), np.asarray(b, np.float32), optimize=True)


def rank_of(a: Float[np.ndarray, "*summed rank"]) -> int:
    """The rank r of a LoRA pair."""
    return int(a.shape[-1])


def check(shapes: Mapping[ParameterPath, Shape], wanted: Mapping[ParameterPath, Parameter], where: object) -> None:
    """Raises UserError for a LoRA parameter that stands alone, adapts nothing, or does not fit what it adapts."""
    for path in filter(is_lora, shapes):
        name, target = dotted(path), adapted(path)
        if target not in wanted or str(target[-2]) not in _EINSUMS:
            raise UserError(f"{where} adapts {dotted(target)}, which this model does not have or cannot merge")
        a, b = ((*target[:-1], f"{target[-1]}{suffix}") for suffix in _SUFFIXES)
        for other in (a, b):
            if other not in shapes:
                raise UserError(f"{where} has {name} without {dotted(other)}")
        _check_shapes(target, wanted[target].shape, shapes[a], shapes[b], where)


def _check_shapes(target: ParameterPath, base: Shape, a: Shape, b: Shape, where: object) -> None:
    left, right = _EINSUMS[str(target[-2])].split("->")[0].split(",")
    axes = dict(zip(_EINSUMS[str(target[-2])].split("->")[1], base, strict=True)) | {"r": a[-1]}
    for which, letters, found in (("a", left, a), ("b", right, b)):
        if found != (expected := tuple(axes[letter] for letter in letters)):
            raise UserError(
                f"{dotted(target)}_lora_{which} in {where} has shape {found}; the base model needs {expected}",
                tip="the adapter belongs to another base model.",
            )


def dotted(path: ParameterPath) -> str:
    """A path as it is printed: `layers.0.attn.q_einsum.w`."""
    return ".".join(map(str, path))
