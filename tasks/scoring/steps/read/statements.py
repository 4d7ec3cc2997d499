"""A step's text to statements: every relation with the expressions on its sides, annotations apart."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from tasks.scoring.steps.read.grammar import FIRST_WORDS, parse_prefix, unit_after
from tasks.scoring.steps.read.limits import MAX_STATEMENTS, MAX_STEP_CHARS, MAX_VERBAL
from tasks.scoring.steps.read.tokens import Token, tokenise
from tasks.scoring.steps.read.tree import Bin, Node, Num, Sym, is_literal, walk
from tasks.scoring.steps.read.words import SOFT_RELATIONS, word_set

Origin: TypeAlias = Literal["annotation", "relation", "verbal"]
Relation: TypeAlias = Literal["=", "<", ">", "<=", ">=", "!=", "~="]


@dataclass(frozen=True, slots=True)
class Side:
    """What stands on one side of a relation."""

    node: Node | None
    """None where the side is words, or nothing that the grammar knows."""
    start: int
    """First character in the step's text."""
    end: int
    first: int
    """First token of the expression, as an index into the statement's tokens."""
    last: int
    """Index after its last token."""
    unit: str = ""
    """Unit words after it, lower case."""
    name: str = ""
    """The words of a side without an expression: 'total cost'."""
    cut: bool = False
    """The expression is only the part of the side next to the relation."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Two or more sides with the relations between them: `a = b`, `a = b = c`, `a < b`."""

    origin: Origin
    sides: tuple[Side, ...]
    relations: tuple[Relation, ...]
    """One fewer than sides."""
    start: int
    end: int
    tokens: Sequence[Token] = field(repr=False, compare=False)
    """The tokens that `first` and `last` of the sides count in."""


_HAS_RELATION = re.compile(r"[=<>≤≥≠≈＝]|\\(?:le|ge|lt|gt|ne|approx|leq|geq|neq)\b|~=")
_SOFT_WORD = re.compile(r"\b(?:is|are|equals?|gives|makes|get|in|totals|to|be|equaling)\b")
_METRIC = re.compile(r"\d\s?(?:(?P<m>[kcm]m)|(?P<g>[km]g)|(?P<l>m[lL]|L of))\b")
_CALCULATION = re.compile(
    r"\d\s*(?:[-+*/^×÷−%]|\\times|\\div|\\cdot|x\s|times|plus|minus|divided|multiplied)|\b(?:half|third|twice|double)\b"
)
_VALUE_IN_WORDS = re.compile(r"\b[b-zB-HJ-Z]\\?[)$]? (?:is|equals) (?:equal to )?[-\\($\d]")
_FILLERS = word_set("approximately about roughly around only exactly nearly just almost")
_SOFT_FIRST = {phrase[0] for phrase in SOFT_RELATIONS}


def parse_statements(text: str) -> tuple[Statement, ...]:
    """Every statement of one step, in reading order. Linear in the text for ordinary input, never raises.

    >>> [(s.origin, s.start, s.end) for s in parse_statements("He had 8*12 = <<8*12=96>>96 glasses.")]
    [('relation', 7, 35), ('annotation', 16, 23)]
    """
    text = text[:MAX_STEP_CHARS]
    if not _may_state(text):
        return ()
    found: list[Statement] = []
    tokens, annotations = _take_annotations(tokenise(text))
    if letters := {match.lastgroup for match in _METRIC.finditer(text)}:
        _letters_as_units(tokens, letters)
    for clause in _clauses(tokens):
        found.extend(_statements_of(tokens, *clause))
        if len(found) >= MAX_STATEMENTS:
            break
    for inner in annotations:
        found.extend(_annotation(inner))
    return tuple(sorted(found, key=lambda s: s.start)) if annotations else tuple(found)


def _may_state(text: str) -> bool:
    """Whether a text can hold a statement at all: a relation sign, a calculation in words, or `x is 5`."""
    if _HAS_RELATION.search(text) is not None:
        return True
    return _SOFT_WORD.search(text) is not None and (
        _CALCULATION.search(text) is not None or _VALUE_IN_WORDS.search(text) is not None
    )


def _letters_as_units(tokens: list[Token], letters: Collection[str | None]) -> None:
    """In `5 km = 5000 m` and `2 kg = 2000 g` the letter after a number is a unit, no variable."""
    for i in range(1, len(tokens)):
        if tokens[i].text.lower() in letters and tokens[i - 1].kind == "num" and tokens[i].kind == "word":
            tokens[i] = tokens[i]._replace(prose=True)


def _take_annotations(tokens: list[Token]) -> tuple[list[Token], list[list[Token]]]:
    """Split `<<...>>` off: the sentence reads on without them."""
    if not any(token.kind == "annotation" for token in tokens):
        return tokens, []
    outside: list[Token] = []
    inside: list[list[Token]] = []
    is_open = False
    for token in tokens:
        if token.kind == "annotation":
            is_open = token.text == "<<"
            if is_open:
                inside.append([])
        else:
            (inside[-1] if is_open else outside).append(token)
    return outside, inside


