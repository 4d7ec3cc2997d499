"""Relations with variables: identities, and equations against the equation before them."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from math import gcd

from tasks.scoring.steps.read.context import is_hypothetical, is_rounding_marked
from tasks.scoring.steps.read.tree import Bin, Neg, Node, Sym, is_literal, strip, symbols, walk
from tasks.scoring.steps.read.whole import right_is_whole
from tasks.scoring.steps.read.withdrawn import is_withdrawn
from tasks.scoring.steps.value.counts import is_no_count, is_taken_back
from tasks.scoring.steps.value.evaluate import Undefined, Value, try_evaluate
from tasks.scoring.steps.value.polynomial import (
    Polynomial,
    Ratio,
    as_ratio,
    common_roots,
    difference,
    substitute,
    univariate,
    value_at,
    variables,
)
from tasks.scoring.steps.value.tolerance import closeness, near, same_value, show_value
from tasks.scoring.steps.value.units import shared_table, side_quantity
from tasks.scoring.steps.verdict.judge import Pair, doubt, written_decimals
from tasks.scoring.steps.verdict.ruling import Ruling
from tasks.scoring.steps.verdict.state import Equation, EquationForm, SolutionState
from tasks.scoring.steps.verdict.verdicts import Verdict

_FREE = Ruling("unverifiable", "free variables")
_INTRODUCED = Ruling("unverifiable", "equation introduced")
_FOLLOWS = Ruling("valid", "follows from the equation before")
_ALTERNATIVE = re.compile(r"[\s,$\\()]*(?:(?:or|and)\b|\\text\{\s*(?:or|and)\s*\})?[\s,$\\()]*")
_NEW = re.compile(
    r"\b(?:given|let(?!'s)|suppose|if|assum\w*|know|told|where|when|case|equations?|second|another|other|also|check|verif\w*"
    r"|try\w*|denote|define|represent\w*|either|or|possib\w*|because|since|(?<!solve )(?<!solving )for|set"
    r"|setting|plug\w*"
    r"|substitut\w*|consider|otherwise|new|writ\w*|proportion|equal|similarly|need|want|at|us(?:e|ing)|solve(?! for)"
    r"|discard\w*|reject\w*|positive|negative|smallest|largest)\b",
    re.IGNORECASE,
)
"""Words that bring an equation in."""
_NEW_AFTER_ALL = re.compile(
    r"\b(?:let(?!'s)|suppose|if|assum\w*|when|case|another|plug\w*|substitut\w*|check|verif\w*|into|us(?:e|ing)|either|or|other|second|"
    r"first|values?|equations|equation \(?\\?\(?\d|these|system|where)\b",
    re.IGNORECASE,
)
_DERIVED = re.compile(
    r"\b(?:get|gets|gives?|so|thus|therefore|hence|then|impl(?:y|ies)|becom\w*|yield\w*|obtain\w*|find|have|which|mov\w*)\b",
    re.IGNORECASE,
)
"""Words that derive an equation."""
_MANIPULATED = re.compile(
    r"\b(?:simplif\w*|solving|solve for|divid\w*|subtract\w*|add(?:ing)?|multipl\w*|combin\w*|expand\w*"
    r"|isolat\w*|rearrang\w*|cross|"
    r"both sides|reduc\w*|distribut\w*)\b",
    re.IGNORECASE,
)
"""Words that transform the equation before."""
_CALCULATED = re.compile(
    r"\b(?:calculat\w*|comput\w*|evaluat\w*|simplif\w*|perform\w*|divid\w*|multipl\w*)\b", re.IGNORECASE
)
_SET_UP = re.compile(r"\b(?:equations?|set(?:ting)? up|equal|given|know|write|proportion)\b", re.IGNORECASE)
"""Words that announce an equation to be solved, not a simplification."""
_STEP_LABEL = re.compile(r"^\s*(?:step|line)\s*\d+\s*[:.)]", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:if|suppose|assum\w*|when|case|for(?= \\?[($])|otherwise)\b", re.IGNORECASE)
"""Words after which earlier equations no longer bind."""
_CONCLUDED = re.compile(
    r"[\s*]*(?:(?:therefore|thus|hence|so|finally|then)\b[\s,]*)?(?:we (?:get|find|have|conclude) (?:that )?)?"
    r"(?:the )?(?:value of )?(?:the )?(?:unknown )?(?:variable )?[\W]{0,3}$",
    re.IGNORECASE,
)
"""What stands before a conclusion in words: `Therefore, the value of x is 5`."""
_MAX_LEAD_WORDS = 5
"""Of 'so we get'; more words tell of something new."""
_ANY_WORD = re.compile(r"[A-Za-z]{2,}")
_WORD_OR_NUMBER = re.compile(r"[A-Za-z]{2,}|\d")
_COMMANDS = re.compile(r"\\[A-Za-z]+")
_CONDITION_AFTER = re.compile(r"\W{0,6}(?:if|when|for|or|where|unless)\b", re.IGNORECASE)


def judge_algebra(pair: Pair, state: SolutionState) -> Ruling:
    """Judge `left = right` with variables in it, and remember it for what follows."""
    assert pair.left.node is not None
    assert pair.right.node is not None
    if pair.relation != "=":
        return _FREE
    if pair.index == 0 and _CONDITION.search(_between(pair, state)):
        state.forget()
    try:
        left, right = as_ratio(pair.left.node), as_ratio(pair.right.node)
        gap = difference(left, right)
    except Undefined:
        return _by_points(pair.left.node, pair.right.node)
    if not gap:
        return Ruling("valid", "identity")
    if not variables(gap):
        if Sym in (type(strip(pair.left.node)), type(strip(pair.right.node))):
            return Ruling("unverifiable", "a name used anew")  # C = C + 8
        return _objection(pair, "contradiction")
    if _is_substitution(pair):
        return _FREE
    single = univariate(gap)
    if single is None:
        return _several_variables(pair, gap, state)
    return _one_variable(pair, left, right, *single, state)


def _is_substitution(pair: Pair) -> bool:
    """The second relation of `a = 2k^2 = 2*2^2`: values put into a formula, no equation for k."""
    first = pair.statement.sides[0].node
    return pair.index > 0 and (first is None or type(strip(first)) is Sym) and not symbols(pair.right.node)  # type: ignore[arg-type]


def _objection(pair: Pair, reason: str, left: str = "", right: str = "") -> Ruling:
    """Invalid, unless something speaks against it.

    A later denial excuses an equation that cannot hold ('this is a contradiction'); of one that does not follow it
    mostly denies the result.
    """
    judged = pair if reason in ("contradiction", "false identity") else replace(pair, following="")
    why_not = doubt(judged)
    statement = pair.statement
    if not why_not and reason == "contradiction" and is_hypothetical(pair.text, statement.start, statement.end):
        why_not = "supposed or tried"
    return Ruling("unverifiable", why_not, left, right) if why_not else Ruling("invalid", reason, left, right)


def _by_points(left: Node, right: Node) -> Ruling:
    """Identity of expressions with roots or functions by values at fixed points; it can only confirm."""
    names = sorted(symbols(left) | symbols(right))
    if len(names) > 4:
        return _FREE
    agreed = 0
    for shift in (0.37, 1.21, 2.83):
        point = {name: shift + 0.618 * i for i, name in enumerate(names)}
        a, b = try_evaluate(left, point), try_evaluate(right, point)
        if a is None or b is None:
            continue
        if not same_value(a, b):
            return _FREE
        agreed += 1
    return Ruling("valid", "identity") if agreed >= 2 else _FREE


def _several_variables(pair: Pair, gap: Polynomial, state: SolutionState) -> Ruling:
    """An equation in several variables holds where it is an earlier one times a constant."""
    known = any(_proportional(gap, earlier) for earlier in state.relations)
    if type(strip(pair.left.node)) is Sym and not doubt(replace(pair, following="")):  # type: ignore[arg-type]
        state.defined = (state.order, gap)
    state.relations = [*state.relations[-7:], gap]
    state.mixed_order = state.order
    return Ruling("valid", "same equation") if known else _FREE


def _proportional(a: Polynomial, b: Polynomial) -> bool:
    if a.keys() != b.keys():
        return False
    ratios = {a[monomial] / b[monomial] for monomial in a}
    return len(ratios) == 1


def _one_variable(
    pair: Pair, left: Ratio, right: Ratio, name: str, coefficients: list[Fraction], state: SolutionState
) -> Ruling:
    before = state.equations.get(name)
    assert pair.left.node is not None
    assert pair.right.node is not None
    size = _n_operators(pair.left.node) + _n_operators(pair.right.node)
    now = Equation(
        state.step,
        state.order,
        coefficients,
        _form(pair),
        size,
        trusted=not doubt(replace(pair, following="")),
        is_plain=len(pair.statement.sides) == 2,
        quantity=side_quantity(pair.text, pair.statement.sides[-1]),
    )
    state.equations[name] = now
    if (
        name in state.counts
        and pair.statement.origin == "relation"
        and now.trusted
        and _has_no_count(pair, name, coefficients, state)
    ):
        return _objection(pair, "no such count", show_value(_solution(now)), state.counts[name])
    slip = _slip(pair, left, right)
    if slip and before is not None and before.form == "equation" and pair.index == 0:
        slip = len(common_roots(before.coefficients, coefficients)) < 2
    if slip and not _SET_UP.search(_between(pair, state)):
        return _objection(pair, "false identity")
    if (contradicted := _against_definition(pair, name, now, state)) is not None:
        return contradicted
    if before is None or len(coefficients) > 9 or len(before.coefficients) > 9:
        return _INTRODUCED
    if (alternative := _alternative(pair, before, now, state)) is not None:
        state.equations[name] = replace(now, source=before.source)
        return alternative
    ruling = _follows(pair, before, now, state)
    if ruling is _FOLLOWS and now.form == "value" and before.form == "equation":
        state.equations[name] = replace(now, source=before)
    elif ruling.verdict == "invalid" and before.form != "value":
        state.equations[name] = before  # what follows is held against the last equation that stands
    return ruling


def _against_definition(pair: Pair, name: str, now: Equation, state: SolutionState) -> Ruling | None:
    """`J = 2D`, `D = 12`, and right behind them without a word `J = 32`."""
    value = _solution(now)
    if now.form != "value" or not now.is_plain or value is None:
        return None
    order, relation = state.defined
    others = {other: found for other, (at, found) in state.values.items() if other != name and at >= now.order - 2}
    state.values[name] = (now.order, value)
    between = _COMMANDS.sub(" ", _between(pair, state))
    if order < now.order - 2 or not now.trusted or _WORD_OR_NUMBER.search(between):
        return None
    single = univariate(substitute(relation, others))
    if single is None or single[0] != name or len(single[1]) != 2 or name not in variables(relation):
        return None
    solution = -single[1][0] / single[1][1]
    if near(solution, value):
        return None
    return _objection(pair, "contradicts its definition", show_value(value), show_value(solution))


def _has_no_count(pair: Pair, name: str, coefficients: list[Fraction], state: SolutionState) -> bool:
    """The equation has one solution, and no number of things can be that. A chain speaks by its last side."""
    sides = pair.statement.sides
    assert pair.left.node is not None
    assert pair.right.node is not None
    if len(coefficients) != 2 or pair.statement.origin != "relation":
        return False
    if is_hypothetical(pair.text, pair.statement.start, pair.statement.end):
        return False
    if is_taken_back(pair.text, pair.statement.end, state.following):
        return False
    solution: Value | None = -coefficients[0] / coefficients[1]
    if len(sides) > 2:
        is_value = type(strip(pair.left.node)) is Sym and sides[-1].node is not None
        solution = try_evaluate(sides[-1].node) if is_value else None  # type: ignore[arg-type]
    if solution is None or type(solution) is float or _CONDITION.search(_between(pair, state)):
        return False
    last = sides[-1].node or pair.right.node
    return is_no_count(Fraction(solution), pair.left.node, last, divisible=name in state.asked)


def _form(pair: Pair) -> EquationForm:
    """Whether the relation gives the variable's value, a calculation of it, or an equation for it."""
    assert pair.left.node is not None
    assert pair.right.node is not None
    a, b = strip(pair.left.node), strip(pair.right.node)
    if type(b) is Sym:
        a, b = b, a
    if type(a) is not Sym or symbols(b):
        return "equation"
    goes_on = pair.index + 2 < len(pair.statement.sides)
    return "value" if _is_number(b) or goes_on else "calculation"


