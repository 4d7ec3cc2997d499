"""Sharing and comparing what people have."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import COLLECTED, COLORS, FRUIT


@template("sharing", steps=3)
def sweets_for_children(p: Draft) -> None:
    """Bags shared equally after some are kept."""
    who = p.person()
    bags, size, children, k = p.whole(3, 9), p.whole(12, 40), p.whole(3, 9), p.of(0, 1, 2, 3)
    keep = Num(bags.value * size.value % children.value + k.value * children.value)  # so that the rest can be shared
    p.need(keep >= 2 and keep + children < bags * size)
    item = p.pick(("candies", "nuts", "balloons", "stickers", "crayons"))
    p.say(f"{who} has {bags} bags with {size} {item} each.", f"{who} buys {bags} bags, and each holds {size} {item}.")
    p.say(
        f"{who} keeps {keep} {item} and shares the rest equally among {children.w} children.",
        f"After putting {keep} {item} aside, {who} gives the same number of {item} to each of {children.w} children.",
    )
    p.ask(
        f"How many {item} does each child get?",
        f"How many {item} are there for each child?",
        what=f"the number of {item} that each child gets",
    )
    total = p.step(bags * size, f"{who} has @ {item}.")
    shared = p.step(total - keep, f"The children share @ {item}.")
    p.step(shared / children, f"Each child gets @ {item}.")


@template("sharing", steps=3)
def evening_out(p: Draft) -> None:
    """How many one must give so that both have the same."""
    a, b, item = p.person(), p.person(), p.pick(COLLECTED)
    few, give, gift = p.whole(8, 60), p.whole(3, 25), p.whole(4, 30)
    many = (few + gift + 2 * give).known
    p.say(f"{a} has {item(many)} and {b} has {few}.", f"{b} has {item(few)}, and {a} has {many}.")
    p.say(f"{b} finds {gift} more.", f"Then {b} gets {gift} more from a friend.")
    p.say(
        f"Now {a} gives {b} some {item.s} so that both have the same number.",
        f"After that, {a} gives {b} just enough {item.s} to make their numbers equal.",
    )
    p.ask(
        f"How many {item.s} does {a} give to {b}?",
        f"How many {item.s} does {b} get from {a}?",
        what=f"the number of {item.s} that {a} gives to {b}",
    )
    now = p.step(few + gift, f"Now {b} has @ {item.s}.")
    gap = p.step(many - now, f"{a} has @ more.")
    p.step(gap / 2, f"{a} gives away half of the difference: @.")


@template("sharing", steps=4)
def three_collections(p: Draft) -> None:
    """Collections told by comparison, added up."""
    a, b, c, item = p.person(), p.person(), p.person(), p.pick(COLLECTED)
    n, factor, less, lost = p.whole(8, 50), p.of(2, 3, 4, 5), p.whole(3, 14), p.whole(2, 12)
    p.need(factor * n > less and lost < n)
    p.say(f"{a} has {item(n)}.", f"{a} owns {item(n)}.")
    p.say(
        f"{b} has {factor.times} as many {item.s} as {a}.",
        f"The number of {item.s} that {b} has is {factor.times} that of {a}.",
    )
    p.say(f"{c} has {less} {item.s} fewer than {b}.", f"{c} has {less} fewer {item.s} than {b}.")
    p.say(f"Together, they lose {lost} of their {item.s}.", f"Then {lost} of all their {item.s} get lost.")
    p.ask(
        f"How many {item.s} do {a}, {b} and {c} have in all after that?",
        f"How many {item.s} are left to {a}, {b} and {c} together?",
        what=f"the number of {item.s} that the three have in the end",
    )
    second = p.step(factor * n, f"{b} has @ {item.s}.")
    third = p.step(second - less, f"{c} has @ {item.s}.")
    total = p.step(n + second + third, f"Together they have @ {item.s}.")
    p.step(total - lost, f"In the end, they have @ {item.s}.")


@template("sharing", steps=3, money=True)
def shared_present(p: Draft) -> None:
    """A present paid by friends, of whom some drop out."""
    who = p.person()
    thing, friends, out, each, card = (
        p.pick(("a watch", "a bicycle", "a guitar", "a camera")),
        p.of(5, 6, 7, 8, 9, 10),
        p.of(1, 2, 3),
        p.money(6, 40),
        p.money(2, 12),
    )
    left = (friends - out).known
    price = (left * each - card).known
    p.need(price > 20)
    p.say(
        f"{friends.W} friends of {who} want to give {who} {thing} for {price} and a card for {card}.",
        f"As a present for {who}, {friends.w} friends choose {thing} for {price} and a card for {card}.",
    )
    p.say(
        f"{out.W} of them then cannot take part." if out > 1 else "One of them then cannot take part.",
        f"Then {out.w} of the friends drop out." if out > 1 else "Then one of the friends drops out.",
    )
    p.say("The others share the cost equally.", "All the others pay equal parts.")
    p.ask(
        "How much does each of the others pay?",
        "How much must each remaining friend pay?",
        what="the amount that each remaining friend pays",
    )
    total = p.step(price + card, "The present and the card cost @.")
    people = p.step(friends - out, "The number of friends who pay is @.")
    p.step(total / people, "Each of them pays @.")


@template("sharing", steps=4)
def fruit_baskets(p: Draft) -> None:
    """Equal baskets of two kinds, and what is left over."""
    who = p.person()
    a, b = p.sample(FRUIT, 2)
    baskets, x, y, left_a, left_b = p.whole(3, 12), p.whole(3, 12), p.whole(2, 9), p.whole(1, 8), p.whole(1, 8)
    n, m = (baskets * x + left_a).known, (baskets * y + left_b).known
    p.say(f"{who} picks {a(n)} and {b(m)}.", f"In the garden, {who} picks {a(n)} and {b(m)}.")
    p.say(
        f"{who} fills {baskets} baskets, each with {a(x)} and {b(y)}.",
        f"With these, {who} makes {baskets} baskets of {a(x)} and {b(y)} each.",
    )
    p.ask(
        f"How many pieces of fruit does {who} have left over?",
        f"How many pieces of fruit are not in {who}'s baskets?",
        what="the number of pieces of fruit left over",
    )
    total = p.step(n + m, f"{who} has @ pieces of fruit.")
    each = p.step(x + y, "Each basket holds @ pieces.")
    used = p.step(baskets * each, "The baskets hold @ pieces.")
    p.step(total - used, "What is left over is @.")


@template("sharing", steps=3)
def beads_for_bracelets(p: Draft) -> None:
    """How many bracelets, and the beads still needed for the next ones."""
    who = p.person()
    x, y = p.sample(COLORS, 2)
    per_x, per_y, n, has = p.whole(4, 15), p.whole(3, 12), p.whole(4, 16), p.whole(20, 90)
    p.need((per_x + per_y) * n > has)
    p.say(
        f"A bracelet takes {per_x} {x} beads and {per_y} {y} beads.",
        f"For one bracelet, {who} needs {per_x} {x} beads and {per_y} {y} ones.",
    )
    p.say(f"{who} wants to make {n} bracelets.", f"{who} plans {n} bracelets.", free=True)
    p.say(
        f"{who} has {has} beads of the right colors, all of which will be used.",
        f"Of the beads needed, {who} already has {has}.",
        free=True,
    )
    p.ask(
        f"How many more beads does {who} need?",
        f"How many beads does {who} still have to buy?",
        what=f"the number of beads that {who} still needs",
    )
    each = p.step(per_x + per_y, "One bracelet takes @ beads.")
    total = p.step(n * each, "All the bracelets take @ beads.")
    p.step(total - has, f"{who} still needs @ beads.")


@template("sharing", steps=4)
def cakes_cut_in_slices(p: Draft) -> None:
    """Slices eaten by guests."""
    who, cake = p.person(), p.pick(("cakes", "pies", "pizzas", "quiches"))
    n, slices, guests, each, extra = p.whole(3, 12), p.of(6, 8, 10, 12), p.whole(6, 30), p.of(2, 3), p.whole(2, 10)
    p.need(n * slices > guests * each + extra + 1)
    p.say(
        f"{who} bakes {n} {cake} and cuts each into {slices} slices.",
        f"{who} makes {n} {cake} and cuts every one of them into {slices} slices.",
    )
    p.say(
        f"Each of the {guests} guests eats {each.w} slices.",
        f"There are {guests} guests, and each of them eats {each.w} slices.",
        free=True,
    )
    p.say(f"{who} gives {extra} slices to a neighbor.", f"A neighbor of {who}'s gets {extra} slices.", free=True)
    p.ask("How many slices are left?", "How many slices remain in the end?", what="the number of slices left")
    total = p.step(n * slices, "There are @ slices.")
    eaten = p.step(guests * each, "The guests eat @ slices.")
    gone = p.step(eaten + extra, "In all, @ slices are gone.")
    p.step(total - gone, "The number of slices left is @.")
