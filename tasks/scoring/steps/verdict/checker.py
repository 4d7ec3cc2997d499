"""Steps to verdicts: every statement of every step, judged against itself and against what came before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tasks.scoring.steps.read.limits import MAX_SOLUTION_STATEMENTS, MAX_STEP_CHARS, MAX_STEPS
from tasks.scoring.steps.read.statements import Statement, parse_statements
from tasks.scoring.steps.read.tree import Node, Sym, is_literal, literals, symbols
from tasks.scoring.steps.read.withdrawn import is_withdrawn
from tasks.scoring.steps.value.counts import counted_in_question, counted_in_step
from tasks.scoring.steps.value.dimension import dimension_slip
from tasks.scoring.steps.value.evaluate import Undefined, Value, evaluate
from tasks.scoring.steps.value.quantities import Mentions
from tasks.scoring.steps.value.tolerance import exact_text, show_value
from tasks.scoring.steps.verdict.algebra import judge_algebra
from tasks.scoring.steps.verdict.facts import fact_statements
from tasks.scoring.steps.verdict.judge import judge_numbers, judge_stated_units
from tasks.scoring.steps.verdict.named import judge_named
from tasks.scoring.steps.verdict.pair import Pair, written_decimals
from tasks.scoring.steps.verdict.ruling import Ruling
from tasks.scoring.steps.verdict.shares import share_statements
from tasks.scoring.steps.verdict.state import SolutionState
from tasks.scoring.steps.verdict.suspicion import numbers_in, suspect, ungrounded
from tasks.scoring.steps.verdict.verdicts import Kind, SolutionCheck, StatementCheck, StepCheck, worst
from tasks.scoring.steps.verdict.worded import worded_statements

_UNPARSED = Ruling("unverifiable", "not an expression")
_NO_VALUE = Ruling("unverifiable", "no value")
_STEP_END = re.compile(r"[.!?=\d][\s$)\]}\\*]*$|^\s*$")
"""How a step ends that announces nothing: with a stop, or with a formula's number."""
_ROUNDED = frozenset({"rounded", "last digit", "approximate", "rounded to an integer"})


def check_solution(steps: Sequence[str], question: str = "", *, ends: bool = False) -> SolutionCheck:
    """Check every step of one solution without a reference. Pure and deterministic; never raises on any text.

    `question` gives units and counts; `ends` says that the last step is known to be whole: nothing was cut off.

    >>> check_solution(["2 + 3 = 5", "5 * 4 = 21"]).verdicts()
    ('valid', 'invalid')
    """
    question = question[:MAX_STEP_CHARS]
    counts = counted_in_question(question)
    state = SolutionState(
        numbers=numbers_in(question), counts=counts, asked=frozenset(counts), mentions=Mentions(question)
    )
    read = steps[:MAX_STEPS]
    checks = tuple(
        _check_step(i, text, state, question, read[i - 1] if i else "", read[i + 1 : i + 6], ends=ends)
        for i, text in enumerate(read)
    )
    return SolutionCheck(steps=checks, truncated=len(steps) > MAX_STEPS)


def _check_step(
    index: int, text: str, state: SolutionState, question: str, before: str, following: Sequence[str], *, ends: bool
) -> StepCheck:
    state.step, state.read_to = index, 0
    before = before[-200:]
    state.announced = "" if _STEP_END.search(before) else before
    state.following, state.is_last_step = "\n".join(step[:150] for step in following), not following and not ends
    text = text[:MAX_STEP_CHARS]
    state.counts.update(counted_in_step(text))
    state.local = Mentions(text, in_words=False)
    found: tuple[StatementCheck, ...] = ()
    if state.order < MAX_SOLUTION_STATEMENTS:
        found = (
            *(_check_statement(text, statement, state) for statement in parse_statements(text)),
            *share_statements(text),
            *fact_statements(text, question, state.following),
            *worded_statements(text, state.following),
        )
    state.mentions.add(text)
    return StepCheck(index=index, text=text, verdict=worst([s.verdict for s in found]), statements=found)