def _is_number(node: Node) -> bool:
    """A literal, or a fraction in lowest terms."""
    node = strip(node)
    while type(node) is Neg:
        node = strip(node.body)
    if type(node) is Bin and node.op == "/" and is_literal(node.left) and is_literal(node.right):
        a, b = try_evaluate(node.left), try_evaluate(node.right)
        return type(a) is int and type(b) is int and gcd(a, b) == 1 and b != 1
    return is_literal(node)


def _slip(pair: Pair, left: Ratio, right: Ratio) -> bool:
    """A false simplification: both sides linear and written out, and equal for no value, or for zero only.

    `(25x + 150) / 10 = 25x + 15`, `(1/4)x + (1/3)x = (5/12)x`.
    """
    assert pair.left.node is not None
    assert pair.right.node is not None
    a, b = _linear(left), _linear(right)
    if a is None or b is None or not _n_operators(pair.left.node) or (_rounds(a[0], b[0]) and _rounds(a[1], b[1])):
        return False
    if not a[0] and not b[0]:
        return True
    return (a[0] == b[0]) != (a[1] == b[1]) and _n_operators(pair.left.node) > _n_operators(pair.right.node)


def _rounds(a: Fraction, b: Fraction) -> bool:
    return a == b or abs(a - b) * 200 <= abs(a)


