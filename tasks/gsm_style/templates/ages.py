"""Ages now, in the past and in the future."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.registry import template


@template("ages", steps=4)
def sum_of_ages_later(p: Draft) -> None:
    """One is some times as old as the other; their ages together in some years."""
    a, b = p.person(), p.person()
    young, factor, years = p.whole(4, 18), p.of(2, 3, 4), p.whole(2, 15)
    p.need(young * factor <= 70)
    p.say(f"{b} is {young} years old.", f"{b} has just turned {young}.")
    p.say(f"{a} is {factor.times} as old as {b}.", f"{a}'s age is {factor.times} {b}'s age.")
    p.say(f"They think about their ages in {years} years.", f"They wonder about their ages {years} years from now.")
    p.ask(
        f"How old will {a} and {b} be together at that time?",
        f"What will be the sum of the ages of {a} and {b} at that time?",
        what=f"the sum of the ages of {a} and {b} in {years} years",
    )
    old = p.step(factor * young, f"{a} is @ years old.")
    first = p.step(old + years, f"Then {a} will be @ years old.")
    second = p.step(young + years, f"Then {b} will be @ years old.")
    p.step(first + second, "Together they will be @ years old.")


@template("ages", steps=3)
def three_siblings(p: Draft) -> None:
    """Ages told by differences, summed."""
    a, b, c = p.person(), p.person(), p.person()
    age, older, younger = p.whole(8, 40), p.whole(2, 9), p.whole(1, 6)
    p.need(younger > 1)
    p.say(f"{a} is {age} years old.", f"{a}'s age is {age}.")
    p.say(f"{b} is {older.w} years older than {a}.", f"{a} is {older.w} years younger than {b}.", free=True)
    p.say(f"{c} is {younger.w} years younger than {a}.", f"{a} is {younger.w} years older than {c}.", free=True)
    p.ask(
        f"How old are {a}, {b} and {c} together?",
        f"What is the sum of the ages of {a}, {b} and {c}?",
        what=f"the sum of the ages of {a}, {b} and {c}",
    )
    second = p.step(age + older, f"{b} is @ years old.")
    third = p.step(age - younger, f"{c} is @ years old.")
    p.step(age + second + third, "Together they are @ years old.")


@template("ages", steps=2)
def parent_from_future_age(p: Draft) -> None:
    """A parent's age from the child's age in some years."""
    child, parent = p.person(), p.person()
    years, now, gap = p.whole(3, 9), p.whole(3, 20), p.whole(20, 36)
    future = (now + years).known
    p.say(
        f"In {years.w} years, {child} will be {future} years old.",
        f"{years.W} years from now, {child} will turn {future}.",
    )
    role = "mother" if parent.he == "she" else "father"
    p.say(
        f"{child}'s {role}, {parent}, is {gap} years older than {child}.",
        f"{parent}, the {role} of {child}, is {gap} years older.",
    )
    p.ask(f"How old is {parent} now?", f"What is {parent}'s age today?", what=f"{parent}'s age")
    age = p.step(future - years, f"{child} is @ years old now.")
    p.step(age + gap, f"{parent} is @ years old now.")


@template("ages", steps=3)
def ages_from_sum_and_difference(p: Draft) -> None:
    """The older one's age from the sum and the difference."""
    a, b = p.person(), p.person()
    young, gap = p.whole(6, 40), p.whole(2, 12)
    total = (young + young + gap).known
    p.say(
        f"Together, {a} and {b} are {total} years old.", f"The ages of {a} and {b} add up to {total} years.", free=True
    )
    p.say(f"{a} is {gap} years older than {b}.", f"{b} is {gap} years younger than {a}.", free=True)
    p.ask(f"How old is {a}?", f"What is {a}'s age?", what=f"{a}'s age")
    twice = p.step(total - gap, f"Without the difference, twice {b}'s age is left: @.")
    age = p.step(twice / 2, f"{b} is @ years old.")
    p.step(age + gap, f"{a} is @ years old.")


@template("ages", steps=2)
def years_until_twice_as_old(p: Draft) -> None:
    """When one will be twice as old as the other."""
    a, b = p.person(), p.person()
    young, wait = p.whole(2, 16), p.whole(2, 15)
    old = (2 * young + wait).known
    p.need(old - young >= 16)
    p.say(f"{a} is {old} years old and {b} is {young}.", f"Today, {b} is {young} years old and {a} is {old}.")
    p.ask(
        f"In how many years will {a} be exactly twice as old as {b}?",
        f"How many years will pass until {a}'s age is exactly twice {b}'s age?",
        what=f"the number of years until {a} is twice as old as {b}",
    )
    gap = p.step(old - young, f"{a} is always @ years older.")
    p.step(gap - young, f"When {a} is twice as old, {b}'s age equals this difference, so it takes @ years.")
