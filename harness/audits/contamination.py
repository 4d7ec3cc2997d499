"""Which evaluation docs stand in the training data: the same question, or a run of 13 words in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

from harness.core.codec import decode, encode
from harness.core.errors import UserError
from harness.core.records import Doc, Estimate, MetricInfo, Record
from harness.core.task import as_text
from harness.core.words import counted
from harness.store.beside import CONTAMINATION, read_beside, write_beside

NGRAM = 13
"""Brown et al. (2020), appendix C: the length that GPT-3's overlap analysis uses at most."""

MIN_EXACT_WORDS = 3
"""A shorter question ('2 + 2?') is no evidence of a copy inside a longer text."""

MAX_PLACES = 5

Kind: TypeAlias = Literal["exact", "contained", "ngram", "numbers"]
KINDS: tuple[Kind, ...] = ("exact", "contained", "ngram", "numbers")
MEANINGS: Mapping[Kind, str] = {
    "exact": "a training text is this question",
    "contained": "a training text holds this question",
    "ngram": "a training text shares a run of words with it",
    "numbers": "a training text is this question with other numbers",
}

_WORD = re.compile(r"[^\W_]+(?:[.,][0-9]+)*")
_NUMBER = re.compile(r"\d[\d.,]*")
Words: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A training text that overlaps with a doc."""

    row: int
    """0-based row of the training data."""
    column: str
    """'question', 'messages[0].content', ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """One evaluation doc that the training data holds, wholly or in part."""

    doc_id: str
    kind: Kind
    """The strongest that was found, in the order of KINDS."""
    share: float
    """Of the question's n-grams that were met in training texts, 0 to 1."""
    places: tuple[Place, ...]
    """The first MAX_PLACES of the strongest kind."""
    example: str
    """The shared words, normalised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contamination:
    """What a comparison of training data with evaluation docs found."""

    n_docs: int
    n_rows: int
    ngram: int
    overlaps: tuple[Overlap, ...]
    """In order of the docs."""

    def doc_ids(self, *, with_numbers: bool = False) -> frozenset[str]:
        """The docs that overlap; those with other numbers only are new questions, and left out unless asked for."""
        return frozenset(one.doc_id for one in self.overlaps if with_numbers or one.kind != "numbers")

    def count(self, kind: Kind) -> int:
        """Docs whose strongest overlap is of that kind."""
        return sum(one.kind == kind for one in self.overlaps)


Overlaps: TypeAlias = Mapping[str, Contamination]
"""What was found, by task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOverlap:
    """What lies beside a run: which docs of its task stand in some training data."""

    train: str
    """The training data, as the command named it."""
    sets: dict[str, Contamination]

    @property
    def name(self) -> str:
        """The training data's name, without its folder."""
        return Path(self.train).name

    @property
    def sentence(self) -> str:
        """For a table of facts."""
        n_docs = sum(found.n_docs for found in self.sets.values())
        return f"{len(self.doc_ids()):,} of {counted(n_docs, 'doc')} overlap with {self.name}"

    def doc_ids(self) -> frozenset[str]:
        """The docs that overlap in any set; those with other numbers only are new questions."""
        return frozenset(doc_id for found in self.sets.values() for doc_id in found.doc_ids())


@dataclass(frozen=True, slots=True, kw_only=True)
class WithAndWithout:
    """One metric over all docs, without those that overlap, and over those alone."""

    every_doc: Estimate
    without_overlap: Estimate
    overlap_only: Estimate


def find_overlaps(rows: Iterable[Mapping[str, Any]], docs: Sequence[Doc], *, ngram: int = NGRAM) -> Contamination:
    """Compare every text of the training rows with every question.

    Words are compared in lower case without punctuation. A question shorter than `ngram` words is only found whole.
    Rows are read once, in order; memory grows with the docs, not with the rows. Raises UserError for ngram < 3.
    """
    if ngram < MIN_EXACT_WORDS:
        raise UserError(f"n-grams of {ngram} words say nothing", tip=f"the usual length is {NGRAM}.")
    index = _index(docs, ngram)
    n_rows = 0
    for row_number, row in enumerate(rows):
        n_rows += 1
        for column, text in texts_of(row):
            _match(index, words_of(text), Place(row=row_number, column=column), ngram)
    overlaps = [_overlap(candidate) for candidate in index.candidates if candidate.places]
    return Contamination(n_docs=len(docs), n_rows=n_rows, ngram=ngram, overlaps=tuple(overlaps))


def with_and_without(
    records: Sequence[Record], metric: MetricInfo, doc_ids: frozenset[str], *, level: float = 0.95
) -> WithAndWithout:
    """A metric's estimate over all `records`, over those of docs that do not overlap, and over those that do.

    `doc_ids` are the docs that overlap, `level` is that of the intervals.
    """
    from harness.stats.estimate import estimate_metrics

    clean = [record for record in records if record.doc.id not in doc_ids]
    seen = [record for record in records if record.doc.id in doc_ids]
    every, without, only = (
        estimate_metrics(part, [metric], level=level)[metric.name] for part in (records, clean, seen)
    )
    return WithAndWithout(every_doc=every, without_overlap=without, overlap_only=only)


