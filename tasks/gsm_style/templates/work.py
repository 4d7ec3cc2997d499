"""Work: machines, people together, jobs that take days."""

from __future__ import annotations

from math import gcd

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import BAKED, FURNITURE, TOYS

_PUMP_HOURS = ((3, 6), (4, 12), (6, 12), (5, 20), (6, 30), (10, 15), (8, 24), (6, 3), (12, 4))
"""Single times whose joint time, ab / (a + b), is whole."""


@template("work", steps=3)
def workers_and_days(p: Draft) -> None:
    """The same work with more people."""
    who = p.person()
    n, more, k = p.whole(3, 14), p.whole(2, 9), p.of(1, 2, 3, 4)
    days = Num((n + more).value // gcd(int(n.value), int(more.value)) * k.value)  # so that the new time is whole
    p.need(4 <= days <= 30)
    job = p.pick(("paint a school", "build a wall", "repair a road", "harvest a field", "lay a floor"))
    p.say(f"{n.W} workers need {days} days to {job}.", f"To {job}, {n.w} workers need {days} days.")
    p.say(
        f"{who}, who plans the work, sends {more.w} more workers from the start.",
        f"{who} adds {more.w} workers before the work begins.",
    )
    p.say("All of them work equally fast.", "Everybody works at the same speed.")
    p.ask(
        "How many days does the work take now?",
        "In how many days is the work done now?",
        what="the number of days that the work takes",
    )
    total = p.step(n * days, "The work takes @ days for one worker.")
    people = p.step(n + more, "Now there are @ workers.")
    p.step(total / people, "They need @ days.")


@template("work", steps=4, people=False)
def machines_in_a_factory(p: Draft) -> None:
    """Output of two kinds of machines in a shift."""
    item = p.pick(FURNITURE + TOYS)
    a, x, b, y, hours, broken = (
        p.whole(2, 9),
        p.whole(3, 20),
        p.whole(2, 9),
        p.whole(5, 30),
        p.whole(4, 12),
        p.whole(2, 20),
    )
    p.say(
        f"A factory has {a.w} old machines and {b.w} new ones that make {item.s}.",
        f"In a factory, {a.w} old and {b.w} new machines make {item.s}.",
    )
    p.say(f"Each old machine makes {item(x)} an hour.", f"An old machine makes {item(x)} in one hour.", free=True)
    p.say(f"Each new machine makes {item(y)} an hour.", f"A new machine makes {item(y)} in one hour.", free=True)
    p.need(y > x)
    p.say(
        f"All the machines run for {hours} hours, and {broken} of the {item.s} turn out faulty.",
        f"After {hours} hours with all the machines, {broken} of the {item.s} have to be thrown away.",
    )
    p.ask(
        f"How many good {item.s} does the factory have?",
        f"How many {item.s} without a fault are made?",
        what=f"the number of good {item.s}",
    )
    old = p.step(a * x, f"The old machines make @ {item.s} an hour.")
    new = p.step(b * y, f"The new machines make @ {item.s} an hour.")
    made = p.step(hours * (old + new), f"In all the hours, they make @ {item.s}.")
    p.step(made - broken, f"The factory has @ good {item.s}.")


@template("work", steps=3)
def two_people_together(p: Draft) -> None:
    """Two people with different speeds working together."""
    a, b = p.person(), p.person()
    item = p.pick(BAKED)
    x, y, hours = p.whole(8, 40), p.whole(6, 36), p.whole(2, 9)
    done = p.whole(5, 60)
    p.need(not x.same(y))
    total = ((x + y) * hours + done).known
    p.say(f"{a} can make {item(x)} an hour.", f"In one hour, {a} makes {item(x)}.", free=True)
    p.say(f"{b} can make {item(y)} an hour.", f"In one hour, {b} makes {item(y)}.", free=True)
    p.say(
        f"An order of {item(total)} has to be made, and {done} of them are ready.",
        f"Of {item(total)} that were ordered, {done} are ready.",
    )
    p.say(f"{a} and {b} make the rest together.", f"Now {a} and {b} work together on the others.")
    p.ask(
        f"How many hours do {a} and {b} need?",
        f"How many hours does it take {a} and {b} to finish the order?",
        what=f"the number of hours that {a} and {b} need",
    )
    rest = p.step(total - done, f"They still have to make @ {item.s}.")
    both = p.step(x + y, f"Together they make @ {item.s} an hour.")
    p.step(rest / both, "They need @ hours.")


@template("work", steps=4)
def finish_the_job_alone(p: Draft) -> None:
    """Work for some days together, the rest alone."""
    a, b = p.person(), p.person()
    x, y, together, alone = p.whole(4, 20), p.whole(3, 18), p.whole(2, 8), p.whole(2, 9)
    p.need(not x.same(y))
    unit = p.pick(("windows", "doors", "fence posts", "lamps", "seats"))
    total = ((x + y) * together + x * alone).known
    p.say(f"{a} and {b} have to repair {total} {unit}.", f"{total} {unit} have to be repaired by {a} and {b}.")
    p.say(
        f"{a} repairs {x} a day and {b} repairs {y} a day.", f"Each day, {a} repairs {x} of them and {b} repairs {y}."
    )
    p.say(
        f"They work together for {together.w} days; then {b} gets ill and {a} goes on alone.",
        f"After {together.w} days together, {b} leaves, and {a} finishes the job alone.",
    )
    p.ask(
        f"How many days does {a} work alone?",
        f"For how many days does {a} work without {b}?",
        what=f"the number of days that {a} works alone",
    )
    day = p.step(x + y, f"Together they repair @ {unit} a day.")
    done = p.step(together * day, f"Together they repair @ {unit} in all.")
    rest = p.step(total - done, f"Then @ {unit} are left.")
    p.step(rest / x, f"{a} works alone for @ days.")


@template("work", steps=3, people=False)
def joint_work_from_single_times(p: Draft) -> None:
    """Two pumps of known single times filling a pool together."""
    pair, volume = p.of(*range(len(_PUMP_HOURS))), p.whole(240, 2400, 60)
    first, second = (Num(hours) for hours in _PUMP_HOURS[int(pair.value)])
    p.need(volume % first == 0 and volume % second == 0)
    place = p.pick(("pool", "tank", "pond", "basin"))
    p.say(f"A {place} holds {volume} liters.", f"There is room for {volume} liters of water in a {place}.")
    p.say(
        f"One pump alone fills the empty {place} in {first.w} hours.",
        f"With only the first pump, the empty {place} is full after {first.w} hours.",
        free=True,
    )
    p.say(
        f"The other pump alone fills the empty {place} in {second.w} hours.",
        f"With only the second pump, the empty {place} is full after {second.w} hours.",
        free=True,
    )
    p.say(
        f"Both pumps start at the same time, and the {place} is empty.",
        f"Now both pumps fill the empty {place} together.",
    )
    p.ask(
        f"After how many hours is the {place} full?",
        f"How many hours do the two pumps need to fill the {place}?",
        what=f"the number of hours until the {place} is full",
    )
    a = p.step(volume / first, "The first pump delivers @ liters an hour.")
    b = p.step(volume / second, "The second pump delivers @ liters an hour.")
    p.step(volume / (a + b), "Together they need @ hours.")
