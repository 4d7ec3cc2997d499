"""The notations of one number: the pattern that finds them, and the exact value of what it found."""

from __future__ import annotations

import re
from fractions import Fraction

from tasks.scoring.answer.words import COUNTS, SCALES

MAX_DIGITS = 400
"""Longer digit runs are no number: reading them costs quadratic time, and no answer has so many."""
MAX_EXPONENT = 400

GAP = r"[ \u00a0\u202f\u2009]"
_CURRENCY = r"(?:(?:US|CA|AU|A|C)?\\?\$|[€£¥₹₩]|\bRs\.?|\b(?:INR|USD|EUR|GBP|JPY|CHF)\b)"
VULGAR = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8",
}  # fmt: skip
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
MINUS = "-−–‐‑－"
"""Hyphen, minus sign, en dash, and what keyboards and converters make of them."""
_COMMA = r"(?:[ ]?\{[ ]?,[ ]?\}[ ]?|,\\!" + GAP + r"?|,)"
_BODY = (
    rf"(?:(?P<whole>\d{{1,15}}){GAP}{{0,2}})?\\[dt]?frac[ ]?"
    r"(?:\{[ ]?(?P<tnum>-?\d{1,40})[ ]?\}[ ]?(?:\{[ ]?(?P<tden>\d{1,40})[ ]?\}|(?P<tden1>\d))"
    r"|(?P<tnum2>\d)[ ]?(?:\{(?P<tden3>\d{1,40})\}|(?P<tden2>\d)))"
    rf"|(?P<mixed>\d{{1,15}})(?:{GAP}|{GAP}and{GAP})(?P<mnum>\d{{1,15}})/(?P<mden>\d{{1,15}})(?![\d/])"
    rf"|(?P<vwhole>\d{{0,15}}){GAP}?(?P<vulgar>[{''.join(VULGAR)}])"
    r"|(?P<num>\d{1,40})/(?P<den>\d{1,40})(?![\d/])"
    rf"|(?P<grouped>(?!0\D)\d{{1,3}}(?:(?:{_COMMA}\d{{3}})+|(?:[\u00a0\u202f\u2009]\d{{3}})+|(?:\\[,;]\d{{3}})+|(?:['’]\d{{3}})+)"
    rf"|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}|[1-9]\d{{0,2}}(?:[ ]\d{{3}})+(?![-/]\d|,\d))(?!\d)(?P<gdec>\.\d+)?"
    r"|(?P<pointed>[1-9]\d{0,2}(?:(?:\.\d{3})+(?=,\d)|(?:\.\d{3}){2,}|(?:[ \u00a0\u202f]\d{3})+(?=,\d{1,2}(?!\d)))"
    r"(?P<pdec>,\d{1,9})?(?!\d|\.\d))"
    r"|(?P<comma>(?<!\d,)(?:\d{1,15},(?:\d{1,2}|\d{4,9})|0,\d{3})(?![\d]|,\d))"
    r"|(?P<plain>\d+(?:\.\d+)?|\.\d+)"
    r"(?:[eE](?P<exp>[+-]?\d{1,4})(?!\w)"
    rf"|{GAP}?(?:\\times|\\cdot|[×x*]){GAP}?10(?:(?:\^|\*\*)(?:\{{(?P<texp>[+-]?\d{{1,4}})\}}|(?P<texp2>[+-]?\d{{1,4}}))|(?P<texp3>⁻?[⁰¹²³⁴-⁹]{{1,4}}))"
    r"|\^(?:\{(?P<pow>-?\d{1,3})\}|(?P<pow2>-?\d{1,3})(?![\w^{]|\.\d))|(?P<pow3>⁻?[⁰¹²³⁴-⁹]{1,3}))?"
)
NUMBER = re.compile(
    rf"(?:(?<![\w)\]}}%.])(?P<sign>[{MINUS}+])(?:\*\*)?)?(?P<before>{_CURRENCY}(?:[ ]|\*\*)?)?"
    rf"(?P<sign2>(?<=[$€£¥₹])[{MINUS}])?(?:{_BODY})"
    rf"(?P<percent>{GAP}?(?:\\?%|percent(?:age)?\b|per cent\b|pct\b))?"
    rf"(?P<after>{GAP}?{_CURRENCY}(?![\d.]))?"
    rf"(?:(?:{GAP}|-)(?P<scale>(?:{'|'.join((*SCALES, *COUNTS))})s?)\b|(?P<short>(?-i:[kKM]))(?![\w/^²³$]))?",
    re.IGNORECASE,
)


def magnitude(match: re.Match[str]) -> Fraction | None:
    """The value of what NUMBER matched, sign and scale aside; None for what has none: 1/0, too many digits."""
    plain = match["plain"]
    if plain is not None:
        power = match["pow"] or match["pow2"] or (match["pow3"] or "").translate(_SUPERSCRIPT)
        if power:
            return _power(plain_value(plain, None), int(power))
        exponent = match["exp"] or match["texp"] or match["texp2"] or (match["texp3"] or "").translate(_SUPERSCRIPT)
        return plain_value(plain, exponent or None)
    g = match.groupdict()
    if g["grouped"] is not None:
        return plain_value(re.sub(r"\D", "", g["grouped"]) + (g["gdec"] or ""), None)
    if g["pointed"] is not None or g["comma"] is not None:
        return _of_decimal_comma(g)
    if g["vulgar"] is not None:
        return int(g["vwhole"] or 0) + Fraction(VULGAR[g["vulgar"]])
    whole, above, below = _ratio(g)
    if below == 0:
        return None
    return whole + Fraction(above, below)


def _of_decimal_comma(g: dict[str, str | None]) -> Fraction | None:
    """ "1.250,50", "1.250.000", "3,85"."""
    if g["comma"] is not None:
        return plain_value(g["comma"].replace(",", "."), None)
    whole = (g["pointed"] or "").removesuffix(g["pdec"] or "")
    return plain_value(re.sub(r"\D", "", whole) + (g["pdec"] or "").replace(",", "."), None)


def _ratio(g: dict[str, str | None]) -> tuple[int, int, int]:
    if g["mixed"] is not None:
        return int(g["mixed"]), int(g["mnum"] or 0), int(g["mden"] or 0)
    if g["num"] is not None:
        return 0, int(g["num"]), int(g["den"] or 0)
    below = g["tden"] or g["tden1"] or g["tden2"] or g["tden3"] or 0
    return int(g["whole"] or 0), int(g["tnum"] or g["tnum2"] or 0), int(below)


def plain_value(digits: str, exponent: str | None) -> Fraction | None:
    """Digits with at most one point, times a power of ten."""
    if len(digits) > MAX_DIGITS:
        return None
    whole, _, decimals = digits.partition(".")
    value = Fraction(int(whole + decimals), 10 ** len(decimals)) if decimals else Fraction(int(whole))
    if exponent is None:
        return value
    power = int(exponent)
    return None if abs(power) > MAX_EXPONENT else value * Fraction(10) ** power


def _power(base: Fraction | None, power: int) -> Fraction | None:
    if base is None or (base == 0 and power < 0):
        return None
    digits = len(str(max(base.numerator, base.denominator))) * abs(power)
    return None if digits > MAX_DIGITS else base**power
