r"""Mathematics typed without LaTeX (`√2/2`, `2*pi`, `(-∞, 2)`, `x <= 5`) in LaTeX; several values as one list."""

from __future__ import annotations

import re
from functools import lru_cache

_SYMBOLS = {
    "∞": r"\infty ", "π": r"\pi ", "θ": r"\theta ", "α": r"\alpha ", "β": r"\beta ", "≤": r"\le ", "≥": r"\ge ",
    "≠": r"\ne ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ", "∅": r"\emptyset ", "±": r"\pm ", "×": r"\times ",
    "·": r"\cdot ", "⋅": r"\cdot ", "÷": r"/", "−": "-", "–": "-", "‑": "-", "‐": "-", "°": r"^\circ ",
    "½": r"\frac{1}{2}",
    "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}", "∨": ",", "∧": ",",
}  # fmt: skip
_SYMBOL = re.compile("[" + "".join(_SYMBOLS) + "]")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴-⁹⁻ⁿ]+")
_PLAIN_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿ", "0123456789-n")
_SPELLINGS = (
    (re.compile(r"\\\\(?=(?:le|leq|ge|geq|frac|text|boxed|sqrt|cup|infty|in|left|right|pi|cdot|times|quad)\b)"), r"\\"),
    (re.compile(r"\\[()\[\]]|\\displaystyle\b|(?<!\\)\$"), " "),
    (re.compile(r"\\left\\?(?=[<(\[|{\\])\\?langle|\\langle"), "("),
    (re.compile(r"\\right\\rangle|\\rangle"), ")"),
    (re.compile(r"\\varnothing\b"), r"\\emptyset"),
    (re.compile(r"\\(?:leqslant|leqq|leq)\b|<="), r"\\le "),
    (re.compile(r"\\(?:geqslant|geqq|geq)\b|>="), r"\\ge "),
    (re.compile(r"\\neq\b|!="), r"\\ne "),
    (re.compile(r"\\lt\b"), "<"),
    (re.compile(r"\\gt\b"), ">"),
    (re.compile(r"√\(([^()]{1,60})\)|(?<![\\A-Za-z])sqrt\(([^()]{1,60})\)"), r"\\sqrt{\1\2}"),
    (re.compile(r"√(\d+|[a-z])"), r"\\sqrt{\1}"),
    (re.compile(r"(?<![\\A-Za-z])pi(?![A-Za-z])"), r"\\pi "),
    (re.compile(r"(?<![\\A-Za-z])(?:inf|infinity|oo)(?![A-Za-z])", re.IGNORECASE), r"\\infty "),
    (re.compile(r"\*\*"), "^"),
    (re.compile(r"\^\(([^()]{1,40})\)"), r"^{\1}"),
    (re.compile(r"(?<=[\w)}])[ ]?\*[ ]?(?=[\w(\\])"), r" \\cdot "),
)
_BOX = re.compile(r"\\f?boxed\s?\{")
_BOXES_SIDE_BY_SIDE = re.compile(r"\}[\s$]*\\f?boxed\s?\{")
_BETWEEN_VALUES = re.compile(
    r"(?:[,\s]*(?:\\(?:text|mbox|textrm|mathrm)\{[,\s]*(?:and|or)[,\s]*\}|\\q?quad|;|(?<![\\A-Za-z])(?:and|or)(?![A-Za-z])))+[,\s]*"
)


@lru_cache(maxsize=8192)
def as_latex(text: str) -> str:
    r"""The text in LaTeX, without boxes and dollar signs, its values divided by commas.

    >>> as_latex("x = 4 or x = 9"), as_latex("√2/2"), as_latex(r"\boxed{-3} and \boxed{8}")
    ('x = 4, x = 9', '\\sqrt{2}/2', '-3, 8')
    """
    text = _unboxed(text)
    for pattern, latex in _SPELLINGS:
        text = pattern.sub(latex, text)
    text = _SYMBOL.sub(lambda match: _SYMBOLS[match[0]], text)
    text = _SUPERSCRIPT.sub(lambda match: "^{" + match[0].translate(_PLAIN_DIGITS) + "}", text)
    return _BETWEEN_VALUES.sub(", ", text).strip(" ,")


def _unboxed(text: str) -> str:
    r"""`\boxed{\frac{1}{2}}` without its command and braces; boxes side by side are two values."""
    text = _BOXES_SIDE_BY_SIDE.sub(r"}, \\boxed{", text)
    while (box := _BOX.search(text)) is not None:
        depth, at = 1, box.end()
        while at < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        text = f"{text[: box.start()]} {text[box.end() : at - (depth == 0)]} {text[at:]}"
    return text
