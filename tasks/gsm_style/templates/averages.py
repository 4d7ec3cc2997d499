"""Averages: computed, reached, combined, changed."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft, listing
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import template


@template("average", steps=3)
def score_needed_for_average(p: Draft) -> None:
    """The score in the last test that gives the wished average."""
    who = p.person()
    scores = [p.whole(55, 98) for _ in range(p.pick((2, 3, 4)))]
    goal = p.whole(70, 90, 2)
    done = sum(score.value for score in scores)
    needed = goal.value * (len(scores) + 1) - done
    p.need(40 <= needed <= 100)
    count = Num(len(scores))
    p.say(
        f"{who} scored {listing([str(s) for s in scores])} points in the first {count.w} tests.",
        f"In {count.w} tests, {who} has got {listing([str(s) for s in scores])} points.",
    )
    p.say(
        f"After one more test, {who} wants an average of exactly {goal} points over all the tests.",
        f"With the next test included, {who}'s average should be exactly {goal} points.",
    )
    p.ask(
        f"How many points does {who} need in the next test?",
        f"What score must {who} get in the next test?",
        what=f"the number of points {who} needs in the next test",
    )
    total = p.step(goal * (count + 1), f"In all the tests together, {who} needs @ points.")
    sofar = scores[0]
    for score in scores[1:]:
        sofar = sofar + score
    have = p.step(sofar, f"So far, {who} has @ points.")
    p.step(total - have, "The next test must bring @ points.")


@template("average", steps=3)
def average_of_days(p: Draft) -> None:
    """The average of a few days, told by differences."""
    who = p.person()
    thing, verb = p.pick((("pages", "reads"), ("kilometers", "cycles"), ("e-mails", "writes"), ("lengths", "swims")))
    a, up, down = p.whole(12, 60), p.whole(2, 10), p.whole(2, 9)
    p.need((3 * a.value + 2 * up.value - down.value) % 3 == 0 and down.value != up.value)
    p.say(f"On Monday, {who} {verb} {a} {thing}.", f"{who} {verb} {a} {thing} on Monday.")
    p.say(
        f"On Tuesday, it is {up} {thing} more than on Monday.",
        f"On Tuesday, {who} {verb} {up} more {thing} than on Monday.",
    )
    less = "less" if thing == "kilometers" else "fewer"
    p.say(
        f"On Wednesday, it is {down} {thing} {less} than on Tuesday.",
        f"On Wednesday, {who} {verb} {down} {thing} {less} than on Tuesday.",
    )
    p.ask(
        f"Over the three days, what is {who}'s average number of {thing} a day?",
        f"What is the average number of {thing} a day for {who} over these three days?",
        what=f"the average number of {thing} a day",
    )
    b = p.step(a + up, f"On Tuesday, it is @ {thing}.")
    c = p.step(b - down, f"On Wednesday, it is @ {thing}.")
    p.step((a + b + c) / 3, f"The average is @ {thing} a day.")


@template("average", steps=4, people=False)
def average_of_two_classes(p: Draft) -> None:
    """The joint average of two groups of different sizes."""
    mean, r, s, unit, apart = p.whole(55, 85), p.whole(1, 4), p.whole(1, 4), p.whole(4, 9), p.whole(1, 5)
    n, m = (unit * r).known, (unit * s).known
    a, b = (mean + s * apart).known, (mean - r * apart).known  # so that the joint average is the whole number `mean`
    p.need(not r.same(s) and 10 <= n <= 36 and 10 <= m <= 36)
    x, y = p.pick((("morning", "evening"), ("Tuesday", "Thursday"), ("red", "blue"), ("first", "second")))
    p.say(
        f"The {n} students of the {x} group have an average score of {a}.",
        f"In the {x} group, {n} students score {a} points on average.",
        free=True,
    )
    p.say(
        f"The {m} students of the {y} group have an average score of {b}.",
        f"In the {y} group, {m} students score {b} points on average.",
        free=True,
    )
    p.ask(
        "What is the average score of all the students of both groups together?",
        "What is the average score over all the students of the two groups?",
        what="the average score of all the students",
    )
    first = p.step(n * a, f"The {x} group has @ points in total.")
    second = p.step(m * b, f"The {y} group has @ points in total.")
    people = p.step(n + m, "There are @ students.")
    p.step((first + second) / people, "The average is @.")


@template("average", steps=3)
def one_leaves_the_team(p: Draft) -> None:
    """The average after one person has left."""
    who = p.person()
    n, mean, rest_mean = p.whole(4, 12), p.whole(20, 60), p.whole(18, 58)
    age = (n * mean - (n - 1) * rest_mean).known
    p.need(18 <= age.value <= 80 and not age.same(mean))
    group = p.pick(("choir", "rowing team", "book club", "hiking group", "band"))
    p.say(
        f"The {n.w} members of a {group} are {mean} years old on average.",
        f"A {group} has {n.w} members with an average age of {mean}.",
    )
    p.say(f"Then {who}, who is {age} years old, leaves the {group}.", f"{who}, aged {age}, leaves, and nobody joins.")
    p.ask(
        f"What is the average age of the members who stay in the {group}?",
        f"How old are the remaining members of the {group} on average?",
        what="the average age of the remaining members",
    )
    total = p.step(n * mean, "At first, the ages add up to @.")
    left = p.step(total - age, f"Without {who}, they add up to @.")
    p.step(left / (n - 1), "The new average is @.")


@template("average", steps=3)
def weight_of_the_last_parcel(p: Draft) -> None:
    """A missing value from the average."""
    who = p.person()
    n, mean = p.whole(4, 9), p.whole(4, 24)
    others = p.whole(3, 24)
    last = (n * mean - (n - 1) * others).known
    p.need(2 <= last.value <= 60 and not others.same(mean))
    p.say(
        f"{who} sends {n.w} parcels that weigh {mean} kilograms on average.",
        f"The average weight of {who}'s {n.w} parcels is {mean} kilograms.",
    )
    size = "largest" if last > others else "smallest"
    p.say(
        f"All of them except the {size} weigh {others} kilograms each.",
        f"Each parcel except the {size} weighs {others} kilograms.",
    )
    p.ask(
        f"How many kilograms does the {size} parcel weigh?",
        f"What is the weight of the {size} parcel in kilograms?",
        what=f"the number of kilograms that the {size} parcel weighs",
    )
    total = p.step(n * mean, "All the parcels weigh @ kilograms.")
    same = p.step((n - 1) * others, "The equal parcels weigh @ kilograms.")
    p.step(total - same, f"The {size} parcel weighs @ kilograms.")
