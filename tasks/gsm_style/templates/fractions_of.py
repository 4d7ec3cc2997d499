"""Fractions of a whole, of a rest, and the whole from its part."""

from __future__ import annotations

from math import gcd

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import BAKED, COLLECTED, COUNTRIES

PART = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 6: "a sixth", 8: "an eighth", 10: "a tenth"}
"""One part of so many, in words."""
_NUMERATORS = {2: "two", 3: "three", 4: "four", 5: "five", 7: "seven"}
_PARTS = {3: "thirds", 4: "quarters", 5: "fifths", 6: "sixths", 8: "eighths"}


def part(n: Num) -> str:
    """'half', 'a third', ... of the number of parts."""
    return PART[int(n.value)]


@template("fraction", steps=5, money=True)
def spending_in_fractions(p: Draft) -> None:
    """A fraction of the money, then a fraction of the rest."""
    who = p.person()
    first, second, unit = p.of(2, 3, 4, 5), p.of(2, 3, 4), p.money(2, 40)
    amount, fixed = (first * second * unit).known, p.money(2, 30)
    p.need(fixed < amount - amount / first - (amount - amount / first) / second)
    a, b = p.sample(("a book", "a shirt", "a train ticket", "lunch", "a game", "a concert ticket", "shoes"), 2)
    p.say(f"{who} has {amount}.", f"{who} goes out with {amount}.", f"There is {amount} in {who}'s purse.")
    p.say(f"{who} spends {part(first)} of it on {a}.", f"{part(first).capitalize()} of this money goes on {a}.")
    p.say(f"Then {who} spends {part(second)} of what is left on {b}.", f"Of the rest, {part(second)} goes on {b}.")
    p.say(f"Finally, {who} gives {fixed} to a friend.", f"In the end, {who} puts {fixed} into a savings box.")
    p.ask(
        f"How much money does {who} have left?",
        f"How much money remains for {who}?",
        what=f"the money that {who} has left",
    )
    x = p.step(amount / first, f"{who} spends @ on {a}.")
    rest = p.step(amount - x, "That leaves @.")
    y = p.step(rest / second, f"{who} spends @ on {b}.")
    after = p.step(rest - y, "That leaves @.")
    p.step(after - fixed, f"In the end, {who} has @.")


@template("fraction", steps=3)
def whole_from_what_is_left(p: Draft) -> None:
    """The whole, from what is left after a fraction and a number."""
    who, item = p.person(), p.pick(BAKED)
    n, unit, eaten = p.of(3, 4, 5, 6, 8, 10), p.whole(3, 24), p.whole(2, 20)
    left = (unit * (n - 1) - eaten).known
    p.need(left > 1)
    p.say(
        f"{who} gives away {part(n)} of a batch of {item.s}.",
        f"{part(n).capitalize()} of {who}'s {item.s} is given to a neighbor.",
    )
    p.say(f"After that, {eaten} {item.s} are eaten.", f"Then the family eats {item(eaten)}.")
    p.say(f"Now there are {left} {item.s} left.", f"In the end, {item(left)} remain.")
    p.ask(
        f"How many {item.s} did {who} have at first?",
        f"How many {item.s} were there at the start?",
        what=f"the number of {item.s} that {who} had at first",
    )
    before = p.step(left + eaten, f"Before the meal, there were @ {item.s}.")
    one = p.step(before / (n - 1), f"These are all the parts but one, so one part is @ {item.s}.")
    p.step(n * one, f"At first, {who} had @ {item.s}.")


