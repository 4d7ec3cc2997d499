"""Stocks that go up and down: shops, buses, libraries, farms."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import FURNITURE, PRODUCTS, STATIONERY, TOWNS, nouns

_FLAT = nouns("stamp, sticker, postcard, trading card, football card, animal picture")


@template("inventory", steps=4, people=False)
def stock_over_a_week(p: Draft) -> None:
    """Sales every day, one delivery, some returns."""
    item = p.pick(PRODUCTS + FURNITURE)
    daily, days, boxes, size, back = (
        p.whole(4, 25),
        p.of(3, 4, 5, 6),
        p.whole(2, 9),
        p.of(6, 8, 10, 12, 15, 20),
        p.whole(2, 12),
    )
    rest = p.whole(5, 40)
    start = (daily * days + rest).known
    p.need(back < daily * days)
    p.say(f"On Monday morning, a shop has {item(start)} in stock.", f"A shop starts the week with {item(start)}.")
    p.say(
        f"The shop sells {daily} of them a day for {days.w} days.",
        f"For {days.w} days, {item(daily)} are sold each day.",
        free=True,
    )
    p.say(
        f"The shop gets a delivery of {boxes.w} boxes with {item(size)} each.",
        f"A truck brings {boxes.w} boxes, each with {item(size)}.",
        free=True,
    )
    p.say(
        f"Customers bring back {item(back)} in good condition.",
        f"The shop takes back {item(back)} from customers.",
        free=True,
    )
    p.ask(
        f"How many {item.s} does the shop have in the end?",
        f"How many {item.s} are in stock after all this?",
        what=f"the number of {item.s} in stock in the end",
    )
    sold = p.step(days * daily, f"The shop sells @ {item.s}.")
    new = p.step(boxes * size, f"The delivery brings @ {item.s}.")
    after = p.step(start - sold + new, f"That makes @ {item.s}.")
    p.step(after + back, f"With the returned ones, there are @ {item.s}.")


@template("inventory", steps=(3, 7), people=False)
def passengers_on_a_bus(p: Draft) -> None:
    """People getting on and off at stops."""
    a, b = p.sample(TOWNS, 2)
    start = p.whole(12, 48)
    stops = [(p.whole(2, 10), p.whole(3, 14)) for _ in range(p.pick((2, 3, 4, 5, 6)))]
    kind = p.pick(("bus", "train", "tram", "ferry"))
    p.say(
        f"A {kind} leaves {a} for {b} with {start} passengers.",
        f"There are {start} passengers on a {kind} from {a} to {b}.",
    )
    names = ("first", "second", "third", "fourth", "fifth", "sixth")
    for name, (off, on) in zip(names, stops, strict=False):
        p.say(
            f"At the {name} stop, {off} people get off and {on} get on.",
            f"At the {name} stop, {on} people get on and {off} get off.",
        )
    p.say(
        f"At the last stop before {b}, half of the passengers get off.",
        f"Then, at the last stop before {b}, half of all the passengers leave.",
    )
    p.ask(
        f"How many passengers arrive in {b}?",
        f"How many passengers are on the {kind} when it arrives in {b}?",
        what=f"the number of passengers who arrive in {b}",
    )
    count = start
    for name, (off, on) in zip(names, stops, strict=False):
        p.need(off < count)
        count = p.step(count - off + on, f"After the {name} stop, there are @ passengers.")
    p.step(count / 2, "The number who arrive is @.")


@template("inventory", steps=4, people=False)
def library_books(p: Draft) -> None:
    """Shelves of books, lent, returned and bought."""
    town = p.pick(TOWNS)
    shelves, per, lent, back, new = (
        p.whole(6, 30),
        p.whole(15, 60, 5),
        p.whole(20, 120),
        p.whole(10, 100),
        p.whole(5, 60),
    )
    p.need(back < lent < shelves * per)
    p.say(
        f"The library of {town} has {shelves} shelves with {per} books on each.",
        f"In the library of {town}, each of the {shelves} shelves holds {per} books.",
    )
    p.say(f"This week, {lent} of the books are lent out.", f"During the week, readers borrow {lent} books.", free=True)
    p.say(f"The library buys {new} new books.", f"The library gets {new} new books as a present.", free=True)
    p.say(
        f"By Saturday, {back} of the borrowed books are brought back.",
        f"Of the borrowed books, {back} come back by Saturday.",
    )
    p.ask(
        f"How many books are in the library of {town} on Saturday?",
        f"How many books does the library of {town} have in the building on Saturday?",
        what="the number of books in the library on Saturday",
    )
    first = p.step(shelves * per, "At first there are @ books.")
    rest = p.step(first - lent, "Without the borrowed ones, there are @ books.")
    more = p.step(rest + new, "With the new ones, there are @ books.")
    p.step(more + back, "With the returned ones, there are @ books.")


@template("inventory", steps=4)
def boxes_in_a_warehouse(p: Draft) -> None:
    """Pallets of boxes; trucks take some away."""
    who = p.person()
    pallets, boxes, trucks, load, broken = (
        p.whole(5, 30),
        p.of(12, 16, 18, 20, 24, 30, 36),
        p.whole(2, 8),
        p.whole(20, 90, 5),
        p.whole(2, 15),
    )
    p.need(pallets * boxes > trucks * load + broken + 1)
    p.say(
        f"In {who}'s warehouse there are {pallets} pallets with {boxes} boxes each.",
        f"{who} looks after a warehouse with {pallets} pallets of {boxes} boxes each.",
    )
    p.say(
        f"In the morning, {broken} boxes get wet and are thrown away.",
        f"A leak in the roof spoils {broken} boxes, which are thrown away.",
        free=True,
    )
    p.say(
        f"Each of {trucks.w} trucks takes {load} boxes away.",
        f"{trucks.W} trucks come and take {load} boxes each.",
        free=True,
    )
    p.ask(
        f"How many boxes remain in {who}'s warehouse?",
        f"How many boxes are left in {who}'s warehouse?",
        what=f"the number of boxes left in {who}'s warehouse",
    )
    total = p.step(pallets * boxes, "At first there are @ boxes.")
    good = p.step(total - broken, "Of these, @ boxes are still good.")
    taken = p.step(trucks * load, "The trucks take @ boxes.")
    p.step(good - taken, "The number of boxes left is @.")


@template("inventory", steps=4)
def hens_and_eggs(p: Draft) -> None:
    """Eggs of a week, used and packed in cartons."""
    who = p.person()
    hens, week, size, k = p.whole(5, 30), p.of(3, 4, 5, 6), p.of(4, 6, 10, 12), p.of(0, 1, 2)
    weeks = p.of(2, 3, 4, 5, 6)
    eaten = Num(hens.value * week.value % size.value + k.value * size.value)  # so that every carton is full
    p.need(3 <= eaten <= 20 and hens * week > eaten + size)
    p.say(
        f"{who} has {hens} hens, and each hen lays {week.w} eggs a week.",
        f"Each of {who}'s {hens} hens lays {week.w} eggs a week.",
    )
    p.say(
        f"{who}'s family eats {eaten} of these eggs in a week.",
        f"Every week, {who} uses {eaten} eggs at home.",
        free=True,
    )
    p.say(
        f"All the other eggs are packed in cartons of {size}.",
        f"{who} puts all the other eggs into cartons that hold {size} eggs each.",
    )
    p.say(f"This goes on for {weeks.w} weeks.", f"It is the same for {weeks.w} weeks.")
    p.ask(
        f"How many cartons does {who} fill in this time?",
        f"How many cartons of eggs does {who} fill altogether?",
        what=f"the number of cartons that {who} fills",
    )
    laid = p.step(hens * week, "The hens lay @ eggs a week.")
    rest = p.step(laid - eaten, "For the cartons, @ eggs are left.")
    cartons = p.step(rest / size, f"In a week, {who} fills @ cartons.")
    p.step(weeks * cartons, f"In all the weeks, {who} fills @ cartons.")


@template("inventory", steps=3)
def classroom_supplies(p: Draft) -> None:
    """Supplies handed out to pupils and what must be ordered."""
    who, item = p.person(), p.pick(STATIONERY)
    classes, size, each, stock = p.whole(2, 9), p.whole(14, 32), p.of(2, 3, 4, 5), p.whole(20, 150, 5)
    p.need(classes * size * each > stock)
    p.say(
        f"{who}'s school has {classes.w} classes of {size} pupils each.",
        f"There are {classes.w} classes with {size} pupils each at {who}'s school.",
    )
    p.say(f"Every pupil is to get {item.words(each)}.", f"Each pupil needs {item.words(each)}.", free=True)
    p.say(
        f"The school has {item(stock)} in a cupboard.",
        f"In a cupboard of the school there are {item(stock)}.",
        free=True,
    )
    p.ask(
        f"How many {item.s} does the school have to order?",
        f"How many more {item.s} does the school need?",
        what=f"the number of {item.s} to order",
    )
    pupils = p.step(classes * size, "There are @ pupils.")
    need = p.step(pupils * each, f"They need @ {item.s}.")
    p.step(need - stock, f"The school has to order @ {item.s}.")


@template("inventory", steps=4)
def album_pages(p: Draft) -> None:
    """Things bought, traded and put into an album."""
    who, other, item = p.person(), p.person(), p.pick(_FLAT)
    packs, size, give = p.whole(4, 16), p.of(5, 6, 8, 10, 12), p.whole(3, 20)
    page, k = p.of(4, 5, 6, 8, 9), p.of(0, 1, 2)
    get = Num((give.value - packs.value * size.value) % page.value + k.value * page.value)  # so that the pages are full
    p.need(1 < get < give and packs * size > give + page)
    p.say(
        f"{who} buys {packs} packs of {item.s} with {size} in each pack.",
        f"{who} opens {packs} packs, each with {item(size)}.",
    )
    p.say(
        f"{who} trades with {other}: {who} gives {give} {item.s} and gets {get} better ones.",
        f"In a trade, {who} gives {other} {item(give)} for {get} better ones.",
    )
    p.say(
        f"Then {who} puts all the {item.s} into an empty album, {page} on each page.",
        f"In the end, all of {who}'s {item.s} go into an empty album with room for {page} on a page.",
    )
    p.ask(
        f"How many pages of the album does {who} fill?",
        "How many album pages are full then?",
        what=f"the number of album pages that {who} fills",
    )
    total = p.step(packs * size, f"{who} has @ {item.s}.")
    after = p.step(total - give, f"After giving some away, {who} has @ {item.s}.")
    now = p.step(after + get, f"With the better ones, {who} has @ {item.s}.")
    p.step(now / page, f"{who} fills @ pages.")
