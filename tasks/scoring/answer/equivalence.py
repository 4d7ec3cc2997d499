"""Whether an answer equals the gold answer: numbers exactly, LaTeX as mathematics, anything else as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeAlias

from tasks.scoring.answer.found import Found
from tasks.scoring.answer.read import Kind
from tasks.scoring.answer.latex import latex_equal, normalise_latex
from tasks.scoring.answer.numbers import Number, format_number, read_number

TargetKind: TypeAlias = Literal["number", "latex", "text"]

_MATH = re.compile(r"[\\^_={}+*/<>$|0-9]|\(.*,.*[)\]]")
_CHOICE = re.compile(r"\s*(?:(?:option|choice)\s)?\(?([A-Za-z])(?:[).:,]|\s*$|(?-i:\s(?![a-z])))", re.IGNORECASE)
"""An option by its letter: "(B) the cat", "B. the cat", "Option B"; "a dog" is no A."""
_TIME = re.compile(r"\s*(\d{1,2}:\d{2})\s*(?:([ap])\.?m\.?)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A gold answer, read once."""

    kind: TargetKind
    text: str
    number: Number | None = None

    @property
    def reads(self) -> Kind:
        """How a reply is searched for it."""
        return "number" if self.kind == "number" else "text"


@lru_cache(maxsize=65536)
def read_target(text: str) -> Target | None:
    """The gold answer, or None where there is nothing to compare with."""
    if not text.strip():
        return None
    number = read_number(text)
    if number is not None:
        return Target(kind="number", text=text, number=number)
    bare = normalise_latex(text)
    return Target(kind="latex" if _MATH.search(bare) else "text", text=text)


def is_equal(target: Target, found: Found) -> bool:
    """Whether the answer found in a reply equals the gold answer."""
    if target.number is not None:
        if found.number is not None:
            return numbers_equal(target.number, found.number)
        # What is left unreckoned at the end of a reply without a marked answer was cut off.
        return found.rule != "closing number" and "\\" in found.text and latex_equal(target.text, found.text)
    if target.kind == "latex":
        return _times_equal(target.text, found.text) or latex_equal(target.text, found.text)
    return texts_equal(target.text, found.text)


def numbers_equal(gold: Number, answer: Number) -> bool:
    """Exact equality of values. A percent sign or a "dozen" on one side may be the unit that the question asks in, so
    "25%" equals 25 and 0.25, and "4 dozen" equals 48 and 4; on both sides it says the same twice: "0.25%" is not "25%"."""
    if gold.measure and gold.measure == answer.measure:
        return gold.value == answer.value or (gold.measure == "compound" and gold.others[-1] == answer.others[-1])
    if gold.measure in _MONEY and answer.measure in _MONEY:
        return _in_dollars(gold) == _in_dollars(answer)
    return gold.value in answer.readings or answer.value in gold.readings


_MONEY = frozenset({"money", "cents", "thousands"})


def _in_dollars(number: Number) -> Fraction:
    return number.others[0] if number.measure == "cents" else number.value


def _times_equal(gold: str, answer: str) -> bool:
    """ "3:30 p.m." is "3:30 PM", and answers "3:30"; "3:30" and "3:30 AM" do not answer "3:30 PM"."""
    wanted, given = _TIME.fullmatch(normalise_text(gold)), _TIME.fullmatch(normalise_text(answer))
    if wanted is None or given is None or wanted[1] != given[1]:
        return False
    return wanted[2] is None or wanted[2].lower() == (given[2] or "").lower()


def texts_equal(gold: str, answer: str) -> bool:
    """Equality of words: case, punctuation and mark-up aside; "(B) the cat" answers "B"."""
    wanted, given = plain_text(gold), plain_text(answer)
    if len(wanted) == 1 and wanted.isalpha():
        option = _CHOICE.match(normalise_text(answer))
        return option is not None and option[1].casefold() == wanted
    return bool(given) and wanted == given


def plain_text(text: str) -> str:
    """Letters and digits alone, in lower case.

    >>> plain_text("**The East.**"), plain_text(r"\\text{east}")
    ('the east', 'east')
    """
    return " ".join(re.findall(r"[^\W_]+", normalise_text(text).casefold()))


def normalise_text(text: str) -> str:
    r"""The text without `\text{}`, dollar signs and emphasis."""
    text = re.sub(r"\\(?:text|mbox|mathrm|textbf)\{([^{}]{0,400})\}", r"\1", text)
    return re.sub(r"\*\*|__|`|\$", "", text).strip()


def normalised(target: Target, found: Found) -> str:
    """The answer as it is stored: a number in its plainest form, LaTeX and text tidied."""
    if found.number is not None:
        return format_number(found.number.value)
    return found.text[:400] if target.kind != "text" else normalise_text(found.text)[:400]
