"""Longer stories of five to eight steps, several of them with a length that varies."""

from __future__ import annotations

from itertools import pairwise

from tasks.gsm_style.draft import Draft, listing
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import BAKED, COLLECTED, FRUIT, PRODUCTS, SHOPS, STATIONERY, TOWNS


def _sum(numbers: list[Num]) -> Num:
    total = numbers[0]
    for number in numbers[1:]:
        total = total + number
    return total


@template("long", steps=(5, 8), money=True)
def long_shopping_list(p: Draft) -> None:
    """Three to six kinds of items, and the change."""
    who, shop = p.person(), p.pick(SHOPS)
    kinds = p.pick((3, 4, 5, 6))
    items = p.sample(STATIONERY, kinds)
    counts = [p.whole(2, 9) for _ in items]
    prices = [p.cents(50, 450, 25) for _ in items]
    bill = _sum([n * x for n, x in zip(counts, prices, strict=True)])
    note = p.cash(50 if bill < p.cash(50) else 100 if bill < p.cash(100) else 200)
    p.need(bill < note)
    p.say(f"{who} goes to the {shop} with a list.", f"{who} has a long list for the {shop}.")
    p.say(
        f"On the list are {listing([item(n) for item, n in zip(items, counts, strict=True)])}.",
        f"{who} takes {listing([item(n) for item, n in zip(items, counts, strict=True)])}.",
    )
    each = listing([f"{x} for each {item.one}" for item, x in zip(items, prices, strict=True)])
    p.say(f"The prices are {each}.", f"The {shop} charges {each}.")
    p.say(
        f"{who} buys everything and pays with a {note} note.",
        f"At the till, {who} hands over a {note} note for everything.",
    )
    p.ask(
        f"How much change does {who} get?", f"How much money does {who} get back?", what=f"the change that {who} gets"
    )
    costs = [p.step(n * x, f"The {item.s} cost @.") for item, n, x in zip(items, counts, prices, strict=True)]
    total = p.step(_sum(costs), "Together they cost @.")
    p.step(note - total, f"{who} gets back @.")


@template("long", steps=(4, 7))
def chain_of_comparisons(p: Draft) -> None:
    """Each person's number told by the one before; the total."""
    item = p.pick(COLLECTED)
    count = p.pick((4, 5, 6, 7))
    people = [p.person() for _ in range(count)]
    first = p.whole(6, 40)
    p.say(f"{people[0]} has {item(first)}.", f"{people[0]} owns {item(first)}.")
    numbers, current, growths = [first], first, 0
    for before, person in pairwise(people):
        kind, k = p.pick(("times", "half", "fewer", "more")), p.whole(2, 12)
        if kind == "times" and growths < 2:
            growths += 1
            factor = p.of(2, 3)
            p.say(f"{person} has {factor.times} as many as {before}.")
            current = p.step(factor * current, f"{person} has @ {item.s}.")
        elif kind == "half" and current % 2 == 0:
            p.say(f"{person} has half as many as {before}.")
            current = p.step(current / 2, f"{person} has @ {item.s}.")
        elif kind == "fewer" and current > k + 1:
            p.say(f"{person} has {k} fewer than {before}.", f"{before} has {k} more than {person}.")
            current = p.step(current - k, f"{person} has @ {item.s}.")
        else:
            p.say(f"{person} has {k} more than {before}.", f"{before} has {k} fewer than {person}.")
            current = p.step(current + k, f"{person} has @ {item.s}.")
        numbers.append(current)
    p.ask(
        f"How many {item.s} do {listing([str(person) for person in people])} have together?",
        f"What is the total number of {item.s} of {listing([str(person) for person in people])}?",
        what=f"the number of {item.s} that all of these people have together",
    )
    p.step(_sum(numbers), f"Together they have @ {item.s}.")


@template("long", steps=7, money=True)
def budget_of_a_trip(p: Draft) -> None:
    """Travel, nights, meals and tickets for a group; what is left of the budget."""
    who, town = p.person(), p.pick(TOWNS)
    people, nights, ride, room, meal, ticket = (
        p.of(2, 3, 4, 5, 6),
        p.of(2, 3, 4, 5),
        p.money(15, 90, 5),
        p.money(40, 160, 10),
        p.money(10, 40),
        p.money(5, 30),
    )
    spare = p.money(20, 200, 10)
    total = people * ride + nights * room + people * (nights * meal) + people * ticket
    budget = (total + spare).known
    p.say(
        f"{who} plans a trip to {town} for {people.w} people with a budget of {budget}.",
        f"For a trip of {people.w} people to {town}, {who} has {budget} in all.",
    )
    p.say(
        f"The train costs {ride} for each person, there and back.",
        f"Each of the {people.w} pays {ride} for the train, there and back.",
        free=True,
    )
    p.say(
        f"They stay {nights.w} nights in a house that costs {room} a night.",
        f"For {nights.w} nights, they rent a house at {room} a night.",
        free=True,
    )
    p.say(
        f"Meals cost {meal} a person for each of the {nights.w} nights.",
        f"For each of the {nights.w} nights, every person needs {meal} for meals.",
        free=True,
    )
    p.say(
        f"All of them visit a museum for {ticket} a person.",
        f"Every one of them buys a museum ticket for {ticket}.",
        free=True,
    )
    p.ask(
        f"How much of the budget is left after {who}'s trip?",
        f"How much money does {who} have left of the budget?",
        what=f"the money left of {who}'s budget",
    )
    a = p.step(people * ride, "The train costs @.")
    b = p.step(nights * room, "The house costs @.")
    c = p.step(nights * meal, "The meals cost @ a person.")
    d = p.step(people * c, "For everybody, the meals cost @.")
    e = p.step(people * ticket, "The museum costs @.")
    spent = p.step(a + b + d + e, "In all, the trip costs @.")
    p.step(budget - spent, "What is left is @.")


