r"""Arithmetic that a reply leaves unreckoned: `\boxed{9+1}`, `2^{10}-1`, `7 over 4`, `4!`; exact and within limits."""

from __future__ import annotations

import re
from fractions import Fraction
from math import comb, factorial, isqrt

MAX_CHARS = 160
MAX_DIGITS = 400
"""Of any value on the way: what is longer is no answer."""
MAX_FACTORIAL = 200
MAX_DEPTH = 16

_WORDS = (
    (re.compile(r"\b(?:divided by|over|out of)\b"), "/"),
    (re.compile(r"(?<=\d) in (?=\d+$)"), "/"),
    (re.compile(r"\bplus\b|\band(?= [\d]+/)"), "+"),
    (re.compile(r"\band (?:a|one) half\b"), "+1/2"),
    (re.compile(r"\band (?:a|one) (?:quarter|fourth)\b"), "+1/4"),
    (re.compile(r"\band (?:a|one) third\b"), "+1/3"),
    (re.compile(r"\band (?:three quarters|3 quarters|three fourths)\b"), "+3/4"),
    (re.compile(r"(?<=[\d)] )minus\b"), "-"),
    (re.compile(r"\b(?:times|multiplied by)\b"), "*"),
    (re.compile(r" squared\b"), "^2"),
    (re.compile(r" cubed\b"), "^3"),
    (re.compile(r" factorial\b"), "!"),
    (re.compile(r" to the (?:power of )?(?=\d)"), "^"),
)
_PARTS = {"halves": 2, "thirds": 3, "quarters": 4, "fourths": 4, "fifths": 5, "sixths": 6, "sevenths": 7, "eighths": 8,
          "ninths": 9, "tenths": 10, "twelfths": 12, "hundredths": 100, "thousandths": 1000}  # fmt: skip
_SHARE = re.compile(rf"(?<=\d)[ -](?:{'|'.join(_PARTS)})$")
_SPELLINGS = (
    (re.compile(r"\\(?:left|right|displaystyle|,|;|!|:|quad)|\\ |~"), ""),
    (re.compile(r"\\[dtc]frac"), r"\\frac"),
    (re.compile(r"\\(?:times|cdot|ast)\b|[×·∙⋅∗]"), "*"),
    (re.compile(r"\\div\b|÷"), "/"),
    (re.compile(r"−"), "-"),
    (re.compile(r"\*\*"), "^"),
    (re.compile(r"\b(?:sqrt|Sqrt)(?=\()|√"), r"\\sqrt"),
    (re.compile(r"\\[lr]?vert\b|\\mid\b"), "|"),
    (re.compile(r"\\?[$€£](?=[\d.])"), ""),
    (re.compile(r"(?<=\d)(?:,|\{,\})(?=\d{3}(?!\d))"), ""),
    (re.compile(r"\s*(?:\(\s*(?:mod|\\bmod|\\mod)\s*\d+\s*\)|\\pmod\s*\{?\d+\}?|\\bmod\s*\d+)$"), ""),
)
_SUPERSCRIPTS = re.compile("[⁰¹²³⁴-⁹]+")
_PLAIN_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)(?P<repeat>\\(?:overline|dot|bar)\{\d{1,9}\})?"
    r"|(?P<command>\\(?:frac|sqrt|binom))|(?P<mark>[-+*/^!(){}\[\]|]))"
)
_ONLY = re.compile(r"[\d\s.+\-*/^!(){}\[\]|\\a-z]*")
_WORD = (
    "divided|by|over|out|of|in|plus|and|a|one|half|quarters?|fourths?|thirds?|three|minus|times|multiplied|squared|cubed|"
    "factorial|to|the|power|halves|fifths|sixths|sevenths|eighths|ninths|tenths|twelfths|hundredths|thousandths|sqrt|mod"
)
_MAY_BE = re.compile(rf"(?=[^\d]*\d)(?:[^A-Za-z\\]|\\[A-Za-z]+|\\[^A-Za-z]|(?:{_WORD})(?![A-Za-z]))+", re.IGNORECASE)
"""Whether there is a digit and no word but those of arithmetic."""
_RANGE_OR_DATE = re.compile(r"\s*(\d+)-(\d+)\s*|\s*\d+/\d+/\d+\s*")


class _Unreadable(Exception):
    """The text is no arithmetic, or too big."""


def reckoned(text: str) -> Fraction | None:
    r"""The value of a text that is arithmetic and nothing else, or None.

    >>> reckoned("2^{10}-1"), reckoned("7 over 4"), reckoned("\\frac{1}{2}+|-3|"), reckoned("7 apples")
    (Fraction(1023, 1), Fraction(7, 4), Fraction(7, 2), None)
    """
    text = text.strip(" \n\t.,;:*")
    if len(text) > MAX_CHARS or not _MAY_BE.fullmatch(text):
        return None
    text = in_symbols(text)
    if not _ONLY.fullmatch(text) or _is_range_or_date(text):
        return None
    try:
        return _Reader(text).value()
    except (_Unreadable, ZeroDivisionError, RecursionError):
        return None


def in_symbols(text: str) -> str:
    """Words and LaTeX of arithmetic as plain marks: "7 divided by 4" to "7 / 4"."""
    for pattern, mark in _SPELLINGS:
        text = pattern.sub(mark, text)
    text = _SUPERSCRIPTS.sub(lambda match: "^" + match[0].translate(_PLAIN_DIGITS), text)
    if any(character.isalpha() for character in text):
        for pattern, mark in _WORDS:
            text = pattern.sub(mark, text)
        text = _SHARE.sub(lambda match: f"/{_PARTS[match[0][1:]]}", text)
    return text


