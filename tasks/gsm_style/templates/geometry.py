"""Lengths and areas: fences, tiles, paint, beds."""

from __future__ import annotations

from tasks.gsm_style.draft import Draft
from tasks.gsm_style.registry import template
from tasks.gsm_style.vocab import PLANTS


@template("geometry", steps=4, money=True)
def fence_around_a_garden(p: Draft) -> None:
    """The cost of a fence with a gate."""
    who = p.person()
    length, width, gate, price, gate_price = (
        p.whole(8, 40),
        p.whole(5, 30),
        p.of(1, 2, 3),
        p.cents(400, 2500, 50),
        p.money(30, 150, 10),
    )
    p.need(width < length)
    meters = "meter" if gate.same(1) else "meters"
    p.say(
        f"{who}'s garden is a rectangle of {length} meters by {width} meters.",
        f"{who} has a rectangular garden, {length} meters long and {width} meters wide.",
    )
    p.say(
        "A fence is put up all around it, except for the gate.",
        "It gets a fence on all sides, but not where the gate is.",
    )
    p.say(
        f"The gate is {gate} {meters} wide and costs {gate_price}.",
        f"For {gate_price}, {who} buys a gate that is {gate} {meters} wide.",
        free=True,
    )
    p.say(f"Each meter of the fence costs {price}.", f"The fence costs {price} a meter.", free=True)
    p.ask(
        f"How much does {who} pay for the fence and the gate?",
        f"What do the fence and the gate cost {who} together?",
        what="the cost of the fence and the gate",
    )
    around = p.step(2 * (length + width), "All around, it is @ meters.")
    fence = p.step(around - gate, "The fence is @ meters long.")
    cost = p.step(fence * price, "The fence costs @.")
    p.step(cost + gate_price, "Together they cost @.")


@template("geometry", steps=4, money=True)
def tiles_for_a_floor(p: Draft) -> None:
    """Tiles by area, bought in boxes."""
    who = p.person()
    a, b, size, price = p.whole(2, 9), p.whole(3, 12), p.of(4, 5, 6, 8, 10, 12), p.money(8, 45)
    room = p.pick(("kitchen", "bathroom", "hall", "terrace", "workshop"))
    per = p.of(4, 16, 25)
    p.need(a <= b and (a * b * per) % size == 0)
    p.say(
        f"The floor of {who}'s {room} is {a} meters wide and {b} meters long.",
        f"{who} wants new tiles for a {room} floor of {a} meters by {b} meters.",
    )
    p.say(
        f"{per} of the square tiles cover one square meter.",
        f"For each square meter, {who} needs {per} tiles.",
        free=True,
    )
    p.say(f"A box of {size} tiles costs {price}.", f"The tiles come in boxes of {size} for {price} a box.", free=True)
    p.ask(
        f"How much does {who} pay for the tiles?",
        f"What do the tiles for the whole floor cost {who}?",
        what="the cost of the tiles",
    )
    area = p.step(a * b, "The floor has @ square meters.")
    tiles = p.step(area * per, f"{who} needs @ tiles.")
    boxes = p.step(tiles / size, f"{who} needs @ boxes.")
    p.step(boxes * price, f"{who} pays @.")


@template("geometry", steps=3)
def area_from_perimeter(p: Draft) -> None:
    """The area of a rectangle from its perimeter and one side."""
    who = p.person()
    width, length = p.whole(5, 30), p.whole(8, 45)
    p.need(width < length)
    around = (2 * (width + length)).known
    place = p.pick(("field", "playground", "meadow", "parking lot", "vegetable garden"))
    p.say(
        f"{who} walks once around a rectangular {place}, which takes {around} meters.",
        f"The border of {who}'s rectangular {place} is {around} meters long in all.",
    )
    p.say(f"One of the long sides measures {length} meters.", f"The {place} is {length} meters long.")
    p.ask(
        f"How many square meters does the {place} have?",
        f"What is the area of the {place} in square meters?",
        what=f"the number of square meters of the {place}",
    )
    half = p.step(around / 2, "Length and width together are @ meters.")
    side = p.step(half - length, "The width is @ meters.")
    p.step(length * side, "The area is @ square meters.")


@template("geometry", steps=4)
def beds_with_rows(p: Draft) -> None:
    """Rows of plants in beds, some of which do not grow."""
    who, plant = p.person(), p.pick(PLANTS)
    beds, rows, per, dead = p.whole(2, 9), p.whole(3, 12), p.whole(5, 20), p.whole(3, 24)
    extra = p.whole(4, 30)
    p.say(f"{who}'s garden has {beds.w} beds with {rows} rows each.", f"{who} makes {beds.w} beds of {rows} rows each.")
    p.say(f"In each row, {who} plants {plant(per)}.", f"{who} sets {plant(per)} in every row.")
    p.say(f"Another {extra} {plant.s} grow in pots.", f"{who} puts {extra} more {plant.s} in pots.", free=True)
    p.say(
        f"In a cold night, {dead} of the {plant.s} in the beds die.",
        f"Of those in the beds, {dead} do not survive the winter.",
        free=True,
    )
    p.ask(
        f"How many living {plant.s} does {who} have now?",
        f"How many {plant.s} of {who}'s are alive in the end?",
        what=f"the number of living {plant.s} that {who} has",
    )
    total_rows = p.step(beds * rows, "There are @ rows.")
    planted = p.step(total_rows * per, f"In the beds, {who} plants @ {plant.s}.")
    alive = p.step(planted - dead, f"Of these, @ {plant.s} are alive.")
    p.step(alive + extra, f"With those in pots, {who} has @ {plant.s}.")


@template("geometry", steps=5, money=True)
def paint_for_walls(p: Draft) -> None:
    """Wall area less windows, paint and its cost."""
    who = p.person()
    n, length, height, windows, pane = p.of(2, 3, 4), p.whole(4, 16), p.of(2, 3), p.whole(2, 6), p.of(1, 2)
    cover, price = p.of(4, 5, 6, 7, 8), p.money(6, 30)
    p.need((n * length * height - windows * pane).known % cover == 0)
    meters = "square meter" if pane.same(1) else "square meters"
    p.say(
        f"{who} paints {n.w} walls, each {length} meters long and {height} meters high.",
        f"{n.W} walls that {who} paints are {length} meters long and {height} meters high each.",
    )
    p.say(
        f"They have {windows.w} windows of {pane} {meters} each, which are not painted.",
        f"Not painted are {windows.w} windows in these walls, each of {pane} {meters}.",
    )
    p.say(
        f"One can of paint is enough for {cover} square meters and costs {price}.",
        f"With one can of paint, at {price} a can, {who} can paint {cover} square meters.",
    )
    p.ask(f"How much does {who} pay for the paint?", f"What does the paint cost {who}?", what="the cost of the paint")
    walls = p.step(n * length * height, "The walls have @ square meters.")
    glass = p.step(windows * pane, "The windows have @ square meters.")
    area = p.step(walls - glass, f"{who} paints @ square meters.")
    cans = p.step(area / cover, f"{who} needs @ cans.")
    p.step(cans * price, f"{who} pays @.")
