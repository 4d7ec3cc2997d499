"""LaTeX answers compared as mathematics: as text first, then by math-verify in a process that can be stopped."""

from __future__ import annotations

import re
from functools import lru_cache

from tasks.scoring.answer.plain_math import as_latex

MAX_LATEX_CHARS = 400
"""Longer texts are no final answer, and parsing them costs more than it can tell."""

_SPACING = re.compile(r"\\[,;!: ]|\\q?quad\b|~|\\displaystyle|\\left(?![a-z])|\\right(?![a-z])|(?<!\\)\$|\s+")
_TEXT = re.compile(r"\\(?:text|mbox|mathrm|textrm|textbf|mathbf|operatorname)\{([^{}]{0,200})\}")
_SHORT_FRACTION = re.compile(r"\\frac(\d|\{[^{}]*\})(\d|\{[^{}]*\})")
_TEXT_ONLY = re.compile(r"\(?[0-9A-Z]+\)?_(\d|\{[^{}]*\})|\d+[-:]\d+(?:[AaPp]\.?[Mm]\.?)?")
"""To math-verify the base-8 number 52_8 is 52, the range 10-12 is -2, and a time 3:30 is whatever stands first."""
_DASHES = str.maketrans("−–‐‑", "----")


@lru_cache(maxsize=8192)
def normalise_latex(text: str) -> str:
    r"""One spelling for what only looks different: spacing, `\dfrac`, `\frac34`, `\text{}`, dollar signs.

    >>> normalise_latex(r"$\dfrac 34$") == normalise_latex(r"\frac{3}{4}")
    True
    """
    text = _TEXT.sub(r"\1", text.translate(_DASHES))
    text = _SPACING.sub("", text).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    text = _SHORT_FRACTION.sub(lambda m: "\\frac" + "".join(g if g[0] == "{" else f"{{{g}}}" for g in m.groups()), text)
    text = re.sub(r"_\{(\w)\}", r"_\1", text)
    return text.replace("^\\circ", "").replace("^{\\circ}", "").rstrip(".")


@lru_cache(maxsize=8192)
def latex_equal(gold: str, answer: str) -> bool:
    """Whether two LaTeX answers are the same, as text or as mathematics; a time-out is not equal.

    Raises RuntimeError where the process that compares was ended from outside: that is no verdict.
    """
    if normalise_latex(gold) == normalise_latex(answer):
        return True
    if max(len(gold), len(answer)) > MAX_LATEX_CHARS or not answer.strip():
        return False
    rewritten = as_latex(gold), as_latex(answer)
    if normalise_latex(rewritten[0]) == normalise_latex(rewritten[1]):
        return True
    if _TEXT_ONLY.fullmatch(normalise_latex(gold)):
        return False
    from tasks.scoring.answer.latex_process import shared_process

    process = shared_process()
    return process.equal(*rewritten) or (rewritten != (gold, answer) and process.equal(gold, answer))