def _check_statement(text: str, statement: Statement, state: SolutionState) -> StatementCheck:
    sides = statement.sides
    state.order += 1
    values = [_value(side.node) for side in sides]
    rulings = [
        _rule(
            Pair(
                text, statement, sides[i], sides[i + 1], relation, i, state.following, state.is_last_step, state.recent
            ),
            values[i],
            values[i + 1],
            state,
        )
        for i, relation in enumerate(statement.relations)
    ]
    rulings.extend(judge_named(text, statement, values, state))
    rulings.extend(_judge_quantities(text, statement, values, state))
    rulings.extend(_judge_ends(text, statement, values, state))
    verdict = worst([ruling.verdict for ruling in rulings])
    suspicion = _suspicion(text, statement, values, state)
    state.read_to = statement.end
    if values[-1] is not None:
        state.recent = (*state.recent[-3:], values[-1])
    ruling = next(r for r in rulings if r.verdict == verdict)
    return StatementCheck(
        kind=_kind(statement, ruling),
        verdict=verdict,
        reason=ruling.reason,
        start=statement.start,
        end=statement.end,
        text=text[statement.start : statement.end],
        left=ruling.left,
        right=ruling.right,
        reading=ruling.reading,
        value=exact_text(values[-1]),
        suspicion=suspicion,
    )


def _value(node: Node | None) -> Value | None:
    if node is None:
        return None
    try:
        return evaluate(node)
    except Undefined:
        return None


def _rule(pair: Pair, left: Value | None, right: Value | None, state: SolutionState) -> Ruling:
    if pair.left.node is None or pair.right.node is None:
        return _UNPARSED
    if left is None or right is None:
        has_variables = symbols(pair.left.node) or symbols(pair.right.node)
        return judge_algebra(pair, state) if has_variables else _NO_VALUE
    ruling = judge_numbers(pair, left, right, state.rounded)
    if ruling.reason in _ROUNDED and written_decimals(pair.right.node) is not None:
        written = pair.text[pair.right.start : pair.right.end].strip("$() ")
        state.rounded[written] = left
    return ruling


def _judge_quantities(
    text: str, statement: Statement, values: list[Value | None], state: SolutionState
) -> Iterator[Ruling]:
    """What the units of a calculation prove, though its numbers agree."""
    slip = dimension_slip(text, statement, values, state.local, state.mentions)
    if not slip or values[0] is None or values[-1] is None:
        return
    if not is_withdrawn(text, statement.start, statement.end, state.following):
        yield Ruling("invalid", slip, show_value(values[0]), show_value(values[-1]))


def _judge_ends(text: str, statement: Statement, values: list[Value | None], state: SolutionState) -> Iterator[Ruling]:
    """A chain that begins and ends with a quantity converts one to the other: `3 hours = 2 * 60 = 120 minutes`."""
    first, last = statement.sides[0], statement.sides[-1]
    if (
        len(statement.sides) < 3
        or not first.unit
        or set(statement.relations) != {"="}
        or None in (values[0], values[-1])
    ):
        return
    pair = Pair(text, statement, first, last, "=", 0, state.following, state.is_last_step, state.recent)
    found = judge_stated_units(pair, values[0], values[-1])  # type: ignore[arg-type]
    if found is not None and found.verdict == "invalid":
        yield found


def _suspicion(text: str, statement: Statement, values: list[Value | None], state: SolutionState) -> str:
    """A heuristic doubt, or ''; adds the statement's numbers to those known."""
    found = suspect(statement, values, text)
    if not state.numbers:
        return found
    if not found and ungrounded(statement.sides[0], state.numbers):
        found = "number from nowhere"
    state.numbers.update(value for value in values if value is not None)
    for side in statement.sides:
        if side.node is not None:
            state.numbers.update(number.value for number in literals(side.node))
    return found


def _kind(statement: Statement, ruling: Ruling) -> Kind:
    if statement.origin != "relation":
        return "annotation" if statement.origin == "annotation" else "verbal"
    if any(relation not in ("=", "~=") for relation in statement.relations):
        return "comparison"
    first = statement.sides[0]
    if first.node is None:
        return "named_quantity"
    if type(first.node) is Sym:
        return "assignment"
    if any(side.node is not None and symbols(side.node) for side in statement.sides):
        return {"identity": "identity", "false identity": "simplification"}.get(ruling.reason, "equation")  # type: ignore[return-value]
    return "chain" if len(statement.sides) > 2 and not is_literal(first.node) else "equality"
