"""One relation between two sides without variables: recompute both, compare, read charitably, and only then object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from tasks.scoring.steps.read.context import (
    is_hypothetical,
    is_rounding_marked,
)
from tasks.scoring.steps.read.tree import Bin, is_literal, walk
from tasks.scoring.steps.value.evaluate import Value
from tasks.scoring.steps.value.tolerance import (
    Closeness,
    closeness,
    decimal_digits,
    near,
    same_value,
    show_value,
)
from tasks.scoring.steps.value.units import side_quantity
from tasks.scoring.steps.verdict.charity import read_charitably
from tasks.scoring.steps.verdict.conversion import judge_conversion
from tasks.scoring.steps.verdict.division import judge_division
from tasks.scoring.steps.verdict.doubts import doubt, other_extent, other_intent
from tasks.scoring.steps.verdict.pair import Pair, node_of, written_decimals
from tasks.scoring.steps.verdict.ruling import Ruling

_VALID_EXACT = Ruling("valid", "exact")


def judge_numbers(pair: Pair, left: Value, right: Value, rounded: Mapping[str, Value]) -> Ruling:
    """Judge the relation of a `pair` of sides that have the values `left` and `right`.

    `rounded` maps literals to the exact values they were rounded from.
    """
    if pair.left.unit and (conversion := judge_stated_units(pair, left, right)) is not None:
        return conversion
    if pair.relation == "=" and left == right:
        return Ruling("valid", "exact", show_value(left), show_value(right)) if type(left) is float else _VALID_EXACT
    if pair.relation not in ("=", "~="):
        return _compare(pair, left, right)
    if (modulus := _modulus(pair)) and type(left) is int and type(right) is int:
        return _congruence(pair, left, right, modulus)
    division = judge_division(pair.text, pair.left, pair.right, left, right)
    if division is not None:
        return division
    close = _close(pair, left, right)
    if close is not None:
        return close
    charitable = read_charitably(pair, left, right, rounded)
    if charitable is not None:
        return charitable
    shown = show_value(left), show_value(right)
    if why_not := doubt(pair, (left, right)):
        return Ruling("unverifiable", why_not, *shown)
    if _measure(pair, left, right) == "integer":
        return Ruling("imprecise", "integer for a non-integer", *shown)
    if _is_cut_short(pair, left):
        return Ruling("unverifiable", "cut off", *shown)
    return Ruling("invalid", "mismatch", *shown)


_MODULUS = re.compile(r"[\s$\\)]*\(?\\?p?mod(?:ulo)?\s*\{?\(?(\d{1,9})(?![\d.])")


def _modulus(pair: Pair) -> int:
    """The 12 of `10 + 5 = 15 = 3 (mod 12)`, else 0."""
    found = _MODULUS.match(pair.text, pair.statement.end)
    return int(found[1]) if found else 0


def _congruence(pair: Pair, left: int, right: int, modulus: int) -> Ruling:
    shown = f"{left % modulus} (mod {modulus})", f"{right % modulus} (mod {modulus})"
    if (left - right) % modulus == 0:
        return Ruling("valid", "congruence", *shown, reading="congruence")
    why_not = "a label or a rate" if is_literal(node_of(pair.left)) else doubt(pair, (left, right))
    return Ruling("unverifiable", why_not, *shown) if why_not else Ruling("invalid", "false congruence", *shown)


_POWERS = re.compile(r"[\^²³]")


def judge_stated_units(pair: Pair, left: Value, right: Value) -> Ruling | None:
    """The ruling on two quantities of one measure; a false one that something speaks for is undecided."""
    if _POWERS.search(pair.text, pair.left.start, min(len(pair.text), pair.right.end + 12)):
        return None  # 1 foot^2 = 144 inches^2
    decimals = written_decimals(node_of(pair.right)) or 0
    found = judge_conversion(pair.text, pair.left, pair.right, (left, right), decimals, pair.relation)
    if found is None or found.verdict != "invalid" or pair.relation not in ("=", "~="):
        return found if pair.relation in ("=", "~=") else None
    values = left, right
    why_not = other_extent(pair, values) or other_intent(pair, values)
    if not why_not and is_hypothetical(pair.text, pair.statement.start, pair.statement.end):
        why_not = "supposed or tried"
    return replace(found, verdict="unverifiable", reason=why_not) if why_not else found


def _compare(pair: Pair, left: Value, right: Value) -> Ruling:
    shown = show_value(left), show_value(right)
    equal = same_value(left, right)
    holds = {
        "<": left < right and not equal, ">": left > right and not equal, "<=": left <= right or equal,
        ">=": left >= right or equal, "!=": not equal,
    }[pair.relation]  # fmt: skip
    if holds:
        return Ruling("valid", "true comparison", *shown)
    why_not = doubt(pair)
    statement = pair.statement
    if not why_not and is_hypothetical(pair.text, statement.start, statement.end):
        why_not = "supposed or tried"
    if why_not:
        return Ruling("unverifiable", why_not, *shown)
    return Ruling("invalid", "false comparison", *shown)


def _measure(pair: Pair, left: Value, right: Value) -> Closeness:
    decimals = written_decimals(node_of(pair.right))
    if decimals is not None:
        found = closeness(left, right, decimals)
        if found != "off":
            return found
    decimals = written_decimals(node_of(pair.left))
    return closeness(right, left, decimals) if decimals is not None else ("exact" if same_value(left, right) else "off")


def _close(pair: Pair, left: Value, right: Value) -> Ruling | None:
    found = _measure(pair, left, right)
    shown = show_value(left), show_value(right)
    if found in ("exact", "rounded"):
        return Ruling("valid", found, *shown)
    if found == "truncated" and pair.text[pair.right.end :].startswith(("...", "…", "\\ldots", "\\dots")):
        return Ruling("valid", "digits go on", *shown)
    if found == "truncated":
        return Ruling("imprecise", "last digit", *shown)
    if pair.relation == "~=" and near(left, right):
        return Ruling("valid", "approximate", *shown)
    if found == "integer" and _is_rounding_meant(pair):
        return Ruling("valid", "rounded to an integer", *shown)
    return None


def _is_rounding_meant(pair: Pair) -> bool:
    return pair.relation == "~=" or is_rounding_marked(pair.text, pair.statement.start, pair.statement.end)


def _is_cut_short(pair: Pair, value: Value) -> bool:
    """The reply ends with the first digits of the value, or the beginning of the left side once more.

    `5 + 5 = 1`, `1.50 - 33 = -3`, `0.05 * 400,000 = 20,`, `3 + 4 + 5 = 3 + 4`.
    """
    if not pair.is_last_step or pair.right is not pair.statement.sides[-1] or pair.text[pair.right.end :].strip(" \n,"):
        return False
    if (a := side_quantity(pair.text, pair.left).unit) and (b := side_quantity(pair.text, pair.right).unit) and a != b:
        return False  # 45 cents * 4 = $18
    left, written = (re.sub(r"[$, ]", "", pair.text[side.start : side.end]) for side in (pair.left, pair.right))
    return bool(written) and (decimal_digits(value).startswith(written) or _repeats(pair, left, written))


def _repeats(pair: Pair, left: str, written: str) -> bool:
    """A chain that ends as its side before began: a loop was cut."""
    n_operators = sum(type(part) is Bin for part in walk(node_of(pair.right)))
    goes_on = n_operators > 1 or len(pair.statement.sides) > 2
    return goes_on and left.startswith(written)
