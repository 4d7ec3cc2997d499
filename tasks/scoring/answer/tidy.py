"""A text that should be one number, without its mark-up; and whether what follows the number is a unit."""

from __future__ import annotations

import re

from tasks.scoring.answer.notation import GAP

_SPACED = re.compile(r"(?:\D{0,3})\d{1,3}(?:[ ~]\d{3})+(?![\d/])")
_LEAD = re.compile(
    r"(?:\\(?:approx|simeq|sim)(?![A-Za-z])|[≈≃≅=~:]|answer[ ]?[:=]"
    r"|\\text\{(?!\s*(?:no|negative|minus|at |less|more|fewer|greater|up to|half|twice|double|square|one|a ))"
    r"[A-Za-z .:$]{0,80}\})[ ]?(?=\S)",
    re.IGNORECASE,
)
_UNIT_NAMES = "km|kg|mg|cm|mm|ml|lbs?|oz|ft|mph|kmh|hrs?|mins?|secs?|am|pm|gb|mb|kb|m|g|l|h|s|in|yd|mi"
_UNIT = re.compile(
    rf"""(?:
        {GAP}*(?:\^\{{?\\?(?:circ|degree)\}}?|\\(?:degree|circ)\b|°[CF]?|º|¢)
        | (?:{_UNIT_NAMES})(?:\^\{{?[23]\}}?|[²³]|[23])?(?![\w^])
        | (?:[ ~]|\\[ ,;!])*\\(?:text|mbox|mathrm|textrm)\{{[^{{}}]{{0,80}}\}}(?:\^\{{?[23]\}}?)?
        | (?:{GAP}|-)(?:[A-Za-z][A-Za-z'’.-]*|per|/)(?:\^\{{?[23]\}}?|[²³]|[23](?!\w))?
          (?:(?:{GAP}|/|-)[A-Za-z][A-Za-z'’.-]*(?:\^\{{?[23]\}}?|[²³])?){{0,4}}
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_UNIT = re.compile(
    r"\b(?:or|and|to|mod|if|plus|minus|times|divided|over|out|at|below|is|wrong|r\d|R|squared|cubed|factorial|half|halves|thirds|fourths|"
    r"[a-z]+(?:fth|xth|nth|hth|dth)s|pi|[a-fijknopqrt-z])\b",
    re.IGNORECASE,
)
_WRAP = re.compile(r"(?<!\d)\*\*|\*\*(?!\d)|__|``?|\\\(|\\\)|\\\[|\\\]|\\(?:displaystyle|left|right)|\\(?:bf|rm|it)\b")
_ALL_TEXT = re.compile(r"\\(?:text|mbox|mathrm|textbf|mathbf|boldsymbol)\{([^{}]*)\}")
_INNER_TEXT = re.compile(r"(?:[ ~]|\\[ ,;])*\\(?:text|mbox|mathrm|textrm|textbf|textnormal)\{([^{}]{0,80})\}")


def tidied(text: str) -> str:
    r"""The text without mark-up, brackets, dollar signs of formulas and `\text{}` around it."""
    text = _WRAP.sub("", text).strip().rstrip(" .!,;:")
    if text.startswith("$") and text.endswith("$") and len(text) > 2 and not text.startswith("$$"):
        text = text[1:-1].strip()  # inline math
    text = text.strip("$ \n\t`*\"'“”") if text.startswith("$$") else text.strip(" \n\t`*\"'“”")
    if (inner := _ALL_TEXT.fullmatch(text)) is not None:
        text = inner[1]
    if text.startswith("(") and text.endswith(")") and "," not in text.replace("{,}", ""):
        text = text[1:-1].strip()
    if "\\" in text:
        text = _INNER_TEXT.sub(_spelled_out, text)
    while text.startswith("{") and text.endswith("}") and "{" not in text[1:-1]:
        text = text[1:-1].strip()
    if (lead := _LEAD.match(text)) is not None:
        text = text[lead.end() :]
    if _SPACED.match(text) is not None:
        text = re.sub(r"(?<=\d)[ ~](?=\d{3})", "", text)
    return text.removesuffix("/-").rstrip(" .!,;:*$")


def _spelled_out(match: re.Match[str]) -> str:
    return match[0] if match.start() == 0 else f" {match[1].strip()}"


def is_unit(rest: str) -> bool:
    """Whether the text after a number is a unit or a noun and nothing else: "cm", "years old", not "or 3"."""
    match = _UNIT.match(rest)
    return match is not None and not rest[match.end() :].strip(" .") and not _NO_UNIT.search(rest[: match.end()])
