"""Shares stated in words: 'a 20% discount means the price is 80% of the original'. They can hold or stay undecided."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from tasks.scoring.steps.verdict.verdicts import StatementCheck

_SHARE = re.compile(
    r"(?P<change>\d{1,3}(?:\.\d{1,4})?)\s?\\?%\s(?P<kind>discount|off|reduction|decrease|markdown|increase|markup|raise|rise)\b"
    r"[^.\n%]{0,80}?(?P<share>\d{1,3}(?:\.\d{1,4})?)\s?\\?%\sof\s(?:the|its|his|her|their)\s"
    r"(?:original|initial|regular|full|list|normal|marked|old|previous)\b"
)
_UP = ("increase", "markup", "raise", "rise")


def share_statements(text: str) -> Iterator[StatementCheck]:
    """A change in percent and the share that is left of the original.

    >>> [s.verdict for s in share_statements("A 20% discount means the price is 80% of the original.")]
    ['valid']
    """
    if "%" not in text:
        return
    for match in _SHARE.finditer(text):
        change, share = Fraction(match["change"]), Fraction(match["share"])
        left = 100 + change if match["kind"] in _UP else 100 - change
        holds = share in (left, change)
        yield StatementCheck(
            kind="verbal",
            verdict="valid" if holds else "unverifiable",
            reason="share of the original" if holds else "another share",
            start=match.start(),
            end=match.end(),
            text=match.group(),
            left=f"{float(left):g}%",
            right=f"{float(share):g}%",
        )
