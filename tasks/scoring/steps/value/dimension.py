"""Dimensions of a calculation: dollars less gallons, feet plus inches, a rate upside down, unconverted hours."""

from __future__ import annotations

from fractions import Fraction

from tasks.scoring.steps.read.statements import Side, Statement
from tasks.scoring.steps.read.tree import Bin, Node, Num, is_literal, strip
from tasks.scoring.steps.read.whole import left_is_whole, right_is_whole
from tasks.scoring.steps.value.evaluate import Value
from tasks.scoring.steps.value.quantities import Mentions, Unit, has_formulas, money_unit, unit_of


def dimension_slip(
    text: str, statement: Statement, values: list[Value | None], local: Mentions, mentions: Mentions
) -> str:
    """The rule of dimensions that a `statement` of `text`, `calculation = number`, breaks, or ''.

    A literal's unit stands after it, or is the one that its value has in this step (`local`), or the one that it
    always had in the question and the steps before (`mentions`). `values` are those of the sides.
    """
    left, right = statement.sides[0], statement.sides[-1]
    if statement.relations != ("=",) or statement.origin == "annotation" or left.node is None or right.node is None:
        return ""
    if type(strip(left.node)) is not Bin or not is_literal(right.node):
        return ""
    if not (left_is_whole(statement, left) and right_is_whole(statement, right)):
        return ""
    reader = _Reader(text, local, mentions)
    terms = _terms(left.node)
    if len(terms) > 1:
        return _sum_slip(reader, terms, values, right)
    return _product_slip(reader, strip(left.node), values, right)


class _Reader:
    """Units of the literals of one step."""

    __slots__ = ("is_formula", "local", "mentions", "text")

    def __init__(self, text: str, local: Mentions, mentions: Mentions) -> None:
        self.text = text
        self.local = local
        self.mentions = mentions
        self.is_formula = has_formulas(text)

    def written(self, num: Num, unit: str = "") -> Unit | None:
        """The unit that stands beside a literal."""
        words = num.unit or unit
        if self._has_dollar(num):
            return money_unit(words) if self._is_money(num) else None
        return unit_of(words) if words else None

    def _has_dollar(self, num: Num) -> bool:
        return self.text[max(0, num.start - 1) : num.start] == "$"

    def _is_money(self, num: Num) -> bool:
        return not self.is_formula or self.text[max(0, num.start - 2) : num.start] == "\\$"

    def linked(self, num: Num, stated: Unit | None = None) -> Unit | None:
        """The written unit, or for a bare literal the unit of its value: `stated`, if it ever had that one."""
        if num.unit or self._has_dollar(num):
            return self.written(num)
        found = self.local.unit(num.value)
        if found is not None and stated is not None and found != stated and self.mentions.has(num.value, stated):
            return stated  # `5 + 10 + 20 = 35 minutes over 5 days`: the 5 were minutes before
        return found or (self.mentions.unit(num.value) if num.value > _SMALL else None)

    def known(self, num: Num, stated: Unit | None) -> Unit | None:
        """As linked, small numbers of the question and of earlier steps too."""
        return self.linked(num, stated) or (
            None if num.unit or self._has_dollar(num) else self.mentions.unit(num.value)
        )

    def stated(self, side: Side) -> Unit | None:
        node = strip(side.node) if side.node is not None else None
        return self.written(node, side.unit) if type(node) is Num else None


_A_TIME = (("time", 1),)
_SMALL = 12
"""Numbers up to here turn up by chance: one 3 need not be the other."""


def _terms(node: Node) -> list[tuple[int, Node]]:
    node = strip(node)
    if type(node) is Bin and node.op in "+-":
        sign = 1 if node.op == "+" else -1
        return [*_terms(node.left), *((sign * s, term) for s, term in _terms(node.right))]
    return [(1, node)]


def _sum_slip(reader: _Reader, terms: list[tuple[int, Node]], values: list[Value | None], right: Side) -> str:
    """Terms of different kinds, one of them a measure; or of one kind and different size, added as they stand."""
    literals = [(sign, term) for sign, term in terms if type(term) is Num]
    stated = reader.stated(right)
    linked = [unit for _, term in literals if (unit := reader.linked(term, stated)) is not None and unit.is_plain]
    for a in linked:
        if a.is_measure and any(b.powers != a.powers and not reader.mentions.is_one_for_one(a, b) for b in linked):
            return "terms of different kinds"
    units = [(sign, term, unit) for sign, term in literals if (unit := reader.known(term, stated)) is not None]
    if stated is None or len(units) < len(terms) or len({unit.scale for _, _, unit in units}) == 1:
        return ""
    if any(unit.powers != stated.powers or len(unit.tables | stated.tables) > 1 for _, _, unit in units):
        return ""
    total = sum(sign * Fraction(term.value) * unit.scale for sign, term, unit in units)
    written = values[-1]
    same = written is not None and type(written) is not float and Fraction(written) * stated.scale == total
    return "" if same else "units not converted"


def _product_slip(reader: _Reader, node: Node, values: list[Value | None], right: Side) -> str:
    """One product or quotient of two literals, its unit stated."""
    stated = reader.stated(right)
    if stated is None or type(node) is not Bin or node.op not in "*/" or node.of:
        return ""
    left_num, right_num = strip(node.left), strip(node.right)
    if type(left_num) is not Num or type(right_num) is not Num or 1 in (left_num.value, right_num.value):
        return ""
    a, b = reader.linked(left_num), reader.linked(right_num)
    if a is None or b is None or not a.powers or not b.powers:
        return ""
    found = a.times(b, 1 if node.op == "*" else -1)
    is_written = reader.written(left_num) is not None and reader.written(right_num) is not None
    if found.powers == stated.powers:
        return _conversion_slip(found, stated, values) if is_written else ""
    if found.times(stated, -1).powers == _A_TIME:
        return ""  # 'makes $20 per day': the words name the time once more
    if not (a.is_rate or b.is_rate or stated.is_rate):
        return ""
    if is_written and (a.is_rate or b.is_rate) and all(unit.is_of_measures for unit in (a, b, stated)):
        return "not the unit of this calculation"
    others = (a.times(b), a.times(b, -1), b.times(a, -1))
    if any(other.powers == stated.powers for other in others) and any(p < 0 for _, p in found.times(stated, -1).powers):
        return "not the operation of these units"
    return ""


def _conversion_slip(found: Unit, stated: Unit, values: list[Value | None]) -> str:
    """`50 km/hr x 3 days = 150 km`: the units agree only after a conversion that the number lacks."""
    left, right = values[0], values[-1]
    if not found.powers or left is None or right is None or type(left) is float or type(right) is float:
        return ""
    if found.scale == stated.scale or Fraction(left) != Fraction(right) or len(found.tables | stated.tables) > 3:
        return ""
    return "units not converted"
