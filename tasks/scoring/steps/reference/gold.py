"""What the gold solution supports: its own values, their parts, and other groupings of the same sums and products."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from tasks.scoring.steps.reference.points import ONE, NoPoint, Point, add, divide, multiply, negate
from tasks.scoring.steps.reference.question import QuestionNumbers
from tasks.scoring.steps.reference.trace import Claim, Trace, combine, replay, value_of
from tasks.scoring.steps.tree import Bin, Group, Neg, Node, Num, literals, strip, walk

MAX_PARTS = 6
MAX_SUPPORTED = 3_000
_ANSWER = re.compile(r"-?\$?(\d+(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+)")


@dataclass(slots=True)
class Gold:
    """The values of the gold solution by their marks."""

    trace: Trace
    values: dict[int, str] = field(default_factory=dict)
    """Values that the gold solution writes."""
    parts: dict[int, str] = field(default_factory=dict)
    """Values that it implies: parts and other groupings."""
    bases: dict[Fraction, str] = field(default_factory=dict)
    answer: Fraction | None = None
    answer_marks: frozenset[int] = frozenset()


def read_gold(text: str, question: QuestionNumbers) -> Gold:
    lines = [line for line in text[:20_000].splitlines() if line.strip()]
    answer = None
    if lines:
        numbers = _ANSWER.findall(lines[-1])
        answer = Fraction(numbers[-1].replace(",", "")) if numbers and len(numbers[-1]) < 40 else None
    if lines and (lines[-1].startswith("####") or not re.search("[a-z=]", lines[-1])):
        lines = lines[:-1]
    trace = replay(lines, question)
    gold = Gold(trace, answer=answer)
    for claim in trace.claims:
        _support(gold, claim)
    marks = {p.mark for c in trace.claims for p in c.readings if c.written == answer or p.base == answer}
    gold.answer_marks = frozenset(marks)
    return gold


def _support(gold: Gold, claim: Claim) -> None:
    for point in claim.readings:
        if claim.kind != "stated" or claim.foreign:
            gold.values.setdefault(point.mark, claim.text)
    if claim.kind != "stated" or claim.foreign:
        gold.bases.setdefault(claim.written, claim.text)
    if claim.node is None:
        return
    try:
        expander = Expander(gold.trace)
        for point in expander.parts(claim.node):
            if len(gold.parts) >= MAX_SUPPORTED:
                return
            gold.parts.setdefault(point.mark, claim.text)
            gold.bases.setdefault(point.base, claim.text)
    except NoPoint:
        return


class Expander:
    """Sums and products with earlier results written out."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def link(self, num: Num) -> tuple[Point, int]:
        return self.trace.links(Fraction(num.value))[0]

    def value(self, node: Node) -> Point:
        return value_of(node, {id(n): self.link(n)[0] for n in literals(node)})

    def inline(self, node: Node) -> Node:
        node = strip(node)
        for _ in range(4):
            if type(node) is not Num:
                break
            number = self.link(node)[1]
            source = self.trace.claims[number].node if number >= 0 else None
            if source is None:
                break
            node = strip(source)
        return node

    def terms(self, node: Node, sign: int = 1, depth: int = 0) -> list[Point]:
        inner = self.inline(node) if depth < 6 else node
        if type(inner) is Bin and inner.op in "+-":
            right = sign if inner.op == "+" else -sign
            return self.terms(inner.left, sign, depth + 1) + self.terms(inner.right, right, depth + 1)
        value = self.value(node)
        return [value if sign > 0 else negate(value)]

    def factors(self, node: Node, up: bool = True, depth: int = 0) -> list[tuple[Node, bool]]:
        inner = self.inline(node) if depth < 6 else node
        if type(inner) is Bin and inner.op in "*/":
            right = up if inner.op == "*" else not up
            return self.factors(inner.left, up, depth + 1) + self.factors(inner.right, right, depth + 1)
        return [(node, up)]

    def parts(self, node: Node) -> list[Point]:
        """Values of sub-expressions, of sub-sums, of sub-products, and of sums multiplied out."""
        found: list[Point] = []
        for part in walk(node):
            if type(part) in (Bin, Neg):
                found.append(self.value(part))
        terms = self.terms(node)
        if len(terms) > 1:
            found.extend(sub_sums(terms))
        factors = self.factors(node)[:MAX_PARTS]
        if len(factors) > 1:
            found.extend(self._products(factors))
        return found

    def _products(self, factors: list[tuple[Node, bool]]) -> list[Point]:
        values = [self.value(n) if up else divide(ONE, self.value(n)) for n, up in factors]
        found = sub_products(values)
        for i, (node, up) in enumerate(factors):
            terms = self.terms(node)
            if len(terms) > 1 and up:
                rest = [ONE, *sub_products(values[:i] + values[i + 1 :], smallest=1)]
                for term in sub_sums(terms, smallest=1):
                    found.extend(multiply(term, other) for other in rest)
        return found


def sub_sums(terms: list[Point], smallest: int = 2) -> list[Point]:
    terms = terms[:MAX_PARTS]
    found = []
    for size in range(smallest, len(terms) + 1):
        for chosen in combinations(terms, size):
            total = chosen[0]
            for term in chosen[1:]:
                total = add(total, term)
            found.append(total)
            found.append(negate(total))
    return found


def sub_products(factors: list[Point], smallest: int = 2) -> list[Point]:
    found = []
    for size in range(smallest, len(factors) + 1):
        for chosen in combinations(factors, size):
            total = chosen[0]
            for factor in chosen[1:]:
                total = multiply(total, factor)
            found.append(total)
            if total.base:
                found.append(divide(ONE, total))
    return found
