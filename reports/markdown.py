"""A view as one Markdown page, the decision first; good to paste into a pull request or a notebook."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from harness.comparison import words as said
from harness.core import words
from reports.view import ComparisonView, RunView
from reports.visible import encodable, visible

if TYPE_CHECKING:
    from jinja2 import Environment

EXCERPT = 280


def comparison_page(view: ComparisonView) -> str:
    """The page of a comparison: verdict, differences, the 2x2, losses, parts, and the most telling flips."""
    return _environment().get_template("comparison.md.j2").render(view=view, common=view.common)


def run_page(view: RunView) -> str:
    """The page of one run: numbers, where answers were lost, and the first failures."""
    return _environment().get_template("run.md.j2").render(view=view, common=view.common)


def excerpt(text: str, *, from_end: bool = False) -> str:
    """One line that fits a list: the end of a reply says more than its start."""
    flat = re.sub(r"\s+", " ", visible(encodable(text))).strip()
    if len(flat) <= EXCERPT:
        return flat
    return "… " + flat[-EXCERPT:] if from_end else flat[:EXCERPT] + " …"


def code(text: str) -> str:
    """Text as inline code that no Markdown in it can leave.

    >>> code("a"), code("`b`"), code("")
    ('`a`', '`` `b` ``', '–')
    """
    text = visible(encodable(text))
    longest = max((len(ticks) for ticks in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if "`" in (text[:1], text[-1:]) else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else words.UNDEFINED


def plain(text: str) -> str:
    r"""Text that means nothing in Markdown or HTML, in one line.

    >>> plain("a|b <i>*c*")
    'a\\|b \\<i>\\*c\\*'
    """
    return re.sub(r"([\\`*<|]|(?<=\])\()", r"\\\1", _one_line(text))


def cell_code(text: str) -> str:
    """Inline code inside a table."""
    return code(_one_line(text)).replace("|", "\\|")


def _one_line(text: str) -> str:
    return visible(encodable(text)).replace("\n", " ")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(loader=PackageLoader("reports"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {
        "code": code,
        "plain": plain,
        "cell_code": cell_code,
        "excerpt": excerpt,
        "p": words.p_value,
        "count": words.count,
    }
    made.globals |= {"words": words, "said": said, "GATE": said.GATE}
    return made
