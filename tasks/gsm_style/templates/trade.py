"""Profit and loss: stalls, resale, markups."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import BAKED, DRINKS, FRUIT, GADGETS, PRODUCTS


@template("profit", steps=4, money=True)
def stall_profit(p: Draft) -> None:
    """Income less costs of a stall."""
    who, drink = p.person(), p.pick(DRINKS)
    cups, price, liters, cost, rent = (
        p.whole(20, 90),
        p.cents(100, 350, 25),
        p.whole(4, 20),
        p.cents(100, 300, 25),
        p.money(2, 12),
    )
    p.say(
        f"{who} sells {cups} cups of {drink.one} at {price} a cup.",
        f"At a stall, {who} sells {cups} cups of {drink.one} for {price} each.",
    )
    p.say(
        f"For the {drink.one}, {who} needs {liters} bottles of ingredients for {cost} each.",
        f"The ingredients are {liters} bottles, each of which costs {who} {cost}.",
        free=True,
    )
    p.say(f"The place for the stall costs {rent}.", f"{who} pays {rent} for the place.", free=True)
    p.ask(f"How much profit does {who} make?", f"What is {who}'s profit?", what=f"{who}'s profit")
    income = p.step(cups * price, f"{who} takes in @.")
    goods = p.step(liters * cost, "The ingredients cost @.")
    costs = p.step(goods + rent, "All the costs together are @.")
    p.step(income - costs, "The profit is @.")


@template("profit", steps=4, money=True)
def crate_with_spoiled_fruit(p: Draft) -> None:
    """A crate bought as a whole, sold by the piece, some spoiled."""
    who, fruit = p.person(), p.pick(FRUIT)
    crates, size, cost, bad, price = (
        p.whole(2, 8),
        p.of(20, 24, 25, 30, 36, 40, 48, 50, 60),
        p.money(5, 25),
        p.whole(4, 30),
        p.cents(50, 200, 10),
    )
    total = crates * size
    p.need(total > 2 * bad and (total - bad).bare * price > crates * cost)
    p.say(
        f"{who} buys {crates.w} crates of {fruit.s} for {cost} each.",
        f"For {cost} each, {who} gets {crates.w} crates of {fruit.s}.",
    )
    p.say(f"Each crate holds {fruit(size)}.", f"There are {fruit(size)} in every crate.")
    p.say(f"Of all of these, {bad} are spoiled and thrown away.", f"{bad} of the {fruit.s} are bad and cannot be sold.")
    p.say(f"{who} sells the others for {price} each.", f"All the good ones are sold at {price} each.")
    p.ask(f"How much profit does {who} make?", f"What profit is left for {who}?", what=f"{who}'s profit")
    paid = p.step(crates * cost, f"{who} pays @.")
    good = p.step(crates * size - bad, f"{who} can sell @ {fruit.s}.")
    income = p.step(good * price, "They bring in @.")
    p.step(income - paid, "The profit is @.")


@template("profit", steps=4, money=True)
def markup_then_discount(p: Draft) -> None:
    """A markup on the cost, then a discount in a sale; the profit."""
    item, who = p.pick(PRODUCTS), p.person()
    cost, up, off = p.money(20, 400, 20), p.of(40, 50, 60, 75, 80, 100), p.of(5, 10, 15, 20, 25)
    p.need((100 + up.value) * (100 - off.value) > 10000)
    p.say(f"{who}'s shop buys {item.a} for {cost}.", f"{who}, who has a shop, pays {cost} to a factory for {item.a}.")
    p.say(f"The list price is {up}% higher than this cost.", f"{up}% of this cost is added to get the list price.")
    p.say(
        f"In a sale, the {item.one} is sold for {off}% less than the list price.",
        f"Later, a customer buys the {item.one} at {off}% off the list price.",
    )
    p.ask(
        f"How much profit does {who} make on the {item.one}?",
        f"What is {who}'s profit on the {item.one}?",
        what=f"{who}'s profit on the {item.one}",
    )
    more = p.step(cost * up / 100, "The markup is @.")
    price = p.step(cost + more, "The list price is @.")
    less = p.step(price * off / 100, "The discount is @.")
    p.step(price - less - cost, "The profit is @.")


@template("profit", steps=3, money=True)
def profit_in_percent(p: Draft) -> None:
    """Profit as a percentage of the cost."""
    who, item = p.person(), p.pick(GADGETS)
    cost, repair, pct = p.money(20, 180, 10), p.money(10, 60, 5), p.of(10, 20, 25, 30, 40, 50, 60, 75, 80)
    spent = cost + repair
    price = (spent.known * (100 + pct) / 100).known
    p.need(price.value == int(price.value))
    p.say(
        f"{who} buys an old {item.one} for {cost} and has it repaired for {repair}.",
        f"For an old {item.one} {who} pays {cost}, and for its repair {repair}.",
    )
    p.say(f"Then {who} sells it for {price}.", f"Later, {who} sells it for {price}.")
    p.ask(
        f"What is {who}'s profit as a percentage of all that {who} has spent on the {item.one}?",
        f"{who}'s profit is what percentage of the total cost of the {item.one}?",
        what=f"{who}'s profit in percent of the total cost",
    )
    total = p.step(spent, "The total cost is @.")
    profit = p.step(price - total, "The profit is @.")
    p.step(profit / total * 100, "As a percentage, that is @.")


@template("profit", steps=4, money=True)
def bake_sale_for_a_goal(p: Draft) -> None:
    """What is missing to a goal after a bake sale."""
    who = p.person()
    a, b = p.sample(BAKED, 2)
    n, x, m, y, more = p.whole(12, 60), p.cents(50, 300, 25), p.whole(10, 50), p.cents(75, 400, 25), p.money(10, 90, 5)
    p.need(isinstance((n * x + m * y).value, int))
    goal = (n * x + m * y + more).known
    purpose = p.pick(("a school trip", "a new library", "an animal shelter", "a music room", "a playground"))
    p.say(
        f"{who}'s class wants to collect {goal} for {purpose}.",
        f"To help pay for {purpose}, {who}'s class needs {goal}.",
    )
    p.say(f"The class sells {a(n)} at {x} each.", f"The class gets {x} each for {a(n)}.", free=True)
    p.say(f"The class sells {b(m)} at {y} each.", f"The class gets {y} each for {b(m)}.", free=True)
    p.ask(
        "How much money is still missing?",
        f"How much more money does {who}'s class need?",
        what=f"the amount that {who}'s class still needs",
    )
    first = p.step(n * x, f"The {a.s} bring in @.")
    second = p.step(m * y, f"The {b.s} bring in @.")
    total = p.step(first + second, "Together they bring in @.")
    p.step(goal - total, "The money still missing is @.")
