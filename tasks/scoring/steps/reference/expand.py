"""What a gold calculation implies: its sub-expressions, and other groupings of the same sums and products."""

from __future__ import annotations

from collections.abc import Callable

from tasks.scoring.steps.read.tree import Bin, Node, Num, literals, strip, walk
from tasks.scoring.steps.reference.points import PRIME, Point, inverse, value_of
from tasks.scoring.steps.reference.trace import Link, Trace

MAX_PARTS = 6
"""Terms of a sum and factors of a product that are grouped anew: 64 groupings each."""
MAX_INLINED = 6
"""Nesting up to which earlier results are written out."""


def expander(trace: Trace) -> Callable[[Node], list[int]]:
    """A function from a calculation of the gold solution to the marks of everything that it implies.

    `60 * 3 + 40 * 3` implies 180, 120, 300, and as products are multiplied out, `(60 + 40) * 3` the same.
    Earlier results are written out first: `24 - 3` after `8 * 3 = 24` is `8 * 3 - 3`.
    """
    return _Expander(trace).implied


class _Expander:
    """Sums and products of one gold trace with earlier results written out."""

    __slots__ = ("links", "marks", "trace")

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.links: dict[int, Link] = {}
        """By identity of the literal, all of which live in the trace."""
        self.marks: dict[int, int] = {}
        """By identity of the node."""

    def implied(self, node: Node) -> list[int]:
        found = [self.mark(part) for part in walk(node) if isinstance(part, Bin)]
        found.extend(_groups(self.terms(node, 1, 0), 0, _add))
        factors = self.factors(node, True, 0)[:MAX_PARTS]
        if len(factors) > 1:
            found.extend(self._multiplied_out(factors))
        return found

    def _multiplied_out(self, factors: list[tuple[Node, bool]]) -> list[int]:
        marks = [self.mark(node) if is_above else inverse(self.mark(node)) for node, is_above in factors]
        found = _groups(marks, 1, _multiply)
        for i, (node, is_above) in enumerate(factors):
            terms = self.terms(node, 1, 0)
            if is_above and len(terms) > 1:
                others = [1, *_groups(marks[:i] + marks[i + 1 :], 1, _multiply, smallest=1)]
                sums = _groups(terms, 0, _add, smallest=1)
                found.extend(_multiply(total, other) for total in sums for other in others)
        return found

    def terms(self, node: Node, sign: int, depth: int) -> list[int]:
        """Marks of the terms of a sum, with their signs; one for anything else."""
        inner = self._written_out(node, depth)
        if isinstance(inner, Bin) and inner.op in "+-":
            right = sign if inner.op == "+" else -sign
            return self.terms(inner.left, sign, depth + 1) + self.terms(inner.right, right, depth + 1)
        return [self.mark(node) * sign % PRIME]

    def factors(self, node: Node, is_above: bool, depth: int) -> list[tuple[Node, bool]]:
        """The factors of a product, and whether each stands above the fraction bar."""
        inner = self._written_out(node, depth)
        if isinstance(inner, Bin) and inner.op in "*/":
            right = is_above if inner.op == "*" else not is_above
            return self.factors(inner.left, is_above, depth + 1) + self.factors(inner.right, right, depth + 1)
        return [(node, is_above)]

    def mark(self, node: Node) -> int:
        known = self.marks.get(id(node))
        if known is None:
            table: dict[int, Point] = {id(number): self._link(number).point for number in literals(node)}
            known = self.marks[id(node)] = value_of(node, table).mark
        return known

    def _link(self, number: Num) -> Link:
        link = self.links.get(id(number))
        if link is None:
            link = self.links[id(number)] = self.trace.links(number.value)[0]
        return link

    def _written_out(self, node: Node, depth: int) -> Node:
        """The calculation behind a literal that is an earlier result; other nodes without their brackets."""
        node = strip(node)
        for _ in range(4):
            if depth > MAX_INLINED or not isinstance(node, Num):
                break
            claim = self._link(node).claim
            source = self.trace.claims[claim].node if claim >= 0 else None
            if source is None:
                break
            node = strip(source)
        return node


def _add(a: int, b: int) -> int:
    return (a + b) % PRIME


def _multiply(a: int, b: int) -> int:
    return a * b % PRIME


def _groups(marks: list[int], neutral: int, join: Callable[[int, int], int], smallest: int = 2) -> list[int]:
    """The joined marks of every choice of at least `smallest` of the first MAX_PARTS."""
    groups = [(0, neutral)]
    for mark in marks[:MAX_PARTS]:
        groups += [(size + 1, join(total, mark)) for size, total in groups]
    return [total for size, total in groups if size >= smallest]
