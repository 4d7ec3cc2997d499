"""The syntax tree of an expression: what the grammar builds and everything else reads.

A tree holds only literals, symbols, operators and a closed set of functions, so that evaluating it can run
no code that a model wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

Operator: TypeAlias = Literal["+", "-", "*", "/", "^"]
FunctionName: TypeAlias = Literal[
    "sqrt", "sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "log", "ln", "exp", "abs", "floor",
    "ceil", "gcd", "lcm", "max", "min", "binom", "root", "logbase",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Num:
    """A literal as written."""

    value: int | Fraction
    text: str
    start: int
    """First character in the step's text."""
    end: int
    decimals: int = 0
    """Digits after the decimal point."""
    unit: str = ""
    """Unit words that follow it ('apples', 'miles per hour'), lower case."""


@dataclass(frozen=True, slots=True)
class Sym:
    """A variable or a named quantity."""

    name: str


@dataclass(frozen=True, slots=True)
class Neg:
    """Minus a term."""

    body: Node


@dataclass(frozen=True, slots=True)
class Bin:
    """`left op right`."""

    op: Operator
    left: Node
    right: Node
    implicit: bool = False
    """A product without a sign: `2(3)`, `3x`."""
    tight: bool = False
    """No space around the sign: the `1/3` of `25 / 1/3`."""
    of: bool = False
    """The product is the word 'of': `20% of 50`."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """A mixed number: `1 1/4`, `1 and 1/4`, `1\\frac{1}{4}`."""

    whole: Num
    part: Node


@dataclass(frozen=True, slots=True)
class Percent:
    """`body %`."""

    body: Node


@dataclass(frozen=True, slots=True)
class Factorial:
    """`body!`."""

    body: Node


@dataclass(frozen=True, slots=True)
class Group:
    """Something in brackets."""

    body: Node
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the closed set."""

    name: FunctionName
    arguments: tuple[Node, ...]


Node: TypeAlias = Num | Sym | Neg | Bin | Mixed | Percent | Factorial | Group | Call


def children(node: Node) -> tuple[Node, ...]:
    """The direct parts of a node, from left to right."""
    kind = type(node)
    if kind is Bin:
        return node.left, node.right  # type: ignore[union-attr]
    if kind is Num or kind is Sym:
        return ()
    if kind is Mixed:
        return node.whole, node.part  # type: ignore[union-attr]
    if kind is Call:
        return node.arguments  # type: ignore[union-attr]
    return (node.body,)  # type: ignore[union-attr]


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in reading order."""
    yield node
    for child in children(node):
        yield from walk(child)


def literals(node: Node) -> list[Num]:
    """Every literal below a node, in reading order."""
    return [part for part in walk(node) if type(part) is Num]


def symbols(node: Node) -> set[str]:
    """Names of the variables below a node."""
    return {part.name for part in walk(node) if type(part) is Sym}


def strip(node: Node) -> Node:
    """The node without brackets around it."""
    while type(node) is Group:
        node = node.body
    return node


def is_literal(node: Node) -> bool:
    """A bare number: `5`, `-5`, `(5)`, `5%`, `1 1/2`."""
    node = strip(node)
    while type(node) in (Neg, Percent, Group):
        node = node.body  # type: ignore[union-attr]
    return type(node) in (Num, Mixed)


def show(node: Node) -> str:
    """The expression in plain text, for messages.

    >>> show(Bin("+", Num(2, "2", 0, 1), Neg(Sym("x"))))
    '2 + -x'
    """
    match node:
        case Num(text=text):
            return text
        case Sym(name=name):
            return name
        case Neg(body=body):
            return f"-{show(body)}"
        case Bin(op=op, left=left, right=right):
            return f"{show(left)} {op} {show(right)}"
        case Mixed(whole=whole, part=part):
            return f"{show(whole)} {show(part)}"
        case Percent(body=body):
            return f"{show(body)}%"
        case Factorial(body=body):
            return f"{show(body)}!"
        case Group(body=body):
            return f"({show(body)})"
        case Call(name=name, arguments=arguments):
            return f"{name}({', '.join(map(show, arguments))})"
