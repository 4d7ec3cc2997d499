"""Shapes in signatures: every public array has one, every one can be resolved, and a wrong array is refused
(HARNESS_SHAPES=1)."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shape_checks

pytest.importorskip("jax", reason="needs the gemma extra")

import jax.numpy as jnp
import jaxtyping
import numpy as np

from harness.gemma.engine.cache import Pack, Prefix
from harness.gemma.engine.layers import rms_norm
from harness.gemma.engine.masks import visible_in_pack
from harness.gemma.engine.prefill import append_to_prefix
from harness.gemma.engine.reader import PackedTokens
from harness.gemma.engine.sampling import Sampling, next_tokens
from harness.gemma.model.lora import rank_of
from sft.tokens.loader import make_batch
from sft.tokens.packing import Packed, attention_mask
from sft.tokens.positions import counted_weights, loss_positions
from sft.tokens.tokenise import TokenisedSample
from sft.training.loss import cross_entropy
from sft.training.trainable import model_loss

REPO = Path(__file__).resolve().parent.parent
SOURCES = sorted(path for package in ("harness/gemma", "sft") for path in (REPO / package).rglob("*.py"))
ARRAYS = {"Array", "ndarray", "NDArray", "ArrayLike"}
KINDS = {"Bool", "Float", "Int", "Num", "Shaped", "UInt32"}
"""jaxtyping's names for what an array holds, as far as they are used here."""


