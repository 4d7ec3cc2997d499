"""The scorer of the forgetting panel: constraints kept, puzzles solved, texts weighed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from harness.core.records import Completion, Doc, MetricInfo, MetricValue, Score
from harness.core.reply.parse import parse_sections
from harness.core.reply.presets import PRESETS
from harness.core.scorer import Metric, Scorer, Scores
from tasks.forgetting import instructions, puzzles, texts
from tasks.forgetting.constraints import KINDS as CONSTRAINTS
from tasks.forgetting.puzzle import is_right, read_answer

NAME = "forgetting"
VERSION = "2"


def forgetting_scorer(parts: Sequence[str]) -> Scorer:
    """Judges a doc by its part; the metrics are those of the parts named."""
    return Scorer(
        name=NAME,
        version=VERSION,
        score=lambda doc, completion: _JUDGES[doc.metadata["part"]](doc, completion),
        metrics=tuple(metric for metric in _metrics() if _part_of(metric.info.name) in (*parts, _all_of(parts))),
        options={"parts": sorted(parts)},
    )


def primary_of(parts: Sequence[str]) -> str:
    """What a comparison decides on."""
    if instructions.PART in parts and puzzles.PART in parts:
        return "abilities"
    return next((part for part in (instructions.PART, puzzles.PART) if part in parts), "bits_per_byte")


def loose_readings(reply: str) -> Iterator[str]:
    """The reply and what it may mean: without emphasis, without its first or last line, and what stands in the answer
    section of a response format that a model was trained on."""
    reply = reply.strip()
    lines = reply.splitlines()
    yield reply
    yield reply.replace("*", "")
    for cut in (lines[1:], lines[:-1], lines[1:-1]):
        yield "\n".join(cut).strip()
    for form in PRESETS.values():
        bodies = [s for s in parse_sections(form, reply) if s.name == "answer" and any(x.open for x in form.sections)]
        if bodies:
            yield reply[bodies[-1].body_start : bodies[-1].body_end].strip()


def _judge_instructions(doc: Doc, completion: Completion) -> Score:
    asked = instructions.constraints_of(doc)
    reply = completion.reply
    if not reply.strip():
        detail = {"part": instructions.PART, "kept": [[c.kind, False] for c in asked], "loose": False}
        return Score(value=0.0, outcome="no_answer", why="the reply is empty", detail=detail)
    faults = {constraint.kind: constraint.fault(reply) for constraint in asked}
    broken = [f"{kind}: {fault}" for kind, fault in faults.items() if fault]
    loose = not broken or any(all(not c.fault(read) for c in asked) for read in loose_readings(reply))
    return Score(
        value=0.0 if broken else 1.0,
        outcome="wrong" if broken else "correct",
        why="; ".join(broken) or f"{len(asked)} kept",
        detail={
            "part": instructions.PART,
            "kept": [[kind, not fault] for kind, fault in faults.items()],
            "loose": loose,
        },
    )


def _judge_puzzle(doc: Doc, completion: Completion) -> Score:
    answer = read_answer(doc, completion.reply) if completion.reply.strip() else None
    detail = {"part": puzzles.PART}
    if answer is None:
        return Score(value=0.0, outcome="no_answer", why="no single answer to read", detail=detail)
    right = is_right(doc, answer)
    return Score(
        value=float(right),
        outcome="correct" if right else "wrong",
        answer=answer,
        why=f"it answers {answer!r}",
        detail=detail,
    )


def _judge_text(doc: Doc, completion: Completion) -> Score:
    if not completion.log_likelihoods:
        return Score(value=None, outcome="not_scored", why="no log-likelihood came with the completion")
    nats = -completion.log_likelihoods[0][0]
    bits, n_bytes = nats / math.log(2), int(doc.metadata["bytes"])
    return Score(
        value=None,
        outcome="measured",
        why=f"{bits / n_bytes:.3f} bits a byte over {n_bytes} bytes",
        detail={"part": texts.PART, "nats": nats, "bytes": n_bytes, "tokens": completion.completion_tokens},
    )


_JUDGES: dict[str, Callable[[Doc, Completion], Score]] = {
    instructions.PART: _judge_instructions,
    puzzles.PART: _judge_puzzle,
    texts.PART: _judge_text,
}


Reader = Callable[[Doc, Score], MetricValue]


def _metrics() -> list[Metric]:
    return [
        _metric("abilities", "all constraints kept, or the puzzle solved", _ability),
        _metric(
            "instructions", "every constraint of the prompt kept by the reply as it stands", _value_of("instructions")
        ),
        _metric(
            "instructions_loose",
            "the same of the reply, or of the reply without emphasis, without its first or last line, or of its answer "
            "section alone",
            _loose,
        ),
        _metric("constraints", "single constraints kept", _share_kept, kind="ratio"),
        _metric("puzzles", "word and logic puzzles solved", _value_of("puzzles")),
        _metric("word_puzzles", "puzzles about spelling, order and sense of words solved", _group("word")),
        _metric("logic_puzzles", "puzzles that follow from what is told solved", _group("logic")),
        _metric("puzzles_answered", "a single answer could be read", _answered, diagnostic=True),
        _metric(
            "bits_per_byte", "how surprised the model is by plain prose: bits a byte, less is better", _bits, **_WEIGHED
        ),
        _metric("token_nll", "the same in nats a token of the model's own tokenizer", _nats, **_WEIGHED),
        *(_metric(f"kept_{kind}", f"kept: {kind}", _kept(kind), diagnostic=True) for kind in CONSTRAINTS),
        *(_metric(f"solved_{kind}", f"solved: {kind}", _solved(kind), diagnostic=True) for kind in puzzles.KINDS),
    ]


_WEIGHED: dict[str, Any] = {"kind": "mean", "higher_is_better": False, "unbounded": True}


def _metric(name: str, description: str, read: Reader, **about: Any) -> Metric:
    """`read` sees only docs whose score says of which part they are."""

    def value(doc: Doc, scores: Scores) -> MetricValue:
        return read(doc, scores[NAME])

    info = MetricInfo(name=name, description=description, scorer=NAME, **{"kind": "binary", **about})
    return Metric(info=info, read=value)


def _part_of(metric: str) -> str:
    """The part that a metric is about; 'all' for what needs instructions and puzzles."""
    if metric == "abilities":
        return "all"
    if metric in ("bits_per_byte", "token_nll"):
        return texts.PART
    return puzzles.PART if "puzzles" in metric or metric.startswith("solved_") else instructions.PART


def _all_of(parts: Sequence[str]) -> str:
    return "all" if {instructions.PART, puzzles.PART} <= set(parts) else ""


def _ability(doc: Doc, score: Score) -> MetricValue:
    return score.value


def _value_of(part: str) -> Reader:
    return lambda doc, score: score.value if doc.metadata["part"] == part else None


def _group(group: str) -> Reader:
    return lambda doc, score: score.value if doc.metadata.get("group") == group else None


def _answered(doc: Doc, score: Score) -> MetricValue:
    return float(score.outcome != "no_answer") if doc.metadata["part"] == puzzles.PART else None


def _loose(doc: Doc, score: Score) -> MetricValue:
    return float(score.detail["loose"]) if doc.metadata["part"] == instructions.PART else None


def _share_kept(doc: Doc, score: Score) -> MetricValue:
    if doc.metadata["part"] != instructions.PART:
        return None
    kept = score.detail["kept"]
    return float(sum(flag for _, flag in kept)), float(len(kept))


def _kept(kind: str) -> Reader:
    def read(doc: Doc, score: Score) -> MetricValue:
        flags = [flag for name, flag in score.detail.get("kept", ()) if name == kind]
        return float(flags[0]) if flags else None

    return read


def _solved(kind: str) -> Reader:
    return lambda doc, score: (
        score.value if doc.metadata["part"] == puzzles.PART and doc.metadata["kind"] == kind else None
    )


def _bits(doc: Doc, score: Score) -> MetricValue:
    if "nats" not in score.detail:
        return None
    return score.detail["nats"] / math.log(2), float(score.detail["bytes"])


def _nats(doc: Doc, score: Score) -> MetricValue:
    tokens = score.detail.get("tokens")
    return (score.detail["nats"], float(tokens)) if tokens else None


def words_of_parts(text: str) -> list[str]:
    """The names in a comma-separated list."""
    return [part for part in re.split(r"[,\s]+", text) if part]
