"""The closed word lists of the grammar: operators, units, fractions and the words that make a span ambiguous."""

from __future__ import annotations

from fractions import Fraction


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


WORD_OPERATORS = {"plus": "+", "minus": "-", "times": "*", "x": "*", "X": "*"}
"""Words that stand for a sign between two operands."""
TWO_WORD_OPERATORS = {("divided", "by"): "/", ("multiplied", "by"): "*"}

WORD_FRACTIONS = {
    "half": Fraction(1, 2), "one-half": Fraction(1, 2), "third": Fraction(1, 3), "one-third": Fraction(1, 3),
    "two-thirds": Fraction(2, 3), "quarter": Fraction(1, 4), "one-quarter": Fraction(1, 4),
    "one-fourth": Fraction(1, 4),
    "three-quarters": Fraction(3, 4), "three-fourths": Fraction(3, 4), "one-fifth": Fraction(1, 5),
    "two-fifths": Fraction(2, 5), "three-fifths": Fraction(3, 5), "four-fifths": Fraction(4, 5),
    "one-sixth": Fraction(1, 6),
    "one-eighth": Fraction(1, 8), "one-tenth": Fraction(1, 10), "twice": Fraction(2), "double": Fraction(2),
    "triple": Fraction(3), "thrice": Fraction(3),
}  # fmt: skip
"""Literals in words; only before 'of', 'the' or a number."""

MAGNITUDES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}

SHORT_UNITS = word_set(
    "cm km mm ft in hr hrs min sec oz lb lbs mph kph kg mg ml am pm yd pt qt gal doz pcs kwh mb gb tb db hz usd eur rpm"
    " ths pp pct yrs yr mo wk wks dz sq cu th st nd rd"
)
"""Short words that are units where they touch a number; others are products of variables."""

UNIT_BREAKERS = word_set(
    "so and then but he she they it we i you because since is are was were has have had which that therefore thus if"
    " when while where hence or not let given gives equals make makes get gets"
    " remainder mod r for-each means mean needs need can could would will must also now next"
    " ago later earlier finally leaving leaves minus plus times divided multiplied equal than"
)
"""Words that end a unit phrase: after them another clause speaks."""

AMBIGUOUS_BEFORE = word_set(
    "and plus minus times of by over than to from or divided multiplied add adding subtract subtracting sum product"
    " difference between half twice thrice double triple quadruple third quarter square squared cube cubed root"
    " log sin cos tan ln"
    " mod less more fewer every per another other x versus vs through until not"
    " under one two three four five six seven eight nine ten eleven twelve hundred thousand"
    " million dozen negative ratio step day week month year hour minute part case option question problem chapter"
    " page level number no item round game test grade age row column figure table equation line formula"
    " except without into excluding including respectively max min gcd lcm floor average mean median mode"
    " greater raised taken chosen choose factorial fraction percent percentage reciprocal inverse opposite"
)
"""Words before a span after which its value may not be what the sentence speaks of."""

FUNCTION_WORDS = word_set(
    "log sin cos tan ln mod modulo gcd lcm max min floor ceiling average mean median mode choose chosen taken factorial"
    " square squared cube cubed root ratio reciprocal inverse opposite negative raised sum product difference between"
    " respectively versus vs x r remainder plus minus plus-or-minus divided multiplied add adding subtract subtracting"
    " and-a-half hundredths tenths thousandths half halves thirds third fourths quarter quarters fifths sixths eighths"
    " tenth hundredth over"
)
"""Words beside a span that do something to its value which no number of the sentence tells."""
LABELS = word_set(
    "week day month year page chapter level question item step row grade age column figure table equation line problem"
    " case part option round game test section unit number no room bus route verse lesson volume score won lost win"
    " beat season episode"
)
"""Words, singular, after which `3-1` is a range or a score."""
FUNCTION_NOUNS = word_set(
    "product difference average mean median mode square root cube ratio power factor combination combinations rest"
    " remainder quotient logarithm log sine cosine negative inverse reciprocal out multiple"
)
"""Nouns before 'of' that make another value of what follows, which no number of the sentence tells."""

FRACTION_NOUNS = word_set(
    "half third thirds quarter quarters fourth fourths fifth fifths sixth sixths eighth tenth tenths percent"
    " percentage product difference"
    " average mean median mode square root cube ratio out multiple power factor combination combinations rest"
    " remainder quotient"
    " fraction logarithm log sine cosine negative inverse reciprocal pair pairs dozen"
)
"""Nouns before 'of' that change the value of what follows."""