def annotations(tree: ast.Module, *, private: bool) -> Iterator[ast.expr]:
    """Of parameters, returns and fields at the top of a module and in its classes, and the aliases that they use."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and (private or node.name[0] != "_")]
    for node in (node for body in (tree.body, *(c.body for c in classes)) for node in body):
        if isinstance(node, ast.FunctionDef) and (private or node.name[0] != "_" or node.name.startswith("__")):
            parameters = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            yield from (parameter.annotation for parameter in parameters if parameter.annotation)
            yield from [node.returns] if node.returns else []
        elif isinstance(node, ast.AnnAssign) and (private or not _name(node.target).startswith("_")):
            yield from (node.annotation, node.value) if _name(node.annotation) == "TypeAlias" else (node.annotation,)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
            yield from [node.value] if private or not _name(node.targets[0]).startswith("_") else []


def bare_arrays(node: ast.AST) -> Iterator[str]:
    """Arrays in an annotation that stand outside of a shape."""
    if isinstance(node, ast.Subscript) and _name(node.value) in KINDS:
        return
    if _name(node) in ARRAYS:
        yield ast.unparse(node)
    for child in ast.iter_child_nodes(node):
        yield from bare_arrays(child)


def has_shape(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Subscript) and _name(part.value) in KINDS for part in ast.walk(node))


def _name(node: ast.AST) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPO)))
def test_every_public_array_has_a_shape(path: Path) -> None:
    found = [name for hint in annotations(ast.parse(path.read_text()), private=False) for name in bare_arrays(hint)]
    assert not found


def test_an_array_without_a_shape_is_found() -> None:
    source = (
        "def f(a: jax.Array, b: Float[Array, ' n']) -> dict[str, np.ndarray]: ...\nclass C:\n    d: np.ndarray | None"
    )
    found = [name for hint in annotations(ast.parse(source), private=False) for name in bare_arrays(hint)]
    assert found == ["jax.Array", "np.ndarray", "np.ndarray"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPO)))
def test_every_shape_can_be_resolved_where_it_stands(path: Path) -> None:
    """jaxtyping passes over an annotation with a name that is imported for mypy alone, and says nothing."""
    hints = [hint for hint in annotations(ast.parse(path.read_text()), private=True) if has_shape(hint)]
    if hints:
        module = importlib.import_module(".".join(path.relative_to(REPO).with_suffix("").parts))
        for hint in hints:
            eval(ast.unparse(hint), vars(module))  # raises NameError


def axes(tree: ast.AST) -> set[str]:
    """Names in the shapes of a module, without their marks."""
    shapes = [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript) and _name(node.value) in KINDS]
    written = {part for shape in shapes for part in shape.elts[1].value.split()}
    return {part.lstrip("*_") for part in written if part != "..." and not part.isdigit()}


def test_every_axis_is_explained_and_every_explained_axis_is_used() -> None:
    used = set().union(*(axes(ast.parse(path.read_text())) for path in SOURCES))
    table = (REPO / "docs" / "internals" / "design.md").read_text().partition("## Names of axes")[2]
    names = re.findall(r"^\|(.+?)\|", table, re.MULTILINE)
    assert {name for cell in names for name in re.findall(r"`(\w+)`", cell)} == used


def zeros(*size: int) -> Any:
    return jnp.zeros(size, jnp.float32)


def ids(*size: int) -> Any:
    return jnp.zeros(size, jnp.int32)


def packed(tokens: Any) -> Packed:
    ones = np.ones((2, 5), np.int32)
    return Packed(tokens=tokens, loss_mask=ones.astype(np.float32), segment_ids=ones, positions=ones, ids=((), ()))


def read_prefix(keys: Any) -> Prefix:
    """A prefix of two layers, behind which one token is written."""
    blank = (zeros(1, 4, 8), zeros(1, 4, 8)), (zeros(1, 8, 4), zeros(1, 8, 4))
    pack = Pack((zeros(1, 1, 4, 3), keys), (zeros(1, 1, 3, 4), zeros(1, 1, 3, 4)))
    return append_to_prefix(Prefix(*blank, jnp.int32(0), jnp.int32(0)), pack, jnp.int32(1))


def drawn(limits: Any) -> Any:
    return next_tokens(zeros(2, 16), jnp.zeros((2, 2), jnp.uint32), ids(2), limits, "temperature")


def loss(embedding: Any) -> Any:
    return cross_entropy(zeros(2, 3, 4), embedding, ids(2, 3), zeros(2, 3))


CASES: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    "a norm's scale of another width": (lambda scale: rms_norm(zeros(2, 8), scale), zeros(8), zeros(7)),
    "a norm's scale of whole numbers": (lambda scale: rms_norm(zeros(2, 8), scale), zeros(8), ids(8)),
    "segments, transposed": (lambda segments: visible_in_pack(ids(2, 5), segments, None), ids(2, 5), ids(5, 2)),
    "segments of a batch, as floats": (attention_mask, ids(2, 5), zeros(2, 5)),
    "one limit missing": (drawn, jnp.asarray(Sampling().limits()) + 1, zeros(2)),
    "the embedding, transposed": (loss, zeros(11, 4), zeros(4, 11)),
    "a numpy array where JAX's is meant": (loss, zeros(11, 4), np.zeros((11, 4), np.float32)),
    "a list where an array is meant": (packed, np.ones((2, 5), np.int32), [[1] * 5] * 2),
    "tokens of packed rows, transposed": (packed, np.ones((2, 5), np.int32), np.ones((5, 2), np.int32)),
    "a loss mask of whole numbers": (
        lambda mask: counted_weights(mask, np.ones((2, 5), np.int32)),
        np.ones((2, 5), np.float32),
        np.ones((2, 5), np.int32),
    ),
    "tokens, transposed, of loss positions": (
        lambda tokens: loss_positions(tokens, np.ones((2, 5), np.float32), np.ones((2, 5), np.int32), 4),
        np.ones((2, 5), np.int32),
        np.ones((5, 2), np.int32),
    ),
    "a loss mask shorter than its tokens": (
        lambda mask: TokenisedSample(id="a", tokens=np.ones(3, np.int32), loss_mask=mask, n_prompt=1),
        np.ones(3, np.float32),
        np.ones(2, np.float32),
    ),
    "positions of prompts, transposed": (
        lambda positions: PackedTokens(tokens=np.ones((1, 4), int), positions=positions, segments=np.ones((1, 4), int)),
        np.ones((1, 4), int),
        np.ones((4, 1), int),
    ),
    "rows chosen by a mask": (
        lambda chosen: make_batch(packed(np.ones((2, 5), np.int32)), chosen, 4, 1.0),
        np.array([1, 0]),
        np.array([True, False]),
    ),
    "one layer's keys laid out as values": (read_prefix, zeros(1, 1, 4, 3), zeros(1, 1, 3, 4)),
    "LoRA weights as whole numbers": (rank_of, np.ones((8, 2), np.float32), np.ones((8, 2), np.int32)),
}


@pytest.mark.skipif(not shape_checks.switched_on(), reason=f"needs {shape_checks.SWITCH}=1")
@pytest.mark.parametrize("name", CASES)
def test_a_wrong_array_is_refused_where_the_right_one_passes(name: str) -> None:
    call, right, wrong = CASES[name]
    call(right)
    with pytest.raises(jaxtyping.TypeCheckError):
        call(wrong)


@pytest.mark.skipif(not shape_checks.switched_on(), reason=f"needs {shape_checks.SWITCH}=1")
def test_a_batch_whose_targets_and_weights_differ_is_refused() -> None:
    batch = make_batch(packed(np.ones((2, 5), np.int32)), np.array([0, 1]), 4, 1.0)
    with pytest.raises(jaxtyping.TypeCheckError, match="batch"):
        model_loss(None, batch._replace(weights=batch.weights[:, :3]), compute_dtype=jnp.float32, chunk=0)
