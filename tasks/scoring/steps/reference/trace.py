"""A solution replayed: every calculation with its literals linked to the question, an earlier result or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Literal, TypeAlias

from tasks.scoring.steps.reference import affine
from tasks.scoring.steps.reference.points import (
    NoPoint, Point, add, constant, divide, multiply, negate, raise_to, subtract,
)
from tasks.scoring.steps.reference.question import QuestionNumbers
from tasks.scoring.steps.statements import Statement, parse_statements
from tasks.scoring.steps.tolerance import closeness
from tasks.scoring.steps.tree import Bin, Group, Mixed, Neg, Node, Num, Percent, Sym, is_literal, literals, strip, symbols

ClaimKind: TypeAlias = Literal["computed", "solved", "stated"]
MAX_READINGS = 12
MAX_CLAIMS = 400
_LOOSE = re.compile(r"(?<![\w.])\$?(\d+(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+)(?![\w]*[_^])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One value that a step arrives at."""

    number: int
    step: int
    kind: ClaimKind
    written: Fraction
    """As the step writes it."""
    readings: tuple[Point, ...]
    """What it is as a function of the question's numbers, one a way to link its literals."""
    uses: frozenset[int]
    """Numbers of the claims that it is computed from."""
    slip: bool
    """The written value is not the computed one."""
    text: str
    start: int = 0
    node: Node | None = None
    foreign: bool = False
    """A literal that nothing explains."""


@dataclass(slots=True)
class Trace:
    """What was found so far."""

    question: QuestionNumbers
    claims: list[Claim] = field(default_factory=list)
    results: dict[Fraction, list[tuple[Point, int]]] = field(default_factory=dict)
    """Results by written value, newest last."""
    unknowns: affine.System = field(default_factory=affine.System)
    used: set[int] = field(default_factory=set)
    """Claims that the equations so far use."""

    def known(self, value: Fraction) -> bool:
        return value in self.results or value in self.question.points or value in self.question.related or value in self.question.fixed

    def links(self, value: Fraction) -> list[tuple[Point, int]]:
        """What a literal of this value may stand for, likeliest first; -1 for no claim."""
        found = [*reversed(self.results.get(value, ()))][:2]
        for table in (self.question.points, self.question.related):
            if value in table:
                found.append((table[value], -1))
        if not found or value <= 12 or value in (100, 60, 24, 30, 52, 365) or value in self.question.fixed:
            found.append((constant(value), -1))
        return found


def replay(steps: Sequence[str], question: QuestionNumbers) -> Trace:
    """The claims of a solution, in reading order."""
    trace = Trace(question)
    for index, text in enumerate(steps):
        if len(trace.claims) >= MAX_CLAIMS:
            break
        _replay_step(trace, index, text)
    return trace


def _replay_step(trace: Trace, index: int, text: str) -> None:
    statements = parse_statements(text)
    spans: list[tuple[int, int]] = []
    events: list[tuple[int, Statement | re.Match[str]]] = [(s.start, s) for s in statements if s.origin != "annotation" or len(statements) == 1]
    for s in statements:
        for side in s.sides:
            if side.node is not None:
                spans.append((side.start, side.end))
    for match in _LOOSE.finditer(text[:6000]):
        if not any(a <= match.start(1) < b for a, b in spans) and len(match[1]) < 20:
            events.append((match.start(), match))
    for _, event in sorted(events, key=lambda e: e[0]):
        if len(trace.claims) >= MAX_CLAIMS:
            return
        try:
            if isinstance(event, Statement):
                _replay_statement(trace, index, text, event)
            else:
                _state(trace, index, Fraction(event[1].replace(",", "")), event[0], event.start())
        except NoPoint:
            continue


def _state(trace: Trace, step: int, value: Fraction, text: str, start: int) -> None:
    """A number that the text states without a calculation."""
    links = trace.links(value)
    uses = frozenset(n for _, n in links[:1] if n >= 0)
    foreign = not trace.known(value)
    _claim(trace, step, "stated", value, [p for p, _ in links], uses, False, text, start, None, foreign)


def _claim(trace, step, kind, written, readings, uses, slip, text, start, node, foreign):  # type: ignore[no-untyped-def]
    number = len(trace.claims)
    trace.claims.append(
        Claim(number=number, step=step, kind=kind, written=written, readings=tuple(readings), uses=uses, slip=slip, text=text, start=start, node=node, foreign=foreign)
    )
    if kind != "stated" or foreign:
        kept = trace.results.setdefault(written, [])
        if not any(p.mark == readings[0].mark for p, _ in kept):
            kept.append((readings[0], number))
        if not slip and readings[0].base != written:
            trace.results.setdefault(readings[0].base, []).append((readings[0], number))


