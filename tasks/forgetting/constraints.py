"""Constraints on the form of a reply that a program can check, each with its wording and its check."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tasks.forgetting import counting

Params: TypeAlias = Mapping[str, Any]
Slot: TypeAlias = Literal["length", "layout", "case", "start", "end", "letters", "word", "marks"]
"""What of a reply a constraint is about; two of one slot never meet in one prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of constraint."""

    name: str
    slot: Slot
    say: Callable[[Params], str]
    """The sentence that asks for it."""
    check: Callable[[str, Params], str]
    """What is wrong with a reply; empty where the constraint is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A kind with its parameters, such as {"n": 3}."""

    kind: str
    params: Params

    @property
    def sentence(self) -> str:
        """How the prompt asks for it."""
        return KINDS[self.kind].say(self.params)

    def fault(self, reply: str) -> str:
        """What is wrong with a reply, in words; empty where the constraint is kept. An empty reply keeps nothing."""
        reply = reply.strip()
        return KINDS[self.kind].check(reply, self.params) if reply else "the reply is empty"


def _counted(what: str, count: Callable[[str], int]) -> Callable[[str, Params], str]:
    def check(reply: str, p: Params) -> str:
        found = count(reply)
        return "" if found == p["n"] else f"{found} {what}, not {p['n']}"

    return check


def _n_words(text: str) -> int:
    return len(counting.words(text))


def _at_least(reply: str, p: Params) -> str:
    return "" if _n_words(reply) >= p["n"] else f"{_n_words(reply)} words, fewer than {p['n']}"


def _at_most(reply: str, p: Params) -> str:
    return "" if _n_words(reply) <= p["n"] else f"{_n_words(reply)} words, more than {p['n']}"


def _bullets(reply: str, p: Params) -> str:
    found = counting.bullets(reply)
    if not all(found):
        return f"{found.count(False)} lines are no bullet point"
    return "" if len(found) == p["n"] else f"{len(found)} bullet points, not {p['n']}"


def _numbered(reply: str, p: Params) -> str:
    found = counting.numbers_of_list(reply)
    return "" if found == list(range(1, p["n"] + 1)) else f"the lines are not numbered 1 to {p['n']} and nothing else"


def _acrostic(reply: str, p: Params) -> str:
    found = "".join(line.lstrip("\"'“*_-")[:1] for line in counting.lines(reply)).casefold()
    return "" if found == p["word"] else f"the lines begin with {found[:20]!r}, not {p['word']!r}"


def _json_keys(reply: str, p: Params) -> str:
    fenced = re.fullmatch(r"```(?:json)?\s*\n(.*?)\n?```", reply, flags=re.DOTALL)
    try:
        found = json.loads(fenced[1] if fenced else reply)
    except (ValueError, RecursionError):
        return "the reply is not a JSON object and nothing else"
    if not isinstance(found, dict):
        return "the JSON is no object"
    return "" if sorted(found) == sorted(p["keys"]) else f"its keys are {', '.join(sorted(map(str, found)))[:60]!r}"


def _one_of(reply: str, p: Params) -> str:
    bare = reply.strip(" \n\t.*_`\"'").casefold()
    return "" if bare in [option.casefold() for option in p["options"]] else "the reply is none of the allowed ones"


def _quoted(reply: str, p: Params) -> str:
    whole = len(reply) > 2 and reply[0] in '"“' and reply[-1] in '"”'
    return "" if whole else "the reply does not stand in double quotation marks"


def _title(reply: str, p: Params) -> str:
    first, *rest = counting.lines(reply)
    titled = re.fullmatch(r"[*#\s]*<<[^<>\n]+>>[*\s]*", first) is not None
    if not titled:
        return "the first line is no title in << and >>"
    return "" if rest else "nothing follows the title"


def _parted(reply: str, p: Params) -> str:
    parts = re.split(r"(?m)^[ \t]*\*\*\*[ \t]*$", reply)
    found = len(parts) if all(part.strip() for part in parts) else 0
    return "" if found == p["n"] else f"{found} parts between lines of ***, not {p['n']}"


def _lower(reply: str, p: Params) -> str:
    found = next((char for char in reply if char.isupper()), "")
    return f"there is a capital letter, {found!r}" if found else ""


def _upper(reply: str, p: Params) -> str:
    found = next((char for char in reply if char.islower()), "")
    if found:
        return f"there is a small letter, {found!r}"
    return "" if any(map(str.isupper, reply)) else "there is no letter"


def _starts(reply: str, p: Params) -> str:
    opening = reply.lstrip(" \n\t\"'“*_#-").casefold()
    given = p["text"].casefold()
    whole = opening.startswith(given) and not opening[len(given) : len(given) + 1].isalnum()
    return "" if whole else f"it does not begin with {p['text']!r}"


def _ends(reply: str, p: Params) -> str:
    closing = reply.rstrip(" \n\t\"'”*_.!?`").casefold()
    given = p["text"].casefold()
    whole = closing.endswith(given) and not closing[: -len(given)][-1:].isalnum()
    return "" if whole else f"it does not end with {p['text']!r}"


def _times(reply: str, p: Params) -> str:
    found = counting.occurrences(reply, p["word"])
    return "" if found == p["n"] else f"{p['word']!r} stands there {found} times, not {p['n']}"


def _without_word(reply: str, p: Params) -> str:
    return f"the word {p['word']!r} is used" if counting.occurrences(reply, p["word"]) else ""


def _without_letter(reply: str, p: Params) -> str:
    return f"the letter {p['letter']!r} is used" if p["letter"] in reply.casefold() else ""


def _short_words(reply: str, p: Params) -> str:
    found = next((word for word in counting.words(reply) if len(word) > p["n"]), "")
    return f"{found[:40]!r} has {len(found)} letters, more than {p['n']}" if found else ""


def _without_commas(reply: str, p: Params) -> str:
    return "there is a comma" if "," in reply else ""


def _without_digits(reply: str, p: Params) -> str:
    return "there is a digit" if any(map(str.isdigit, reply)) else ""


def _exclaimed(reply: str, p: Params) -> str:
    found = reply.count("!")
    return "" if found == p["n"] else f"{found} exclamation marks, not {p['n']}"


def _say(template: str) -> Callable[[Params], str]:
    def say(p: Params) -> str:
        listed = {key: ", ".join(map(str, value)) for key, value in p.items() if isinstance(value, (list, tuple))}
        return template.format(**{**p, **listed})

    return say


def _kinds() -> dict[str, Kind]:
    table: list[tuple[str, Slot, str, Callable[[str, Params], str]]] = [
        ("words_exact", "length", "Use exactly {n} words.", _counted("words", _n_words)),
        ("words_at_least", "length", "Use at least {n} words.", _at_least),
        ("words_at_most", "length", "Use at most {n} words.", _at_most),
        ("sentences", "layout", "Write exactly {n} sentences.", _counted("sentences", counting.sentences)),
        ("paragraphs", "layout", "Write exactly {n} paragraphs, with a blank line between them.",
         _counted("paragraphs", counting.paragraphs)),
        ("bullets", "layout", 'Reply with exactly {n} bullet points that begin with "- ", and nothing else.', _bullets),
        ("numbered", "layout", "Reply with a list numbered 1 to {n}, one item a line, and nothing else.", _numbered),
        ("acrostic", "layout", "Write one line for each letter of the word {word}: the first letters of the lines, "
         "read downwards, must spell it.", _acrostic),
        ("json_keys", "layout", "Reply with one JSON object with the keys {keys}, and nothing else.", _json_keys),
        ("one_of", "layout", "Reply with one of these and nothing else: {options}.", _one_of),
        ("title", "layout", "Begin with a title in << and >> on a line of its own, then write your text.", _title),
        ("parted", "layout", "Write {n} parts, with a line of three asterisks (***) between each two.", _parted),
        ("lower_case", "case", "Use small letters only: no capital letters at all.", _lower),
        ("upper_case", "case", "Use CAPITAL LETTERS only.", _upper),
        ("starts_with", "start", 'Begin your reply with "{text}".', _starts),
        ("ends_with", "end", 'End your reply with "{text}", and write nothing after it.', _ends),
        ("word_times", "word", 'Use the word "{word}" exactly {n} times.', _times),
        ("avoid_word", "word", 'Do not use the word "{word}".', _without_word),
        ("avoid_letter", "letters", 'Do not use the letter "{letter}" anywhere.', _without_letter),
        ("short_words", "letters", "Use no word of more than {n} letters.", _short_words),
        ("no_commas", "marks", "Do not use any commas.", _without_commas),
        ("no_digits", "marks", "Do not use any digits.", _without_digits),
        ("exclaimed", "marks", "Use exactly {n} exclamation marks.", _exclaimed),
        ("quoted", "marks", "Put your whole reply in double quotation marks.", _quoted),
    ]  # fmt: skip
    return {name: Kind(name=name, slot=slot, say=_say(wording), check=check) for name, slot, wording, check in table}


KINDS: Mapping[str, Kind] = _kinds()
