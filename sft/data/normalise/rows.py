"""Raw rows in any known form to samples in one; every row that no sample is made of is kept with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.data.questions import strip_calculations
from sft.data.normalise.answer import clean_answer
from sft.data.normalise.duplicates import find_duplicates
from sft.data.normalise.forms import Parts, read_form
from sft.data.normalise.language import UNKNOWN, guess_language, main_script
from sft.data.normalise.reply import MAX_ANSWER_CHARS, Unusable
from sft.data.normalise.steps import split_steps
from sft.data.normalise.text import LOST, repair
from sft.data.samples import Reject, Sample
from sft.data.sources import load_raw, source_name

__all__ = ["Normalised", "Summary", "load_raw", "normalise", "source_name"]

REASONS = {
    "not_an_object": "the row is no object",
    "unknown_form": "no columns or labels that hold a question with its answer",
    "bad_chat": "a turn is no object",
    "unsupported_role": "a turn of a tool or of an unknown role",
    "no_text": "a cell is no text: bytes, a date",
    "weight_zero": "the reply is marked as not to be trained on (weight 0)",
    "turns_out_of_order": "the question stands behind its reply",
    "multi_turn": "more than one question",
    "unclosed_section": "a section opens and never closes: the reply was cut",
    "empty_question": "no question",
    "empty_reply": "no reply",
    "missing_answer": "the reply does not say its answer, and no column does",
    "long_answer": "the answer section holds no answer but a text",
    "answers_disagree": "the reply's answer is not the answer column's",
    "lost_characters": "characters were lost before the data came here",
    "language": "another language than asked for",
    "duplicate": "word for word an earlier sample",
    "near_duplicate": "nearly an earlier sample, with the same numbers and answer",
    "conflicting_answer": "the same question with another answer",
}
"""Why a row can be turned away here, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What became of the rows."""

    n_rows: int
    n_samples: int
    rejected: Mapping[str, int]
    """Rows by reason, most first."""
    repairs: Mapping[str, int]
    """Samples that needed a repair, by its kind."""
    forms: Mapping[str, int]
    """Samples by the form they came in."""
    languages: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """Samples, what was turned away, and the counts of both."""

    samples: tuple[Sample, ...]
    rejects: tuple[Reject, ...]
    summary: Summary


def normalise(rows: Iterable[Any], source: str, *, language: str = "", near: float = 0.9) -> Normalised:
    """Bring rows of a `source` to samples. `language` (ISO 639-1) turns others away; `near` is the share of word
    pairs that near duplicates have in common.

    >>> rows = [{"question": "Cost of 2 at â‚¹120?", "answer": "2 * 120 = <<2*120=240>>240\\n#### 240"}]
    >>> sample = normalise(rows, "example").samples[0]
    >>> sample.question, sample.steps, sample.answer
    ('Cost of 2 at ₹120?', ('2 * 120 = 240',), '240')
    """
    candidates: list[tuple[Sample, Any]] = []
    rejects: list[Reject] = []
    n_rows = 0
    for row, raw in enumerate(rows):
        n_rows += 1
        try:
            candidates.append((_sample(raw, row, source, language), raw))
        except Unusable as problem:
            rejects.append(Reject(row=row, reason=problem.reason, detail=problem.detail, raw=raw))
    samples = _unique_ids([sample for sample, _ in candidates])
    duplicates = find_duplicates(samples, near)
    for found in duplicates:
        sample, raw = candidates[found.at]
        rejects.append(Reject(row=sample.row, reason=found.reason, detail=found.detail, raw=raw))
    gone = {found.at for found in duplicates}
    kept = tuple(sample for i, sample in enumerate(samples) if i not in gone)
    rejects.sort(key=lambda reject: reject.row)
    return Normalised(samples=kept, rejects=tuple(rejects), summary=_summary(n_rows, kept, rejects))


def _sample(raw: Any, row: int, source: str, language: str) -> Sample:
    parts = read_form(raw)
    if max(len(parts.answer), len(parts.second_answer)) > MAX_ANSWER_CHARS:
        raise Unusable("long_answer", f"{len(parts.answer)} characters: {parts.answer[:80]!r}")
    question = repair(parts.question)
    steps, mended = _steps(parts)
    answer = clean_answer(parts.answer)
    _check(parts, question.text, steps, answer)
    found = guess_language(f"{question.text} {' '.join(steps)}")
    if language and found not in (language, UNKNOWN):
        raise Unusable("language", f"{found}, not {language}")
    repairs = question.repairs | mended | repair(parts.answer).repairs
    metadata: dict[str, Any] = {"row": row, "form": parts.form, "language": found, "script": main_script(question.text)}
    if repairs:
        metadata["repairs"] = sorted(repairs)
    if parts.system:
        metadata["system"] = repair(parts.system).text
    metadata |= {name: str(raw[name]) for name in ("cluster", "template") if raw.get(name)}
    name = str(raw.get("id") or f"{source}-{row}")
    return Sample(id=name, question=question.text, steps=steps, answer=answer, source=source, metadata=metadata)


def _steps(parts: Parts) -> tuple[tuple[str, ...], frozenset[str]]:
    """The steps repaired, and which repairs that took; steps that the row has apart stay apart."""
    texts = (parts.reasoning,) if isinstance(parts.reasoning, str) else parts.reasoning
    repaired = [repair(strip_calculations(text)) for text in texts]
    mended: frozenset[str] = frozenset().union(*(one.repairs for one in repaired))
    if isinstance(parts.reasoning, str):
        return split_steps(repaired[0].text), mended
    return tuple(" ".join(one.text.split("\n")) for one in repaired if one.text), mended


def _check(parts: Parts, question: str, steps: tuple[str, ...], answer: str) -> None:
    if not question:
        raise Unusable("empty_question", "the question has no text")
    if not answer:
        named = "missing_answer" if steps else "empty_reply"
        raise Unusable(named, f"the reply ends in {steps[-1][-80:]!r}" if steps else "the reply has no text")
    for name, text in (("question", question), ("reasoning", "\n".join(steps)), ("answer", answer)):
        if LOST in text:
            raise Unusable("lost_characters", f"the {name} holds {LOST!r} near {_around(text, LOST)!r}")
    second = clean_answer(parts.second_answer)
    if second and _number(second) is not None and _number(answer) is not None and _number(second) != _number(answer):
        raise Unusable("answers_disagree", f"{second!r} in the reply, {answer!r} in its column")


def _number(text: str) -> float | None:
    try:
        return float(text.removesuffix("%"))
    except ValueError:
        return None


def _around(text: str, mark: str) -> str:
    at = text.index(mark)
    return text[max(0, at - 20) : at + 20]


def _unique_ids(samples: list[Sample]) -> list[Sample]:
    """A repeated id gets its row number behind it."""
    from dataclasses import replace

    counts = Counter(sample.id for sample in samples)
    return [replace(s, id=f"{s.id}-row{s.row}") if counts[s.id] > 1 else s for s in samples]


def _summary(n_rows: int, samples: tuple[Sample, ...], rejects: list[Reject]) -> Summary:
    def ordered(values: Iterable[str]) -> dict[str, int]:
        return dict(Counter(values).most_common())

    return Summary(
        n_rows=n_rows,
        n_samples=len(samples),
        rejected=ordered(reject.reason for reject in rejects),
        repairs=ordered(kind for sample in samples for kind in sample.metadata.get("repairs", ())),
        forms=ordered(sample.metadata["form"] for sample in samples),
        languages=ordered(sample.metadata["language"] for sample in samples),
    )
