"""Shopping with several steps: totals, change, budgets, offers."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import BAKED, BOOKS, CLOTHES, DRINKS, FRUIT, MEALS, PLANTS, SHOPS, STATIONERY, TOYS


@template("shopping", steps=3, money=True)
def two_kinds_of_items(p: Draft) -> None:
    """The bill for two kinds of items."""
    who, shop = p.person(), p.pick(SHOPS)
    a, b = p.sample(STATIONERY, 2)
    n, m = p.whole(2, 12), p.whole(2, 9)
    x, y = p.cents(50, 600, 25), p.cents(100, 900, 50)
    p.say(f"{who} goes to the {shop}.", f"{who} is shopping at the {shop}.", f"{who} needs things from the {shop}.")
    p.say(f"{who} buys {a(n)} at {x} each.", f"{who} takes {a.words(n)} that cost {x} each.", free=True)
    p.say(f"{who} buys {b(m)} for {y} each.", f"{who} chooses {b.words(m)} at {y} apiece.", free=True)
    p.ask(
        f"How much does {who} pay in total?",
        f"What is {who}'s bill?",
        f"How much money does {who} spend altogether?",
        what=f"the amount that {who} pays",
    )
    first = p.step(n * x, f"The {a.s} cost @.")
    second = p.step(m * y, f"The {b.s} cost @.")
    p.step(first + second, f"In total, {who} pays @.")


@template("shopping", steps=4, money=True)
def change_from_a_note(p: Draft) -> None:
    """The change after buying two kinds of items."""
    who, shop = p.person(), p.pick(SHOPS)
    a, b = p.sample(FRUIT, 2)
    n, m = p.whole(2, 9), p.whole(2, 9)
    x, y = p.cents(25, 250, 25), p.cents(50, 300, 25)
    note = p.cash(50 if n * x + m * y > p.cash(20) else 20)
    p.need(n * x + m * y < note)
    p.say(
        f"At the {shop}, {a.s} cost {x} each and {b.s} cost {y} each.",
        f"The {shop} sells {a.s} for {x} each and {b.s} for {y} each.",
    )
    p.say(
        f"{who} buys {a(n)} and {b(m)} and pays with a {note} note.",
        f"{who} picks out {a.words(n)} and {b.words(m)} and hands over a {note} note.",
    )
    p.ask(f"How much change does {who} get?", f"How much money does {who} get back?", what=f"the change {who} gets")
    first = p.step(n * x, f"The {a.s} cost @.")
    second = p.step(m * y, f"The {b.s} cost @.")
    total = p.step(first + second, "Together they cost @.")
    p.step(note - total, "The change is @.")


@template("shopping", steps=3, money=True)
def saving_for_something(p: Draft) -> None:
    """Weeks of saving until a wish can be paid."""
    who, thing = p.person(), p.pick(("bicycle", "guitar", "tent", "camera", "skateboard", "telescope"))
    weekly, has, gift, weeks = p.money(4, 25), p.money(10, 60, 5), p.money(5, 30, 5), p.whole(3, 14)
    price = (has + gift + weekly * weeks).known
    p.say(f"{who} wants to buy a {thing} that costs {price}.", f"A {thing} costs {price}, and {who} wants it.")
    p.say(f"{who} already has {has}.", f"So far, {who} has saved {has}.")
    p.say(f"Today, {who}'s grandmother adds {gift}.", f"In addition, {who} now gets {gift} from an aunt.")
    p.say(f"From now on, {who} can put aside {weekly} a week.", f"After that, {who} saves another {weekly} each week.")
    p.ask(
        f"In how many weeks can {who} buy the {thing}?",
        f"How many weeks does {who} have to save before buying the {thing}?",
        what=f"the number of weeks that {who} has to save",
    )
    now = p.step(has + gift, f"{who} has @.")
    left = p.step(price - now, f"{who} still needs @.")
    p.step(left / weekly, "That takes @ weeks.")


@template("shopping", steps=4, money=True)
def buy_some_get_one_free(p: Draft) -> None:
    """An offer in which one item of each group is free."""
    who, shop, item = p.person(), p.pick(SHOPS), p.pick(BAKED)
    group, sets, price = p.of(3, 4, 5, 6), p.whole(2, 9), p.cents(100, 600, 25)
    n = (group * sets).known
    paid = (group - 1).known
    p.say(
        f"The {shop} has an offer: for every {item.words(paid)} bought, one more is free.",
        f"At the {shop}, anybody who pays for {item.words(paid)} gets one more for free.",
    )
    p.say(
        f"One {item.one} costs {price}.", f"A single {item.one} is {price}.", f"The price of one {item.one} is {price}."
    )
    p.say(f"{who} takes home {item(n)} in all.", f"{who} uses the offer to get {item(n)} altogether.")
    p.ask(
        f"How much does {who} pay?", f"What does {who} have to pay with this offer?", what=f"the amount that {who} pays"
    )
    size = p.step(paid + 1, "Each full group has @ items.")
    groups = p.step(n / size, "The number of groups is @.")
    count = p.step(groups * paid, f"{who} pays for @ items.")
    p.step(count * price, "The price is @.")


@template("shopping", steps=3, money=True)
def meal_split_between_friends(p: Draft) -> None:
    """A restaurant bill shared equally."""
    who = p.person()
    dish, drink = p.pick(MEALS), p.pick(DRINKS)
    friends, n, m = p.of(2, 3, 4, 5, 6), p.whole(2, 8), p.whole(2, 8)
    x, y = p.cents(500, 1500, 50), p.cents(150, 500, 25)
    people = (friends + 1).known
    p.say(f"{who} eats out with {friends.w} friends.", f"{who} and {friends.w} friends go to a café.")
    p.say(
        f"Together they order {dish(n)} at {x} each and {drink(m)} at {y} each.",
        f"The group has {dish(n)} for {x} each and {drink(m)} for {y} each.",
    )
    p.say(f"They share the bill equally, {who} included.", f"All of them, {who} included, pay the same amount.")
    p.need((n * x + m * y).value % people.value == 0 or not p.currency.whole)
    p.ask(f"How much does {who} pay?", f"What is {who}'s part of the bill?", what=f"{who}'s part of the bill")
    bill = p.step(n * x + m * y, "The bill is @.")
    group = p.step(friends + 1, "The group has @ people.")
    p.step(bill / group, "Each person pays @.")


@template("shopping", steps=3, money=True)
def order_with_member_price(p: Draft) -> None:
    """A fixed reduction an item and a delivery fee."""
    who, item = p.person(), p.pick(BOOKS)
    n, price, off, fee = p.whole(3, 15), p.cents(600, 2400, 50), p.cents(50, 300, 25), p.cents(200, 900, 50)
    p.say(f"An online shop sells {item.s} for {price} each.", f"In an online shop, every {item.one} costs {price}.")
    p.say(f"Members pay {off} less for each {item.one}.", f"For members, each {item.one} is {off} cheaper.", free=True)
    p.say(f"Delivery costs {fee} an order.", f"For each order there is a delivery fee of {fee}.", free=True)
    p.say(f"{who}, who is a member, orders {item(n)} at once.", f"{who} is a member and puts {item(n)} in one order.")
    p.ask(
        f"How much does {who} pay for the order?",
        f"What does the whole order cost {who}?",
        what=f"the cost of {who}'s order",
    )
    reduced = p.step(price - off, f"A member pays @ for one {item.one}.")
    goods = p.step(n * reduced, f"The {item.s} cost @.")
    p.step(goods + fee, "With delivery, the order costs @.")


@template("shopping", steps=3, money=True)
def garden_budget(p: Draft) -> None:
    """What is left of a budget, and how many more things it buys."""
    who = p.person()
    a, b = p.sample(PLANTS, 2)
    n, x, y, more = p.whole(3, 14), p.money(2, 12), p.money(3, 15), p.whole(2, 9)
    budget = (n * x + more * y).known
    p.say(f"{who} has {budget} for the garden.", f"{who}'s garden budget is {budget}.")
    p.say(f"First, {who} buys {a(n)} at {x} each.", f"{who} starts with {a(n)}, which cost {x} each.")
    p.say(f"All the money left goes on {b.s} at {y} each.", f"The rest of the money is spent on {b.s} at {y} each.")
    p.ask(f"How many {b.s} can {who} buy?", f"How many {b.s} does {who} get?", what=f"the number of {b.s} {who} buys")
    spent = p.step(n * x, f"The {a.s} cost @.")
    left = p.step(budget - spent, "The money left is @.")
    p.step(left / y, f"{who} can buy @ {b.s}.")


@template("shopping", steps=4, money=True)
def packs_against_single(p: Draft) -> None:
    """The saving of buying in packs."""
    who, item = p.person(), p.pick(STATIONERY + TOYS)
    size, packs, single = p.of(4, 5, 6, 8, 10, 12), p.whole(2, 9), p.cents(100, 500, 25)
    pack_price = p.money(3, 50)
    p.need(size * single > pack_price and 2 * pack_price > size * single)
    n = (size * packs).known
    p.say(f"One {item.one} costs {single}.", f"A single {item.one} is sold for {single}.", free=True)
    p.say(
        f"A pack of {item(size)} costs {pack_price}.",
        f"In packs of {size}, the {item.s} cost {pack_price} a pack.",
        free=True,
    )
    p.say(f"{who} needs {item(n)}.", f"{who} has to buy {item(n)}.")
    p.ask(
        f"How much does {who} save by buying packs instead of single {item.s}?",
        f"By how much is it cheaper for {who} to buy all of the {item.s} in packs?",
        what=f"the amount {who} saves",
    )
    alone = p.step(n * single, f"Bought one by one, the {item.s} cost @.")
    number = p.step(n / size, f"{who} needs @ packs.")
    packed = p.step(number * pack_price, "The packs cost @.")
    p.step(alone - packed, f"{who} saves @.")


@template("shopping", steps=5, money=True)
def clothes_with_refund(p: Draft) -> None:
    """Buying, returning one thing, and buying another."""
    who = p.person()
    a, b, c = p.sample(CLOTHES, 3)
    n, back, x, y, z = p.whole(3, 8), p.of(1, 2), p.money(8, 30), p.money(15, 60), p.money(5, 25)
    p.say(
        f"{who} buys {a(n)} at {x} each and one {b.one} for {y}.",
        f"{who} pays {x} each for {a(n)}, and {y} for one {b.one}.",
    )
    p.say(
        f"The next day, {who} returns {a(back)} for a full refund.",
        f"Later, {who} brings {a.words(back)} back and gets the full price refunded.",
    )
    p.say(f"Then {who} buys one {c.one} for {z}.", f"After that, {who} pays {z} for one {c.one}.")
    p.ask(
        f"How much has {who} spent in the end?",
        f"What is the total price of the clothes that {who} keeps?",
        what=f"the total price of the clothes that {who} keeps",
    )
    first = p.step(n * x, f"The {a.s} cost @.")
    total = p.step(first + y, f"With the {b.one}, that is @.")
    refund = p.step(back * x, "The refund is @.")
    kept = p.step(total - refund, "After the refund, @ is spent.")
    p.step(kept + z, f"With the {c.one}, the total is @.")
