"""Rates: pay by the hour or piece, fees, plans, consumption."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import TOYS, an


@template("rate", steps=4, money=True)
def week_with_overtime(p: Draft) -> None:
    """A week's pay with some hours at a higher rate."""
    who = p.person()
    normal, over, pay, extra = p.whole(20, 40), p.whole(2, 10), p.money(8, 30), p.money(2, 12)
    p.say(f"{who} earns {pay} an hour.", f"{who}'s normal pay is {pay} an hour.")
    p.say(
        f"For each hour of overtime, {who} gets {extra} more than for a normal hour.",
        f"An hour of overtime pays {extra} more than a normal hour.",
    )
    p.say(
        f"Last week, {who} worked {normal} normal hours and {over} hours of overtime.",
        f"In the last week, {who} had {normal} normal hours and {over} overtime hours.",
    )
    p.ask(
        f"How much did {who} earn last week?", f"What was {who}'s pay for last week?", what=f"{who}'s pay for last week"
    )
    regular = p.step(normal * pay, "The normal hours pay @.")
    higher = p.step(pay + extra, "An hour of overtime pays @.")
    overtime = p.step(over * higher, "The overtime pays @.")
    p.step(regular + overtime, f"In all, {who} earned @.")


@template("rate", steps=4, money=True)
def two_jobs(p: Draft) -> None:
    """Income from two jobs over several weeks."""
    who = p.person()
    first, second = p.sample(
        ("at a bakery", "in a library", "as a tutor", "at a cinema", "in a garden center", "as a dog walker"), 2
    )
    a, x, b, y, weeks = p.whole(4, 20), p.money(8, 25), p.whole(3, 12), p.money(8, 30), p.whole(2, 8)
    p.say(f"{who} has two jobs.", f"{who} works in two places.")
    p.say(
        f"Each week, {who} works {a} hours {first} for {x} an hour.",
        f"{who} spends {a} hours a week {first}, for {x} an hour.",
        free=True,
    )
    p.say(
        f"Each week, {who} works {b} hours {second} for {y} an hour.",
        f"{who} spends {b} hours a week {second}, for {y} an hour.",
        free=True,
    )
    p.say(f"{who} does this for {weeks.w} weeks.", f"This goes on for {weeks.w} weeks.")
    p.ask(
        f"How much does {who} earn in these weeks altogether?",
        f"What does {who} earn in all of this time?",
        what=f"the amount that {who} earns",
    )
    one = p.step(a * x, "The first job pays @ a week.")
    two = p.step(b * y, "The second job pays @ a week.")
    weekly = p.step(one + two, "Both together pay @ a week.")
    p.step(weeks * weekly, f"In all these weeks, {who} earns @.")


@template("rate", steps=3, money=True)
def paid_by_the_piece(p: Draft) -> None:
    """Piecework with a deduction for material."""
    who, item = p.person(), p.pick(TOYS)
    hourly, hours, pay, cost = p.whole(3, 12), p.whole(3, 8), p.cents(100, 900, 25), p.money(5, 40)
    p.say(f"{who} makes {item.s} and finishes {hourly} of them an hour.", f"In one hour, {who} makes {item(hourly)}.")
    p.say(f"{who} gets {pay} for every {item.one}.", f"Every finished {item.one} brings {who} {pay}.", free=True)
    p.say(f"The material for one day costs {who} {cost}.", f"For each day, {who} pays {cost} for material.", free=True)
    p.say(f"Today {who} works {hours} hours.", f"{who} works for {hours} hours today.")
    p.ask(
        f"How much does {who} have left of today's pay after paying for the material?",
        f"What remains of {who}'s pay for today after the cost of the material?",
        what=f"{who}'s earnings today after costs",
    )
    made = p.step(hourly * hours, f"{who} makes @ {item.s}.")
    income = p.step(made * pay, "They bring in @.")
    p.step(income - cost, f"After the material, {who} has @ left.")


@template("rate", steps=3, money=True)
def taxi_ride(p: Draft) -> None:
    """A base fare with a price per kilometer, shared."""
    who, other = p.person(), p.person()
    base, rate, km = p.cents(200, 600, 50), p.cents(50, 300, 25), p.whole(4, 30)
    p.say(
        f"A taxi costs {base} to start with and {rate} for every kilometer.",
        f"A taxi ride has a base fare of {base}, and each kilometer costs {rate}.",
    )
    p.say(f"{who} and {other} ride {km} kilometers together.", f"{who} and {other} share a taxi for {km} kilometers.")
    p.say("They split the fare evenly.", "Each of them pays half of the fare.")
    p.ask(f"How much does {who} pay?", f"What does {who} have to pay?", what=f"{who}'s part of the fare")
    way = p.step(km * rate, "The kilometers cost @.")
    fare = p.step(base + way, "The whole fare is @.")
    p.step(fare / 2, "Each of them pays @.")


