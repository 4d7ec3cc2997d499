"""Longer chains: the old answer becomes the start of two more steps."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.num import Num
from tasks.gsm_style.rng import Rng

_MOST = 5000
"""An answer above this is only doubled."""


def lengthen(draft: Draft) -> tuple[str, str]:
    """Ask for something two steps beyond the old answer; returns the new lines of the solution."""
    rng = Rng.named(draft.key, "longer")
    factor = Num(2 if draft.result > _MOST else 2 + rng.below(3))
    if draft.answer_type == "money":
        return rng.pick((_spends, _keeps))(draft, factor, rng)
    return rng.pick((_writes_down, _lock_code, _guesses))(draft, factor, rng)


def _finish(draft: Draft, question: str, result: Num) -> None:
    draft.question = question
    draft.result = result.known


def _spends(draft: Draft, factor: Num, rng: Rng) -> tuple[str, str]:
    other, old = draft.person(), draft.result
    fee = Num((2 + rng.below(28)) * draft.currency.scale, old.unit)
    product = factor * old
    total = product.known + fee
    question = (
        f"{other} has a bill of {factor.times} {draft.what}, and then also pays {fee} for a taxi. "
        f"How much does {other} pay in all?"
    )
    _finish(draft, question, total)
    return f"{other}'s bill is {product.equation}.", f"In all, {other} pays {total.equation}."


def _keeps(draft: Draft, factor: Num, rng: Rng) -> tuple[str, str]:
    other, old = draft.person(), draft.result
    product = factor * old
    most = max(1, int(product.value) // draft.currency.scale // 2)
    gift = Num((1 + rng.below(min(most, 40))) * draft.currency.scale if product > draft.currency.scale else 0, old.unit)
    total = product.known - gift
    question = (
        f"{other} wins a prize of {factor.times} {draft.what} and gives {gift} of the prize to a charity. "
        f"How much of the prize does {other} keep?"
    )
    _finish(draft, question, total)
    return f"{other}'s prize is {product.equation}.", f"{other} keeps {total.equation}."


def _writes_down(draft: Draft, factor: Num, rng: Rng) -> tuple[str, str]:
    other, more = draft.person(), Num(2 + rng.below(28))
    product = factor * draft.result.bare
    total = product.known + more
    question = (
        f"{other} writes down a number that is {more} more than {factor.times} {draft.what}. "
        f"What number does {other} write down?"
    )
    _finish(draft, question, total)
    return f"First, multiply: {product.equation}.", f"{other} writes down {total.equation}."


def _lock_code(draft: Draft, factor: Num, rng: Rng) -> tuple[str, str]:
    other, more = draft.person(), Num(10 + rng.below(80))
    product = factor * draft.result.bare
    total = product.known + more
    question = (
        f"To find the code of {other}'s bicycle lock, take {factor.times} {draft.what} and add {more}. "
        f"What is the code of {other}'s lock?"
    )
    _finish(draft, question, total)
    return f"The product is {product.equation}.", f"The code is {total.equation}."


def _guesses(draft: Draft, factor: Num, rng: Rng) -> tuple[str, str]:
    other = draft.person()
    product = factor * draft.result.bare
    less = Num(1 + rng.below(max(1, min(20, int(product.value) - 1))))
    total = product.known - less
    question = (
        f"In a game, {other} has to name the number that is {less} less than {factor.times} {draft.what}. "
        f"Which number does {other} have to name?"
    )
    _finish(draft, question, total)
    return f"First, multiply: {product.equation}.", f"The number is {total.equation}."
