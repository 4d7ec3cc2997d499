"""The words that prompts and puzzles are made of."""

from __future__ import annotations

TOPICS = (
    "Describe a lighthouse on a stormy night.",
    "Write a short note that invites a neighbour to tea.",
    "Explain why leaves fall in autumn.",
    "Describe how to plant a tree.",
    "Write about a train that arrives late.",
    "Tell a very short story about a lost key.",
    "Explain what a library is for.",
    "Describe the smell of fresh bread.",
    "Write a message that thanks a friend for a book.",
    "Give advice to somebody who cannot sleep.",
    "Describe a market early in the morning.",
    "Explain how a bicycle stays clean.",
    "Write about a dog that is afraid of thunder.",
    "Describe your idea of a quiet weekend.",
    "Explain why people keep diaries.",
    "Write a notice for a village concert.",
    "Describe a bridge over a slow river.",
    "Tell somebody how to wash a woollen jumper.",
    "Write about the first snow of the year.",
    "Explain what makes a good teacher.",
    "Describe a kitchen after a big dinner.",
    "Write a short welcome for new members of a choir.",
    "Explain why bees matter to gardens.",
    "Describe an old clock on a town hall.",
)
"""Things to write about, none of which has one right answer."""

CHOICES = (
    ("Which season suits long walks best?", ("spring", "summer", "autumn", "winter")),
    ("Is a rainy day good for reading?", ("yes", "no", "sometimes")),
    ("Should a small town have a museum?", ("agree", "disagree", "undecided")),
    ("Which meal would you rather cook for guests?", ("breakfast", "lunch", "dinner")),
    ("Which colour fits a garden gate?", ("green", "white", "blue", "red")),
    ("How often should one water a cactus?", ("daily", "weekly", "monthly")),
)
"""Questions of taste with the replies that are allowed."""

KEY_SETS = (("title", "text"), ("place", "time", "weather"), ("name", "reason"), ("first", "second", "third"))
ACROSTICS = ("sun", "tea", "rain", "boat", "mist", "lamp")
OPENINGS = ("To begin with", "Dear reader", "Long ago", "In short", "Listen")
CLOSINGS = ("and that is all", "thank you", "until next time", "good night")
ASKED_WORDS = ("river", "window", "quiet", "garden", "morning", "letter")
AVOIDED_WORDS = ("the", "and", "is", "very", "it")
AVOIDED_LETTERS = ("e", "a", "t", "o", "s", "i")

_FILLER = """
a big cat sat on it and we all had milk for tea at noon my old dog ran up to us by bus not one of them knew how low sun
lit red mud huts rain fell soft hay bent long ships met kind men lamps burn but none bring bread nets mist moon lend
leaf quick wolf jump fox brown over lazy tent send seven green trees chill winds
"""
FILLER = tuple(_FILLER.split())
"""Words of few letters, from which it is shown that a set of constraints can be kept."""

CATEGORIES: dict[str, tuple[str, ...]] = {
    "fruit": ("apple", "cherry", "peach", "plum", "grape", "lemon", "mango", "banana"),
    "animals": ("horse", "sheep", "rabbit", "donkey", "tiger", "mouse", "camel", "goat"),
    "furniture": ("table", "chair", "wardrobe", "sofa", "bench", "stool", "shelf", "desk"),
    "clothes": ("jacket", "scarf", "glove", "shirt", "sweater", "skirt", "socks", "coat"),
    "tools": ("hammer", "saw", "drill", "shovel", "chisel", "wrench", "pliers", "rake"),
    "instruments": ("violin", "trumpet", "flute", "piano", "guitar", "drum", "cello", "harp"),
    "colours": ("purple", "yellow", "brown", "green", "black", "white", "blue", "grey"),
    "vehicles": ("tractor", "bicycle", "lorry", "tram", "ferry", "wagon", "scooter", "bus"),
}
"""Words that belong together; no word fits two of them."""

NAMES = ("Ada", "Ben", "Cleo", "Dina", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jude", "Kira", "Leo", "Mona", "Nils")
THINGS = ("ring", "coin", "pebble", "marble", "button", "bean")
CUPS = ("red", "blue", "green")
PETS = ("cat", "dog", "parrot", "hamster")
DRINKS = ("tea", "milk", "juice", "cocoa")
MADE_UP = ("wugs", "blips", "torms", "zeds", "plooks", "gristles", "nabs", "frims", "dalks")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COMPASS = ("north", "east", "south", "west")
