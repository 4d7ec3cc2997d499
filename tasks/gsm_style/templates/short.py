"""Short stories of two steps."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import BAKED, BOOKS, CLOTHES, COLLECTED, FRUIT, MEALS, STATIONERY, TOWNS, TOYS


@template("short", steps=2, money=True)
def fruit_sold_after_eating(p: Draft) -> None:
    """Some are eaten, the others sold."""
    who, fruit = p.person(), p.pick(FRUIT)
    n, eaten, price = p.whole(12, 60), p.whole(2, 10), p.cents(25, 200, 25)
    p.say(
        f"{who} picks {fruit(n)}.",
        f"In the garden, {who} picks {fruit(n)}.",
        f"{who} brings {fruit(n)} from the garden.",
    )
    p.say(f"The family eats {eaten} of them.", f"{who} eats {eaten} of them with friends.")
    p.say(f"{who} sells the others for {price} each.", f"The others are sold at {price} each.")
    p.ask(f"How much money does {who} get?", f"How much does {who} take in?", what=f"the money that {who} gets")
    left = p.step(n - eaten, f"{who} sells @ {fruit.s}.")
    p.step(left * price, f"{who} gets @.")


@template("short", steps=2)
def twice_as_many_on_sunday(p: Draft) -> None:
    """One day told by another; the total."""
    who, item = p.person(), p.pick(BAKED + BOOKS)
    n, factor = p.whole(6, 80), p.of(2, 3, 4)
    a, b = p.pick((("Saturday", "Sunday"), ("Monday", "Tuesday"), ("Thursday", "Friday"), ("Wednesday", "Thursday")))
    p.say(f"On {a}, {who} sells {item(n)}.", f"{who} sells {item(n)} on {a}.")
    p.say(f"On {b}, {who} sells {factor.times} as many.", f"The number sold on {b} is {factor.times} as high.")
    p.ask(
        f"How many {item.s} does {who} sell on the two days together?",
        f"How many {item.s} does {who} sell on {a} and {b} in total?",
        what=f"the number of {item.s} that {who} sells on both days",
    )
    second = p.step(factor * n, f"On {b}, {who} sells @ {item.s}.")
    p.step(n + second, f"In total, {who} sells @ {item.s}.")


@template("short", steps=2)
def half_as_many_later(p: Draft) -> None:
    """Half or a third as many in the next month; the total."""
    who, item = p.person(), p.pick(COLLECTED)
    parts, unit = p.of(2, 3, 4), p.whole(4, 40)
    n = (parts * unit).known
    word = {2: "half", 3: "a third", 4: "a quarter"}[int(parts.value)]
    a, b = p.pick((("April", "May"), ("June", "July"), ("March", "April"), ("October", "November")))
    p.say(f"In {a}, {who} collected {item(n)}.", f"{who} collected {item(n)} in {a}.")
    p.say(f"In {b}, it was only {word} as many.", f"In {b}, {who} collected only {word} as many.")
    p.ask(
        f"How many {item.s} did {who} collect in {a} and {b} together?",
        f"How many {item.s} did {who} collect in the two months?",
        what=f"the number of {item.s} that {who} collected in both months",
    )
    second = p.step(n / parts, f"In {b}, {who} collected @ {item.s}.")
    p.step(n + second, f"Together, that is @ {item.s}.")


@template("short", steps=2)
def boxes_and_loose_ones(p: Draft) -> None:
    """Full boxes and some loose ones."""
    who, item = p.person(), p.pick(STATIONERY)
    boxes, size, loose = p.whole(2, 9), p.of(6, 8, 10, 12, 15, 20, 24, 25), p.whole(2, 30)
    p.say(
        f"{who} has {boxes.w} boxes with {item(size)} each.",
        f"{who} buys {boxes.w} boxes of {item(size)} each.",
        free=True,
    )
    p.say(
        f"On {who}'s desk there are {loose} loose {item.s}.",
        f"In {who}'s drawer there are {loose} loose {item.s}.",
        free=True,
    )
    p.ask(
        f"How many {item.s} does {who} have in all?",
        f"How many {item.s} does {who} have altogether?",
        what=f"the number of {item.s} that {who} has",
    )
    full = p.step(boxes * size, f"In the boxes there are @ {item.s}.")
    p.step(full + loose, f"In all, {who} has @ {item.s}.")


@template("short", steps=2)
def two_share_what_they_have(p: Draft) -> None:
    """Two put together what they have and share it equally with others."""
    a, b, item = p.person(), p.person(), p.pick(TOYS)
    people, each, n = p.of(2, 3, 4, 5, 6), p.whole(4, 25), p.whole(5, 60)
    p.need(n < people * each - 1)
    m = (people * each - n).known
    p.say(f"{a} has {item(n)} and {b} has {m}.", f"{b} owns {item(m)}, and {a} owns {n}.")
    p.say(
        f"They give all of them away equally to {people.w} children.",
        f"All of them are shared equally by {people.w} children.",
    )
    p.ask(
        f"How many {item.s} does each child get?",
        f"How many {item.s} are there for each child?",
        what=f"the number of {item.s} that each child gets",
    )
    total = p.step(n + m, f"Together, {a} and {b} have @ {item.s}.")
    p.step(total / people, f"Each child gets @ {item.s}.")


@template("short", steps=2, money=True)
def pay_after_expenses(p: Draft) -> None:
    """A day's pay less a ticket."""
    who = p.person()
    hours, pay, cost = p.whole(3, 12), p.money(8, 40), p.money(2, 15)
    thing = p.pick(("the bus", "lunch", "parking", "the train", "a work apron"))
    p.say(f"{who} works {hours} hours for {pay} an hour.", f"For {hours} hours of work, {who} gets {pay} an hour.")
    p.say(f"{who} spends {cost} of it on {thing}.", f"Of this money, {who} pays {cost} for {thing}.")
    p.ask(
        f"How much money does {who} have left?",
        f"How much of the pay is left for {who}?",
        what=f"the money that {who} has left",
    )
    earned = p.step(hours * pay, f"{who} earns @.")
    p.step(earned - cost, f"{who} has @ left.")


