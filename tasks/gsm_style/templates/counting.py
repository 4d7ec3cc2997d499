"""Counting and patterns: legs, seats, tickets, sequences, routines."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.registry import template

_ROUTINES = (
    ("push-ups", "does", "do"),
    ("squats", "does", "do"),
    ("words of Spanish", "learns", "learn"),
    ("laps", "runs", "run"),
    ("pages", "writes", "write"),
)


@template("counting", steps=3)
def heads_and_legs(p: Draft) -> None:
    """How many of two kinds of animals, from heads and legs."""
    who = p.person()
    two = p.pick(("hens", "ducks", "geese", "turkeys"))
    four = p.pick(("goats", "sheep", "cows", "rabbits"))
    n, m = p.whole(4, 30), p.whole(3, 25)
    heads, legs = (n + m).known, (2 * n + 4 * m).known
    p.say(
        f"{who} has {heads} animals with {legs} legs in all.",
        f"On {who}'s farm there are {heads} animals, which have {legs} legs altogether.",
    )
    p.say(
        f"Some are {two} with 2 legs and the others are {four} with 4 legs.",
        f"They are {two}, with 2 legs each, and {four}, with 4 legs each.",
    )
    p.ask(f"How many {four} are there?", f"How many of {who}'s animals are {four}?", what=f"the number of {four}")
    base = p.step(2 * heads, f"If all were {two}, there would be @ legs.")
    more = p.step(legs - base, "There are @ legs more than that.")
    p.step(more / 2, f"Each of the {four} has two more legs, so the number of {four} is @.")


@template("counting", steps=5, money=True, people=False)
def theater_tickets(p: Draft) -> None:
    """Seats in rows, some empty, two prices."""
    rows, seats, empty, children, adult, child = (
        p.whole(8, 30),
        p.whole(10, 30),
        p.whole(5, 60),
        p.whole(20, 90),
        p.money(8, 30),
        p.money(3, 15),
    )
    sold = rows * seats - empty
    p.need(sold.value > children.value + 10 and child < adult)
    place = p.pick(("theater", "concert hall", "circus", "cinema"))
    p.say(
        f"A {place} has {rows} rows of {seats} seats each.",
        f"In a {place} there are {rows} rows with {seats} seats each.",
    )
    p.say(f"Tonight, {empty} seats stay empty.", f"For tonight's show, {empty} seats are not sold.", free=True)
    p.say(
        f"Of the people who come tonight, {children} are children.",
        f"Tonight's audience includes {children} children.",
        free=True,
    )
    p.say(
        f"Adults pay {adult} and children pay {child}.",
        f"A ticket costs {adult} for adults and {child} for children.",
        free=True,
    )
    p.ask(
        f"How much money does the {place} take in tonight?",
        "How much money do tonight's tickets bring in?",
        what=f"the money that the {place} takes in tonight",
    )
    people = p.step(sold, "The number of people is @.")
    adults = p.step(people - children, "Of these, @ people are adults.")
    first = p.step(adults * adult, "The adults pay @.")
    second = p.step(children * child, "The children pay @.")
    p.step(first + second, f"The {place} takes in @.")


@template("counting", steps=(3, 7))
def a_little_more_each_day(p: Draft) -> None:
    """A daily amount that grows by the same number; the sum."""
    who = p.person()
    thing, does, do = p.pick(_ROUTINES)
    start, more, days = p.whole(5, 40), p.whole(2, 12), p.of(3, 4, 5, 6, 7)
    p.say(f"On the first day, {who} {does} {start} {thing}.", f"{who} {does} {start} {thing} on the first day.")
    p.say(
        f"On each later day, the number is {more} higher than on the day before.",
        f"Every following day, {who} {does} {more} more than on the day before.",
    )
    p.say(
        f"{who} keeps to this for {days.w} days in all, the first day included.",
        f"Including the first day, this goes on for {days.w} days.",
    )
    p.ask(
        f"How many {thing} does {who} {do} in all?",
        f"How many {thing} does {who} {do} in these days altogether?",
        what=f"the number of {thing} that {who} {does}",
    )
    amounts, today = [start], start
    for name in ("second", "third", "fourth", "fifth", "sixth", "seventh")[: int(days.value) - 1]:
        today = p.step(today + more, f"On the {name} day, it is @ {thing}.")
        amounts.append(today)
    total = amounts[0]
    for amount in amounts[1:]:
        total = total + amount
    p.step(total, f"Altogether, it is @ {thing}.")


@template("counting", steps=4)
def points_doubled_by_a_joker(p: Draft) -> None:
    """Points in a game over levels, doubled, with a penalty."""
    who = p.person()
    levels, points, bonus, lost = p.whole(3, 12), p.whole(15, 80, 5), p.whole(10, 90, 10), p.whole(5, 60, 5)
    game = p.pick(("computer game", "card game", "quiz", "board game"))
    p.need(levels * points + bonus > lost)
    p.say(
        f"In a {game}, {who} wins {points} points in each of {levels} rounds.",
        f"{who} plays {levels} rounds of a {game} and gets {points} points in every round.",
    )
    p.say(f"A joker then doubles all of {who}'s points.", f"After that, a joker doubles the points that {who} has.")
    p.say(
        f"In the end, {who} gets a bonus of {bonus} points, but loses {lost} points for a mistake.",
        f"At the end there are {bonus} extra points for {who}, and a mistake costs {who} {lost} points.",
    )
    p.ask(
        f"How many points does {who} have at the end?",
        f"What is {who}'s final number of points?",
        what=f"the number of points that {who} has at the end",
    )
    won = p.step(levels * points, f"In the rounds, {who} wins @ points.")
    twice = p.step(2 * won, "The joker makes it @ points.")
    more = p.step(twice + bonus, "With the bonus, it is @ points.")
    p.step(more - lost, f"At the end, {who} has @ points.")


@template("counting", steps=4)
def minutes_left_for_hobbies(p: Draft) -> None:
    """Time for several routines in a week."""
    who = p.person()
    one, two = p.sample(("reading", "running", "gardening", "cooking", "painting", "knitting"), 2)
    a, n, b, m, limit = p.whole(10, 55, 5), p.of(3, 4, 5, 6, 7), p.whole(20, 90, 5), p.of(2, 3, 4, 5), p.whole(5, 12)
    p.need(n * a + m * b < limit * 60)
    p.say(f"{who} sets aside {limit} hours a week for hobbies.", f"Each week, {who} has {limit} hours for hobbies.")
    p.say(
        f"On {n.w} days of the week, {who} spends {a} minutes on {one}.",
        f"{who} spends {a} minutes on {one} on {n.w} days a week.",
        free=True,
    )
    p.say(
        f"On {m.w} days of the week, {who} spends {b} minutes on {two}.",
        f"{who} spends {b} minutes on {two} on {m.w} days a week.",
        free=True,
    )
    p.ask(
        f"How many minutes a week does {who} have left for other hobbies?",
        f"How many minutes of this time remain for {who} each week?",
        what=f"the number of minutes that {who} has left each week",
    )
    total = p.step(limit * 60, f"{who} has @ minutes a week.")
    first = p.step(n * a, f"The {one} takes @ minutes.")
    second = p.step(m * b, f"The {two} takes @ minutes.")
    p.step(total - first - second, f"{who} has @ minutes left.")


@template("counting", steps=4, money=True)
def yearly_budget_of_a_club(p: Draft) -> None:
    """Fees of members through the year less fixed costs."""
    who = p.person()
    members, fee, joined, rent = p.whole(12, 60), p.money(3, 15), p.whole(2, 12), p.money(20, 150, 10)
    club = p.pick(("chess club", "swimming club", "drama club", "running club", "cooking club"))
    p.need((members * fee) > rent)
    p.say(
        f"A {club} has {members} members, and {joined} more join on the first of January.",
        f"On the first of January, {joined} new members join a {club} that had {members} members.",
    )
    p.say(
        f"From January on, each member pays {fee} a month.",
        f"Every member pays a fee of {fee} each month from January on.",
        free=True,
    )
    p.say(
        f"The {club} pays {rent} a month for its rooms.", f"Each month, the rooms of the {club} cost {rent}.", free=True
    )
    p.say(
        f"{who} keeps the accounts for the whole year, in which nobody leaves or joins later.",
        f"Nobody else joins or leaves in the year that {who} looks after the money.",
    )
    p.ask(
        f"How much money does the {club} have left after the 12 months?",
        f"How much money is left from the 12 months of the {club}?",
        what=f"the money that the {club} has left after the 12 months",
    )
    people = p.step(members + joined, "There are @ members.")
    income = p.step(people * fee, "They pay @ a month.")
    left = p.step(income - rent, "After the rent, @ a month is left.")
    p.step(12 * left, "In the whole year, that is @.")