@template("long", steps=8, money=True)
def day_at_the_bakery(p: Draft) -> None:
    """A baker's day: trays, sales at two prices, leftovers, costs."""
    who = p.person()
    a, b = p.sample(BAKED, 2)
    trays_a, per_a, trays_b, per_b = p.whole(3, 12), p.of(8, 10, 12, 15, 20), p.whole(2, 9), p.of(6, 8, 9, 12, 16)
    left_a, left_b, x, y, costs = (
        p.whole(2, 20),
        p.whole(2, 12),
        p.cents(75, 300, 25),
        p.cents(100, 400, 25),
        p.money(40, 200, 10),
    )
    made_a, made_b = trays_a * per_a, trays_b * per_b
    p.need(made_a > 2 * left_a and made_b > 2 * left_b)
    p.say(
        f"{who} bakes {trays_a} trays of {per_a} {a.s} each.",
        f"In the morning, {who} makes {trays_a} trays with {a(per_a)} each.",
        free=True,
    )
    p.say(
        f"{who} bakes {trays_b} trays of {per_b} {b.s} each.",
        f"In the morning, {who} makes {trays_b} trays with {b(per_b)} each.",
        free=True,
    )
    p.say(
        f"The {a.s} are sold for {x} each and the {b.s} for {y} each.",
        f"In the shop, {a.s} cost {x} each and {b.s} cost {y} each.",
    )
    p.say(
        f"In the evening, {a(left_a)} and {b(left_b)} are not sold.",
        f"At the end of the day, {a(left_a)} and {b(left_b)} are left over.",
        free=True,
    )
    p.say(f"Flour, eggs and power cost {who} {costs} that day.", f"{who}'s costs for the day are {costs}.", free=True)
    p.ask(
        f"How much profit does {who} make that day?",
        f"What is {who}'s profit for the day?",
        what=f"{who}'s profit for the day",
    )
    first = p.step(made_a, f"{who} bakes @ {a.s}.")
    second = p.step(made_b, f"{who} bakes @ {b.s}.")
    sold_a = p.step(first - left_a, f"Of these, @ {a.s} are sold.")
    sold_b = p.step(second - left_b, f"Of the others, @ {b.s} are sold.")
    money_a = p.step(sold_a * x, f"The {a.s} bring in @.")
    money_b = p.step(sold_b * y, f"The {b.s} bring in @.")
    income = p.step(money_a + money_b, f"{who} takes in @.")
    p.step(income - costs, "The profit is @.")


@template("long", steps=6)
def harvest_of_an_orchard(p: Draft) -> None:
    """Trees, fruit, spoilage by percentage, crates and loads."""
    who, fruit = p.person(), p.pick(FRUIT)
    rows, trees, per, pct, size, load = (
        p.whole(4, 15),
        p.whole(5, 20),
        p.whole(40, 120, 10),
        p.of(5, 10, 15, 20, 25),
        p.of(20, 25, 30, 40, 50),
        p.of(2, 3, 4, 5, 6, 8, 10),
    )
    good = rows * trees * per * (100 - pct) / 100
    p.need(good % (size * load).known == 0)
    p.say(
        f"{who}'s orchard has {rows} rows of {trees} trees.",
        f"In {who}'s orchard there are {rows} rows with {trees} trees in each.",
    )
    p.say(f"Each tree carries {fruit(per)}.", f"Every tree bears {fruit(per)}.")
    p.say(f"{pct}% of the whole harvest is spoiled by rain.", f"Rain spoils {pct}% of all the {fruit.s}.")
    p.say(
        f"The good {fruit.s} are packed in crates of {size}.",
        f"All the good {fruit.s} go into crates that hold {size} each.",
    )
    p.say(f"A cart takes {load.w} crates at a time.", f"On each ride, a cart takes {load.w} crates to the barn.")
    p.ask(
        f"How many rides does it take to bring all of {who}'s crates to the barn?",
        f"How many times does the cart have to ride to take away all of {who}'s crates?",
        what=f"the number of rides needed for all of {who}'s crates",
    )
    count = p.step(rows * trees, "There are @ trees.")
    harvest = p.step(count * per, f"They carry @ {fruit.s}.")
    bad = p.step(harvest * pct / 100, f"The rain spoils @ {fruit.s}.")
    rest = p.step(harvest - bad, f"That leaves @ {fruit.s}.")
    crates = p.step(rest / size, "They fill @ crates.")
    p.step(crates / load, "The cart needs @ rides.")


