"""Time, speed and distance."""

from __future__ import annotations

from math import lcm

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import TOWNS

_SPEEDS = ((20, 30), (30, 60), (40, 60), (45, 90), (60, 90), (36, 72), (24, 48), (30, 45), (50, 75))
"""Pairs of speeds whose average over the same way there and back, 2xy / (x + y), is whole."""


@template("travel", steps=3)
def trip_in_two_legs(p: Draft) -> None:
    """Two legs at different speeds; what is left of the way."""
    who, town = p.person(), p.pick(TOWNS)
    a, x, b, y, rest = p.whole(2, 5), p.whole(40, 110, 5), p.whole(2, 5), p.whole(35, 100, 5), p.whole(10, 120, 5)
    total = (a * x + b * y + rest).known
    p.need(not x.same(y))
    p.say(
        f"{who} drives to {town}, which is {total} kilometers away.",
        f"{who} leaves for {town}, a drive of {total} kilometers.",
    )
    p.say(
        f"First, {who} drives {a.w} hours at {x} kilometers an hour.",
        f"For the first {a.w} hours, the speed is {x} kilometers an hour.",
    )
    p.say(
        f"Then {who} drives {b.w} hours at {y} kilometers an hour.",
        f"For the next {b.w} hours, the speed is {y} kilometers an hour.",
    )
    p.ask(
        f"How many kilometers from {town} is {who} after that?",
        f"How many kilometers to {town} are still left for {who}?",
        what=f"the number of kilometers that {who} still has to drive",
    )
    one = p.step(a * x, "The first part is @ kilometers.")
    two = p.step(b * y, "The second part is @ kilometers.")
    p.step(total - one - two, "Then @ kilometers are left.")


@template("travel", steps=3)
def meeting_on_the_road(p: Draft) -> None:
    """Two riders towards each other; how far one has come when they meet."""
    a, b = p.person(), p.person()
    s, t = p.sample(TOWNS, 2)
    x, y, hours = p.whole(12, 28), p.whole(10, 26), p.whole(2, 6)
    distance = ((x + y) * hours).known
    p.need(not x.same(y))
    p.say(f"{s} and {t} are {distance} kilometers apart.", f"It is {distance} kilometers from {s} to {t}.")
    p.say(
        f"{a} starts in {s} and cycles towards {t} at {x} kilometers an hour.",
        f"{a} leaves {s} for {t} on a bicycle, at {x} kilometers an hour.",
    )
    p.say(
        f"At the same time, {b} starts in {t} and rides towards {s} at {y} kilometers an hour.",
        f"{b} leaves {t} for {s} at the same time, at {y} kilometers an hour.",
    )
    p.ask(
        f"How many kilometers has {a} ridden when {a} and {b} meet?",
        f"How many kilometers from {s} do {a} and {b} meet?",
        what=f"the number of kilometers that {a} has ridden when the two meet",
    )
    closing = p.step(x + y, "Each hour, they come @ kilometers closer.")
    time = p.step(distance / closing, "They meet after @ hours.")
    p.step(time * x, f"{a} has ridden @ kilometers.")


@template("travel", steps=3)
def catching_up(p: Draft) -> None:
    """A faster one starts later and catches up."""
    a, b = p.person(), p.person()
    lead, time, unit = p.of(1, 2, 3), p.whole(2, 6), p.whole(3, 14)
    slow, gap = (time * unit).known, (lead * unit).known  # so that the gap closes in whole hours
    fast = (slow + gap).known
    p.need(9 <= slow <= 30 and fast <= 90)
    head = "one hour" if lead.same(1) else f"{lead.w} hours"
    p.say(
        f"{a} leaves home on a bicycle at {slow} kilometers an hour.",
        f"{a} starts a bicycle tour and rides {slow} kilometers an hour.",
    )
    p.say(
        f"Exactly {head} later, {b} follows on the same road on a motorbike at {fast} kilometers an hour.",
        f"On a motorbike, {b} starts at the same place {head} later and follows at {fast} kilometers an hour.",
    )
    p.ask(
        f"How many hours after {b}'s start does {b} catch up with {a}?",
        f"How many hours does {b} ride before reaching {a}?",
        what=f"the number of hours that {b} needs to catch up",
    )
    ahead = p.step(lead * slow, f"{a} is @ kilometers ahead when {b} starts.")
    closer = p.step(fast - slow, f"Each hour, {b} comes @ kilometers closer.")
    p.step(ahead / closer, f"{b} needs @ hours.")


