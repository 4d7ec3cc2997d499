"""Statements that the text does not stand by: asked, denied, attributed to others, or taken back soon after."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
_NEXT_STOP = re.compile(r"[.;?!]\s|\n|[.?!]?$")
_NOT_SO = re.compile(
    r"[\s,;:()$*\\–—-]*(?:(?:but|and|so|yet|though|however)\b[\s,]*)?(?:(?:which|that|this|it|these|he|she|we|they|you|i)\b\s*)?"
    r"(?:(?:is|was|are|were|does|do|did|can|could|would|should|will)\s*)?(?:not\b|n't|cannot\b|isn't|can't|doesn't|won't)"
    r"\s*(?:be\s|a\s|an\s|the\s|make\s|seem\s|quite\s){0,3}"
    r"(?:true|correct|right|possible|equal|valid|case|sense|hold|work|satisf\w*|match\w*|whole|integer|enough|what|real\w*"
    r"|allowed|so\b|add up|\\?\$?\d|[.,;!)]|$)",
    re.IGNORECASE,
)
"""'Not' said of the statement itself: `= 16, which is not true`; in `= 70 members are not in the choir` it is not."""
_CONTENT = (
    r"(?!\s+(?:answers?|questions?|ones?|items?|guess\w*|responses?|problems?|tickets?|calls?|numbers?|address\w*|way))"
)
"""What is wrong in the story and not in the statement: `50 / 5 = 10 incorrect answers`."""
_DENIAL = re.compile(
    r"\b(?:incorrect(?:ly)?|wrong(?:ly)?|mistake\w*|mistaken(?:ly)?|false|impossible|contradict\w*|oops|invalid)\b"
    + _CONTENT,
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"\b(?:false|contradict\w*|incorrect|impossible|not true|no solution|not satisf\w*|not equal|not work"
    r"|not (?:be )?possible|not (?:the )?correct|not valid|cannot be|can't be|not make sense|doesn't make sense"
    r"|(?:not|n't) (?:seem|look|sound) (?:right|correct)|is not \d+|isn't|made an? (?:\w+ ){0,2}(?:error|mistake)"
    r"|(?:is|was|are|were) (?:in error|mistaken|an error|a mistake|wrong))\b" + _CONTENT,
    re.IGNORECASE,
)
"""Words that deny what was said, even some sentences later."""
_ASKS = re.compile(
    r"\s*(?:is|are|was|were|does|do|did|could|can|would|should|what|why|how|isn't|so is)\b", re.IGNORECASE
)
_TAKES_BACK = re.compile(
    r"[\s(\[*\"'–—-]*(?:(?:but|and|so|hmm+|wait|ah|oh)\b[\s,.!–—-]*)*"
    r"(?:w?oops\b|scratch that|strike that|correction\b|no\s?[,.!:;–—]|no - |nope\b|sorry\b|my (?:mistake|bad|error)\b"
    r"|(?:that|this|it)(?:'s|’s| is| was) (?:not (?:right|correct|quite)|wrong|incorrect|a mistake|an error)"
    r"|i (?:made|mis\w+|meant)\b|not quite\b|wrong\b|incorrect\b|let me (?:fix|correct|redo)\b|mistake\b|error\b)",
    re.IGNORECASE,
)
"""How a sentence begins that takes the one before back."""
_HESITATES = re.compile(
    r"\b(?:wait|hmm+|hold on|actually|rather|i mean|but (?:it|that|this)"
    r"|re-?check\w*|re-?evaluat\w*|re-?comput\w*|re-?calculat\w*)\b"
    r"|\blet(?:'s| me| us) double\b",
    re.IGNORECASE,
)
"""Words that may take a statement back; they do where the right value follows."""
_ATTRIBUTED = re.compile(
    r"\b(?:some|many|most|one|you|people|students?|others|someone|anyone|he|she|they|it)\b(?: \w+){0,3}?"
    r" (?:(?:would|might|may|could|often|sometimes|wrongly|mistakenly|incorrectly) )+(?:\w+ )?"
    r"(?:write|think|say|guess|assume|comput\w*|calculat\w*|answer|claim|believe|try|conclude|argue|be tempted)\b",
    re.IGNORECASE,
)
_OBJECTION = re.compile(r"\b(?:but|however|yet|though|although|instead|actually|wrong|incorrect)\b", re.IGNORECASE)
_NEAR_END, _NEAR = 160, 220
_FAR_END, _FAR = 240, 400
"""Characters of the step and of all in which a denial is looked for: of a wrong result, of an equation."""
_AFTER = 160
"""Characters behind a statement in which the right value may follow."""


def sentence_around(text: str, start: int, end: int) -> tuple[str, str]:
    """The words before the statement in its sentence, and those after it up to the end of the next sentence."""
    begin = max(text.rfind(". ", 0, start), text.rfind("\n", 0, start), text.rfind("? ", 0, start), -1) + 1
    first = _stop(text, end)
    second = _stop(text, first + 1) if first < len(text) else len(text)
    return text[begin:start], text[end : min(second, end + 200)]


def _stop(text: str, start: int) -> int:
    """Where the sentence ends that goes on at `start`: at its mark."""
    found = _NEXT_STOP.search(text, start)
    return found.start() if found else len(text)


def is_withdrawn(text: str, start: int, end: int, following: str = "", value: str | None = None) -> bool:
    """The text does not stand by what it says in text[start:end]. `following`: the beginning of the next steps.

    `value` is the right result, in digits, where one was recomputed: a hesitation ('wait', 'actually') withdraws a
    result only where the right one follows.

    >>> text = "3 * 7 = 22. Oops, 3 * 7 = 21."
    >>> is_withdrawn(text, 0, 10), is_withdrawn("3 * 7 = 22. No more are left.", 0, 10)
    (True, False)
    """
    before, after = sentence_around(text, start, end)
    stop = _stop(text, end)
    rest, beyond = text[end:stop], text[stop + 1 : stop + 200].lstrip() or following
    is_asked = text[stop : stop + 1] == "?" and (not _WORD.search(rest) or _ASKS.match(before))
    if is_asked or _is_denied(text[start:end], before, rest, after):
        return True
    if (
        _TAKES_BACK.match(rest)
        or _TAKES_BACK.match(beyond)
        or _STRONG.search(f"{text[end : end + 240]}\n{following}"[:400])
    ):
        return True
    later = f"{text[end:]}\n{following}"[:_AFTER]
    if _ATTRIBUTED.search(before) and _OBJECTION.search(later):
        return True
    return _HESITATES.search(later[:80]) is not None and (value is None or _stands_in(value, later))


def _is_denied(statement: str, before: str, rest: str, after: str) -> bool:
    """A word of denial beside the statement, in its own sentence."""
    return (
        _DENIAL.search(f"{statement} {rest[:80]}") is not None
        or _DENIAL.search(before[-14:]) is not None
        or not {"not", "isn't", "doesn't"}.isdisjoint(_words(before[-14:]) | _words(statement))
        or _NOT_SO.match(rest) is not None
        or "≠" in after
        or "\\ne" in after
    )


def _stands_in(value: str, text: str) -> bool:
    return re.search(rf"(?<![\d.]){re.escape(value)}(?![\d.]*\d)", text.replace(",", "")) is not None


def _words(text: str) -> set[str]:
    return {word.lower().replace("’", "'") for word in _WORD.findall(text)}
