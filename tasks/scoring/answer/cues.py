"""What follows "The answer is", "Final answer:", "答案是": the words with which a reply announces its answer."""

from __future__ import annotations

import re

from tasks.scoring.answer.regions import MAX_FOUND, Choice, Region, Span

_ANSWER = re.compile("nswer|NSWER")
_CUE = re.compile(
    r"nswer(?:(?:\*\*|__|\")?[ ]{0,2}[:：](?:\*\*|__)?"
    r"|\b[^\n.:=]{0,80}?(?:\bis\b|\bequals\b|(?P<maybe>\bwould be\b)|=)[ ]{0,2}[:：]?)",
    re.IGNORECASE,
)
_BEING_CHECKED = re.compile(
    r"\b(?:(?:check|verif|confirm|validat|test|compar)\w{0,4}|\w{2,6}n['’]t (?:think|believe)|doubt|not sure)"
    r"\s+(?:\w{1,8}\s+){0,3}(?:final\s+)?a\Z",
    re.IGNORECASE,
)
"""In "Let's check our answer: 56 + 124 = 180" and "I don't think the answer is 61" no answer is announced."""
_CORRECTION = re.compile(
    r"\b(?:I meant?(?: to (?:say|write))?|correction|scratch that|make that)\b[,:;. ]{0,3}"
    r"|\bno\b[,:;.! -]{1,4}(?=\$?\d)"
    r"|\b(?:wait|sorry|oops|actually|no)\b[,:;.! -]{1,4}(?:it|that|this|the answer)(?:'s| is| should be)\b",
    re.IGNORECASE,
)
_CORRECTED_WITHIN = 120
_OTHER_LANGUAGES = {
    "Antwort": "lautet|ist|beträgt",
    "ntwort:": "",
    "éponse": "est",
    "eponse": "est",
    "espuesta": "es",
    "esposta": "é|è|final é",
    "isposta": "è",
    "твет": "",
    "答案": "是|为|為",
    "答え": "は",
    "정답": "은|는",
    "dpowied": "to|jest",
    "Svar": "er|är",
    "Cevap": "",
    "awaban": "adalah",
    "áp án": "là",
    "उत्तर": "है",
    "الإجابة": "هي",
    "الجواب": "هو",
}
"""How an answer is announced in other languages, with the verbs that may stand for the colon."""


def _cue_elsewhere(word: str, verbs: str) -> re.Pattern[str]:
    edge = r"\b" if verbs[:1].isascii() else ""
    announced = rf"|{edge}(?:{verbs}){edge}" if verbs else ""
    return re.compile(rf"{word}\w{{0,4}}?(?:\*\*)?[^\n.:：=\d]{{0,30}}?(?:[ ]?[:：](?:\*\*)?{announced})[ ]?")


_CUES_ELSEWHERE = {word: _cue_elsewhere(word, verbs) for word, verbs in _OTHER_LANGUAGES.items()}
_ASCII_WORDS = tuple(word for word in _OTHER_LANGUAGES if word.isascii())
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\\!)(?<!Rs\.)(?<!No\.)(?<!vs\.)(?:\*\*)?[ ]|(?<=[。！？])")


def answer_is(reply: str, choice: Choice) -> list[Region]:
    """What follows "The answer is", "Final answer:", "answer =": the sentence, or the next line where it is empty.

    A correction right after it ("36... wait, I mean 41") is an answer too; a check ("check our answer:") is none.
    """
    cues = [*_english(reply, choice), *_elsewhere(reply, choice)]
    cues += [corrected for _, end in cues if (corrected := _correction(reply, end)) is not None]
    found = []
    for is_final, end in sorted(cues, key=lambda cue: cue[1], reverse=choice == "last"):
        start, stop = _after_cue(reply, end)
        found.append(Region(rule="answer-is", start=start, end=stop, is_final=is_final))
    return found[:MAX_FOUND]


def _english(reply: str, choice: Choice) -> list[tuple[bool, int]]:
    if "nswer" not in reply and "NSWER" not in reply:
        return []  # a plain search first: over a thousand long replies it is the difference
    starts = [match.start() for match in _ANSWER.finditer(reply)]
    starts = starts[:MAX_FOUND] if choice == "first" else starts[-MAX_FOUND:]
    found = []
    for start in starts:
        cue = _CUE.match(reply, start)
        if cue is not None and not _BEING_CHECKED.search(reply, max(0, start - 48), start):
            found.append((cue["maybe"] is None, cue.end()))
    return found


def _elsewhere(reply: str, choice: Choice) -> list[tuple[bool, int]]:
    words = [word for word in (_ASCII_WORDS if reply.isascii() else _OTHER_LANGUAGES) if word in reply]
    if not words:
        return []
    ends = sorted(match.end() for word in words for match in _CUES_ELSEWHERE[word].finditer(reply))
    return [(True, end) for end in (ends[:MAX_FOUND] if choice == "first" else ends[-MAX_FOUND:])]


def _correction(reply: str, start: int) -> tuple[bool, int] | None:
    match = _CORRECTION.search(reply, start, start + _CORRECTED_WITHIN)
    return None if match is None else (True, match.end())


def _after_cue(reply: str, start: int) -> Span:
    end = _line_end(reply, start)
    if not reply[start:end].strip(" *_:$"):
        while end < len(reply) and not reply[start:end].strip(" *_:$\n"):
            end = _line_end(reply, end + 1)
    sentence = _SENTENCE_END.search(reply, start, min(end, start + 1_000))
    return (start, sentence.start() if sentence else min(end, start + 1_000))


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