def _linear(ratio: Ratio) -> tuple[Fraction, Fraction] | None:
    """(constant, coefficient) of a linear polynomial in one variable."""
    top, bottom = ratio
    single = univariate(top)
    if set(bottom) != {()} or single is None or len(single[1]) != 2:
        return None
    return single[1][0] / bottom[()], single[1][1] / bottom[()]


def _n_operators(node: Node) -> int:
    return sum(type(part) is Bin and not part.implicit for part in walk(node))


def _follows(pair: Pair, before: Equation, now: Equation, state: SolutionState) -> Ruling:
    """Whether an equation has the solutions of the one before it, or some of them."""
    common = common_roots(before.coefficients, now.coefficients)
    if len(common) > 1:
        return _shares(pair, before, now, common, state)
    solution, written = _solution(before), _solution(now)
    shown = (show_value(written), show_value(solution))
    if solution is not None and written is not None and now.form == "value":
        rounded = _rounded(pair, solution, written)
        if rounded is not None:
            return Ruling(rounded, "rounded solution", *shown)
    known = state.values.get(next(iter(symbols(pair.left.node) | symbols(pair.right.node))), (0, None))[1]  # type: ignore[arg-type]
    if known is not None and now.form == "equation" and not value_at(now.coefficients, known):
        return Ruling("valid", "holds for the value found before")
    if solution and written and _is_in_another_unit(before, now, solution, written):
        return Ruling("valid", "unit conversion", *shown, reading="unit conversion")
    if not _must_follow(pair, before, now, state):
        return _INTRODUCED
    if now.form == "value" and len(before.coefficients) > 2 and _nearly_root(before, written):
        return Ruling("valid", "rounded solution", *shown)
    return _objection(pair, "wrong solution" if now.form == "value" else "not implied", *shown)


