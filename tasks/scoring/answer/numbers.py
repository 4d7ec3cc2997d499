"""Numbers as people and models write them, read exactly: every value is a Fraction, never a float."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from tasks.scoring.answer.words import COUNTS, SCALES, SMALL, find_word_numbers, parse_words

MAX_DIGITS = 400
"""Longer digit runs are no number: reading them costs quadratic time, and no answer has so many."""
MAX_EXPONENT = 400

_GAP = r"[ \u00a0\u202f\u2009]"
_CURRENCY = r"(?:(?:US|CA|AU|A|C)?\\?\$|[€£¥₹₩]|\bRs\.?|\b(?:INR|USD|EUR|GBP|JPY|CHF)\b)"
_VULGAR = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8",
}  # fmt: skip
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_MINUS = "-−–‐‑－"
"""Hyphen, minus sign, en dash, and what keyboards and converters make of them."""
_COMMA = r"(?:\{,\}|,\\!" + _GAP + r"?|,)"
_BODY = (
    rf"(?:(?P<whole>\d{{1,15}}){_GAP}{{0,2}})?\\[dt]?frac[ ]?"
    r"(?:\{[ ]?(?P<tnum>-?\d{1,40})[ ]?\}[ ]?(?:\{[ ]?(?P<tden>\d{1,40})[ ]?\}|(?P<tden1>\d))"
    r"|(?P<tnum2>\d)[ ]?(?:\{(?P<tden3>\d{1,40})\}|(?P<tden2>\d)))"
    rf"|(?P<mixed>\d{{1,15}})(?:{_GAP}|{_GAP}and{_GAP})(?P<mnum>\d{{1,15}})/(?P<mden>\d{{1,15}})(?![\d/])"
    rf"|(?P<vwhole>\d{{0,15}}){_GAP}?(?P<vulgar>[{''.join(_VULGAR)}])"
    r"|(?P<num>\d{1,40})/(?P<den>\d{1,40})(?![\d/])"
    rf"|(?P<grouped>\d{{1,3}}(?:(?:{_COMMA}\d{{3}})+|(?:[\u00a0\u202f\u2009]\d{{3}})+|(?:\\[,;]\d{{3}})+|(?:['’]\d{{3}})+)"
    rf"|\d{{1,2}}(?:,\d{{2}})+,\d{{3}})(?!\d)(?P<gdec>\.\d+)?"
    r"|(?P<plain>\d+(?:\.\d+)?|\.\d+)"
    r"(?:[eE](?P<exp>[+-]?\d{1,4})(?!\w)"
    rf"|{_GAP}?(?:\\times|\\cdot|[×x*]){_GAP}?10(?:(?:\^|\*\*)(?:\{{(?P<texp>[+-]?\d{{1,4}})\}}|(?P<texp2>[+-]?\d{{1,4}}))|(?P<texp3>⁻?[⁰¹²³⁴-⁹]{{1,4}}))"
    r"|\^(?:\{(?P<pow>-?\d{1,3})\}|(?P<pow2>-?\d{1,3})(?![\w^{]|\.\d))|(?P<pow3>⁻?[⁰¹²³⁴-⁹]{1,3}))?"
)
_NUMBER = re.compile(
    rf"(?:(?<![\w)\]}}%.])(?P<sign>[{_MINUS}+])(?:\*\*)?)?(?P<before>{_CURRENCY}(?:[ ]|\*\*)?)?"
    rf"(?P<sign2>(?<=[$€£¥₹])[{_MINUS}])?(?:{_BODY})"
    rf"(?P<percent>{_GAP}?(?:\\?%|percent\b|per cent\b|pct\b))?"
    rf"(?P<after>{_GAP}?{_CURRENCY}(?![\d.]))?"
    rf"(?:(?:{_GAP}|-)(?P<scale>(?:{'|'.join((*SCALES, *COUNTS))})s?)\b|(?P<short>(?-i:[kKM]))(?![\w/^²³$]))?",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"((?<![\w)\]}%.])[-−])?(?:\\?[$€£¥₹])?(\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+)")
_NEGATIVE = re.compile(r"(?:\bnegative|(?:^|\b(?:is|was|be|equals|to)[ ]|[:=(][ ]?)minus)[ ]$", re.IGNORECASE)
_LEADING_MINUS = re.compile(rf"[ \t*$(]*(?:[{_MINUS}]|negative\b|minus\b)[ ]+(?=[\d.$€£\\])", re.IGNORECASE)
_SPACED = re.compile(r"(?:\D{0,3})\d{1,3}(?:[ ~]\d{3})+(?![\d/])")
_LEAD = re.compile(
    r"(?:\\(?:approx|simeq|sim)\b|[≈≃≅=~:]|\\text\{(?!no|negative|minus)[A-Za-z .:$]{0,80}\}|answer[ ]?[:=])[ ]?(?=\S)",
    re.IGNORECASE,
)
_ANY_DIGIT = re.compile(rf"[\d{''.join(_VULGAR)}]")
_TO_LAST_DIGIT = re.compile(rf"(?s).*[\d{''.join(_VULGAR)}]")
_MAX_DIGITS_SPAN = MAX_DIGITS + 100
_MAX_STEPS_BACK = 8
"""Lines tried from the end: more than eight ending in nothing but exponents hold no answer."""
_UNIT_NAMES = "km|kg|mg|cm|mm|ml|lbs?|oz|ft|mph|kmh|hrs?|mins?|secs?|am|pm|gb|mb|kb|m|g|l|h|s|in|yd|mi"
_UNIT = re.compile(
    rf"""(?:
        {_GAP}*(?:\^\{{?\\?(?:circ|degree)\}}?|\\(?:degree|circ)\b|°[CF]?|º)
        | (?:{_UNIT_NAMES})(?:\^\{{?[23]\}}?|[²³])?(?![\w^])
        | (?:[ ~]|\\[ ,;!])*\\(?:text|mbox|mathrm|textrm)\{{[^{{}}]{{0,80}}\}}(?:\^\{{?[23]\}}?)?
        | (?:{_GAP}|-)(?:[A-Za-z][A-Za-z'’.-]*|per|/)(?:\^\{{?[23]\}}?|[²³])?
          (?:(?:{_GAP}|/|-)[A-Za-z][A-Za-z'’.-]*(?:\^\{{?[23]\}}?|[²³])?){{0,4}}
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_UNIT = re.compile(r"\b(?:or|and|to|mod|if|plus|minus|times|divided|half|i|pi|[a-fj-z])\b", re.IGNORECASE)
_WRAP = re.compile(r"(?<!\d)\*\*|\*\*(?!\d)|__|``?|\\\(|\\\)|\\\[|\\\]|\\(?:displaystyle|left|right)|\\(?:bf|rm|it)\b")
_ALL_TEXT = re.compile(r"\\(?:text|mbox|mathrm|textbf|mathbf|boldsymbol)\{([^{}]*)\}")
_MAX_SHORT = 400
_NUMBER_WORDS = SMALL.keys() | SCALES.keys() | COUNTS.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number found in text."""

    value: Fraction
    """Its own value: "25%" is 25, "4 dozen" is 48, "$1.5 million" is 1500000."""
    start: int
    end: int
    percent: bool = False
    count: int = 1
    """12 for "4 dozen", 1000 for "$4k": the unit that the value includes."""

    @property
    def readings(self) -> tuple[Fraction, ...]:
        """The values it may stand for: "25%" is 25 (of a hundred) or 1/4, "4 dozen" is 48 or 4, "$5k" 5000 or 5."""
        if self.percent:
            return (self.value, self.value / 100)
        return (self.value, self.value / self.count) if self.count > 1 else (self.value,)


def parse_number(text: str) -> Fraction | None:
    """The exact value of a text that is one number and nothing but its sign, currency, unit and mark-up.

    >>> parse_number("**$1,042.50**."), parse_number("₹1,00,000"), parse_number("1 1/2 cups"), parse_number("25%")
    (Fraction(2085, 2), Fraction(100000, 1), Fraction(3, 2), Fraction(25, 1))
    >>> parse_number("3 or 4") is None
    True
    """
    number = read_number(text)
    return None if number is None else number.value


def read_number(text: str) -> Number | None:
    """Like `parse_number`, with what the number counts (percent, dozen). Positions are of the tidied text."""
    if len(text) > _MAX_SHORT:
        return None
    if (minus := _LEADING_MINUS.match(text)) is not None:  # "- 5"; after a newline it would be a list
        number = read_number(text[minus.end() :])
        return None if number is None or number.value < 0 else replace(number, value=-number.value)
    tidy = _tidy(text)
    match = _NUMBER.match(tidy)
    if match is None:
        value = parse_words(_drop_units_of_words(tidy))
        return None if value is None else _of_words(tidy, value, 0, len(tidy))
    rest = tidy[_end(match) :]
    if rest.strip(" .") and not _is_unit(rest):
        return None
    return _number(match)


def find_numbers(text: str, start: int = 0, end: int | None = None) -> Iterator[Number]:
    """Every number in digits, left to right; exponents of units and subscripts are none. Linear in the text."""
    end = len(text) if end is None else end
    if not _ANY_DIGIT.search(text, start, end):
        return  # most sentences hold none, and this search is ten times quicker
    for match in _NUMBER.finditer(text, start, end):
        if text[max(0, match.start() - 2) : match.start()].rstrip("{")[-1:] in {"^", "_"}:
            continue
        number = _number(match)
        if number is not None:
            yield number


def last_number(text: str) -> Number | None:
    """The last number in digits, found from the end: a long text costs no more than its last lines."""
    end = len(text)
    for _ in range(_MAX_STEPS_BACK):
        digit = _TO_LAST_DIGIT.match(text, 0, end)
        if digit is None:
            return None
        start = max(text.rfind("\n", 0, digit.end()) + 1, digit.end() - _MAX_DIGITS_SPAN)
        found = list(find_numbers(text, start, end))
        if found:
            return found[-1]
        end = start
    return None


def last_literal(text: str) -> Number | None:
    """The last run of digits with its sign, thousands commas and decimals, and nothing else: of "3/4" the 4, of
    "x_2" the 2. The rule of lm-eval's flexible-extract and of most notebooks, without their slips on stray marks.

    >>> last_literal("so she pays -$1,050.50, which").value
    Fraction(-2101, 2)
    """
    digit = _TO_LAST_DIGIT.match(text)
    if digit is None:
        return None
    for span in (48, _MAX_DIGITS_SPAN):  # the short look-back is enough for all but very long digit runs
        start = max(0, digit.end() - span)
        matches = list(_LITERAL.finditer(text, start, digit.end()))
        if matches and (matches[-1].start() > start + 2 or start == 0 or span > 48):
            return _of_literal(matches[-1])
    return None


def first_literal(text: str) -> Number | None:
    """The first run of digits, read like `last_literal`."""
    match = _LITERAL.search(text)
    return _of_literal(match) if match else None


def _of_literal(match: re.Match[str]) -> Number | None:
    value = _plain(match[2].replace(",", ""), None)
    if value is None:
        return None
    return Number(value=-value if match[1] else value, start=match.start(), end=match.end())


def numbers_in_words(text: str) -> list[Number]:
    """Every number spelled in words."""
    return [_of_words(text, value, start, end) for value, start, end in find_word_numbers(text)]


def format_number(value: Fraction) -> str:
    """The plainest exact text: an integer, a finite decimal, else a fraction.

    >>> format_number(Fraction(42)), format_number(Fraction(1, 8)), format_number(Fraction(1, 3))
    ('42', '0.125', '1/3')
    """
    if value.denominator == 1:
        return str(value.numerator)
    digits = _decimal_places(value.denominator)
    if digits is None:
        return f"{value.numerator}/{value.denominator}"
    scaled = abs(value.numerator) * 10**digits // value.denominator
    text = f"{scaled:0{digits + 1}d}"
    return f"{'-' if value < 0 else ''}{text[:-digits]}.{text[-digits:]}"


def _decimal_places(denominator: int) -> int | None:
    """Digits after the point of 1/denominator where finite and at most 30, else None."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return max(twos, fives) if denominator == 1 and max(twos, fives) <= 30 else None


def _number(match: re.Match[str]) -> Number | None:
    magnitude = _magnitude(match)
    if magnitude is None:
        return None
    scale = (match["scale"] or "").lower().rstrip("s")
    count = COUNTS.get(scale, COUNTS.get((match["scale"] or "").lower(), 1))
    if _is_short(match):
        count = 1_000_000 if match["short"] == "M" else 1_000
    magnitude *= SCALES.get(scale, 1) * count
    negative = (match["sign"] or "+") != "+" or bool(match["sign2"]) or _is_called_negative(match)
    return Number(
        value=-magnitude if negative else magnitude,
        start=match.start(),
        end=_end(match),
        percent=match["percent"] is not None,
        count=count,
    )


def _is_short(match: re.Match[str]) -> bool:
    """Thousands in "$20k" and "1.5k", millions in "1.5M"; "20k" alone may be algebra, a karat or a kelvin."""
    return match["short"] is not None and (match["before"] is not None or "." in (match["plain"] or ""))


def _end(match: re.Match[str]) -> int:
    return match.end() if match["short"] is None or _is_short(match) else match.start("short")


def _is_called_negative(match: re.Match[str]) -> bool:
    """ "negative 5", "is minus 5"; in "20 minus 5" the word is an operation."""
    text, start = match.string, match.start()
    if text[start - 2 : start] not in ("e ", "s ", "E ", "S "):
        return False
    return _NEGATIVE.search(text[max(0, start - 16) : start]) is not None


def _magnitude(match: re.Match[str]) -> Fraction | None:
    plain = match["plain"]
    if plain is not None:
        power = match["pow"] or match["pow2"] or (match["pow3"] or "").translate(_SUPERSCRIPT)
        if power:
            return _power(_plain(plain, None), int(power))
        exponent = match["exp"] or match["texp"] or match["texp2"] or (match["texp3"] or "").translate(_SUPERSCRIPT)
        return _plain(plain, exponent or None)
    g = match.groupdict()
    if g["grouped"] is not None:
        return _plain(re.sub(r"\D", "", g["grouped"]) + (g["gdec"] or ""), None)
    if g["vulgar"] is not None:
        return int(g["vwhole"] or 0) + Fraction(_VULGAR[g["vulgar"]])
    whole, above, below = _ratio(g)
    if below == 0:
        return None
    return whole + Fraction(above, below)


def _ratio(g: dict[str, str | None]) -> tuple[int, int, int]:
    if g["mixed"] is not None:
        return int(g["mixed"]), int(g["mnum"] or 0), int(g["mden"] or 0)
    if g["num"] is not None:
        return 0, int(g["num"]), int(g["den"] or 0)
    below = g["tden"] or g["tden1"] or g["tden2"] or g["tden3"] or 0
    return int(g["whole"] or 0), int(g["tnum"] or g["tnum2"] or 0), int(below)


def _plain(digits: str, exponent: str | None) -> Fraction | None:
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


def _tidy(text: str) -> str:
    text = _WRAP.sub("", text).strip().rstrip(" .!,;:")
    if text.startswith("$") and text.endswith("$") and len(text) > 2 and not text.startswith("$$"):
        text = text[1:-1].strip()  # inline math
    text = text.strip("$ \n\t`*\"'“”") if text.startswith("$$") else text.strip(" \n\t`*\"'“”")
    if (inner := _ALL_TEXT.fullmatch(text)) is not None:
        text = inner[1]
    if text.startswith("(") and text.endswith(")") and "," not in text.replace("{,}", ""):
        text = text[1:-1].strip()
    if (lead := _LEAD.match(text)) is not None:
        text = text[lead.end() :]
    if _SPACED.match(text) is not None:
        text = re.sub(r"(?<=\d)[ ~](?=\d{3})", "", text)
    return text.removesuffix("/-").rstrip(" .!,;:*$")


def _is_unit(rest: str) -> bool:
    match = _UNIT.match(rest)
    return match is not None and not rest[match.end() :].strip(" .") and not _NO_UNIT.search(rest[: match.end()])


def _drop_units_of_words(text: str) -> str:
    """ "twelve dozen eggs" to "twelve dozen": only trailing words that are no number words."""
    found = find_word_numbers(text)
    if len(found) != 1 or found[0][1] != 0:
        return text
    rest = text[found[0][2] :]
    return text[: found[0][2]] if _is_unit(rest) and _NUMBER_WORDS.isdisjoint(rest.lower().split()) else text


def _of_words(text: str, value: Fraction, start: int, end: int) -> Number:
    words = text[start:end].lower().split()
    last = next((word for word in reversed(words) if word.rstrip("s") in COUNTS), "")
    return Number(value=value, start=start, end=end, count=COUNTS.get(last.rstrip("s"), 1))
