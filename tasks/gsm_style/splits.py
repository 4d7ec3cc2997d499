"""What is held out: whole templates, and for the templates seen in training, ranges of their numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, TypeAlias

Split: TypeAlias = Literal["train", "dev", "test"]
HeldOut: TypeAlias = Literal["template", "numbers", "mixed"]
Band: TypeAlias = Literal["train", "dev", "test", "all"]
"""The part of each number range that a doc may draw from."""

DEV_TEMPLATES = frozenset(
    (
        "beds_with_rows",
        "bill_with_tip",
        "fruit_baskets",
        "garden_budget",
        "girls_and_boys",
        "map_scale",
        "pages_to_print",
        "pay_after_expenses",
        "reading_challenge",
        "ribbon_pieces",
        "three_siblings",
        "walk_with_pauses",
        "weight_of_the_last_parcel",
    )
)
TEST_TEMPLATES = frozenset(
    (
        "ages_from_sum_and_difference",
        "area_from_perimeter",
        "boxes_and_loose_ones",
        "budget_of_a_trip",
        "clothes_with_refund",
        "coins_in_an_alloy",
        "evening_out",
        "heads_and_legs",
        "hens_and_eggs",
        "joint_work_from_single_times",
        "medicine_bottle",
        "meeting_on_the_road",
        "one_leaves_the_team",
        "order_for_an_office",
        "paint_mix",
        "parent_from_future_age",
        "price_after_reduction",
        "price_before_discount",
        "profit_in_percent",
        "tank_refilled",
        "taxi_ride",
        "way_still_to_go",
    )
)

NARROW = 10
"""A range of fewer values than this (how many children, how many hours) is shared by all splits: it has no parts."""

_BAND_OF_DECILE: tuple[Band, ...] = (
    "train",
    "train",
    "train",
    "test",
    "train",
    "dev",
    "train",
    "test",
    "train",
    "train",
)


def template_split(name: str) -> Split:
    """The one split that a template belongs to."""
    if name in TEST_TEMPLATES:
        return "test"
    return "dev" if name in DEV_TEMPLATES else "train"


@lru_cache(maxsize=4096)
def positions(size: int, band: Band) -> tuple[int, ...]:
    """Which of `size` values, in order, a doc of that band may draw: contiguous tenths of the range.

    >>> positions(10, "test"), positions(10, "dev"), positions(3, "test")
    ((3, 7), (5,), (0, 1, 2))
    """
    if size < NARROW or band == "all":
        return tuple(range(size))
    return tuple(i for i in range(size) if _BAND_OF_DECILE[i * 10 // size] == band)