def _shares(pair: Pair, before: Equation, now: Equation, common: list[Fraction], state: SolutionState) -> Ruling:
    """Two equations with a solution in common: one's solutions must all be the other's.

    `x^2 - 7x + 10 = 0` shares one with `(x - 2)(x - 6) = 0`, and is another equation.
    """
    distinct = [len(_distinct_roots(equation.coefficients)) for equation in (before, now)]
    if len(_distinct_roots(common)) >= min(distinct):
        return _FOLLOWS
    is_derived = _must_follow(pair, before, now, state) or _factors(pair, before, now, state)
    if not (is_derived and before.is_plain and now.is_plain):
        return _INTRODUCED
    return _objection(pair, "shares only some solutions")


def _factors(pair: Pair, before: Equation, now: Equation, state: SolutionState) -> bool:
    """`(x - 2)(x - 6) = 0` right behind an equation of its degree, without a word: it is that one in factors."""
    left, right = pair.left.node, pair.right.node
    assert left is not None
    assert right is not None
    product = strip(left)
    is_product = (
        type(product) is Bin and product.op == "*" and bool(symbols(product.left)) and bool(symbols(product.right))
    )
    is_next = now.order == before.order + 1 and len(now.coefficients) == len(before.coefficients)
    return (
        is_product
        and try_evaluate(right) == 0
        and is_next
        and before.trusted
        and _ANY_WORD.search(_between(pair, state)) is None
    )


def _distinct_roots(coefficients: list[Fraction]) -> list[Fraction]:
    """A polynomial with the same roots, each once: as long as it has roots, and one."""
    slope = [i * c for i, c in enumerate(coefficients)][1:]
    repeated = len(common_roots(coefficients, slope)) - 1 if slope else 0
    return coefficients[: len(coefficients) - repeated]


