"""Mixtures: solutions, blends, alloys."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.registry import template


@template("mixture", steps=4)
def juice_share_of_two_drinks(p: Draft) -> None:
    """Two drinks of different strength mixed; the strength of the mixture."""
    who = p.person()
    x, y = p.whole(2, 14) * 100, p.whole(2, 14) * 100
    a, b = p.of(10, 20, 30, 40, 50), p.of(60, 70, 75, 80, 90)
    p.need((x * a + y * b) % (x + y) == 0)
    x, y = x.known, y.known
    p.say(
        f"{who} mixes {x} milliliters of a drink with {a}% juice and {y} milliliters of one with {b}% juice.",
        f"{who} pours {x} milliliters of a drink that is {a}% juice into {y} milliliters of one that is {b}% juice.",
    )
    p.ask(
        "What percentage of the mixture is juice?",
        "What percent juice does the mixed drink contain?",
        what="the percentage of juice in the mixture",
    )
    first = p.step(x * a / 100, "The first drink has @ milliliters of juice.")
    second = p.step(y * b / 100, "The second drink has @ milliliters of juice.")
    total = p.step(x + y, "The mixture has @ milliliters.")
    p.step((first + second) / total * 100, "As a percentage, the juice is @.")


@template("mixture", steps=3)
def water_added_to_syrup(p: Draft) -> None:
    """Water added until the strength is the wished one."""
    who = p.person()
    liquid = p.pick(("syrup", "vinegar", "cleaner", "plant food"))
    strong, weak, amount = p.of(40, 50, 60, 75, 80, 90), p.of(5, 10, 15, 20, 25, 30), p.whole(4, 40) * 50
    p.need(strong * amount % 100 == 0 and strong * amount % weak == 0)
    amount = amount.known
    p.say(
        f"{who} has {amount} milliliters of a liquid that is {strong}% {liquid} and otherwise water.",
        f"A bottle of {who}'s holds {amount} milliliters of a liquid with {strong}% {liquid}, and the rest is water.",
    )
    p.say(
        f"{who} adds water until the liquid is {weak}% {liquid}.",
        f"Water is added until only {weak}% of it is {liquid}.",
    )
    p.ask(
        f"How many milliliters of water does {who} add?",
        f"How much water, in milliliters, does {who} add?",
        what=f"the number of milliliters of water that {who} adds",
    )
    pure = p.step(amount * strong / 100, f"The liquid has @ milliliters of {liquid}.")
    total = p.step(pure / weak * 100, "In the end there are @ milliliters of liquid.")
    p.step(total - amount, f"{who} adds @ milliliters of water.")


@template("mixture", steps=5, money=True)
def blend_price(p: Draft) -> None:
    """The price a kilogram of a blend of two kinds."""
    who = p.person()
    thing, a, b = p.pick(
        (
            ("tea", "green", "black"),
            ("coffee", "mild", "strong"),
            ("rice", "white", "brown"),
            ("nuts", "salted", "roasted"),
        )
    )
    n, m, x, y = p.whole(2, 12), p.whole(2, 12), p.money(4, 30), p.money(6, 40)
    cost = n * x + m * y
    p.need(not x.same(y) and (cost.value * 4) % (n.value + m.value) == 0)
    p.say(
        f"{who} blends {n} kilograms of {a} {thing} at {x} a kilogram"
        f" with {m} kilograms of {b} {thing} at {y} a kilogram.",
        f"{who} makes a blend of {n} kilograms of {a} {thing}, at {x} a kilogram,"
        f" and {m} kilograms of {b} {thing}, at {y} a kilogram.",
    )
    p.ask(
        "What does one kilogram of the blend cost?",
        "What is the price of a kilogram of this blend?",
        what="the price of one kilogram of the blend",
    )
    first = p.step(n * x, f"The {a} {thing} costs @.")
    second = p.step(m * y, f"The {b} {thing} costs @.")
    total = p.step(first + second, "Together they cost @.")
    kilos = p.step(n + m, "The blend weighs @ kilograms.")
    p.step(total / kilos, "One kilogram costs @.")


@template("mixture", steps=4)
def coins_in_an_alloy(p: Draft) -> None:
    """Metal needed for objects of an alloy."""
    who = p.person()
    metal, other, thing = p.pick(
        (
            ("copper", "tin", "bells"),
            ("silver", "copper", "spoons"),
            ("copper", "zinc", "door knobs"),
            ("silver", "copper", "medals"),
        )
    )
    n, grams, pct, stock = (
        p.whole(4, 40),
        p.of(20, 40, 50, 60, 80, 100),
        p.of(40, 60, 70, 75, 80, 90),
        p.whole(50, 600, 25),
    )
    p.need(grams * pct % 100 == 0 and n * grams * (100 - pct) / 100 > stock)
    p.say(
        f"{who} makes {n} {thing} that weigh {grams} grams each.",
        f"{who} has an order for {n} {thing} of {grams} grams each.",
    )
    p.say(
        f"They are {pct}% {metal}, and the rest is {other}.",
        f"The metal for them is {pct}% {metal}, and otherwise {other}.",
    )
    p.say(f"{who} has {stock} grams of {other}.", f"In {who}'s workshop there are {stock} grams of {other}.")
    p.ask(
        f"How many more grams of {other} does {who} need?",
        f"How many grams of {other} are missing?",
        what=f"the number of grams of {other} that {who} still needs",
    )
    each = p.step(grams * pct / 100, f"In each piece there are @ grams of {metal}.")
    rest = p.step(grams - each, f"In each piece there are @ grams of {other}.")
    total = p.step(n * rest, f"All the pieces need @ grams of {other}.")
    p.step(total - stock, f"{who} still needs @ grams.")