@template("fraction", steps=4)
def book_read_in_parts(p: Draft) -> None:
    """Pages left after reading two fractions of a book."""
    who = p.person()
    a, b, unit = p.of(3, 4, 5, 6), p.of(2, 3, 4, 5), p.whole(4, 20)
    p.need(not a.same(b))
    pages = (a * b * unit).known
    p.need(60 <= pages <= 600)
    p.say(f"{who} reads a book of {pages} pages.", f"{who}'s new book has {pages} pages.")
    p.say(
        f"In the first week, {who} reads {part(a)} of the book.",
        f"{who} reads {part(a)} of all the pages in the first week.",
        free=True,
    )
    p.say(
        f"In the second week, {who} reads {part(b)} of the book.",
        f"{who} reads {part(b)} of all the pages in the second week.",
        free=True,
    )
    p.ask(
        f"How many pages of the book does {who} still have to read?",
        f"How many pages are left for {who} to read?",
        what=f"the number of pages that {who} still has to read",
    )
    x = p.step(pages / a, f"In the first week, {who} reads @ pages.")
    y = p.step(pages / b, f"In the second week, {who} reads @ pages.")
    done = p.step(x + y, "Together that is @ pages.")
    p.step(pages - done, f"{who} still has to read @ pages.")


@template("fraction", steps=4)
def collection_by_country(p: Draft) -> None:
    """Several parts of a kind, a number, and the rest."""
    who, item = p.person(), p.pick(COLLECTED)
    x, y, z = p.sample(COUNTRIES, 3)
    n, unit, few = p.of(3, 4, 5, 6, 8), p.whole(5, 30), p.whole(3, 30)
    k = p.of(2, 3, 4, 5, 7)
    p.need(k < n and few < unit * (n - k))
    p.need(gcd(int(k.value), int(n.value)) == 1)
    total = (n * unit).known
    share = f"{_NUMERATORS[int(k.value)]} {_PARTS[int(n.value)]}"
    p.say(f"{who} has {item(total)}.", f"{who} owns {item(total)}.")
    p.say(
        f"Of all the {item.s}, {share} are from {x}.",
        f"{share.capitalize()} of all the {item.s} are from {x}.",
        free=True,
    )
    p.say(f"Exactly {few} of the {item.s} are from {y}.", f"From {y}, there are exactly {few} {item.s}.", free=True)
    p.say(f"The others are from {z}.", f"All the rest come from {z}.")
    p.ask(
        f"How many of {who}'s {item.s} are from {z}?",
        f"How many {item.s} from {z} does {who} have?",
        what=f"the number of {item.s} from {z} that {who} has",
    )
    one = p.step(total / n, f"One part is @ {item.s}.")
    old = p.step(k * one, f"From {x}, there are @ {item.s}.")
    rest = p.step(total - old, f"The others are @ {item.s}.")
    p.step(rest - few, f"From {z}, there are @ {item.s}.")


@template("fraction", steps=4, money=True)
def tank_refilled(p: Draft) -> None:
    """The cost to fill up a tank that is partly full."""
    who = p.person()
    n, k = p.of(3, 4, 5, 6, 8), p.of(2, 3, 5)
    unit, price = p.whole(4, 16), p.cents(100, 250, 5)
    p.need(k < n and not (n.same(6) and k < 5) and not (n.same(4) and k.same(2)) and not (n.same(8) and k.same(2)))
    liters = (n * unit).known
    p.need(20 <= liters <= 120)
    share = f"{_NUMERATORS[int(k.value)]} {_PARTS[int(n.value)]}"
    p.say(f"The tank of {who}'s car holds {liters} liters.", f"{who} drives a car with a tank of {liters} liters.")
    p.say(f"It is still {share} full.", f"At the moment, {share} of it is full.")
    p.say(f"A liter of fuel costs {price}.", f"At the filling station, one liter costs {price}.")
    p.ask(
        f"How much does {who} pay to fill up the tank?",
        f"What does it cost {who} to make the tank full?",
        what=f"the amount that {who} pays for fuel",
    )
    one = p.step(liters / n, "One part of the tank is @ liters.")
    parts = p.step(n - k, "The number of empty parts is @.")
    empty = p.step(parts * one, f"{who} needs @ liters.")
    p.step(empty * price, f"{who} pays @.")