def _alternative(pair: Pair, before: Equation, now: Equation, state: SolutionState) -> Ruling | None:
    """`x = 6 or x = -4`: the second value must solve the equation that the first one solves."""
    source = before.source
    if source is None or now.form != "value" or not _ALTERNATIVE.fullmatch(_between(pair, state)):
        return None
    common = common_roots(source.coefficients, now.coefficients)
    if len(common) > 1 or _nearly_root(source, _solution(now)):
        return _FOLLOWS
    statement = pair.statement
    if not right_is_whole(statement, pair.right) or is_withdrawn(
        pair.text, statement.start, statement.end, pair.following
    ):
        return _INTRODUCED
    return Ruling("invalid", "wrong solution", show_value(_solution(now)))


def _is_in_another_unit(before: Equation, now: Equation, solution: Fraction, written: Fraction) -> bool:
    """`x + 2x = 1 hour`, then `3x = 60 minutes`."""
    table = shared_table(before.quantity, now.quantity) if before.quantity.unit != now.quantity.unit else None
    return table is not None and solution * table[before.quantity.unit] == written * table[now.quantity.unit]


def _must_follow(pair: Pair, before: Equation, now: Equation, state: SolutionState) -> bool:
    """Whether the text derives the equation from the one before, rather than bringing in another."""
    if before.form == "value" or not before.trusted or before.order < state.mixed_order:
        return False
    if before.form == "calculation":
        shorter = now.form != "equation" and now.n_operators < before.n_operators
        return shorter and now.order == before.order + 1 and pair.index == 0 and _is_continued(_between(pair, state))
    if pair.statement.origin == "verbal" and not before.is_plain:
        return False
    return _is_derived(pair, now, state) and now.step - before.step <= 3


def _solution(equation: Equation) -> Fraction | None:
    c = equation.coefficients
    return -c[0] / c[1] if len(c) == 2 else None


def _rounded(pair: Pair, solution: Fraction, written: Fraction) -> Verdict | None:
    assert pair.right.node is not None
    close = closeness(solution, written, written_decimals(pair.right.node) or 0)
    if (
        close == "off"
        and near(solution, written)
        and is_rounding_marked(pair.text, pair.statement.start, pair.statement.end)
    ):
        return "valid"
    if close == "integer":
        statement = pair.statement
        return "valid" if is_rounding_marked(pair.text, statement.start, statement.end) else "imprecise"
    return {"rounded": "valid", "truncated": "imprecise"}.get(close)  # type: ignore[return-value]


def _nearly_root(before: Equation, written: Fraction | None) -> bool:
    """The value changes the polynomial's sign within its last digits, or nearly solves it."""
    if written is None:
        return True
    low, high = written * Fraction(99, 100), written * Fraction(101, 100)
    return value_at(before.coefficients, low) * value_at(before.coefficients, high) <= 0


def _is_derived(pair: Pair, now: Equation, state: SolutionState) -> bool:
    """The words between the statement before and this one derive it, or there are none."""
    between = _COMMANDS.sub(" ", _between(pair, state))
    if _CONDITION_AFTER.match(pair.text, pair.statement.end):
        return False
    if _MANIPULATED.search(between):
        return not _NEW_AFTER_ALL.search(between)
    if _NEW.search(between):
        return False
    if pair.statement.origin == "verbal" and _CONCLUDED.match(between):
        return True
    few_words = len(_ANY_WORD.findall(between)) <= _MAX_LEAD_WORDS
    return (few_words and _DERIVED.search(between) is not None) or (
        _ANY_WORD.search(between) is None and len(now.coefficients) == 2
    )


def _is_continued(between: str) -> bool:
    """No words, or those of a calculation that goes on."""
    between = _COMMANDS.sub(" ", between)
    return not _ANY_WORD.search(between) or (_CALCULATED.search(between) is not None and not _NEW.search(between))


def _between(pair: Pair, state: SolutionState) -> str:
    """The text from the statement before to this one, of the last sentence there."""
    start = pair.statement.start
    between = pair.text[state.read_to : start] if state.read_to <= start else ""
    between = _STEP_LABEL.sub("", between)
    if not state.read_to:
        between = f"{state.announced} {between}"
    return between[max(between.rfind(". ") + 1, len(between) - 300, 0) :]
