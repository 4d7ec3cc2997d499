"""Charitable readings: other trees that the same text may mean. They can make a statement valid, never invalid."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from tasks.scoring.steps.read.tree import Bin, Call, Factorial, Group, Mixed, Neg, Node, Num, Percent, strip, walk
from tasks.scoring.steps.read.words import MAGNITUDES

_MAX_READINGS = 12


def readings(node: Node) -> Iterator[tuple[str, Node]]:
    """Other readings of a tree with their names; at most a dozen, the likelier first."""
    count = 0
    for name, change in _CHANGES:
        changed = rewrite(node, change)
        if changed is not node:
            yield name, changed
            count += 1
            if count >= _MAX_READINGS:
                return


def rewrite(node: Node, change: Callable[[Node], Node]) -> Node:
    """Apply a local change everywhere, bottom up; the same object where nothing changed."""
    kind = type(node)
    if kind is Bin:
        left, right = rewrite(node.left, change), rewrite(node.right, change)  # type: ignore[union-attr]
        if left is not node.left or right is not node.right:  # type: ignore[union-attr]
            node = replace(node, left=left, right=right)  # type: ignore[arg-type]
    elif kind in (Neg, Percent, Factorial, Group):
        body = rewrite(node.body, change)  # type: ignore[union-attr]
        if body is not node.body:  # type: ignore[union-attr]
            node = replace(node, body=body)  # type: ignore[arg-type]
    elif kind is Call:
        arguments = tuple(rewrite(argument, change) for argument in node.arguments)  # type: ignore[union-attr]
        if any(new is not old for new, old in zip(arguments, node.arguments, strict=True)):  # type: ignore[union-attr]
            node = replace(node, arguments=arguments)  # type: ignore[arg-type]
    return change(node)


def _tight_fraction(node: Node) -> Node:
    """`25 / 1/3` is 25 / (1/3)."""
    if type(node) is Bin and node.op == "/" and type(node.left) is Bin:
        inner = node.left
        if inner.op == "/" and not inner.tight:
            return Bin("/", inner.left, Group(Bin("/", inner.right, node.right)))
    return node


def _divided_product(node: Node) -> Node:
    """`1/2x` and `12/2(3)` with the product below the line."""
    if type(node) is Bin and node.op == "*" and node.implicit and type(node.left) is Bin and node.left.op == "/":
        return Bin("/", node.left.left, Group(Bin("*", node.left.right, node.right)))
    return node


def _percent_of_left(node: Node) -> Node:
    """`100 - 20%` is 100 - 20% of 100."""
    if (
        type(node) is Bin
        and node.op in "+-"
        and type(strip(node.right)) is Percent
        and type(strip(node.left)) is not Percent
    ):
        return Bin(node.op, node.left, Group(Bin("*", node.right, node.left)))
    return node


def _percent_dropped(node: Node) -> Node:
    """`50% + 20%` counted in points."""
    return node.body if type(node) is Percent else node


def _mixed_product(node: Node) -> Node:
    """`1\\frac{1}{4}` as a product."""
    return Bin("*", node.whole, node.part) if type(node) is Mixed else node


def _squared_sign(node: Node) -> Node:
    """`-2^2` as (-2)^2."""
    if type(node) is Neg and type(node.body) is Bin and node.body.op == "^":
        return replace(node.body, left=Neg(node.body.left))
    return node


def _of_whole(node: Node) -> Node:
    """`10% of the $400 + $1580 = ...`: the share is prose, the sum is meant."""
    return node.right if type(node) is Bin and node.of else node


def _of_part(node: Node) -> Node:
    """`3/3 - 2/3 = 1/3 of $150`: the whole is prose, the share is meant."""
    return node.left if type(node) is Bin and node.of else node


def _degrees(node: Node) -> Node:
    """`sin 30` in degrees."""
    if type(node) is Call and node.name in ("sin", "cos", "tan", "cot", "sec", "csc"):
        angle = Bin("*", Group(node.arguments[0]), Num(Fraction(math.pi / 180), "pi/180", 0, 0))
        return replace(node, arguments=(angle,))
    return node


def _natural_log(node: Node) -> Node:
    return replace(node, name="ln") if type(node) is Call and node.name == "log" else node


_RECURRING = {
    "33": Fraction(1, 3), "333": Fraction(1, 3), "3333": Fraction(1, 3), "67": Fraction(2, 3), "667": Fraction(2, 3),
    "66": Fraction(2, 3), "666": Fraction(2, 3), "6667": Fraction(2, 3), "6666": Fraction(2, 3), "17": Fraction(1, 6),
    "167": Fraction(1, 6), "1667": Fraction(1, 6), "83": Fraction(5, 6), "833": Fraction(5, 6), "8333": Fraction(5, 6),
}  # fmt: skip


def _recurring(node: Node) -> Node:
    """`.33` for a third, `.67` for two thirds."""
    if type(node) is Num and node.decimals >= 2 and node.text.partition(".")[2] in _RECURRING:
        whole = int(node.text.partition(".")[0].replace(",", "") or 0)
        return replace(node, value=whole + _RECURRING[node.text.partition(".")[2]])
    return node


def _recurring_percent(node: Node) -> Node:
    """`33%` for a third, `67%` for two thirds."""
    if type(node) is Percent and type(node.body) is Num and node.body.text in ("33", "67", "66"):
        return Group(replace(node.body, value=_RECURRING[node.body.text]))
    return node


def _magnitude_dropped(node: Node) -> Node:
    """`200 - 10 = 190 million`: all counted in millions."""
    if type(node) is Num and " " in node.text:
        factor = MAGNITUDES.get(node.text.rpartition(" ")[2].lower())
        return replace(node, value=Fraction(node.value) / factor) if factor else node
    return node


_CHANGES: tuple[tuple[str, Callable[[Node], Node]], ...] = (
    ("tight fraction", _tight_fraction),
    ("product below the line", _divided_product),
    ("percent of the left side", _percent_of_left),
    ("percent points", _percent_dropped),
    ("recurring decimal", _recurring),
    ("recurring percent", _recurring_percent),
    ("mixed number as a product", _mixed_product),
    ("sign inside the power", _squared_sign),
    ("magnitude dropped", _magnitude_dropped),
    ("whole of a share", _of_whole),
    ("share of a whole", _of_part),
    ("degrees", _degrees),
    ("natural logarithm", _natural_log),
)


def has_trigonometry(node: Node) -> bool:
    """Whether the value hangs on the unit of an angle or the base of a logarithm."""
    return any(
        type(part) is Call and part.name in ("sin", "cos", "tan", "cot", "sec", "csc", "log") for part in walk(node)
    )