@template("short", steps=2)
def way_still_to_go(p: Draft) -> None:
    """The rest of the way after some hours."""
    who, town = p.person(), p.pick(TOWNS)
    speed, hours, rest = p.whole(12, 90, 2), p.of(2, 3, 4, 5), p.whole(6, 80)
    way = (speed * hours + rest).known
    p.say(
        f"{who} travels to {town}, {way} kilometers away.",
        f"It is {way} kilometers to {town}, where {who} wants to go.",
    )
    p.say(
        f"{who} goes {speed} kilometers an hour for {hours.w} hours.",
        f"For {hours.w} hours, {who} moves at {speed} kilometers an hour.",
    )
    p.ask(
        f"How many kilometers does {who} still have to go?",
        f"How many kilometers to {town} are left for {who}?",
        what=f"the number of kilometers that {who} still has to go",
    )
    gone = p.step(hours * speed, f"{who} has covered @ kilometers.")
    p.step(way - gone, "What is left is @ kilometers.")


@template("short", steps=2, people=False)
def girls_and_boys(p: Draft) -> None:
    """A group told by a comparison; the total."""
    group = p.pick(("choir", "dance class", "football camp", "school orchestra", "drama group"))
    n, more = p.whole(8, 60), p.whole(2, 14)
    first, second = p.sample(("girls", "boys"), 2)
    p.say(f"In a {group} there are {n} {first}.", f"A {group} has {n} {first}.")
    p.say(
        f"There are {more} more {second} than {first} in the {group}.",
        f"The number of {second} in the {group} is {more} higher.",
    )
    p.ask(
        f"How many children are in the {group}?",
        f"How many girls and boys does the {group} have altogether?",
        what=f"the number of children in the {group}",
    )
    other = p.step(n + more, f"There are @ {second}.")
    p.step(n + other, f"The {group} has @ children.")


@template("short", steps=2, money=True)
def price_after_reduction(p: Draft) -> None:
    """Several items with a fixed amount off."""
    who, item = p.person(), p.pick(CLOTHES)
    n, price, off = p.whole(2, 9), p.money(10, 60), p.money(2, 15)
    p.need(off < price)
    p.say(f"{who} buys {item(n)} that cost {price} each.", f"{who} chooses {item.words(n)} at {price} each.")
    p.say(f"A coupon takes {off} off the whole bill.", f"With a coupon, the whole bill is {off} lower.")
    p.ask(f"How much does {who} pay?", f"How much money does {who} have to pay?", what=f"the amount that {who} pays")
    full = p.step(n * price, f"The {item.s} cost @.")
    p.step(full - off, f"{who} pays @.")


@template("short", steps=2, money=True)
def meal_for_everyone(p: Draft) -> None:
    """A price a person, told by the parts of a meal."""
    people, dish, dessert = p.whole(3, 14), p.cents(500, 1500, 50), p.cents(200, 600, 25)
    who, food = p.person(), p.pick(MEALS)
    p.say(
        f"{who} invites friends to a meal, {people} people with {who} included.",
        f"{who} pays for a meal of {people} people in all.",
    )
    p.say(
        f"For each person there is one {food.one} at {dish} and one dessert at {dessert}.",
        f"Each of the {people} has one {food.one} for {dish} and one dessert for {dessert}.",
    )
    p.ask(
        f"How much does {who} pay for everybody?",
        f"What is the price of the meal that {who} pays for?",
        what=f"the amount that {who} pays",
    )
    each = p.step(dish + dessert, "For one person, it costs @.")
    p.step(people * each, f"{who} pays @.")


@template("short", steps=2, people=False)
def rows_with_empty_seats(p: Draft) -> None:
    """Seats in rows, some of them empty."""
    rows, seats, empty = p.whole(4, 30), p.whole(6, 30), p.whole(3, 40)
    p.need(empty < rows * seats / 2)
    place = p.pick(("village hall", "school hall", "tent", "classroom", "small cinema"))
    p.say(
        f"A {place} has {rows} rows with {seats} seats each.", f"In a {place} there are {rows} rows of {seats} seats."
    )
    p.say(f"Of all the seats, {empty} are empty.", f"{empty} of the seats are not taken.")
    p.ask(
        f"How many seats in the {place} are taken?",
        f"How many people sit in the {place}, one on each taken seat?",
        what=f"the number of taken seats in the {place}",
    )
    total = p.step(rows * seats, "There are @ seats.")
    p.step(total - empty, "Of these, @ seats are taken.")