def read_overlap(folder: Path) -> TrainOverlap | None:
    """What lies in a run's folder; None without a usable file."""
    try:
        return decode(TrainOverlap, read_beside(folder, CONTAMINATION))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # it is an extra: a report must not fail on it


def write_overlap(folder: Path, train: str, found: Overlaps, scores: Mapping[str, Any] | None) -> None:
    """Write contamination.json into the `folder` of a run, with the run's `scores`, or of a training run.

    `train` names the training data, `found` is what was found in it of each set of questions.
    """
    write_beside(folder, CONTAMINATION, encode({"train": train, "sets": dict(found), "run": scores}))


def words_of(text: str) -> Words:
    """Lower-case words and numbers without punctuation.

    >>> words_of("It costs $1,200.50 -- RIGHT?")
    ('it', 'costs', '1200.50', 'right')
    """
    return tuple(word.replace(",", "") for word in _WORD.findall(text.lower()))


def texts_of(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text of a row with the place it stands at, nested lists and mappings included."""
    for column, value in row.items():
        yield from _texts(column, value)


def _texts(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(f"{place}.{key}", inner)
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for position, inner in enumerate(value):
            yield from _texts(f"{place}[{position}]", inner)


@dataclass(slots=True, kw_only=True)
class _Candidate:
    """A doc with what was found of it so far."""

    doc_id: str
    words: Words
    n_grams: int
    kind: Kind = "numbers"
    places: list[Place] = field(default_factory=list)
    met: set[Words] = field(default_factory=set)
    example: str = ""

    def note(self, kind: Kind, place: Place, example: Words) -> None:
        stronger = not self.places or KINDS.index(kind) < KINDS.index(self.kind)
        if stronger:
            self.kind, self.places, self.example = kind, [], " ".join(example)
        if kind == self.kind and place not in self.places and len(self.places) < MAX_PLACES:
            self.places.append(place)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    candidates: list[_Candidate]
    by_gram: dict[Words, list[_Candidate]]
    by_words: dict[Words, list[_Candidate]]
    by_shape: dict[Words, list[_Candidate]]
    by_start: dict[Words, list[_Candidate]]
    """Docs shorter than an n-gram, by their first words."""


def _index(docs: Sequence[Doc], ngram: int) -> _Index:
    index = _Index(candidates=[], by_gram={}, by_words={}, by_shape={}, by_start={})
    for doc in docs:
        words = words_of(as_text(doc.question))
        grams = set(_grams(words, ngram))
        candidate = _Candidate(doc_id=doc.id, words=words, n_grams=len(grams))
        index.candidates.append(candidate)
        if not words:
            continue
        index.by_words.setdefault(words, []).append(candidate)
        index.by_shape.setdefault(_shape(words), []).append(candidate)
        for gram in grams:
            index.by_gram.setdefault(gram, []).append(candidate)
        if MIN_EXACT_WORDS <= len(words) < ngram:
            index.by_start.setdefault(words[:MIN_EXACT_WORDS], []).append(candidate)
    return index


def _match(index: _Index, words: Words, place: Place, ngram: int) -> None:
    for candidate in index.by_words.get(words, ()):
        candidate.note("exact", place, words)
        candidate.met.update(_grams(words, ngram))
    for candidate in index.by_shape.get(_shape(words), ()) if len(words) >= MIN_EXACT_WORDS else ():
        if candidate.words != words:
            candidate.note("numbers", place, _shape(words))
    for start, gram in enumerate(_grams(words, ngram)):
        for candidate in index.by_gram.get(gram, ()):
            candidate.met.add(gram)
            candidate.note(_kind_at(candidate.words, words, start), place, gram)
    if index.by_start:
        _match_short(index, words, place)


def _match_short(index: _Index, words: Words, place: Place) -> None:
    for start, gram in enumerate(_grams(words, MIN_EXACT_WORDS)):
        for candidate in index.by_start.get(gram, ()):
            size = len(candidate.words)
            if size < len(words) and words[start : start + size] == candidate.words:
                candidate.note("contained", place, candidate.words)


def _kind_at(question: Words, words: Words, start: int) -> Kind:
    # The first n-gram of a question decides whether the whole of it follows; its others add nothing.
    return "contained" if words[start : start + len(question)] == question and words != question else "ngram"


def _grams(words: Words, size: int) -> Iterator[Words]:
    return zip(*(islice(words, offset, None) for offset in range(size)), strict=False)


def _shape(words: Words) -> Words:
    return tuple("#" if _NUMBER.fullmatch(word) else word for word in words)


def _overlap(candidate: _Candidate) -> Overlap:
    whole = candidate.kind in ("exact", "contained")
    share = 1.0 if whole or not candidate.n_grams else len(candidate.met) / candidate.n_grams
    return Overlap(
        doc_id=candidate.doc_id,
        kind=candidate.kind,
        share=0.0 if candidate.kind == "numbers" else share,
        places=tuple(candidate.places),
        example=candidate.example,
    )