@template("travel", steps=5)
def average_speed_of_round_trip(p: Draft) -> None:
    """Different speeds there and back; the average speed."""
    who = p.person()
    place = p.pick(("the coast", "the mountains", "the airport", "the lake", "the capital"))
    slow, fast = _SPEEDS[int(p.whole(0, len(_SPEEDS) - 1).value)]
    x, y = (Num(slow), Num(fast)) if p.of(0, 1).same(0) else (Num(fast), Num(slow))
    way = Num(lcm(slow, fast)) * p.whole(1, 12)
    p.need(fast < way <= 900)
    way = way.known
    p.say(f"It is {way} kilometers to {place}.", f"The way to {place} is {way} kilometers long.")
    p.say(
        f"{who} drives there at {x} kilometers an hour and comes back on the same road at {y} kilometers an hour.",
        f"On the way there, {who} drives {x} kilometers an hour, and on the way back {y} kilometers an hour.",
    )
    p.ask(
        f"What is {who}'s average speed in kilometers an hour for the whole trip, there and back?",
        f"For the way there and back together, what is {who}'s average speed in kilometers an hour?",
        what=f"{who}'s average speed in kilometers an hour",
    )
    there = p.step(way / x, "The way there takes @ hours.")
    back = p.step(way / y, "The way back takes @ hours.")
    total = p.step(there + back, "Together they take @ hours.")
    both = p.step(2 * way, "There and back, it is @ kilometers.")
    p.step(both / total, "The average speed is @ kilometers an hour.")


@template("travel", steps=4, money=True)
def fuel_for_a_tour(p: Draft) -> None:
    """Fuel used and its price, shared by the passengers."""
    who = p.person()
    use, hundreds, price, people = p.of(4, 5, 6, 7, 8, 9), p.whole(2, 24), p.cents(100, 240, 5), p.of(2, 3, 4, 5)
    distance = (hundreds * 50).known
    p.need(use * hundreds % 2 == 0)
    p.say(
        f"{who}'s car uses {use} liters of fuel for 100 kilometers.",
        f"For every 100 kilometers, {who}'s car needs {use} liters of fuel.",
        free=True,
    )
    p.say(f"A liter of fuel costs {price}.", f"Fuel is {price} a liter.", free=True)
    p.say(
        f"{who} goes on a tour of {distance} kilometers,"
        f" and the {people.w} people in the car share the cost of the fuel equally.",
        f"On a tour of {distance} kilometers,"
        f" the {people.w} people in the car, {who} included, split the fuel cost evenly.",
    )
    p.ask(f"How much does {who} pay?", f"How much does the fuel cost {who}?", what=f"{who}'s part of the fuel cost")
    parts = p.step(distance / 100, "The number of hundreds of kilometers is @.", decimals=1)
    liters = p.step(parts * use, "The car uses @ liters.")
    cost = p.step(liters * price, "The fuel costs @.")
    p.step(cost / people, "Each person pays @.")


@template("travel", steps=3)
def walk_with_pauses(p: Draft) -> None:
    """Minutes for a walk with pauses."""
    who = p.person()
    km, pace, stops, pause = p.whole(4, 24), p.whole(9, 18), p.whole(2, 6), p.whole(4, 20)
    goal = p.pick(("castle", "lake", "waterfall", "viewpoint", "farm"))
    p.say(
        f"{who} walks {km} kilometers to a {goal}.", f"The walk to a {goal} that {who} takes is {km} kilometers long."
    )
    p.say(f"{who} needs {pace} minutes for each kilometer.", f"Each kilometer takes {who} {pace} minutes.", free=True)
    p.say(
        f"On the way, {who} stops {stops.w} times for {pause} minutes each time."
        if stops > 2
        else f"On the way, {who} stops twice for {pause} minutes each time.",
        f"{who} makes {stops.w} stops on the way, each of {pause} minutes.",
        free=True,
    )
    p.ask(
        f"How many minutes does it take {who} to get to the {goal}?",
        f"After how many minutes does {who} arrive?",
        what=f"the number of minutes that {who} needs",
    )
    walking = p.step(km * pace, "The walking takes @ minutes.")
    resting = p.step(stops * pause, "The stops take @ minutes.")
    p.step(walking + resting, f"{who} needs @ minutes.")
