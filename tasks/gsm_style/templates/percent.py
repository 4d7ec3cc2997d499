"""Percentages: discounts, taxes, tips, shares, growth, and the way back from a reduced price."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import CLOTHES, GADGETS, PRODUCTS, TOWNS, an


@template("percent", steps=3, money=True)
def discount_on_several(p: Draft) -> None:
    """A percentage off a purchase of several equal items."""
    who, item = p.person(), p.pick(CLOTHES)
    n, price, pct = p.whole(2, 9), p.money(8, 60), p.of(5, 10, 15, 20, 25, 30, 35, 40, 50)
    p.say(f"A shop sells {item.s} for {price} each.", f"Each {item.one} in a shop costs {price}.")
    p.say(f"Today there is {an(pct)}% discount on everything.", f"In the sale, every price is cut by {pct}%.")
    p.say(f"{who} buys {item(n)} today.", f"Today {who} buys {item.words(n)}.")
    p.ask(f"How much does {who} pay?", f"What does {who} pay for the {item.s}?", what=f"the amount that {who} pays")
    full = p.step(n * price, "The full price is @.")
    off = p.step(full * pct / 100, "The discount is @.")
    p.step(full - off, f"{who} pays @.")


@template("percent", steps=4, money=True)
def discount_then_tax(p: Draft) -> None:
    """A discount, then a tax on the reduced price."""
    who, item = p.person(), p.pick(GADGETS)
    price, pct, tax = p.money(40, 600, 10), p.of(10, 20, 25, 30, 40, 50), p.of(5, 8, 10, 12, 15, 20)
    p.say(f"{who} wants {item.a} with a list price of {price}.", f"The list price of {item.a} is {price}.")
    p.say(f"The shop takes {pct}% off the list price.", f"It is on sale with {pct}% off.")
    p.say(f"Then {an(tax)}% sales tax is added to the sale price.", f"A tax of {tax}% is added to the reduced price.")
    p.ask(
        f"How much does {who} pay for the {item.one}, tax included?",
        f"What does {who} pay in the end for the {item.one}?",
        what=f"the amount that {who} pays",
    )
    off = p.step(price * pct / 100, "The discount is @.")
    sale = p.step(price - off, "The sale price is @.")
    extra = p.step(sale * tax / 100, "The tax is @.")
    p.step(sale + extra, f"{who} pays @.")


@template("percent", steps=2, money=True)
def price_before_discount(p: Draft) -> None:
    """The original price, from the reduced one."""
    who, item = p.person(), p.pick(PRODUCTS)
    pct, original = p.of(10, 20, 25, 30, 40, 50, 60, 75), p.money(20, 400, 20)
    paid = (original * (100 - pct) / 100).known
    p.need(paid.value == int(paid.value))
    p.say(f"{who} pays {paid} for {item.a}.", f"{who} buys {item.a} for {paid}.")
    p.say(f"This is after a discount of {pct}%.", f"That price already includes {an(pct)}% discount.")
    p.ask(
        f"What was the price of the {item.one} before the discount?",
        f"What did the {item.one} cost before the discount?",
        what=f"the price of the {item.one} before the discount",
    )
    left = p.step(Num(100, "%") - Num(pct.value, "%"), "The part of the original price that is paid is @.")
    p.step(paid / left.bare * 100, "The original price was @.")


@template("percent", steps=3, money=True)
def bill_with_tip(p: Draft) -> None:
    """A bill with a tip, shared by friends."""
    who, other = p.person(), p.person()
    bill, pct, people = p.money(20, 240, 4), p.of(5, 10, 15, 20, 25), p.of(2, 3, 4, 5, 6)
    p.say(
        f"{who}, {other} and their friends have dinner together; the bill is {bill}.",
        f"The dinner bill of {who}, {other} and their friends is {bill}.",
    ) if people > 2 else p.say(
        f"{who} and {other} have dinner together; the bill is {bill}.",
        f"{who} and {other} get a dinner bill of {bill}.",
    )
    p.say(f"They add a tip of {pct}%.", f"A tip of {pct}% of the bill is added.")
    p.say(
        f"The {people.w} of them share the total equally.", f"The total is split equally among the {people.w} of them."
    )
    p.ask(f"How much does {who} pay?", f"What is {who}'s share?", what=f"{who}'s share of the bill with the tip")
    tip = p.step(bill * pct / 100, "The tip is @.")
    total = p.step(bill + tip, "The total is @.")
    p.step(total / people, "Each person pays @.")


@template("percent", steps=4, people=False)
def pupils_by_transport(p: Draft) -> None:
    """What remains of a group after two percentages."""
    total = p.whole(80, 600, 20)
    a, b = p.of(10, 15, 20, 25, 30, 35, 40), p.of(5, 10, 15, 20, 25, 30, 45)
    town = p.pick(TOWNS)
    p.say(f"A school in {town} has {total} pupils.", f"There are {total} pupils at a school in {town}.")
    p.say(f"Of all pupils, {a}% walk to school.", f"{a}% of all the pupils come on foot.", free=True)
    p.say(f"Of all pupils, {b}% come by bicycle.", f"{b}% of all the pupils ride a bicycle to school.", free=True)
    p.say("All the others take the bus.", "The remaining pupils come by bus.")
    p.ask(
        "How many pupils of the school take the bus?",
        "How many pupils come to school by bus?",
        what="the number of pupils who take the bus",
    )
    walk = p.step(total * a / 100, "@ pupils walk.")
    ride = p.step(total * b / 100, "@ pupils ride a bicycle.")
    both = p.step(walk + ride, "Together, that is @ pupils.")
    p.step(total - both, "@ pupils take the bus.")


@template("percent", steps=3)
def percent_correct(p: Draft) -> None:
    """The percentage reached over two parts of a test."""
    who = p.person()
    n, m = p.of(20, 25, 30, 40, 50, 60, 80), p.of(20, 25, 30, 40, 50, 70, 90)
    total = (n + m).known
    right = (total * p.of(40, 50, 60, 70, 75, 80, 90) / 100).known
    first = p.whole(8, 63)
    p.need(isinstance(right.value, int) and first < n and 1 < right - first < m)
    second = (right - first).known
    p.say(
        f"A test has two parts: {n} questions in part A and {m} questions in part B.",
        f"Part A of a test has {n} questions and part B has {m}.",
    )
    p.say(
        f"{who} answers {first} questions of part A correctly.",
        f"In part A, {who} gets {first} answers right.",
        free=True,
    )
    p.say(
        f"{who} answers {second} questions of part B correctly.",
        f"In part B, {who} gets {second} answers right.",
        free=True,
    )
    p.ask(
        f"What percentage of all the questions does {who} answer correctly?",
        f"What percent of the questions of the whole test does {who} get right?",
        what=f"the percentage of questions that {who} gets right",
    )
    questions = p.step(n + m, "The test has @ questions.")
    good = p.step(first + second, f"{who} gets @ right.")
    p.step(good / questions * 100, "As a percentage, that is @.")


@template("percent", steps=4, people=False)
def town_grows_twice(p: Draft) -> None:
    """Two years of growth by different percentages."""
    town = p.pick(TOWNS)
    start, a, b = p.whole(1000, 9000, 500), p.of(2, 4, 5, 8, 10, 20), p.of(5, 10, 15, 20, 25)
    p.say(f"{town} had {start} inhabitants two years ago.", f"Two years ago, {start} people lived in {town}.")
    p.say(f"In the first year, the number grew by {a}%.", f"The first year brought growth of {a}%.")
    p.say(f"In the second year, it grew by {b}% of the new number.", f"In the year after, the new number grew by {b}%.")
    p.ask(
        f"How many people live in {town} now?",
        f"How many inhabitants does {town} have now?",
        what=f"the number of people in {town} now",
    )
    grown = p.step(start * a / 100, "In the first year, @ people were added.")
    then = p.step(start + grown, f"After one year, {town} had @ inhabitants.")
    more = p.step(then * b / 100, "In the second year, @ people were added.")
    p.step(then + more, f"Now {town} has @ inhabitants.")


@template("percent", steps=3, money=True)
def simple_interest(p: Draft) -> None:
    """Simple interest over some years."""
    who = p.person()
    amount, pct, years = p.money(200, 4000, 100, scale=10), p.of(2, 3, 4, 5, 6, 8), p.whole(2, 6)
    p.say(f"{who} puts {amount} into a savings account.", f"{who} lends {amount} to a company.")
    p.say(
        f"Each year, it earns simple interest of {pct}% of this first amount.",
        f"The simple interest is {pct}% of this amount a year.",
    )
    p.say(
        f"This goes on for {years.w} years, and nothing is taken out before.",
        f"{who} waits for {years.w} years and then takes everything out.",
    )
    p.ask(
        f"How much money does {who} get in the end, interest included?",
        f"How much is {who}'s money worth after this time, with all the interest?",
        what=f"the money that {who} has after {years.w} years",
    )
    yearly = p.step(amount * pct / 100, "The interest of one year is @.")
    interest = p.step(years * yearly, "The interest of all years is @.")
    p.step(amount + interest, f"With the interest, {who} has @.")