def _is_range_or_date(text: str) -> bool:
    """ "10-12" is a range and "3/4/2024" a date; "12-10" can only be a difference."""
    match = _RANGE_OR_DATE.fullmatch(text)
    return match is not None and (match[1] is None or int(match[1][:40]) < int(match[2][:40]))


class _Reader:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        position = 0
        text = text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise _Unreadable
            self.tokens.append((match.lastgroup if match["repeat"] is None else "number", match[0].strip()))  # type: ignore[arg-type]
            position = match.end()
        self.at = 0
        self.depth = 0

    def value(self) -> Fraction:
        """The value of all tokens."""
        value = self._sum()
        if self.at != len(self.tokens):
            raise _Unreadable
        return value

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _take(self, mark: str) -> bool:
        if self._peek() != mark:
            return False
        self.at += 1
        return True

    def _need(self, mark: str) -> None:
        if not self._take(mark):
            raise _Unreadable

    def _sum(self, *, bars: bool = True) -> Fraction:
        value = self._product(bars=bars)
        while self._peek() in ("+", "-"):
            sign = 1 if self._take("+") else -1
            self.at += sign < 0
            value = _small(value + sign * self._product(bars=bars))
        return value

    def _product(self, *, bars: bool) -> Fraction:
        value = self._signed(bars=bars)
        while True:
            if self._take("*"):
                value = _small(value * self._signed(bars=bars))
            elif self._take("/"):
                value = _small(value / self._signed(bars=bars))
            elif self._peek() in ("(", "{", "\\frac", "\\sqrt", "\\binom") or self._follows_factorial():
                value = _small(value * self._power(bars=bars))
            else:
                return value

    def _follows_factorial(self) -> bool:
        """Whether a number stands right after a closed factor, as in "3!4!"."""
        return self.at > 0 and self.tokens[self.at - 1][1] in ("!", ")") and self._is_number()

    def _is_number(self) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][0] == "number"

    def _signed(self, *, bars: bool) -> Fraction:
        if self._take("-"):
            return -self._signed(bars=bars)
        self._take("+")
        return self._power(bars=bars)

    def _power(self, *, bars: bool) -> Fraction:
        base = self._atom(bars=bars)
        while self._take("!"):
            base = _factorial(base)
        if not self._take("^"):
            return base
        return _power(base, self._signed(bars=bars))

    def _atom(self, *, bars: bool) -> Fraction:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Unreadable
        value = self._unbounded_atom(bars=bars)
        self.depth -= 1
        return value

    def _unbounded_atom(self, *, bars: bool) -> Fraction:
        if self._is_number():
            self.at += 1
            return _literal(self.tokens[self.at - 1][1])
        for opening, closing in (("(", ")"), ("{", "}"), ("[", "]")):
            if self._take(opening):
                value = self._sum()
                self._need(closing)
                return value
        if bars and self._take("|"):
            value = self._sum(bars=False)
            self._need("|")
            return abs(value)
        return self._command()

    def _command(self) -> Fraction:
        if self._take("\\frac"):
            return _small(self._argument() / self._argument())
        if self._take("\\binom"):
            return _binomial(self._argument(), self._argument())
        self._need("\\sqrt")
        degree = Fraction(2)
        if self._take("["):
            degree = self._sum()
            self._need("]")
        return _root(self._argument(), degree)

    def _argument(self) -> Fraction:
        """What a command applies to: a group, or one digit of a number ("\\frac34")."""
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind == "number" and text.isdigit() and len(text) > 1 and self.tokens[self.at - 1][1] != "\\sqrt":
            self.tokens[self.at] = ("number", text[1:])
            return Fraction(int(text[0]))
        return self._atom(bars=True)


def _literal(text: str) -> Fraction:
    digits, _, repeat = text.partition("\\")
    whole, _, decimals = digits.partition(".")
    if len(digits) > MAX_DIGITS:
        raise _Unreadable
    value = Fraction(int(whole + decimals or "0"), 10 ** len(decimals))
    if repeat:
        period = repeat[repeat.index("{") + 1 : -1]
        value += Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(decimals))
    return value


def _small(value: Fraction) -> Fraction:
    if max(abs(value.numerator), value.denominator).bit_length() > MAX_DIGITS * 4:
        raise _Unreadable
    return value


def _factorial(value: Fraction) -> Fraction:
    if value.denominator != 1 or not 0 <= value <= MAX_FACTORIAL:
        raise _Unreadable
    return Fraction(factorial(int(value)))


def _binomial(n: Fraction, k: Fraction) -> Fraction:
    if n.denominator != 1 or k.denominator != 1 or not 0 <= k <= n <= 1000:
        raise _Unreadable
    return _small(Fraction(comb(int(n), int(k))))


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        return _power(_root(base, Fraction(exponent.denominator)), Fraction(exponent.numerator))
    size = max(abs(base.numerator), base.denominator).bit_length() * abs(exponent)
    if size > MAX_DIGITS * 4:
        raise _Unreadable
    return base ** int(exponent)


def _root(value: Fraction, degree: Fraction) -> Fraction:
    """An exact root, or unreadable: the root of 7 has no exact value."""
    if degree.denominator != 1 or not 2 <= degree <= 9:
        raise _Unreadable
    n = int(degree)
    sign = -1 if value < 0 and n % 2 else 1
    above, below = _whole_root(sign * value.numerator, n), _whole_root(value.denominator, n)
    return sign * Fraction(above, below)


def _whole_root(value: int, n: int) -> int:
    if value < 0:
        raise _Unreadable
    root = isqrt(value) if n == 2 else round(float(value) ** (1 / n)) if value < 10**15 else 0
    if root**n != value:
        raise _Unreadable
    return root
