"""The question under construction: a template draws people, things and numbers, then tells and solves the story."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, TypeAlias, TypeVar

from tasks.gsm_style.num import Exact, Num
from tasks.gsm_style.rng import Rng, states
from tasks.gsm_style.splits import Band, positions
from tasks.gsm_style.vocab import CURRENCIES, PEOPLE, SWAPS, Currency, Noun, Person

T = TypeVar("T")
AnswerType: TypeAlias = Literal["integer", "decimal", "money", "percent"]


class Reject(Exception):
    """These numbers make no natural question: draw others."""


class Draft:
    """One question. Names, things, wording, currency and numbers come from streams of their own.

    A variant changes one stream and keeps the rest, so that it differs in one respect only.
    """

    def __init__(self, key: str, band: Band, *, names_salt: str = "", numbers_salt: str = "", attempt: int = 0) -> None:
        self.key = key
        self.facts: list[str] = []
        self.free: list[bool] = []
        """Which facts may change places with their free neighbours."""
        self.question = ""
        self.what = ""
        """The answer as a noun phrase: 'the number of eggs left'."""
        self.lines: list[str] = []
        self.result = Num(0)
        self.drawn: list[Exact] = []
        self.uses_money = False
        self._band = band
        names, things, wording, currency, numbers = states(5, key)
        self._names = Rng.named(key, names_salt) if names_salt else Rng(names)
        self._things = Rng(things)
        self._wording = Rng(wording)
        self._numbers = Rng.named(key, numbers_salt, attempt) if numbers_salt or attempt else Rng(numbers)
        self._people: list[Person] = []
        self._currency = Rng(currency).pick(CURRENCIES)

    # Names, things, wording

    def person(self) -> Person:
        """Somebody who is not in the story yet."""
        while (someone := self._names.pick(PEOPLE)) in self._people:
            pass
        self._people.append(someone)
        return someone

    @property
    def people(self) -> tuple[Person, ...]:
        """Who is in the story."""
        return tuple(self._people)

    def pick(self, options: Sequence[T]) -> T:
        """A thing, a place, a role."""
        return self._things.pick(options)

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """Different things of one kind."""
        return self._things.sample(options, count)

    def say(self, *phrasings: str, free: bool = False) -> None:
        """Tell a fact in one of several wordings. Neighbouring `free` facts may be told in any order."""
        self.facts.append(self._wording.pick(phrasings))
        self.free.append(free)

    def ask(self, *phrasings: str, what: str) -> None:
        """Ask, with names rather than pronouns, so that the question can also be asked first."""
        self.question = self._wording.pick(phrasings)
        self.what = what

    # Numbers

    def whole(self, low: int, high: int, step: int = 1) -> Num:
        """A whole number from low to high; of a range of ten values or more, only the split's part."""
        allowed = positions((high - low) // step + 1, self._band)
        return self._drawn(low + step * allowed[self._numbers.below(len(allowed))])

    def of(self, *options: int) -> Num:
        """One of these numbers; of ten or more, only the split's part."""
        allowed = positions(len(options), self._band)
        return self._drawn(options[allowed[self._numbers.below(len(allowed))]])

    def money(self, low: int, high: int, step: int = 1, *, scale: int = 0) -> Num:
        """A whole amount of everyday dollars from `low` to `high` in steps of `step`, in the story's currency.

        `scale` overrides the factor to a currency of small units.
        """
        return self.cents(low * 100, high * 100, step * 100, scale=scale)

    def cents(self, low: int, high: int, step: int, *, scale: int = 0) -> Num:
        """An amount from `low` to `high` cents in steps of `step`; `scale` overrides the factor to a currency of small
        units.
        """
        allowed = positions((high - low) // step + 1, self._band)
        hundredths = low + step * allowed[self._numbers.below(len(allowed))]
        self.uses_money = True
        amount = self._drawn(Fraction(hundredths * self._factor(scale), 100))
        return Num(amount.value, self._currency.symbol)

    def cash(self, dollars: int) -> Num:
        """A fixed amount (a banknote), scaled to the story's currency."""
        self.uses_money = True
        return Num(dollars * self._factor(0), self._currency.symbol)

    @property
    def currency(self) -> Currency:
        """The story's currency."""
        return self._currency

    def need(self, condition: bool) -> None:
        """Take these numbers only if the condition holds; raises Reject, which draws others, where it does not."""
        if not condition:
            raise Reject

    # The solution

    def step(self, expression: Num, line: str, *, decimals: int = 0) -> Num:
        """Compute one thing. `@` in the line stands for the equation; the value goes on as a given number.

        Counts must be whole (or have at most `decimals`), money at most two decimals, nothing zero or negative: else it
        raises Reject, and other numbers are drawn.
        """
        value = expression.value
        if value <= 0 or not self._natural(value, expression.unit, decimals):
            raise Reject
        if value == 1 and not expression.unit and "@ " in line:  # '1 apples'
            raise Reject
        self.lines.append(line.replace("@", expression.equation))
        self.result = expression.known
        return self.result

    @property
    def answer_type(self) -> AnswerType:
        """What kind of number the last step gives."""
        if self.result.unit == "%":
            return "percent"
        if self.result.unit:
            return "money"
        return "integer" if isinstance(self.result.value, int) else "decimal"

    def swap_currency(self) -> None:
        """Tell the same figures in another currency, for the currency variant. Before the template runs."""
        self._currency = Rng.named(self.key, "swap").pick(SWAPS[self._currency.symbol])

    def _drawn(self, value: Exact) -> Num:
        number = Num(value)
        self.drawn.append(number.value)
        return number

    def _factor(self, scale: int) -> int:
        return 1 if self._currency.scale == 1 else scale or self._currency.scale

    def _natural(self, value: Exact, unit: str, decimals: int) -> bool:
        if isinstance(value, int):
            return True
        if unit and unit != "%":
            return not self._currency.whole and 100 % value.denominator == 0
        return decimals > 0 and 10**decimals % value.denominator == 0


def listing(parts: Sequence[str]) -> str:
    """'a, b and c'."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


__all__ = ["AnswerType", "Draft", "Noun", "Person", "Reject", "listing"]
