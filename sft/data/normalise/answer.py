"""Final answers in one written form: plain numbers without currency, grouping or trailing zeros."""

from __future__ import annotations

import re
import unicodedata

from sft.data.normalise.text import repair

_WRAPPED = (
    re.compile(r"\*\*(.+?)\*\*", re.DOTALL),
    re.compile(r"\\\((.+?)\\\)", re.DOTALL),
    re.compile(r"\\\[(.+?)\\\]", re.DOTALL),
    re.compile(r"\$\$?([^$]+?)\$?\$", re.DOTALL),
    re.compile(r"[\"'`](.+?)[\"'`]", re.DOTALL),
)
_CURRENCY = r"(?:[$€£₹¥]|US\$|Rs\.?|USD|INR|EUR|GBP|JPY)"
_UNIT = r"(?:dollars?|euros?|pounds?|rupees?|yen)"
_AMOUNT = re.compile(
    rf"(?P<sign>[-+]?)\s*{_CURRENCY}?\s*(?P<sign2>-?)(?P<number>\d[\d,]*(?:\.\d+)?|\.\d+)\s*(?:{_CURRENCY}|{_UNIT})?",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}")
_VULGAR = re.compile(r"(?:(?<!\d)(\d+)\s*)?([¼-¾⅐-⅞])")
_BARE = re.compile(rf"[-+]?\s*{_CURRENCY}?\s*-?[\d.,]*\d(?:/\d+)?\s*%?(?:\s+[^\W\d_][\w'-]*){{0,3}}\.?", re.IGNORECASE)

_MOST_BARE = 200
"""Characters: a longer text is no answer alone, and the pattern would try every run of blanks in it."""


def clean_answer(text: str) -> str:
    """The answer as a gold answer is written; text that is no number keeps its words.

    >>> clean_answer("**$1,200.00**"), clean_answer("₹ 1,00,000"), clean_answer("8.50."), clean_answer("Paris.")
    ('1200', '100000', '8.50', 'Paris')
    """
    text = repair(text).text
    if text.count("**") == 1:  # one end of an emphasis whose other end stood before the answer
        text = text.replace("**", "").strip()
    for pattern in _WRAPPED:
        if whole := pattern.fullmatch(text.removesuffix(".")):
            text = whole.group(1).strip()
    text = _VULGAR.sub(_fraction, text.removesuffix(".").strip())
    amount = _AMOUNT.fullmatch(text)
    return _plain(amount) if amount else text


def is_bare_answer(text: str) -> bool:
    """Whether a whole reply is an answer and nothing else: a number, with at most three words after it."""
    text = text.strip()
    return len(text) <= _MOST_BARE and bool(_BARE.fullmatch(text))


def _plain(amount: re.Match[str]) -> str:
    number = amount["number"]
    whole, dot, fraction = number.partition(".")
    if "," in whole:
        if not _GROUPED.fullmatch(whole):
            return amount.group()
        whole = whole.replace(",", "")
    sign = "-" if "-" in (amount["sign"], amount["sign2"]) else ""
    return sign + (whole or "0") + (dot + fraction if fraction.strip("0") else "")


def _fraction(match: re.Match[str]) -> str:
    part = unicodedata.normalize("NFKC", match[2]).replace("\u2044", "/")
    return f"{match[1] or ''} {part}".strip()