def _replay_statement(trace: Trace, index: int, text: str, statement: Statement) -> None:
    if any(r not in ("=", "~=") for r in statement.relations):
        return
    sides = [s for s in statement.sides if s.node is not None]
    names = set().union(*(symbols(s.node) for s in sides)) if sides else set()
    if names - {"pi"}:
        _replay_equation(trace, index, text, statement, sides)
        return
    written = sides[-1].node if sides and is_literal(sides[-1].node) else None
    computed = [s for s in sides if not is_literal(s.node)]
    source = text[statement.start : statement.end]
    if not computed:
        for s in sides:
            p, _, _ = read(trace, s.node)
            _state(trace, index, abs(p[0].base), source, s.start)
        return
    for s in computed[:1] if len(computed) > 1 else computed:
        readings, uses, foreign = read(trace, s.node)
        value = readings[0].base
        final = value
        slip = False
        if written is not None:
            final = read(trace, written)[0][0].base
            decimals = max((n.decimals for n in literals(written)), default=0)
            slip = closeness(value, final, decimals) == "off" and not _percent_or_cents(value, final)
        if slip:
            readings = [_unknown(trace, final)]
        _claim(trace, index, "computed", final, readings, uses, slip, source, statement.start, s.node, foreign)
    for s in computed[1:]:
        readings, uses, foreign = read(trace, s.node)
        if readings[0].base != value:
            _claim(trace, index, "computed", readings[0].base, readings, uses, False, source, s.start, s.node, foreign)


def _percent_or_cents(value: Fraction, written: Fraction) -> bool:
    return written == value * 100 or value == written * 100


def _unknown(trace: Trace, value: Fraction) -> Point:
    return Point(value, hash(("slip", len(trace.claims), value)) % (1 << 120))


def read(trace: Trace, node: Node) -> tuple[list[Point], frozenset[int], bool]:
    """The readings of an expression, the claims it uses, and whether a literal comes from nowhere. Raises NoPoint."""
    numbers = literals(node)
    options: list[list[tuple[Point, int]]] = []
    count = 1
    for num in numbers:
        links = trace.links(Fraction(num.value))
        if count * len(links) > MAX_READINGS:
            links = links[:1]
        count *= len(links)
        options.append(links)
    uses = frozenset(links[0][1] for links in options if links[0][1] >= 0)
    foreign = any(not trace.known(Fraction(n.value)) and n.value > 12 and n.value not in _USUAL for n in numbers)
    readings: list[Point] = []
    for choice in product(*options):
        table = {id(num): link[0] for num, link in zip(numbers, choice, strict=True)}
        point = value_of(node, table)
        if all(point.mark != other.mark for other in readings):
            readings.append(point)
    return readings, uses, foreign


_USUAL = frozenset({24, 30, 31, 52, 60, 100, 365, 1000, 25, 50, 16, 36})


def value_of(node: Node, table: dict[int, Point]) -> Point:
    """The value of a tree whose literals are given by identity. Raises NoPoint."""
    kind = type(node)
    if kind is Num:
        return table[id(node)]
    if kind is Bin:
        left, right = value_of(node.left, table), value_of(node.right, table)
        return combine(node.op, left, right)
    if kind is Group:
        return value_of(node.body, table)
    if kind is Neg:
        return negate(value_of(node.body, table))
    if kind is Percent:
        return divide(value_of(node.body, table), constant(100))
    if kind is Mixed:
        return add(value_of(node.whole, table), value_of(node.part, table))
    raise NoPoint


def combine(op: str, left: Point, right: Point) -> Point:
    """left op right. Raises NoPoint."""
    if op == "+":
        return add(left, right)
    if op == "-":
        return subtract(left, right)
    if op == "*":
        return multiply(left, right)
    if op == "/":
        return divide(left, right)
    return raise_to(left, right.base)


def _replay_equation(trace: Trace, index: int, text: str, statement: Statement, sides: list) -> None:
    first = {id(num): trace.links(Fraction(num.value))[0] for s in sides for num in literals(s.node)}
    table = {key: link[0] for key, link in first.items()}
    uses = frozenset(link[1] for link in first.values() if link[1] >= 0)
    source = text[statement.start : statement.end]
    trace.used |= uses
    lone = any(type(strip(s.node)) is Sym for s in sides)
    settled = len(sides) > 2 or all(not form or set(form) <= {""} for form in (trace.unknowns.solved.get(n) for n in set().union(*(symbols(s.node) for s in sides))))
    if lone or settled:
        for s in [s for s in sides if not symbols(s.node) and not is_literal(s.node)][:1]:
            readings, used, foreign = read(trace, s.node)
            written = sides[-1].node if is_literal(sides[-1].node) else None
            final, slip = readings[0].base, False
            if written is not None:
                final = read(trace, written)[0][0].base
                decimals = max((n.decimals for n in literals(written)), default=0)
                slip = closeness(readings[0].base, final, decimals) == "off" and not _percent_or_cents(readings[0].base, final)
            if slip:
                readings = [_unknown(trace, final)]
            _claim(trace, index, "computed", final, readings, used | trace.used if not used else used, slip, source, statement.start, s.node, foreign)
    forms = [affine.form(s.node, table, trace.unknowns) for s in sides]
    for left, right in zip(forms, forms[1:], strict=False):
        for _, point in trace.unknowns.equate(left, right):
            if point.base == 0:
                continue
            last = strip(sides[-1].node)
            if lone and is_literal(last):
                known = {p.mark for p, _ in trace.results.get(point.base, ())}
                if point.mark in known:
                    continue
                links = trace.links(point.base)
                _claim(trace, index, "stated", point.base, [p for p, _ in links], uses, False, source, statement.start, None, not trace.known(point.base))
            else:
                _claim(trace, index, "solved", point.base, [point], frozenset(trace.used), False, source, statement.start, None, False)