@template("long", steps=(5, 8), money=True)
def diary_of_a_money_box(p: Draft) -> None:
    """Money put in and taken out, several times, then shared."""
    who = p.person()
    start, times = p.money(20, 90, 5), p.pick((4, 5, 6, 7))
    p.say(
        f"At the start of the year, {who} has {start} in a money box.",
        f"{who}'s money box holds {start} on New Year's Day.",
    )
    months = ("January", "February", "March", "April", "May", "June", "July")
    current, events = start, []
    for i, month in enumerate(months[:times]):
        amount, out = p.money(3, 40), i % 2 == 1
        p.need(not out or amount < current)
        if out:
            p.say(f"In {month}, {who} takes {amount} out.", f"{who} takes out {amount} in {month}.")
        else:
            p.say(f"In {month}, {who} puts {amount} in.", f"{who} adds {amount} in {month}.")
        current = (current - amount if out else current + amount).known
        events.append((month, amount, out))
    p.say(
        f"Then {who} gives half of the money in the box to a charity.",
        "After that, half of what is in the box goes to a charity.",
    )
    p.ask(
        f"How much money stays in {who}'s box?",
        f"How much money is left in {who}'s money box?",
        what=f"the money that stays in {who}'s box",
    )
    current = start
    for month, amount, out in events:
        current = p.step(current - amount if out else current + amount, f"After {month}, there is @.")
    p.step(current / 2, "What stays in the box is @.")


@template("long", steps=6, money=True)
def order_for_an_office(p: Draft) -> None:
    """Bulk order with a discount, delivery, tax, divided by departments."""
    who, item = p.person(), p.pick(PRODUCTS)
    n, price, pct, delivery, tax, groups = (
        p.whole(4, 40, 2),
        p.money(10, 90, 5),
        p.of(5, 10, 20, 25),
        p.money(10, 80, 10),
        p.of(5, 10, 20),
        p.of(2, 4, 5),
    )
    p.say(
        f"{who} orders {item(n)} for an office at a list price of {price} each.",
        f"For an office, {who} orders {n} {item.s} with a list price of {price} each.",
    )
    p.say(f"The seller takes {pct}% off the list price.", f"Because of a special offer, {pct}% is taken off.")
    p.say(f"Then {delivery} is added for delivery.", f"To this, the seller adds {delivery} for delivery.")
    p.say(f"Finally, a tax of {tax}% is added to the sum.", f"In the end, {tax}% tax is charged on the sum.")
    p.say(f"The total is divided equally among {groups.w} teams.", f"{groups.W} teams share the total equally.")
    p.ask(
        "How much does each team pay?",
        f"How much does each team have to pay for {who}'s order?",
        what="the amount that each team pays",
    )
    full = p.step(n * price, f"The list price of all the {item.s} is @.")
    off = p.step(full * pct / 100, "The discount is @.")
    reduced = p.step(full - off + delivery, "With delivery, that makes @.")
    extra = p.step(reduced * tax / 100, "The tax is @.")
    total = p.step(reduced + extra, "The total is @.")
    p.step(total / groups, "Each team pays @.")


@template("long", steps=6)
def reading_challenge(p: Draft) -> None:
    """Pages read by three children at different paces over different days."""
    a, b, c = p.person(), p.person(), p.person()
    x, m, more, days, extra, goal = (
        p.whole(8, 40),
        p.of(3, 4, 5, 6, 7),
        p.whole(2, 12),
        p.of(4, 5, 6, 8, 9),
        p.whole(5, 60, 5),
        p.whole(20, 200, 10),
    )
    first, second = x * m, (x + more).known * days
    third = (second + extra).known
    target = (first + second + third + goal).known
    p.say(
        f"{a}, {b} and {c} want to read {target} pages together in the holidays.",
        f"In the holidays, {a}, {b} and {c} have a common goal of {target} pages.",
    )
    p.say(f"{a} reads {x} pages a day for {m.w} days.", f"For {m.w} days, {a} reads {x} pages a day.")
    p.say(
        f"{b} reads {more} pages a day more than {a} and does so for {days.w} days.",
        f"{b} reads for {days.w} days, each day {more} pages more than {a} in a day.",
    )
    p.say(f"{c} reads {extra} pages more than {b} in all.", f"{c} reads {extra} pages more than {b} in the whole time.")
    p.ask(
        f"How many pages are {a}, {b} and {c} short of the goal?",
        f"How many more pages do {a}, {b} and {c} need to reach the goal?",
        what=f"the number of pages that {a}, {b} and {c} are short of the goal",
    )
    one = p.step(x * m, f"{a} reads @ pages.")
    pace = p.step(x + more, f"{b} reads @ pages a day.")
    two = p.step(pace * days, f"{b} reads @ pages in all.")
    three = p.step(two + extra, f"{c} reads @ pages.")
    read = p.step(one + two + three, "Together they read @ pages.")
    p.step(target - read, "Up to the goal, @ pages are missing.")
