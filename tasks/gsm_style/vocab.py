"""The people, things, places and currencies that the questions are about."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.gsm_style.num import Num, value_of


@dataclass(frozen=True, slots=True)
class Person:
    """A name with its pronouns. No name ends in s, so that the possessive is always 's."""

    name: str
    he: str
    him: str
    his: str

    def __str__(self) -> str:
        return self.name

    @property
    def He(self) -> str:
        return self.he.capitalize()

    @property
    def His(self) -> str:
        return self.his.capitalize()


@dataclass(frozen=True, slots=True)
class Noun:
    """A countable thing. Called with a number it agrees: pear(1) is '1 pear', pear(3) is '3 pears'."""

    one: str
    s: str

    def __call__(self, count: Num | int) -> str:
        return f"{count} {self.one if value_of(count) == 1 else self.s}"

    def words(self, count: Num) -> str:
        """With the number in words up to twelve: 'three pears'."""
        return f"{count.w} {self.one if count.same(1) else self.s}"

    @property
    def a(self) -> str:
        return f"{'an' if self.one[0] in 'aeiou' else 'a'} {self.one}"


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency, with the factor that takes everyday dollar amounts to its everyday amounts."""

    symbol: str
    units: str
    scale: int
    whole: bool
    """Amounts have no decimals."""


def an(number: Num) -> str:
    """The number with its article: 'an 8', 'an 11', 'a 12', 'an 18', 'an 80'.

    >>> an(Num(8)), an(Num(18)), an(Num(81)), an(Num(20))
    ('an 8', 'an 18', 'an 81', 'a 20')
    """
    digits = str(number)
    return f"{'an' if digits.startswith('8') or digits in ('11', '18') else 'a'} {digits}"


def nouns(text: str) -> tuple[Noun, ...]:
    """Read 'pear, peach/peaches, box/boxes'."""
    pairs = (word.strip().partition("/") for word in text.split(","))
    return tuple(Noun(one, many or f"{one}s") for one, _, many in pairs)


USD = Currency("$", "dollars", 1, False)
EUR = Currency("€", "euros", 1, False)
INR = Currency("₹", "rupees", 20, True)
GBP = Currency("£", "pounds", 1, False)
JPY = Currency("¥", "yen", 20, True)
CURRENCIES = (USD, USD, EUR, INR)
SWAPS = {"$": (EUR, GBP), "€": (USD, GBP), "₹": (JPY,)}
"""The other currencies in which the same figures are everyday amounts too."""

_FEMALE = """Maria Anna Priya Sofia Emma Aisha Lena Chloe Nadia Grace Hannah Mei Olivia Fatima Clara Zoe Leila Nina Rosa
Julia Amara Ingrid Kavya Lucia Ruth Elena Yuki Sara Dina Alice Mona Tara Bella Carmen Diana Farah Greta Helen Isabel
Jane Kira Laura Megan Nora Paula Rita Sonia Tina Vera Wendy"""
_MALE = """Tom Ben Arjun Omar David Kenji Peter Samuel Ravi Mateo Noah Victor Ali Hugo Leo Martin Ivan Kofi Daniel Adam
Erik Felix Ahmed Luca Rohan Simon Paul Jamal Oscar Henry Diego Mark Kevin Nathan Rafael Stefan Tariq Vikram Walter Yusuf
Albert Bruno Carl Dev Edward Frank George Isaac Jack Kurt"""
PEOPLE = tuple(Person(n, "she", "her", "her") for n in _FEMALE.split()) + tuple(
    Person(n, "he", "him", "his") for n in _MALE.split()
)

FRUIT = nouns("apple, pear, orange, peach/peaches, mango/mangoes, lemon, plum, banana, kiwi")
STATIONERY = nouns("pencil, pen, notebook, eraser, folder, marker, ruler, glue stick, sketchbook")
TOYS = nouns("toy car, puzzle, doll, ball, kite, board game, yo-yo, jigsaw, model plane")
BAKED = nouns("muffin, cookie, cupcake, croissant, bagel, scone, pretzel, brownie, roll")
CLOTHES = nouns("T-shirt, scarf/scarves, hat, sweater, belt, jacket, dress/dresses, cap")
MEALS = nouns("sandwich/sandwiches, burger, salad, pizza, taco, wrap, soup, noodle bowl")
DRINKS = nouns("lemonade, coffee, tea, milkshake, juice, smoothie")
GADGETS = nouns("keyboard, headset, speaker, webcam, tablet, printer, monitor, camera")
COLLECTED = nouns("stamp, sticker, coin, shell, marble, postcard, badge, trading card, bead")
PLANTS = nouns("tulip, rose, tomato plant, bean plant, sunflower, lavender bush/lavender bushes, daisy/daisies")
BOOKS = nouns("novel, comic book, magazine, cookbook, atlas/atlases, dictionary/dictionaries")
FURNITURE = nouns("chair, lamp, desk, shelf/shelves, stool, mirror, bench/benches, cabinet")
PRODUCTS = nouns("bicycle, lamp, chair, backpack, kettle, fan, radio, clock, tent, toaster")

SHOPS = ("corner shop", "market", "school shop", "supermarket", "department store", "bazaar")
COLORS = ("red", "blue", "green", "yellow", "white", "purple", "orange", "black")
TOWNS = ("Riverton", "Oakdale", "Hillview", "Lakeside", "Brookfield", "Ashford", "Greenport", "Milltown")
COUNTRIES = ("France", "Japan", "Brazil", "Kenya", "Canada", "India", "Spain", "Egypt", "Peru", "Norway")
