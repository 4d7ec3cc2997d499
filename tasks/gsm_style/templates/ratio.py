"""Ratios: parts of a whole, comparisons, recipes, maps."""

from __future__ import annotations

from math import gcd

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import COLLECTED, COLORS, TOWNS


def _lowest(a: int, b: int) -> bool:
    return a != b and gcd(a, b) == 1


@template("ratio", steps=4)
def shared_in_ratio(p: Draft) -> None:
    """A collection shared in a ratio; how many more does one get?"""
    who, other, item = p.person(), p.person(), p.pick(COLLECTED)
    a, b, unit = p.whole(2, 7), p.whole(1, 5), p.whole(3, 24)
    p.need(a > b and _lowest(int(a.value), int(b.value)))
    total = ((a + b) * unit).known
    p.say(
        f"{who} and {other} share {item(total)} in the ratio {a} to {b}.",
        f"{item(total)} are divided between {who} and {other} in the ratio {a} to {b}.",
    )
    p.ask(
        f"How many more {item.s} does {who} get than {other}?",
        f"By how many {item.s} is {who}'s part larger than {other}'s?",
        what=f"the number of {item.s} that {who} gets more than {other}",
    )
    parts = p.step(a + b, "There are @ parts.")
    one = p.step(total / parts, f"One part is @ {item.s}.")
    more = p.step(a - b, "The difference in parts is @.")
    p.step(more * one, f"{who} gets @ more {item.s}.")


@template("ratio", steps=3)
def paint_mix(p: Draft) -> None:
    """The whole mixture from one of its parts."""
    who = p.person()
    x, y = p.sample(COLORS, 2)
    a, b, unit = p.whole(2, 9), p.whole(2, 9), p.whole(2, 20)
    p.need(_lowest(int(a.value), int(b.value)))
    used = (a * unit).known
    p.say(
        f"{who} mixes {a.w} cups of {x} paint with every {b.w} cups of {y} paint.",
        f"For the right color, {who} needs {a.w} cups of {x} paint for every {b.w} cups of {y} paint.",
    )
    p.say(f"{who} uses {used} cups of {x} paint.", f"There are {used} cups of {x} paint in {who}'s mixture.")
    p.ask(
        "How many cups of paint are in the whole mixture?",
        f"How many cups of paint, of both colors together, does {who} use?",
        what="the number of cups of paint in the mixture",
    )
    times = p.step(used / a, f"The {x} paint is enough for @ batches.")
    second = p.step(times * b, f"The {y} paint is @ cups.")
    p.step(used + second, "The whole mixture is @ cups.")


@template("ratio", steps=3)
def recipe_for_more_people(p: Draft) -> None:
    """A recipe scaled to more servings, with some of it in the house."""
    who = p.person()
    thing = p.pick(("flour", "sugar", "rice", "butter", "cheese"))
    serves, each, factor = p.of(2, 3, 4, 5, 6), p.whole(20, 120, 5), p.whole(2, 9)
    amount, guests = (serves * each).known, (serves * factor).known
    p.say(
        f"A recipe for {serves.w} people needs {amount} grams of {thing}.",
        f"To cook for {serves.w} people, one needs {amount} grams of {thing}.",
    )
    has = p.whole(50, 400, 25)
    p.need(has < each * guests)
    p.say(f"{who} wants to cook for {guests} people.", f"{who} is going to cook for {guests} people.", free=True)
    p.say(
        f"{who} has {has} grams of {thing} at home.", f"In {who}'s kitchen there are {has} grams of {thing}.", free=True
    )
    p.ask(
        f"How many more grams of {thing} does {who} need?",
        f"How many grams of {thing} does {who} still have to buy?",
        what=f"the number of grams of {thing} that {who} has to buy",
    )
    one = p.step(amount / serves, "One person needs @ grams.")
    need = p.step(guests * one, f"For all the people, {who} needs @ grams.")
    p.step(need - has, f"{who} has to buy @ grams.")


@template("ratio", steps=3)
def map_scale(p: Draft) -> None:
    """Distance on a map to distance on the road and fuel or time."""
    who = p.person()
    a, b = p.sample(TOWNS, 2)
    scale, hours, unit = p.of(2, 3, 4, 5), p.of(2, 3, 4, 5, 6, 7, 8), p.whole(1, 12)
    cm, speed = (hours * unit).known, (2 * scale * unit).known  # so that the ride takes whole hours
    p.need(5 <= cm <= 60 and 8 <= speed <= 40)
    p.say(
        f"On a map, each centimeter stands for {scale} kilometers.",
        f"One centimeter on {who}'s map is {scale} kilometers in reality.",
    )
    p.say(
        f"The road from {a} to {b} is {cm} centimeters long on the map.",
        f"On this map, the road between {a} and {b} measures {cm} centimeters.",
    )
    p.say(
        f"{who} cycles from {a} to {b} and back, at {speed} kilometers an hour.",
        f"{who} rides a bicycle from {a} to {b} and back again at {speed} kilometers per hour.",
    )
    p.ask(
        f"How many hours does {who} ride?",
        f"How many hours is {who} on the road?",
        what=f"the number of hours that {who} rides",
    )
    way = p.step(scale * cm, f"From {a} to {b} it is @ kilometers.")
    both = p.step(2 * way, "There and back, it is @ kilometers.")
    p.step(both / speed, f"{who} rides @ hours.")


@template("ratio", steps=3, people=False)
def pupils_per_teacher(p: Draft) -> None:
    """A required ratio; how many more teachers are needed."""
    ratio, classes, k = p.of(6, 8, 9, 10, 12, 15, 20), p.whole(4, 20), p.of(1, 2, 3, 4, 5, 6)
    unit = ratio.value // gcd(int(ratio.value), int(classes.value))
    size = Num(unit * k.value)  # so that the children fill whole groups
    needed = classes * size / ratio
    has = p.whole(2, 30)
    p.need(12 <= size <= 36 and has < needed)
    p.say(
        f"{classes.W} classes of {size} children each go on a trip.",
        f"{classes.W} classes, each with {size} children, plan a trip.",
    )
    p.say(
        f"There must be one adult for every {ratio} children.",
        f"The rule is one adult for each {ratio} children.",
        free=True,
    )
    p.say(f"So far, {has} adults have agreed to come along.", f"Up to now, {has} adults are coming.", free=True)
    p.ask(
        "How many more adults are needed for the trip?",
        "How many adults are still missing for the trip?",
        what="the number of adults still needed for the trip",
    )
    children = p.step(classes * size, "There are @ children.")
    adults = p.step(children / ratio, "They need @ adults.")
    p.step(adults - has, "The number of adults still needed is @.")