AMBIGUOUS_AFTER = word_set(
    "plus minus times over divided multiplied x r remainder mod modulo than squared cubed"
    " of dozen dozens hundred thousand million billion trillion percent hundredths tenths thousandths half halves"
    " thirds third fourths quarters fifths sixths eighths tenth hundredth pairs pair score plus-or-minus choose"
    " greater larger smaller bigger raised choose factorial above below short over under and-a-half as with"
)
"""Words after a span after which its value may not be the whole quantity."""

ROUNDING_CUES = word_set(
    "round rounds rounded rounding approximately approx about roughly around nearly nearest almost estimate estimated"
    " whole integer floor ceiling truncate truncated up"
)
HYPOTHETICAL_CUES = word_set(
    "if suppose supposing assume assuming assumed try trying guess when whenever let imagine instead unless would"
    " cannot can't not isn't doesn't incorrect wrong mistake false impossible contradiction contradicts error"
    " should check verify case either test hypothetical otherwise"
)
"""Words after which a false statement may be meant to be false."""

SOFT_RELATIONS = {
    ("is",), ("equals",), ("gives",), ("makes",), ("is", "equal", "to"), ("which", "is"), ("to", "get"), ("we", "get"),
    ("gives", "us"), ("which", "equals"), ("you", "get"), ("which", "gives"), ("resulting", "in"), ("totals",),
    ("comes", "to"), ("which", "gives", "us"), ("will", "be"), ("would", "be"), ("equal",), ("are",), ("equaling",),
}  # fmt: skip
"""Phrases that say 'equals' between a calculation and a number."""

SECONDS = {
    "second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3_600, "hr": 3_600, "day": 86_400, "week": 604_800,
}  # fmt: skip
"""Fixed time units, in seconds."""
MONTHS = {"month": 1, "year": 12, "decade": 120, "century": 1_200}
LENGTHS = {"inch": 1, "foot": 12, "yard": 36, "mile": 63_360}
METRIC = {
    "millimeter": 1,
    "mm": 1,
    "centimeter": 10,
    "cm": 10,
    "meter": 1_000,
    "m": 1_000,
    "kilometer": 1_000_000,
    "km": 1_000_000,
}
MASS = {"ounce": 1, "oz": 1, "pound": 16, "lb": 16, "ton": 32_000}
GRAMS = {"milligram": 1, "mg": 1, "gram": 1_000, "g": 1_000, "kilogram": 1_000_000, "kg": 1_000_000}
VOLUME = {"ounce": 1, "cup": 8, "pint": 16, "quart": 32, "gallon": 128}
LITERS = {"milliliter": 1, "ml": 1, "liter": 1_000, "l": 1_000}
MONEY = {"cent": 1, "penny": 1, "nickel": 5, "dime": 10, "quarter": 25, "dollar": 100, "buck": 100}
GROUPS = {"pair": 2, "dozen": 12, "score": 20}
"""Words that count things by the group."""
POWER = {"watt": 1, "watt-hour": 1, "wh": 1, "kilowatt": 1_000, "kw": 1_000, "kwh": 1_000, "kilowatt-hour": 1_000}
BYTES = {"kb": 1, "mb": 1_000, "gb": 1_000_000}
UNIT_TABLES = (POWER, BYTES, SECONDS, MONTHS, LENGTHS, METRIC, MASS, GRAMS, VOLUME, LITERS, MONEY)
"""A small fixed table: a units library would read 'hand' and 'bag' as units."""

_IRREGULAR = {"feet": "foot", "inches": "inch", "pennies": "penny", "centuries": "century", "ft": "foot", "hrs": "hour",
              "mins": "minute", "secs": "second", "lbs": "pound", "litre": "liter", "litres": "liter", "metre": "meter",
              "metres": "meter", "minutes": "minute", "h": "hour",
              "hr": "hour", "min": "minute", "sec": "second", "kilo": "kg", "kilos": "kg", "kgs": "kg"}  # fmt: skip


def singular(word: str) -> str:
    """The singular of a unit word, by rule of thumb: 'boxes' and 'box' agree, which is all that is asked.

    >>> singular("Minutes"), singular("feet"), singular("boxes"), singular("glass")
    ('minute', 'foot', 'box', 'glass')
    """
    word = word.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else word
