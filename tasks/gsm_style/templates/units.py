"""Conversion of units: lengths, volumes, weights, times, dozens, currencies."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.num import Num
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import BAKED, DRINKS, FRUIT


@template("units", steps=3)
def ribbon_pieces(p: Draft) -> None:
    """Pieces cut from meters of ribbon, and the rest in centimeters."""
    who = p.person()
    meters, piece, n = p.whole(2, 15), p.of(12, 15, 18, 20, 24, 25, 30, 35, 40, 45), p.whole(3, 30)
    thing = p.pick(("ribbon", "string", "rope", "wire"))
    p.need(n * piece < meters * 100)
    p.say(f"{who} has {meters} meters of {thing}.", f"A roll of {thing} that {who} has is {meters} meters long.")
    p.say(
        f"{who} cuts off {n} pieces of {piece} centimeters each.",
        f"{who} cuts {n} pieces from it, each {piece} centimeters long.",
    )
    p.ask(
        f"How many centimeters of {thing} are left?",
        f"How many centimeters of the {thing} does {who} still have?",
        what=f"the number of centimeters of {thing} left",
    )
    total = p.step(meters * 100, f"{who} starts with @ centimeters.")
    used = p.step(n * piece, "The pieces take @ centimeters.")
    p.step(total - used, "What is left is @ centimeters.")


@template("units", steps=4)
def bottles_from_liters(p: Draft) -> None:
    """Glasses filled from bottles."""
    who, drink = p.person(), p.pick(DRINKS)
    bottles, liters, glass, left = p.whole(3, 14), p.of(1, 2, 3), p.of(150, 200, 250, 300, 400), p.whole(2, 12)
    p.need((bottles * liters * 1000) % glass == 0)
    p.need(bottles * liters * 1000 / glass > left)
    unit = "liter" if liters.same(1) else "liters"
    p.say(
        f"{who} has {bottles} bottles with {liters} {unit} of {drink.one} each.",
        f"For a party, {who} makes {bottles} bottles of {drink.one}, {liters} {unit} each.",
    )
    p.say("All the bottles are poured into glasses.", "Everything is poured into glasses.")
    p.say(f"A full glass holds {glass} milliliters.", f"Every glass is filled with {glass} milliliters.", free=True)
    p.say(
        f"The guests leave {left} full glasses untouched.",
        f"Of all the glasses, {left} are not drunk.",
        free=True,
    )
    p.ask(
        f"How many glasses of {drink.one} do the guests drink?",
        f"How many glasses of {drink.one} are drunk?",
        what=f"the number of glasses of {drink.one} that are drunk",
    )
    volume = p.step(bottles * liters, f"{who} has @ liters.")
    small = p.step(volume * 1000, "In milliliters, that is @.")
    glasses = p.step(small / glass, "This fills @ glasses.")
    p.step(glasses - left, "The guests drink @ glasses.")


@template("units", steps=3, money=True)
def kilograms_in_bags(p: Draft) -> None:
    """Kilograms packed in bags of grams and sold."""
    who = p.person()
    thing = p.pick(("tea", "rice", "coffee", "flour", "walnuts", "almonds", "honey sweets", "dried beans"))
    kilos, bag, price = p.whole(2, 25), p.of(100, 125, 200, 250, 500), p.cents(100, 1200, 25)
    p.need(kilos * 1000 % bag == 0)
    p.say(f"{who} has {kilos} kilograms of {thing}.", f"{who} gets a sack with {kilos} kilograms of {thing}.")
    p.say(f"{who} packs everything into bags of {bag} grams.", f"All of it goes into bags of {bag} grams each.")
    p.say(f"{who} sells each bag for {price}.", f"Each bag is sold for {price}.")
    p.ask(
        f"How much money does {who} take in when all the bags are sold?",
        f"How much does {who} get for all of the bags?",
        what=f"the money {who} takes in",
    )
    grams = p.step(kilos * 1000, f"{who} has @ grams.")
    bags = p.step(grams / bag, "This makes @ bags.")
    p.step(bags * price, f"{who} takes in @.")


@template("units", steps=4)
def practice_hours_and_minutes(p: Draft) -> None:
    """Daily minutes over weeks, in hours."""
    who = p.person()
    what = p.pick(("the piano", "the violin", "chess", "drawing", "the flute", "the drums"))
    a, b, weeks = p.whole(10, 60, 5), p.whole(20, 120, 10), p.of(2, 3, 4, 5, 6, 8)
    p.need(weeks * (5 * a + 2 * b) % 60 == 0)
    p.say(
        f"{who} practices {what} for {a} minutes on each of the five days from Monday to Friday.",
        f"From Monday to Friday, {who} spends {a} minutes on {what} every day.",
        free=True,
    )
    p.say(
        f"On Saturdays and Sundays, {who} practices {what} for {b} minutes a day.",
        f"On each of the two days of the weekend, {who} spends {b} minutes on {what}.",
        free=True,
    )
    p.say(f"{who} keeps this up for {weeks.w} weeks.", f"This goes on for {weeks.w} weeks.")
    p.ask(
        f"For how many hours does {who} practice in this time?",
        f"How many hours of practice does {who} have in this time altogether?",
        what=f"the number of hours that {who} practices",
    )
    work = p.step(5 * a, f"From Monday to Friday, {who} practices @ minutes.")
    rest = p.step(2 * b, f"On the weekend, {who} practices @ minutes.")
    total = p.step(weeks * (work + rest), "In all the weeks, this makes @ minutes.")
    p.step(total / 60, f"{who} practices for @ hours.")


@template("units", steps=3, money=True)
def dozens_of_eggs(p: Draft) -> None:
    """Dozens to pieces to money."""
    who = p.person()
    item = p.pick(BAKED + FRUIT)
    dozens, given, price = p.whole(2, 16), p.whole(3, 20), p.cents(25, 300, 25)
    p.need(given < 12 * dozens)
    p.say(
        f"{who} brings {dozens} dozen {item.s} to the market.", f"{who} packs {dozens} dozen {item.s} for the market."
    )
    p.say(f"{who} gives {given} of them away for free.", f"{given} of them are given away.")
    p.say(f"The others are sold for {price} each.", f"{who} sells all the others at {price} apiece.")
    p.ask(
        f"How much money does {who} take in?",
        f"How much does {who} get for the {item.s} that are sold?",
        what=f"the money that {who} takes in",
    )
    total = p.step(dozens * 12, f"{who} has @ {item.s}.")
    sold = p.step(total - given, f"{who} sells @ {item.s}.")
    p.step(sold * price, f"{who} takes in @.")


@template("units", steps=3, money=True)
def exchange_at_the_bank(p: Draft) -> None:
    """Exchanging money with a fee, then spending abroad."""
    who = p.person()
    coin = p.pick(("crowns", "florins", "dinars", "pesos", "francs"))
    amount, fee, rate, spent = (
        p.money(40, 300, 10, scale=1),
        p.money(2, 10, scale=1),
        p.whole(3, 24),
        p.whole(50, 600, 25),
    )
    p.need((amount.value - fee.value) * rate.value > spent.value)
    one = Num(1, amount.unit)
    p.say(
        f"{who} changes {amount} into {coin} for a trip.",
        f"Before a trip, {who} brings {amount} to a bank to get {coin}.",
    )
    p.say(
        f"The bank keeps {fee} as a fee and exchanges the rest.",
        f"The bank takes a fee of {fee} and exchanges what remains.",
    )
    p.say(f"For {one}, the bank gives {rate} {coin}.", f"The rate is {rate} {coin} for {one}.")
    p.say(f"On the trip, {who} spends {spent} {coin}.", f"{who} then spends {spent} {coin}.")
    p.ask(
        f"How many {coin} does {who} have left?",
        f"How many {coin} remain after {who}'s trip?",
        what=f"the number of {coin} that {who} has left",
    )
    rest = p.step(amount - fee, "The bank exchanges @.")
    got = p.step(rest.bare * rate, f"{who} gets @ {coin}.")
    p.step(got - spent, f"{who} has @ {coin} left.")


@template("units", steps=4)
def medicine_bottle(p: Draft) -> None:
    """How many days a bottle of tablets lasts, in weeks."""
    who = p.person()
    dose, daily, weeks, boxes = p.of(1, 2, 3), p.of(2, 3, 4), p.whole(2, 12), p.of(2, 3, 4, 5)
    total = dose * daily * weeks * 7
    p.need(total % boxes == 0 and total / boxes > 11)
    size = (total / boxes).known
    often = "twice" if daily.same(2) else f"{daily.w} times"
    tablets = "tablet" if dose.same(1) else "tablets"
    p.say(
        f"{who} takes {dose.w} {tablets} {often} a day.",
        f"The doctor tells {who} to take {dose.w} {tablets} {often} a day.",
    )
    p.say(
        f"{who} has {boxes.w} boxes with {size} tablets each.", f"At home, {who} has {boxes.w} boxes of {size} tablets."
    )
    p.ask(
        f"For how many weeks will {who}'s tablets last?",
        f"After how many weeks has {who} used up all of the tablets?",
        what=f"the number of weeks that {who}'s tablets last",
    )
    day = p.step(daily * dose, f"{who} needs @ tablets a day.")
    supply = p.step(boxes * size, f"{who} has @ tablets.")
    days = p.step(supply / day, "They last @ days.")
    p.step(days / 7, "That is @ weeks.")