def _annotation(tokens: list[Token]) -> list[Statement]:
    found = _statements_of(tokens, 0, len(tokens))
    return [Statement("annotation", s.sides, s.relations, s.start, s.end, tokens) for s in found]


# --- clauses ----------------------------------------------------------------------------------------


def _clauses(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """Token ranges between stops. Line ends inside a formula and bullets are taken out of `tokens` first."""
    _join_lines(tokens)
    breaks = _breaking_brackets(tokens)
    start = 0
    for i, token in enumerate(tokens):
        if token.kind == "stop" or i in breaks:
            if i > start:
                yield start, i
            start = i + 1
    if start < len(tokens):
        yield start, len(tokens)


def _join_lines(tokens: list[Token]) -> None:
    """Drop bullets, and line ends before or after a sign: `= 5 *\\n 3`."""
    kept: list[Token] = []
    at_line_start = True
    for i, token in enumerate(tokens):
        if token.text == "\n":
            following = next((t for t in tokens[i + 1 : i + 4] if t.text != "\n"), None)
            goes_on = following is not None and (
                following.kind == "rel" or (following.kind == "op" and following.text in "+/")
            )
            if goes_on or (kept and kept[-1].kind in ("rel", "op") and kept[-1].text != "!"):
                continue
            at_line_start = True
        elif token.kind == "stop":
            at_line_start = True
        elif (
            token.text == "-"
            and token.gap
            and i + 1 < len(tokens)
            and tokens[i + 1].gap
            and at_line_start is False
            and tokens[i + 1].start - token.end > 1
        ):
            kept.append(Token("stop", ";", token.start, token.end))
            continue
        elif at_line_start and token.kind == "op" and token.text in "-*+" and _is_bullet(tokens, i):
            continue
        else:
            at_line_start = False
        kept.append(token)
    tokens[:] = kept


def _is_bullet(tokens: list[Token], i: int) -> bool:
    return (i + 1 < len(tokens) and tokens[i].text != "-") or (
        i + 1 < len(tokens) and tokens[i + 1].start > tokens[i].end
    )


def _breaking_brackets(tokens: list[Token]) -> set[int]:
    """What ends a clause: brackets that hold a relation or lack a partner, and commas outside brackets."""
    breaks: set[int] = set()
    stack: list[tuple[int, bool, list[int]]] = []
    top_commas: list[int] = []
    for i, token in enumerate(tokens):
        kind = token.kind
        if kind == "open":
            stack.append((i, False, []))
        elif kind == "close":
            if not stack:
                breaks.add(i)
                continue
            opened, holds_relation, commas = stack.pop()
            if holds_relation:
                breaks.update((opened, i, *commas))
        elif kind == "rel" and stack:
            stack = [(o, True, c) for o, _, c in stack] if len(stack) < 50 else stack
        elif kind == "stop":
            breaks.update(o for o, _, _ in stack)
            for _, _, commas in stack:
                breaks.update(commas)
            stack.clear()
        elif kind == "comma":
            (stack[-1][2] if stack else top_commas).append(i)
    for o, _, commas in stack:
        breaks.update((o, *commas))
    breaks.update(top_commas)
    return breaks


# --- chains -----------------------------------------------------------------------------------------


def _statements_of(tokens: list[Token], start: int, end: int) -> list[Statement]:
    marks = [i for i in range(start, end) if tokens[i].kind == "rel"]
    if not marks:
        return _verbal(tokens, start, end)
    found: list[Statement] = []
    sides = [_left_side(tokens, start, marks[0])]
    relations: list[Relation] = []
    for number, mark in enumerate(marks):
        last = number + 1 == len(marks)
        region_end = end if last else marks[number + 1]
        relations.append(tokens[mark].text)  # type: ignore[arg-type]
        whole = None if last else _whole_side(tokens, mark + 1, region_end)
        if whole is not None:
            sides.append(whole)
            continue
        sides.append(_right_side(tokens, mark + 1, region_end))
        found.append(_statement("relation", sides, relations, tokens))
        if not last:
            sides, relations = [replace(_left_side(tokens, max(sides[-1].last, mark + 1), region_end), cut=True)], []
    return found


def _statement(origin: Origin, sides: list[Side], relations: list[Relation], tokens: list[Token]) -> Statement:
    return Statement(origin, tuple(sides), tuple(relations), sides[0].start, sides[-1].end, tokens)


def _whole_side(tokens: list[Token], start: int, end: int) -> Side | None:
    start = _skip_filler(tokens, start, end)
    found = parse_prefix(tokens, start, end)
    if found is None or found[1] != end:
        return None
    return Side(found[0], tokens[start].start, tokens[end - 1].end, start, end, _own_unit(found[0]))


def _left_side(tokens: list[Token], start: int, end: int) -> Side:
    """The longest expression that ends at `end`, or the words there."""
    i = max(start, end - 200)
    tries = 0
    while i < end and tries < 40:
        token = tokens[i]
        if _may_begin(tokens, i, start):
            found = parse_prefix(tokens, i, end)
            if found is not None and found[1] == end:
                return Side(found[0], token.start, tokens[end - 1].end, i, end, _own_unit(found[0]), cut=i > start)
            tries += token.kind != "word"
            i = max(i + 1, found[1] if found is not None else 0)
        else:
            i += 1
    return _words(tokens, start, end)


def _may_begin(tokens: list[Token], i: int, start: int) -> bool:
    """An expression may begin at token i: most words are passed over without asking the grammar."""
    token = tokens[i]
    if token.kind == "word":
        return len(token.text) <= 3 or token.text.lower() in FIRST_WORDS
    if token.kind == "op":
        return i == start or token.gap or tokens[i - 1].kind == "open"
    return token.kind in ("num", "open", "command")


def _words(tokens: list[Token], start: int, end: int) -> Side:
    first = end
    while first > start and end - first < 8 and tokens[first - 1].kind == "word":
        first -= 1
    name = " ".join(token.text.lower() for token in tokens[first:end])
    begin = tokens[first].start if first < end else (tokens[end - 1].end if end > 0 else 0)
    finish = tokens[end - 1].end if end > first else begin
    return Side(None, begin, finish, first, end, name=name, cut=first > start)


def _right_side(tokens: list[Token], start: int, end: int) -> Side:
    """The longest expression that begins at `start`, with the unit words behind it."""
    start = _skip_filler(tokens, start, end)
    found = parse_prefix(tokens, start, end) if start < end else None
    if found is None:
        at = tokens[start].start if start < len(tokens) else (tokens[-1].end if tokens else 0)
        return Side(None, at, at, start, start, cut=True)
    node, last = found
    unit = _own_unit(node)
    if last < end and not unit:
        unit = unit_after(tokens, last, end)
    return Side(node, tokens[start].start, tokens[last - 1].end, start, last, unit, cut=last < end)


def _skip_filler(tokens: list[Token], start: int, end: int) -> int:
    while start + 1 < end and tokens[start].kind == "word" and tokens[start].text.lower() in _FILLERS:
        start += 1
    return start


def _own_unit(node: Node) -> str:
    """Unit words inside the expression: those of its last literal with any."""
    if type(node) is Num:
        return node.unit
    units = [part.unit for part in walk(node) if type(part) is Num and part.unit]
    return units[-1] if units else getattr(node, "unit", "")


# --- statements in words ----------------------------------------------------------------------------


def _verbal(tokens: list[Token], start: int, end: int) -> list[Statement]:
    """`20% of 50 is 10`: a calculation, a phrase that says 'equals', a number."""
    phrases = [
        i for i in range(start + 1, end - 1) if tokens[i].kind == "word" and tokens[i].text in _SOFT_FIRST
    ]  # each asks the grammar about the tokens before it
    found: list[Statement] = []
    for i in phrases[:MAX_VERBAL]:
        after = _soft_end(tokens, i, end)
        if after and (statement := _verbal_at(tokens, start, i, after, end)) is not None:
            found.append(statement)
    return found


def _soft_end(tokens: list[Token], i: int, end: int) -> int:
    for length in (3, 2, 1):
        if i + length < end and tuple(token.text for token in tokens[i : i + length]) in SOFT_RELATIONS:
            return i + length
    return 0


def _verbal_at(tokens: list[Token], start: int, mark: int, after: int, end: int) -> Statement | None:
    if tokens[_skip_filler(tokens, after, end)].kind not in ("num", "op", "command"):
        return None
    left = _left_side(tokens, start, mark)
    if left.node is None or is_literal(left.node):
        return None
    is_variable = type(left.node) is Sym
    if not is_variable and not any(type(part) is Bin for part in walk(left.node)):
        return None
    right = _right_side(tokens, after, end)
    if right.node is None or not is_literal(right.node) or (is_variable and not _is_value(tokens, left, right, end)):
        return None
    return _statement("verbal", [left, right], ["="], tokens)


def _is_value(tokens: list[Token], left: Side, right: Side, end: int) -> bool:
    """`the value of x is 5 apples.`: a variable by itself, and no more than a unit after the number."""
    before = tokens[left.first - 1] if left.first else None
    if before is not None and before.kind not in ("stop", "comma", "word"):
        return False
    after = right.last + len(right.unit.split())
    return after >= end or tokens[after].kind in ("stop", "comma", "close")
