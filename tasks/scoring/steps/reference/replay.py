"""A solution's text to its trace: statements and numbers in reading order, equations solved as they come."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from tasks.scoring.steps.read.limits import MAX_SOLUTION_CHARS, MAX_STEP_CHARS
from tasks.scoring.steps.read.statements import Side, Statement, parse_statements
from tasks.scoring.steps.read.tree import Node, Sym, is_literal, literals, strip, symbols
from tasks.scoring.steps.reference.affine import linear_form
from tasks.scoring.steps.reference.points import PRIME, Exact, NoPoint, Point, whole
from tasks.scoring.steps.reference.question import QuestionNumbers
from tasks.scoring.steps.reference.trace import Reading, Trace
from tasks.scoring.steps.value.tolerance import closeness, decimal_digits

MAX_LOOSE = 60
"""Numbers of one step outside its statements that are read."""
MAX_SIDE_CHARS = 600
"""Characters of one expression, which bound the depth of its tree."""
_LOOSE = re.compile(
    r"(?<![\w.])(?<![Ss]tep )\$?(\d{1,3}(?:,\d{3}){1,5}(?:\.\d{1,12})?|\d{0,18}\.\d{1,12}|\d{1,18})(?![\d_^])"
)
_SLIP_MARK = 1 << 126


def replay(
    steps: Sequence[str],
    question: QuestionNumbers,
    preferred: Sequence[Collection[int]] = (),
    stated: Mapping[Exact, Point] | None = None,
) -> Trace:
    """The claims that `steps` make of the numbers in `question`. Never raises; past the caps nothing is read.

    `preferred` are marks that decide between several readings, the first first; `stated` is what a number that is
    stated without its calculation is taken for (see Trace).
    """
    trace = Trace(question=question, preferred=preferred, stated=stated or {})
    budget = MAX_SOLUTION_CHARS
    for index, text in enumerate(steps):
        budget -= len(text)
        if trace.is_full or budget < 0:
            break
        for _, event in _events(text):
            if trace.is_full:
                break
            _take(trace, index, text, event, ends=index + 1 == len(steps))
    return trace


def _events(text: str) -> list[tuple[int, Statement | re.Match[str]]]:
    """Statements and loose numbers in reading order; an annotation speaks for the sentence that it stands in."""
    statements = parse_statements(text)
    annotated = [s.start for s in statements if s.origin == "annotation"]
    kept = [s for s in statements if s.origin == "annotation" or not any(s.start <= at <= s.end for at in annotated)]
    events: list[tuple[int, Statement | re.Match[str]]] = [(s.start, s) for s in kept]
    events.extend((match.start(), match) for match in _loose(text, statements))
    return sorted(events, key=lambda event: event[0])


def _loose(text: str, statements: Iterable[Statement]) -> list[re.Match[str]]:
    """Numbers outside every side."""
    spans = sorted((side.start, side.end) for s in statements for side in s.sides if side.node is not None)
    found: list[re.Match[str]] = []
    i = 0
    covered = -1
    for match in _LOOSE.finditer(text, 0, MAX_STEP_CHARS):
        at = match.start(1)
        while i < len(spans) and spans[i][0] <= at:
            covered = max(covered, spans[i][1])
            i += 1
        if at >= covered:
            found.append(match)
            if len(found) >= MAX_LOOSE:
                break
    return found


def _take(trace: Trace, step: int, text: str, event: Statement | re.Match[str], *, ends: bool) -> None:
    try:
        if not isinstance(event, Statement):
            _state(trace, step, _number(event[1]), event[0])
        elif all(relation in ("=", "~=") for relation in event.relations):
            is_last = ends and event.end == len(text.rstrip())
            _take_statement(trace, step, text[event.start : event.end], event, is_last=is_last)
    except NoPoint:
        return


def _number(text: str) -> Exact:
    text = text.replace(",", "")
    return int(text) if text.isdecimal() else whole(Fraction(text))


def _state(trace: Trace, step: int, value: Exact, text: str) -> None:
    """A number without a calculation."""
    is_new = not trace.is_known(value)
    links = trace.links(value)
    readings = [Reading(link.point, frozenset({link.claim} if link.claim >= 0 else ())) for link in links]
    trace.add("stated", step, value, tuple(readings), text, is_new=is_new)


def _take_statement(trace: Trace, step: int, source: str, statement: Statement, *, is_last: bool) -> None:
    sides = [side for side in statement.sides if side.node is not None]
    if any(side.end - side.start > MAX_SIDE_CHARS for side in sides):
        raise NoPoint
    names = {name for side in sides for name in symbols(_node(side))} - {"pi"}
    if names:
        if _may_compute(trace, sides, names):
            _compute(trace, step, source, sides, is_last=is_last)
        _equate(trace, step, source, sides)
        return
    if not _compute(trace, step, source, sides, is_last=is_last):
        for side in sides:
            value = trace.read(_node(side))[0].point.base
            _state(trace, step, -value if value < 0 else value, source)


def _node(side: Side) -> Node:
    assert side.node is not None
    return side.node


def _may_compute(trace: Trace, sides: list[Side], names: set[str]) -> bool:
    """A calculation beside a lone name, inside a chain or of settled names is a value; one in an equation is not."""
    return (
        len(sides) > 2
        or any(type(strip(_node(side))) is Sym for side in sides)
        or all(trace.unknowns.is_settled(name) for name in names)
    )


def _compute(trace: Trace, step: int, source: str, sides: list[Side], *, is_last: bool) -> bool:
    """Claim the calculations of a statement with the value that it writes; False where it has none.

    `is_last`: the solution ends here, so that the digits written may be the first ones of the value.
    """
    computed = [side for side in sides if not symbols(_node(side)) and not is_literal(_node(side))]
    if not computed:
        return False
    node = _node(computed[0])
    readings = trace.read(node)
    value = readings[0].point.base
    last = _node(sides[-1])
    written, is_slip = value, False
    if is_literal(last) and not symbols(last):
        written = trace.read(last)[0].point.base
        is_slip = _is_slip(value, written, last)
        if is_slip and is_last and decimal_digits(value).startswith(decimal_digits(written).rstrip("0").rstrip(".")):
            written, is_slip = value, False
    if is_slip:
        readings = (Reading(Point(written, _SLIP_MARK + len(trace.claims)), readings[0].uses),)
    elif not readings[0].uses and any(symbols(_node(side)) for side in sides):
        readings = tuple(Reading(r.point, trace.equation_uses) for r in readings)
    trace.add("computed", step, written, readings, source, node=node, is_slip=is_slip)
    for side in computed[1:]:
        other = trace.read(_node(side))
        if other[0].point.base != value:
            trace.add("computed", step, other[0].point.base, other, source, node=_node(side))
    return True


def _is_slip(value: Exact, written: Exact, last: Node) -> bool:
    decimals = max(number.decimals for number in literals(last))
    return closeness(value, written, decimals) == "off" and written != value * 100 and written * 100 != value


def _equate(trace: Trace, step: int, source: str, sides: list[Side]) -> None:
    """Take the equations of a statement in and claim what they settle."""
    links = {id(num): trace.links(num.value)[0] for side in sides for num in literals(_node(side))}
    table = {key: link.point for key, link in links.items()}
    trace.equation_uses |= {link.claim for link in links.values() if link.claim >= 0}
    gives_value = is_literal(_node(sides[-1])) and any(type(strip(_node(side))) is Sym for side in sides)
    forms = [linear_form(_node(side), table, trace.unknowns) for side in sides]
    for left, right in pairwise(forms):
        for point in trace.unknowns.equate(left, right):
            if not point.base:
                continue
            if gives_value:
                _state(trace, step, point.base, source)
            else:
                trace.add("solved", step, point.base, (Reading(point, trace.equation_uses),), source)


assert _SLIP_MARK + 10**6 < PRIME
