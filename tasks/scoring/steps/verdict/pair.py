"""One relation of a statement with its surroundings, as every judge of it takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.scoring.steps.read.statements import Relation, Side, Statement
from tasks.scoring.steps.read.tree import Neg, Node, Num, Percent, is_literal, strip
from tasks.scoring.steps.value.evaluate import Value

WITHDRAWN = "withdrawn by the text"
"""Why a false statement is not blamed that the text asks, denies, quotes or takes back."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One relation of a statement, with what is needed to judge it."""

    text: str
    statement: Statement
    left: Side
    right: Side
    relation: Relation
    index: int
    """Of the left side within the statement."""
    following: str = ""
    """The beginning of the steps after this one: a text may take its statement back there."""
    is_last_step: bool = False
    recent: Sequence[Value] = ()
    """Results of the statements before: a calculation may go on from them in words."""


def node_of(side: Side) -> Node:
    assert side.node is not None
    return side.node


def written_decimals(node: Node) -> int | None:
    """Decimals of a literal side, percent counted as two more; None for a calculation."""
    if not is_literal(node):
        return None
    node = strip(node)
    extra = 0
    while type(node) in (Neg, Percent):
        extra += 2 * (type(node) is Percent)
        node = strip(node.body)  # type: ignore[union-attr]
    if type(node) is not Num:
        return None
    return _magnitude_decimals(node) if " " in node.text else node.decimals + extra


def _magnitude_decimals(node: Num) -> int:
    return 0 if type(node.value) is int else 2
