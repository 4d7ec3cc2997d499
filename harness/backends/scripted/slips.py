"""Makes one arithmetic slip in a worked solution and carries it to the answer.

reasoning = "16 - 3 - 4 = 9\\n9 * 2 = 18"     answer = "18"
slipped   = "16 - 3 - 4 = 10\\n10 * 2 = 20"   answer = "20"      # the first step is wrong, the second follows
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random

NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_TERM = rf"\(*[$€₹£]?{NUMBER}%?\)*"
_EQUATION = re.compile(rf"(?P<left>{_TERM}(?:\s*(?:\bx\b|[-+*/×÷·−])\s*{_TERM})+)\s*=\s*[$€₹£]?(?P<right>{NUMBER})")
_TOKEN = re.compile(rf"(?P<number>{NUMBER})(?P<percent>%?)|(?P<operator>[-+*/×÷·−x()])|[\s$€₹£]+")
_ANY_NUMBER = re.compile(rf"(?<![\w.,]){NUMBER}(?![\d])")
_OPERATORS = {"×": "*", "·": "*", "x": "*", "÷": "/", "−": "-"}
DELTAS = (1, -1, 2, -2, 10, -10, 3, 5)
"""What a slip adds to the right value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An equation whose two sides agree; positions are characters of the reasoning."""

    left_start: int
    left_end: int
    right_start: int
    right_end: int
    value: Fraction


def slip(reasoning: str, answer: str, random: Random) -> tuple[str, str]:
    """(reasoning, answer) with one wrong step and everything after it computed from the wrong value.

    The answer always changes. Reasoning without a step that leads to the answer keeps its text and only the answer
    slips.
    """
    target = read_number(answer)
    steps = list(find_steps(reasoning))
    if target is not None:
        for whole in (True, False):
            for step, delta in attempts(steps, random):
                carried = carry(reasoning, steps, step, delta, whole=whole)
                if carried is not None and carried[1].get(target, target) != target:
                    return carried[0], _like(answer, carried[1][target])
    if target is None:
        return reasoning, f"not {answer}"
    return reasoning, _like(answer, target + random.choice((1, 2, 10)))


def find_steps(reasoning: str) -> Iterator[Step]:
    """Every `a op b = c` in the text that holds."""
    for match in _EQUATION.finditer(reasoning):
        left, right = evaluate(match["left"]), read_number(match["right"])
        if left is not None and left == right:
            yield Step(
                left_start=match.start("left"),
                left_end=match.end("left"),
                right_start=match.start("right"),
                right_end=match.end("right"),
                value=left,
            )


def evaluate(expression: str) -> Fraction | None:
    """The exact value of numbers under + - * / and parentheses; None where it is no such expression.

    >>> evaluate("20% * (50 + 10)")
    Fraction(12, 1)
    """
    tokens: list[str | Fraction] = []
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            return None
        if match["number"]:
            number = read_number(match["number"])
            assert number is not None
            tokens.append(number / 100 if match["percent"] else number)
        elif match["operator"]:
            tokens.append(_OPERATORS.get(match["operator"], match["operator"]))
        position = match.end()
    try:
        value, rest = _sum(tokens)
    except (IndexError, ZeroDivisionError, TypeError):
        return None
    return value if not rest else None


def _sum(tokens: list[str | Fraction]) -> tuple[Fraction, list[str | Fraction]]:
    value, rest = _product(tokens)
    while rest and rest[0] in ("+", "-"):
        right, after = _product(rest[1:])
        value, rest = (value + right if rest[0] == "+" else value - right), after
    return value, rest


def _product(tokens: list[str | Fraction]) -> tuple[Fraction, list[str | Fraction]]:
    value, rest = _atom(tokens)
    while rest and rest[0] in ("*", "/"):
        right, after = _atom(rest[1:])
        value, rest = (value * right if rest[0] == "*" else value / right), after
    return value, rest


def _atom(tokens: list[str | Fraction]) -> tuple[Fraction, list[str | Fraction]]:
    first = tokens[0]
    if isinstance(first, Fraction):
        return first, tokens[1:]
    if first != "(":
        raise TypeError(first)
    value, rest = _sum(tokens[1:])
    if rest[0] != ")":
        raise TypeError(rest[0])
    return value, rest[1:]


def attempts(steps: list[Step], random: Random) -> list[tuple[Step, int]]:
    """Every (step, delta) in a random order, different steps first."""
    order, deltas = random.sample(steps, len(steps)), random.sample(DELTAS, len(DELTAS))
    return [(step, delta) for delta in deltas for step in order]


def carry(
    reasoning: str, steps: list[Step], wrong: Step, delta: int, *, whole: bool
) -> tuple[str, dict[Fraction, Fraction]] | None:
    """The `reasoning` with its step `wrong` off by `delta` and later ones of `steps` recomputed, and which values
    became which; None where a value cannot be written.

    `whole`: whole numbers must stay whole and above zero.
    """
    moved: dict[Fraction, Fraction] = {wrong.value: wrong.value + delta}
    parts = [
        reasoning[: wrong.right_start],
        write_number(reasoning[wrong.right_start : wrong.right_end], moved[wrong.value]),
    ]
    end = wrong.right_end
    for step in (s for s in steps if s.left_start >= wrong.right_end):
        left = _replace(reasoning[step.left_start : step.left_end], moved)
        value = evaluate(left)
        if value is None:
            return None
        if value != step.value:
            moved[step.value] = value
        else:
            moved.pop(step.value, None)
        parts.append(_replace(reasoning[end : step.left_start], moved))
        parts.append(left + reasoning[step.left_end : step.right_start])
        parts.append(write_number(reasoning[step.right_start : step.right_end], value))
        end = step.right_end
    parts.append(_replace(reasoning[end:], moved))
    fine = all(_writable(new, whole=whole and old.denominator == 1) for old, new in moved.items())
    return ("".join(parts), moved) if fine else None


def _replace(text: str, moved: dict[Fraction, Fraction]) -> str:
    """The text with every number that moved written anew."""

    def write(match: re.Match[str]) -> str:
        value = read_number(match.group())
        return write_number(match.group(), moved[value]) if value in moved else match.group()

    return _ANY_NUMBER.sub(write, text)


def _writable(value: Fraction, *, whole: bool) -> bool:
    return value > 0 and (value.denominator == 1 if whole else (value * 10**4).denominator == 1)


def read_number(text: str) -> Fraction | None:
    """The first number of a text; None without one."""
    match = re.search(rf"-?{NUMBER}", text)
    return Fraction(match.group().replace(",", "")) if match else None


def _like(answer: str, value: Fraction) -> str:
    """The answer text with its number replaced."""
    return re.sub(rf"-?{NUMBER}", lambda match: write_number(match.group(), value), answer, count=1)


def write_number(like: str, value: Fraction) -> str:
    """A number in the style of another: its thousands commas and at least its decimals."""
    decimals = len(like.partition(".")[2])
    while (value * 10**decimals).denominator != 1 and decimals < 6:
        decimals += 1
    comma = "," if "," in like else ""
    return f"{float(value):{comma}.{decimals}f}" if decimals else f"{int(value):{comma}}"
