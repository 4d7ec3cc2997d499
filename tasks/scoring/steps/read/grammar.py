"""Tokens to syntax trees: a Pratt parser for one expression, with unit words, word operators and LaTeX commands."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce

from tasks.scoring.steps.read.limits import MAX_CHAIN, MAX_DEPTH
from tasks.scoring.steps.read.lookaround import FUNCTIONS, NAMES, Lookaround
from tasks.scoring.steps.read.tokens import Token
from tasks.scoring.steps.read.tree import (
    Bin,
    Call,
    Factorial,
    Group,
    Mixed,
    Neg,
    Node,
    Num,
    Percent,
    Sym,
    strip,
)
from tasks.scoring.steps.read.words import (
    MAGNITUDES,
    TWO_WORD_OPERATORS,
    WORD_FRACTIONS,
    WORD_OPERATORS,
)

_POWER = {"+": 10, "-": 10, "*": 20, "/": 20, "^": 30}
_UNARY = 25
_POWER_WORDS = {"squared": 2, "cubed": 3}
_PAIRS = {"(": ")", "[": "]", "{": "}", "lfloor": "rfloor", "lceil": "rceil"}


class _Stop(Exception):
    """The tokens do not go on as an expression."""


def parse_prefix(tokens: Sequence[Token], start: int, end: int) -> tuple[Node, int] | None:
    """The longest expression that begins at token `start`, and the index after it; None if none begins there.

    Looks at tokens[start:end] only. Unit words are taken in where an operator, a relation or `end` follows them.
    """
    try:
        return _Parser(tokens, end).expression(start, 0, 0)
    except (_Stop, RecursionError):
        return None


def parse_all(tokens: Sequence[Token], start: int, end: int) -> Node | None:
    """The expression that covers tokens[start:end] whole, or None."""
    found = parse_prefix(tokens, start, end)
    return found[0] if found and found[1] == end else None


def unit_after(tokens: Sequence[Token], start: int, end: int) -> str:
    """The unit words that begin at token `start`, lower case."""
    return Lookaround(tokens, end).skip_unit(start)[1]


class _Parser(Lookaround):
    __slots__ = ()

    def expression(self, i: int, power: int, depth: int) -> tuple[Node, int]:
        """Precedence climbing from token i; stops before the first token that cannot continue."""
        if depth > MAX_DEPTH:
            raise _Stop
        left, i = self.operand(i, depth)
        n_operands = 1
        while i < self.end:
            found = self.operator(i, left)
            if found is None:
                return left, i
            op, after, implicit, of = found
            binding = _POWER[op]
            if binding <= power and not (op == "^" and binding == power):
                return left, i
            try:
                right, j = self.expression(after, binding if op != "^" else binding - 1, depth + 1)
            except _Stop:
                return left, i
            tight = (
                not implicit
                and op == "/"
                and not self.tokens[i].value
                and self.tokens[i].end == self.tokens[after].start
            )
            tight = tight and self.tokens[i - 1].end == self.tokens[i].start
            left, i = Bin(op, left, right, implicit, tight, of), j  # type: ignore[arg-type]
            n_operands += 1
            if n_operands == MAX_CHAIN:  # a chain nests as deep as it is long; what follows leaves the side dangling
                return left, i
        return left, i

    def operator(self, i: int, left: Node) -> tuple[str, int, bool, bool] | None:
        """The operator at token i: sign, index of its right operand, implicit, the word 'of'."""
        token = self.tokens[i]
        kind = token.kind
        if kind == "op":
            return (token.text, i + 1, False, False) if token.text != "!" and i + 1 < self.end else None
        if kind == "word":
            return self._word_operator(i, left)
        if kind == "open" and token.text != "{":
            return self._implicit(i, left)
        if kind == "command" or (kind == "num" and token.gap is False and type(left) is Group and self.touches(i)):
            return ("*", i, True, False)
        return None

    def _implicit(self, i: int, left: Node) -> tuple[str, int, bool, bool] | None:
        """A product by juxtaposition: `2(3)`, `(a)(b)`. After a space `20 (5 x 4)` may explain, not multiply."""
        before, token = self.tokens[i - 1], self.tokens[i]
        if type(left) is Bin and left.op == "^" and type(left.left) is Sym and type(strip(left.right)) is Neg:
            raise _Stop  # f^{-1}(x)
        # more than one character between them is a dropped command: `2 \\left(3)`
        if (
            token.start - before.end != 1
            or before.kind == "close"
            or (before.kind == "word" and self.is_variable(i - 1))
        ):
            return ("*", i, True, False)
        return None

    def _word_operator(self, i: int, left: Node) -> tuple[str, int, bool, bool] | None:
        token = self.tokens[i]
        text = token.text
        lower = text.lower()
        following = self.tokens[i + 1] if i + 1 < self.end else None
        if following is None:
            return ("*", i, True, False) if self.is_variable(i) else None
        if text in WORD_OPERATORS:
            starts = following.kind in ("num", "open", "command") or (following.kind == "op" and following.text == "-")
            loose = text in "xX" and token.gap and following.kind != "num"
            glued = text in "xX" and following.kind == "open" and token.end == following.start
            glued = glued or (text in "xX" and following.kind != "num" and self.touches(i))
            if starts and not glued and not loose and not (text in "xX" and following.kind == "op"):
                return WORD_OPERATORS[text], i + 1, False, False
            if text not in "xX":
                return None
        if lower == "of" and self._can_take_of(left):
            j = i + 1
            if self.tokens[j].kind == "word" and self.tokens[j].text == "the":
                j += 1
            return ("*", j, False, True) if j < self.end and self.tokens[j].kind in ("num", "open", "command") else None
        if following.kind == "word" and (lower, following.text.lower()) in TWO_WORD_OPERATORS:
            return TWO_WORD_OPERATORS[lower, following.text.lower()], i + 2, False, False
        if not self.is_variable(i) or (self.tokens[i - 1].text == "0" and not self.touches(i)):
            return None
        return "*", i, True, False

    def _can_take_of(self, left: Node) -> bool:
        left = strip(left)
        if type(left) is Num:
            return type(left.value) is Fraction and left.value < 1
        return type(left) is Percent or (type(left) is Bin and left.op == "/" and type(strip(left.left)) is Num)

    # --- operands ---------------------------------------------------------------------------------

    def operand(self, i: int, depth: int) -> tuple[Node, int]:
        """One operand with its signs, postfixes and unit words."""
        if i >= self.end:
            raise _Stop
        token = self.tokens[i]
        if token.kind == "op" and token.text in "+-":
            if token.text == "+" and i and self.tokens[i - 1].kind == "op":
                raise _Stop
            body, j = self.expression(i + 1, _UNARY - 1, depth + 1)
            return (Neg(body) if token.text == "-" else body), j
        node, i = self._atom(i, depth)
        node, i = self._postfix(node, i)
        return self._units(node, i)

    def _atom(self, i: int, depth: int) -> tuple[Node, int]:
        token = self.tokens[i]
        kind = token.kind
        if kind == "num":
            return self._number(i, depth)
        if kind == "open":
            return self._group(i, depth)
        if kind == "command":
            return self._command(i, depth)
        if kind == "word":
            return self._word(i, depth)
        raise _Stop

    def _number(self, i: int, depth: int) -> tuple[Node, int]:
        token = self.tokens[i]
        text = token.text
        decimals = len(text) - text.index(".") - 1 if "." in text else 0
        node = Num(token.value, text, token.start, token.end, decimals)
        if i + 1 < self.end:
            following = self.tokens[i + 1]
            if following.kind == "num" or following.kind == "word" or following.kind == "command":
                return self._after_number(node, i, depth)
        return node, i + 1

    def _after_number(self, node: Num, i: int, depth: int) -> tuple[Node, int]:
        """Mixed numbers (`1 1/4`, `1 and 1/4`, `1\\frac14`), magnitudes (`3 million`), recurring decimals."""
        tokens, j = self.tokens, i + 1
        following = tokens[j]
        if following.kind == "word":
            if following.text.lower() in MAGNITUDES:
                factor = MAGNITUDES[following.text.lower()]
                return Num(node.value * factor, node.text + " " + following.text, node.start, following.end), j + 1
            if following.text != "and" or type(node.value) is not int:
                return node, j
            j += 1
        if following.kind == "command" and following.text == "overline" and node.text.endswith("."):
            return node, i + 1
        if type(node.value) is int and j < self.end:
            part = self._proper_fraction(j, depth)
            if part is not None:
                return Mixed(node, part[0]), part[1]
        return node, i + 1

    def _proper_fraction(self, j: int, depth: int) -> tuple[Node, int] | None:
        tokens = self.tokens
        if tokens[j].kind == "command" and tokens[j].text == "frac":
            return self._command(j, depth) if self._is_proper(j) else None
        if tokens[j].kind == "num" and type(tokens[j].value) is Fraction and len(tokens[j].text) == 1:
            return Num(tokens[j].value, tokens[j].text, tokens[j].start, tokens[j].end), j + 1
        if j + 2 >= self.end or not (tokens[j].kind == tokens[j + 2].kind == "num" and tokens[j + 1].text == "/"):
            return None
        top_token, bottom_token = tokens[j], tokens[j + 2]
        if not (top_token.end == tokens[j + 1].start and tokens[j + 1].end == bottom_token.start):
            return None
        if not (type(top_token.value) is type(bottom_token.value) is int and top_token.value < bottom_token.value):
            return None
        return Bin("/", self._plain(top_token), self._plain(bottom_token), tight=True), j + 3

    def _is_proper(self, j: int) -> bool:
        """`\\frac{1}{4}` or `\\frac14` with literals, read from the tokens alone so that nesting costs nothing."""
        inner = [t for t in self.tokens[j + 1 : j + 7] if t.kind != "open" and t.kind != "close"][:2]
        shape = "".join(t.kind[0] for t in self.tokens[j + 1 : j + 7])
        literal = shape.startswith(("onconc", "nn")) and all(type(t.value) is int for t in inner)
        return literal and inner[0].value < inner[1].value

    @staticmethod
    def _plain(token: Token) -> Num:
        return Num(token.value, token.text, token.start, token.end)

    def _group(self, i: int, depth: int) -> tuple[Node, int]:
        opening = self.tokens[i].text
        body, j = self.expression(i + 1, 0, depth + 1)
        if j >= self.end or self.tokens[j].text != _PAIRS[opening]:
            raise _Stop
        if opening == "lfloor":
            return Call("floor", (body,)), j + 1
        if opening == "lceil":
            return Call("ceil", (body,)), j + 1
        return Group(body), j + 1

    def _command(self, i: int, depth: int) -> tuple[Node, int]:
        name = self.tokens[i].text
        if name == "frac":
            top, j = self._argument(i + 1, depth)
            bottom, j = self._argument(j, depth)
            return Group(Bin("/", top, bottom)), j
        if name == "binom":
            top, j = self._argument(i + 1, depth)
            bottom, j = self._argument(j, depth)
            return Call("binom", (top, bottom)), j
        if name == "sqrt":
            return self._root(i + 1, depth)
        if name in FUNCTIONS:
            return self._function(name, i + 1, depth)
        raise _Stop

    def _root(self, j: int, depth: int) -> tuple[Node, int]:
        degree: Node | None = None
        if j < self.end and self.tokens[j].text == "[":
            degree, j = self._group(j, depth)
        body, j = self._argument(j, depth)
        return (Call("sqrt", (body,)) if degree is None else Call("root", (body, strip(degree)))), j

    def _function(self, name: str, j: int, depth: int) -> tuple[Node, int]:
        if j >= self.end:
            raise _Stop
        power: Node | None = None
        base: Node | None = None
        if self.tokens[j].kind == "sub":
            base, j = self._argument(j + 1, depth)
        if j < self.end and self.tokens[j].text == "^":
            power, j = self._argument(j + 1, depth)
        if j < self.end and self.tokens[j].kind == "open" and self.tokens[j].text in "([":
            arguments, j = self._arguments(j, depth)
        else:
            body, j = self._bare_argument(j, depth)
            arguments = (body,)
        node: Node = Call("logbase", (*arguments, base)) if base is not None else Call(name, arguments)  # type: ignore[arg-type]
        return (node if power is None else Bin("^", node, power)), j

    def _bare_argument(self, j: int, depth: int) -> tuple[Node, int]:
        """`\\sin 2x`, `\\log_2 8`: one operand with its power, and variables that touch it."""
        body, j = self.expression(j, _POWER["*"], depth + 1)
        while j < self.end and self.is_variable(j):
            right, j = self.expression(j, _POWER["*"], depth + 1)
            body = Bin("*", body, right, implicit=True)
        return body, j

    def _arguments(self, j: int, depth: int) -> tuple[tuple[Node, ...], int]:
        closing = _PAIRS[self.tokens[j].text]
        found: list[Node] = []
        while True:
            body, j = self.expression(j + 1, 0, depth + 1)
            found.append(body)
            if j >= self.end or len(found) > 20:
                raise _Stop
            if self.tokens[j].text == closing:
                return tuple(found), j + 1
            if self.tokens[j].kind != "comma":
                raise _Stop

    def _argument(self, j: int, depth: int) -> tuple[Node, int]:
        """The argument of a LaTeX command: `{...}` or one token (the tokeniser splits `\\frac12`)."""
        if j >= self.end or depth > MAX_DEPTH:
            raise _Stop
        token = self.tokens[j]
        if token.kind == "open":
            return self._group(j, depth + 1)
        return self._atom(j, depth + 1)

    def _word(self, i: int, depth: int) -> tuple[Node, int]:
        token = self.tokens[i]
        lower = token.text.lower()
        if lower in WORD_FRACTIONS:
            return self._word_fraction(i, lower, depth)
        if lower in FUNCTIONS and i + 1 < self.end and self.tokens[i + 1].text == "(":
            return self._function(lower, i + 1, depth)
        if not self.is_variable(i):
            raise _Stop
        return self._symbol(i)

    def _symbol(self, i: int) -> tuple[Node, int]:
        """A variable with its subscript: `x`, `x_1`, `L_M`, `P_{new}`."""
        name, j = self.tokens[i].text, i + 1
        if j + 1 < self.end and self.tokens[j].kind == "sub":
            if self.tokens[j + 1].text == "{":
                k = j + 2
                while k < self.end and self.tokens[k].text != "}":
                    k += 1
                if k >= self.end or k - j > 8:
                    raise _Stop
                name, j = name + "_" + " ".join(t.text for t in self.tokens[j + 2 : k]), k + 1
            else:
                name, j = name + "_" + self.tokens[j + 1].text, j + 2
        if j < self.end and self.tokens[j].text == "(" and self.is_function(name, j):
            raise _Stop  # f(x): a function that is not ours
        if len(name) in (2, 3) and name.isalpha() and name.islower() and name not in NAMES:
            letters: list[Node] = [Sym(letter) for letter in name]
            return reduce(lambda left, right: Bin("*", left, right, implicit=True), letters), j  # type: ignore[arg-type]
        return Sym(name), j

    def _word_fraction(self, i: int, lower: str, depth: int) -> tuple[Node, int]:
        """`half of 18`, `twice 5`, `one-third of the 18`."""
        token = self.tokens[i]
        node = Num(WORD_FRACTIONS[lower], token.text, token.start, token.end)
        j = i + 1
        is_of = j < self.end and self.tokens[j].text == "of"
        j += is_of
        if j < self.end and self.tokens[j].text == "the":
            j += 1
        if j >= self.end or self.tokens[j].kind not in ("num", "open"):
            raise _Stop
        if not is_of and lower not in ("twice", "double", "triple", "thrice"):
            raise _Stop
        right, j = self.expression(j, _POWER["*"], depth + 1)
        return Bin("*", node, right, of=True), j

    def _postfix(self, node: Node, i: int) -> tuple[Node, int]:
        while i < self.end:
            token = self.tokens[i]
            if token.kind == "percent" or (token.kind == "word" and token.text == "percent"):
                node = Percent(node)
            elif token.kind == "op" and token.text == "!":
                node = Factorial(node)
            elif token.kind == "word" and token.text in _POWER_WORDS:
                node = Bin("^", node, Num(_POWER_WORDS[token.text], token.text, token.start, token.end))
            else:
                break
            i += 1
        return node, i

    # --- units ------------------------------------------------------------------------------------

    def _units(self, node: Node, i: int) -> tuple[Node, int]:
        """Take in unit words after an operand, where the expression goes on (or ends whole) behind them."""
        if i >= self.end or self.tokens[i].kind not in ("word", "op", "open") or self.tokens[i].text == "of":
            return node, i  # '75% of the rest' is no 75%
        j, words = self.skip_unit(i)
        if j == i or not (j == self.end or self.goes_on(j)):
            return node, i
        return _with_unit(node, words), j


FIRST_WORDS = frozenset({*WORD_FRACTIONS, *FUNCTIONS, *(name.lower() for name in NAMES)})
"""Words of more than three letters that an expression may begin with, lower case."""


def _with_unit(node: Node, unit: str) -> Node:
    if not unit:
        return node
    if type(node) is Num:
        return Num(node.value, node.text, node.start, node.end, node.decimals, unit)
    return Group(node.body, unit) if type(node) is Group else node
