"""Paraphrase: the same question in other words, by rules; numbers, names and what is asked stay.

"If a box holds 6 eggs, how many eggs are in 4 boxes?"  becomes  "How many eggs are in 4 boxes, if a box holds 6 eggs?"
"Tom buys 3 pens in total."                             becomes  "Tom purchases 3 pens altogether."

Each rule replaces words by others that mean the same in a story problem, or moves the condition of a question behind
it. What no rule fits stays as it is: such a question is left out and counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from harness.audits.probes.records import Asked, Variant
from harness.core.records import Doc
from harness.core.task import as_text

NO_RULE = "no rule of the paraphrase fits the question"
NOT_PLAIN = "the question is a conversation"

_BOTH_WAYS = (
    ("in total", "altogether"),
    ("bought", "purchased"),
    ("children", "kids"),
    ("doesn't", "does not"),
    ("don't", "do not"),
    ("didn't", "did not"),
    ("isn't", "is not"),
    ("large", "big"),
    ("twice as many", "two times as many"),
    ("twice as much", "two times as much"),
    ("every day", "each day"),
    ("every week", "each week"),
    ("every month", "each month"),
    ("every year", "each year"),
    ("the store", "the shop"),
    ("photos", "pictures"),
)
"""Words that mean the same in a story problem; either side is replaced by the other."""
_WORDS_ONE_WAY = (
    ("buy", "purchase"),  # a purchase is a noun too
    ("buys", "purchases"),
    ("begins", "starts"),  # who starts out does not begin out
    ("began", "started"),
    ("receives", "gets"),  # who gets on a bus does not receive it
    ("wants to", "would like to"),  # I would like to is not I wants to
    ("there's", "there is"),
    ("mom", "mother"),
    ("dad", "father"),
)
_ONE_WAY = (
    (r"\bHow much money does\b", "What amount of money does"),
    (r"\bhow much money does\b", "what amount of money does"),
    (r"\bHow many(?= [a-z]+s (?:are|were|do|does|did|will|can|has|have)\b)", "What number of"),
    (r"\bhow many(?= [a-z]+s (?:are|were|do|does|did|will|can|has|have)\b)", "what number of"),
    (r"(?<=\d )(minutes|hours|days|weeks|times|dollars|miles|pages) an? (hour|day|week|month|year)\b", r"\1 per \2"),
)
_QUESTION_IS = re.compile(
    r"(?P<before>(?:^|[.!?] ))What (?:is|are|was|were) (?P<rest>(?:the|his|her|their|its|\d)[^?]*)\?$"
)
_CONDITION_FIRST = re.compile(
    r"(?P<before>(?:^|[.!?] ))If (?P<condition>[^,.?!]+), (?P<asked>(?:how|what)\b[^,?.!]*)\?$"
)
_PRONOUN_OR_IF = re.compile(
    r"\b(?:if|that|this|those|these|he|she|they|it|his|her|their|its|him|them)\b", re.IGNORECASE
)

Rule: TypeAlias = Callable[[str], str]


def paraphrase(doc: Doc) -> Asked:
    """The doc's question in other words, or why there are none."""
    if not isinstance(doc.question, str):
        return NOT_PLAIN
    question = rewritten(as_text(doc.question))
    return NO_RULE if question == doc.question else (Variant(name="paraphrase", question=question),)


def rewritten(question: str) -> str:
    """The question after every rule that fits; itself where none does.

    >>> rewritten("If a box holds 6 eggs, how many eggs are in 4 boxes?")
    'What number of eggs are in 4 boxes, if a box holds 6 eggs?'
    """
    for rule in (_condition_last, _imperative, _phrases, _words):
        question = rule(question)
    return question


def _condition_last(question: str) -> str:
    """`If A, how many B?` to `How many B, if A?`; not where B's pronoun would then come before its noun, nor with a
    second condition in B."""

    def swap(match: re.Match[str]) -> str:
        if _PRONOUN_OR_IF.search(match["asked"]):
            return match.group()
        asked = match["asked"][0].upper() + match["asked"][1:]
        return f"{match['before']}{asked}, if {match['condition']}?"

    return _CONDITION_FIRST.sub(swap, question)


def _imperative(question: str) -> str:
    """`What is the total?` to `Find the total.`"""
    return _QUESTION_IS.sub(r"\g<before>Find \g<rest>.", question)


def _phrases(question: str) -> str:
    for pattern, replacement in _ONE_WAY:
        question = re.sub(pattern, replacement, question)
    return question


def _words(question: str) -> str:
    return _PAIR_PATTERN.sub(_other_word, question)


def _other_word(match: re.Match[str]) -> str:
    found = match.group()
    other = _OTHER[found.lower()]
    return other[0].upper() + other[1:] if found[0].isupper() else other


_OTHER = dict(_BOTH_WAYS) | {right: left for left, right in _BOTH_WAYS} | dict(_WORDS_ONE_WAY)
_PAIR_PATTERN = re.compile(
    r"\b(?:" + "|".join(re.escape(words) for words in sorted(_OTHER, key=len, reverse=True)) + r")\b(?!['’-])",
    re.IGNORECASE,
)