@template("rate", steps=4, money=True)
def phone_plan(p: Draft) -> None:
    """A monthly fee with a price for minutes beyond the included ones."""
    who = p.person()
    fee, free, extra, price = p.money(8, 40), p.whole(100, 400, 25), p.whole(10, 120, 5), p.cents(5, 40, 5)
    months = p.of(2, 3, 4, 5, 6)
    used = (free + extra).known
    p.say(
        f"{who}'s phone plan costs {fee} a month and includes {free} minutes of calls.",
        f"For {fee} a month, {who} can make calls for {free} minutes.",
    )
    p.say(f"Each further minute costs {price}.", f"Every minute beyond that costs {price}.")
    p.say(
        f"In each of the last {months.w} months, {who} talked for {used} minutes.",
        f"For {months.w} months, {who} has used {used} minutes every month.",
    )
    p.ask(
        f"How much did {who} pay for these months in total?",
        f"What was {who}'s bill for all of these months?",
        what=f"{who}'s phone costs in these months",
    )
    over = p.step(used - free, "The minutes beyond the plan are @ a month.")
    cost = p.step(over * price, "They cost @ a month.")
    monthly = p.step(fee + cost, f"One month costs {who} @.")
    p.step(months * monthly, "All the months cost @.")


@template("rate", steps=3)
def pages_to_print(p: Draft) -> None:
    """Time for a printing job with a break."""
    who = p.person()
    copies, pages, speed, pause = p.whole(4, 40), p.whole(6, 50, 2), p.of(8, 10, 12, 15, 16, 20, 24), p.whole(2, 15)
    p.need(copies * pages % speed == 0)
    p.say(
        f"{who} prints {copies} copies of a booklet with {pages} pages each.",
        f"{who} needs {copies} copies of {an(pages)}-page booklet.",
    )
    p.say(
        f"The printer prints {speed} pages a minute.", f"Every minute, the printer finishes {speed} pages.", free=True
    )
    p.say(
        f"During the job, {who} stops the printer for {pause} minutes to refill the paper.",
        f"Once, the printing stops for {pause} minutes because the paper runs out.",
        free=True,
    )
    p.ask(
        "How many minutes does the whole job take?",
        "How many minutes pass until everything is printed?",
        what="the number of minutes that the printing takes",
    )
    total = p.step(copies * pages, "The printer has to print @ pages.")
    minutes = p.step(total / speed, "The printing alone takes @ minutes.")
    p.step(minutes + pause, "With the stop, it takes @ minutes.")


@template("rate", steps=4, money=True)
def pet_food_for_a_month(p: Draft) -> None:
    """Consumption over some days, bought in bags."""
    who = p.person()
    pet = p.pick(("dogs", "cats", "rabbits", "hens", "guinea pigs"))
    n, days, price = p.whole(2, 6), p.of(10, 15, 20, 25, 30, 40, 50), p.money(4, 40)
    grams, size = p.whole(50, 400, 10), p.of(500, 1000, 1500, 2000, 2500)
    total = n * grams * days
    p.need(total % size == 0 and total > size)
    p.say(f"{who} has {n.w} {pet}.", f"At home, {who} keeps {n.w} {pet}.")
    p.say(
        f"Each animal eats {grams} grams of food a day.",
        f"Every day, each of the animals gets {grams} grams of food.",
        free=True,
    )
    p.say(
        f"The food comes in bags of {size} grams for {price} each.",
        f"A bag with {size} grams of food costs {price}.",
        free=True,
    )
    p.say(f"{who} buys food for {days} days.", f"{who} needs enough food for {days} days.")
    p.ask(f"How much does {who} pay for the food?", f"What does the food cost {who}?", what="the cost of the food")
    daily = p.step(n * grams, "The animals eat @ grams a day.")
    total = p.step(days * daily, "In this time, they eat @ grams.")
    count = p.step(total / size, f"{who} needs @ bags.")
    p.step(count * price, "The food costs @.")
