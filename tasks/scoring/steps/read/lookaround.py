"""What tokens are by their neighbours: variables, functions, unit words. The grammar parses on top of it."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.scoring.steps.read.tokens import Token
from tasks.scoring.steps.read.words import SHORT_UNITS, UNIT_BREAKERS, WORD_FRACTIONS, word_set

FUNCTIONS = {
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "asin",
    "acos",
    "atan",
    "log",
    "ln",
    "exp",
    "sqrt",
    "gcd",
    "max",
    "min",
    "lcm",
}
_MAX_UNIT_WORDS = 6
_LAST_LETTER = "\u0590"
"""Latin, Greek and Cyrillic letters may be variables; one sign of another script is a word."""

NAMES = word_set(
    "alpha beta gamma delta epsilon theta lambda mu sigma phi omega rho tau pi ell eta zeta kappa nu xi psi chi"
    " varepsilon varphi Delta Omega Gamma"
)


class Lookaround:
    """Tokens up to `end`, and what each is by the tokens beside it."""

    __slots__ = ("end", "tokens")

    def __init__(self, tokens: Sequence[Token], end: int) -> None:
        self.tokens = tokens
        self.end = end

    def touches(self, i: int) -> bool:
        return self.tokens[i - 1].end == self.tokens[i].start

    def is_function(self, name: str, j: int) -> bool:
        """`f(x)`, `P(A)`, `d(6)`: not a product."""
        if self.tokens[j].start - self.tokens[j - 1].end == 1 or name in NAMES:
            return False
        if name[0] in "fghpq" or name[0].isupper() or name[-1] == "'":
            return True
        k = j + 1 + (j + 1 < self.end and self.tokens[j + 1].text == "-")
        return k + 1 < self.end and self.tokens[k].kind == "num" and self.tokens[k + 1].text == ")"

    def is_variable(self, i: int) -> bool:
        token = self.tokens[i]
        if token.kind != "word" or token.prose:
            return False
        text = token.text
        if len(text) == 1:
            return (text not in "aAI" or self.in_formula(i)) and text < _LAST_LETTER
        if text[-1] == "'":
            return len(text.rstrip("'")) == 1
        return text in NAMES or self.is_letter_product(i)

    def is_letter_product(self, i: int) -> bool:
        """The `xy` of `3xy` and the `AC` of `68AC`: letters that touch a number and are no unit."""
        text = self.tokens[i].text
        if len(text) > 3 or not text.isalpha() or text[0] >= _LAST_LETTER or i == 0 or not self.touches(i):
            return False
        return self.tokens[i - 1].kind in ("num", "close") and text.lower() not in SHORT_UNITS

    def in_formula(self, i: int) -> bool:
        """`a`, `A` and `I` are words unless a sign stands next to them."""
        before = self.tokens[i - 1] if i else None
        after = self.tokens[i + 1] if i + 1 < len(self.tokens) else None
        signs = ("op", "rel", "sub")
        if before is not None and before.kind in ("num", "close") and self.touches(i):
            return True
        beside = (before is not None and before.kind in signs) or (after is not None and after.kind in signs)
        return beside or (before is not None and before.kind == "open" and after is not None and after.kind == "close")

    def skip_unit(self, i: int) -> tuple[int, str]:
        """Index after the unit words that begin at token i, and the words: `miles per hour`, `pounds/book`, `(red)`."""
        words: list[str] = []
        tokens, end, j = self.tokens, self.end, i
        while j < end and len(words) < _MAX_UNIT_WORDS:
            token = tokens[j]
            if token.kind == "word":
                lower = token.text.lower()
                if (lower in UNIT_BREAKERS and not self.is_noun(j, lower)) or self.is_operator_word(j, lower):
                    break
                if self.is_variable(j) or self.is_lone_capital(j):
                    break
                words.append(lower)
                j += 1
            elif token.text == "^" and words and (k := self.unit_power(j)):
                j = k
            elif token.kind == "op" and self.joins_unit(j):
                words.append(token.text)
                j += 1
            elif token.text == "(" and not self.touches(j) and (k := self.comment(j)):
                j = k
            else:
                break
        return j, " ".join(words)

    def is_noun(self, j: int, lower: str) -> bool:
        """`30 leaves + 20 bugs`: behind a number and before a sign the word is what is counted."""
        after = self.tokens[j + 1].kind if j + 1 < self.end else "rel"
        return lower in ("leaves", "needs", "means") and after in ("op", "rel") and self.tokens[j - 1].kind == "num"

    def is_lone_capital(self, j: int) -> bool:
        """The `A` of `\\frac{1}{2} A$`: a capital with no word after it is a factor, no article."""
        return self.tokens[j].text == "A" and (j + 1 >= self.end or self.tokens[j + 1].kind != "word")

    def unit_power(self, j: int) -> int:
        """Index after the `^2` of `cm^2`, else 0."""
        inner = [token for token in self.tokens[j + 1 : min(j + 4, self.end)] if token.kind != "open"]
        if not inner or inner[0].text not in ("2", "3"):
            return 0
        return j + 4 if self.tokens[j + 1].kind == "open" else j + 2

    def goes_on(self, j: int) -> bool:
        """An operator, a relation or a closing bracket at token j; a sign that opens a formula begins another one."""
        token = self.tokens[j]
        return (
            (token.kind == "op" and not token.gap) or token.kind in ("rel", "close", "comma") or self.operator_word(j)
        )

    def operator_word(self, j: int) -> bool:
        token = self.tokens[j]
        if token.kind != "word" or token.text == "of" or j + 1 >= self.end:
            return False
        return self.is_operator_word(j, token.text.lower())

    def is_operator_word(self, j: int, lower: str) -> bool:
        if lower not in ("x", "of", "times", "plus", "minus", "divided", "multiplied"):
            return False
        if lower == "times" and (j + 1 >= self.end or self.tokens[j + 1].kind in ("op", "rel")):
            return False  # `90 times / 2`: what is counted
        return lower != "of" or (j + 1 < self.end and self.tokens[j + 1].kind in ("num", "command"))

    def joins_unit(self, j: int) -> bool:
        """The slash of `pounds/book` and the hyphen of `20-minute`: a word follows that is no variable."""
        if j + 1 >= self.end or self.tokens[j].text not in "/-":
            return False
        following = self.tokens[j + 1]
        if following.kind != "word" or (len(following.text) == 1 and not following.prose):
            return False
        if self.tokens[j].text == "-":
            return self.touches(j) and self.touches(j + 1) and self.tokens[j - 1].kind == "num"
        return following.text.lower() not in WORD_FRACTIONS and following.text not in NAMES

    def comment(self, j: int) -> int:
        """Index after a bracket that holds words only, else 0."""
        k = j + 1
        while (
            k < self.end
            and k - j < 12
            and self.tokens[k].kind in ("word", "comma", "stop")
            and self.tokens[k].text != "\n"
        ):
            if self.is_variable(k):
                return 0
            k += 1
        return k + 1 if k > j + 1 and k < self.end and self.tokens[k].text == ")" else 0
