"""Rules of what the sections hold: reasoning that reasons, an answer that can be read."""

from __future__ import annotations

import re

from tasks.scoring.answer.regions import boxed
from tasks.scoring.structure.reading import AnswerType, Breach, Finding, Reading

_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"\d+")
_NUMBER = r"[-+−]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:\s*/\s*\d+)?"
_BARE_NUMBER = re.compile(rf"(?:[-−]\s*)?[$€£¥₹]?\s*{_NUMBER}\s*[%°$€£]?\.?")
_WRAPPING = re.compile(r"\\boxed\{(?P<boxed>[^{}]*)\}|\\[()\[\]]|\*\*|__")
_NUMERIC_TARGET = re.compile(rf"\s*{_NUMBER}\s*")
_NUMBER_WORD = re.compile(
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|half)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[^\W_])[.!?…]+[\"'”’)\]*]*(?=\s|$)")
_STATED_ANSWER = re.compile(
    r"\\boxed\{|####|(?<!check our )(?<!check the )(?<!verify our )(?<!verify the )"
    r"\banswer\s?(?:is|=|:)[^\n\d]{0,40}\d",
    re.IGNORECASE,
)
_STATED_WITHIN = 400
"""Characters at the end of the text in which a stated answer is taken for the final one, not one tried on the way."""
_SHINGLE = 5
_MAX_COPY_CHARS = 20_000
_MAX_ANSWER_CHARS = 20_000
_MAX_SENTENCE_CHARS = 300
_COPIED_SHARE = 0.8


def sections_not_empty(reading: Reading) -> Finding:
    """Every section that is there has text."""
    for section in reading.sections:
        if not reading.reply[section.body_start : section.body_end].strip():
            return Breach(start=section.start, end=section.end, why=f"the {section.name} is empty")
    return "kept" if reading.sections else "not_applicable"


def reasoning_not_copied(reading: Reading) -> Finding:
    """The reasoning says more than the question: not four fifths of its 5-word runs with no number of its own."""
    reasoning, section = reading.body("reasoning"), reading.first("reasoning")
    if not reasoning or section is None or not reading.question.strip():
        return "not_applicable"
    reasoning = reasoning[:_MAX_COPY_CHARS]
    has_own_number = bool(set(_DIGITS.findall(reasoning)) - set(_DIGITS.findall(reading.question)))
    if has_own_number or not _is_copy(_words(reasoning), _words(reading.question)):
        return "kept"
    return Breach(start=section.body_start, end=section.body_end, why="the reasoning only repeats the question")


def steps_within_limits(reading: Reading) -> Finding:
    """The number of steps lies within the limits that were set."""
    low, high = reading.limits.min_steps, reading.limits.max_steps
    if low is None and high is None:
        return "not_applicable"
    section, n_steps = reading.first("reasoning"), count_steps(reading.body("reasoning"))
    start, end = (section.body_start, section.body_end) if section else (0, 0)
    if low is not None and n_steps < low:
        return Breach(start=start, end=end, why=f"{n_steps} steps, fewer than {low}")
    if high is not None and n_steps > high:
        return Breach(start=start, end=end, why=f"{n_steps} steps, more than {high}")
    return "kept"


def answer_boxed(reading: Reading) -> Finding:
    r"""Where the format asks for it, the answer section holds one \boxed{}, closed."""
    section = reading.first("answer")
    if not reading.response_format.boxed_answer or section is None:
        return "not_applicable"
    if boxed(reading.body("answer"), "last"):
        return "kept"
    opened = r"\boxed{" in reading.body("answer")
    why = r"\boxed{ is not closed" if opened else r"no \boxed{} in the answer"
    return Breach(start=section.body_start, end=section.body_end, why=why)


def answer_parsable(reading: Reading) -> Finding:
    """There is an answer section and something in it can be read as an answer of the target's kind."""
    section = reading.first("answer")
    if section is None:
        return Breach(start=len(reading.reply), end=len(reading.reply), why="no answer section to read")
    if _readable(reading.body("answer"), reading.doc.target):
        return "kept"
    kind = "number" if _NUMERIC_TARGET.fullmatch(reading.doc.target) else "word or number"
    return Breach(start=section.body_start, end=section.body_end, why=f"no {kind} in the answer")


def answer_of_type(reading: Reading) -> Finding:
    """The answer is of the type that was asked for; a bare number is always good enough for a sentence or text."""
    wanted, section = reading.limits.answer_type, reading.first("answer")
    if wanted is None or section is None or not reading.body("answer"):
        return "not_applicable"
    found = answer_type(reading.body("answer"))
    ranks: dict[AnswerType, int] = {"number": 0, "sentence": 1, "text": 2}
    if ranks[found] <= ranks[wanted]:
        return "kept"
    return Breach(start=section.body_start, end=section.body_end, why=f"the answer is {found}, not {wanted}")


def answer_in_its_place(reading: Reading) -> Finding:
    """An answer that is stated is in the answer section, not inside the reasoning (or the bare text) only."""
    if _readable(reading.body("answer"), reading.doc.target):
        return "kept"
    section = reading.first("reasoning")
    start, end = (section.body_start, section.body_end) if section else (0, len(reading.reply))
    stated = _STATED_ANSWER.search(reading.reply, max(start, end - _STATED_WITHIN), end)
    if stated is None:
        return "kept"
    return Breach(start=stated.start(), end=stated.end(), why="an answer is stated in the reasoning only")


def answer_type(answer: str) -> AnswerType:
    r"""'number': nothing but a number, a sign of currency or percent allowed; 'sentence': one line of one sentence.

    >>> answer_type("$1,200."), answer_type("There are 4 balls."), answer_type("2 + 2 = 4. So 4.")
    ('number', 'sentence', 'text')
    """
    if len(answer) > _MAX_SENTENCE_CHARS:
        return "text"
    text = _WRAPPING.sub(lambda match: match["boxed"] or "", answer).strip("$ \n\t")
    if _BARE_NUMBER.fullmatch(text):
        return "number"
    one_sentence = "\n" not in text and len(_SENTENCE_END.findall(text)) <= 1
    return "sentence" if one_sentence else "text"


def count_steps(reasoning: str) -> int:
    """Lines with a letter or digit; of a single line, its sentences."""
    lines = [line for line in reasoning.splitlines() if _WORD.search(line)]
    if len(lines) != 1:
        return len(lines)
    sentences = [part for part in _SENTENCE_END.split(lines[0]) if _WORD.search(part)]
    return max(1, len(sentences))


def _readable(answer: str, target: str) -> bool:
    answer = answer[-_MAX_ANSWER_CHARS:]
    if not _NUMERIC_TARGET.fullmatch(target):
        return bool(_WORD.search(answer))
    return any(character.isdigit() for character in answer) or bool(_NUMBER_WORD.search(answer))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _is_copy(words: list[str], question: list[str]) -> bool:
    if len(words) < _SHINGLE:
        return words == question
    known = set(_shingles(question))
    shingles = _shingles(words)
    return sum(shingle in known for shingle in shingles) >= _COPIED_SHARE * len(shingles)


def _shingles(words: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(words[offset:] for offset in range(_SHINGLE)), strict=False))
