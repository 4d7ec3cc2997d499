"""An equation in one variable against the equation before it, where the text derives it."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from tasks.scoring.steps.read.context import is_hypothetical, is_rounding_marked
from tasks.scoring.steps.read.tree import Bin, strip, symbols
from tasks.scoring.steps.read.whole import right_is_whole
from tasks.scoring.steps.read.withdrawn import is_withdrawn
from tasks.scoring.steps.value.evaluate import try_evaluate
from tasks.scoring.steps.value.polynomial import (
    common_roots,
    substitute,
    univariate,
    value_at,
    variables,
)
from tasks.scoring.steps.value.tolerance import closeness, near, show_value
from tasks.scoring.steps.value.units import shared_table
from tasks.scoring.steps.verdict.doubts import doubt
from tasks.scoring.steps.verdict.pair import Pair, written_decimals
from tasks.scoring.steps.verdict.ruling import Ruling
from tasks.scoring.steps.verdict.state import Equation, SolutionState
from tasks.scoring.steps.verdict.verdicts import Verdict

INTRODUCED = Ruling("unverifiable", "equation introduced")


FOLLOWS = Ruling("valid", "follows from the equation before")


_ALTERNATIVE = re.compile(r"[\s$\\()]*(?:,|(?:or|and)\b|\\text\{\s*(?:or|and)\s*\})(?:or\b|and\b|[\s,$\\()])*")


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


_STEP_LABEL = re.compile(r"^\s*(?:step|line)\s*\d+\s*[:.)]", re.IGNORECASE)


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


_NUMBERED = re.compile(r"\s*\(?\d+[.)]")


_COMMANDS = re.compile(r"\\[A-Za-z]+")


_CONDITION_AFTER = re.compile(r"\W{0,6}(?:if|when|for|or|where|unless)\b", re.IGNORECASE)


def objection(pair: Pair, reason: str, left: str = "", right: str = "") -> Ruling:
    """Invalid for a `reason` unless something speaks against it; `left` and `right` are the `pair`'s values, shown.

    A later denial excuses an equation that cannot hold ('this is a contradiction'); of one that does not follow it
    mostly denies the result.
    """
    judged = pair if reason in ("contradiction", "false identity") else replace(pair, following="")
    why_not = doubt(judged)
    statement = pair.statement
    if not why_not and reason == "contradiction" and is_hypothetical(pair.text, statement.start, statement.end):
        why_not = "supposed or tried"
    return Ruling("unverifiable", why_not, left, right) if why_not else Ruling("invalid", reason, left, right)


def judge_defined(pair: Pair, name: str, now: Equation, state: SolutionState) -> Ruling | None:
    """`J = 2D`, `D = 12`, and right behind them without a word `J = 32`: the value that `now`, in the `pair` of sides,
    gives the unknown `name`, held against what the `state` defines of it."""
    value = solution_of(now)
    if now.form != "value" or not now.is_plain or value is None:
        return None
    order, relation = state.defined
    others = {other: found for other, (at, found) in state.values.items() if other != name and at >= now.order - 2}
    state.values[name] = (now.order, value)
    between = _COMMANDS.sub(" ", words_between(pair, state))
    if order < now.order - 2 or not now.trusted or _WORD_OR_NUMBER.search(between) or _NUMBERED.match(pair.text):
        return None
    single = univariate(substitute(relation, others))
    if single is None or single[0] != name or len(single[1]) != 2 or name not in variables(relation):
        return None
    solution = -single[1][0] / single[1][1]
    if near(solution, value):
        return None
    return objection(pair, "contradicts its definition", show_value(value), show_value(solution))


def judge_derived(pair: Pair, before: Equation, now: Equation, state: SolutionState) -> Ruling:
    """Whether the equation `now` of a `pair` of sides has the solutions of the one `before` it in `state`, or some."""
    common = common_roots(before.coefficients, now.coefficients)
    if len(common) > 1:
        return _shares(pair, before, now, common, state)
    if before.instead_of is not None and len(common_roots(before.instead_of.coefficients, now.coefficients)) > 1:
        return FOLLOWS
    solution, written = solution_of(before), solution_of(now)
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
        return INTRODUCED
    if now.form == "value" and len(before.coefficients) > 2 and _nearly_root(before, written):
        return Ruling("valid", "rounded solution", *shown)
    return objection(pair, "wrong solution" if now.form == "value" else "not implied", *shown)


def _shares(pair: Pair, before: Equation, now: Equation, common: list[Fraction], state: SolutionState) -> Ruling:
    """Two equations with a solution in common: one's solutions must all be the other's.

    `x^2 - 7x + 10 = 0` shares one with `(x - 2)(x - 6) = 0`, and is another equation.
    """
    distinct = [len(_distinct_roots(equation.coefficients)) for equation in (before, now)]
    if len(_distinct_roots(common)) >= min(distinct):
        return FOLLOWS
    few_words = len(_ANY_WORD.findall(_COMMANDS.sub(" ", words_between(pair, state)))) <= _MAX_LEAD_WORDS
    is_derived = (few_words and _must_follow(pair, before, now, state)) or _factors(pair, before, now, state)
    if not (is_derived and before.is_plain and now.is_plain):
        return INTRODUCED
    return objection(pair, "shares only some solutions")


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
        and _ANY_WORD.search(words_between(pair, state)) is None
    )


def _distinct_roots(coefficients: list[Fraction]) -> list[Fraction]:
    """A polynomial with the same roots, each once: as long as it has roots, and one."""
    slope = [i * c for i, c in enumerate(coefficients)][1:]
    repeated = len(common_roots(coefficients, slope)) - 1 if slope else 0
    return coefficients[: len(coefficients) - repeated]


def judge_alternative(pair: Pair, before: Equation, now: Equation, state: SolutionState) -> Ruling | None:
    """`x = 6 or x = -4`: the second value, `now` of a `pair` of sides, must solve the equation of the `state` that the
    first one, `before`, solves."""
    source = before.source
    if source is None or now.form != "value" or not _ALTERNATIVE.fullmatch(words_between(pair, state)):
        return None
    common = common_roots(source.coefficients, now.coefficients)
    if len(common) > 1 or _nearly_root(source, solution_of(now)):
        return FOLLOWS
    statement = pair.statement
    if not right_is_whole(statement, pair.right) or is_withdrawn(
        pair.text, statement.start, statement.end, pair.following
    ):
        return INTRODUCED
    return Ruling("invalid", "wrong solution", show_value(solution_of(now)))


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
        return (
            shorter and now.order == before.order + 1 and pair.index == 0 and _is_continued(words_between(pair, state))
        )
    if pair.statement.origin == "verbal" and not before.is_plain:
        return False
    return _is_derived(pair, now, state) and now.step - before.step <= 3


def solution_of(equation: Equation) -> Fraction | None:
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
    between = _COMMANDS.sub(" ", words_between(pair, state))
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


def words_between(pair: Pair, state: SolutionState) -> str:
    """The text from the statement before to this one, of the last sentence there."""
    start = pair.statement.start
    between = pair.text[state.read_to : start] if state.read_to <= start else ""
    between = _STEP_LABEL.sub("", between)
    if not state.read_to:
        between = f"{state.announced} {between}"
    return between[max(between.rfind(". ") + 1, len(between) - 300, 0) :]
