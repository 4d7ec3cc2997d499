"""The forms that raw rows come in, each to a question, its reasoning and its answer.

One row of each form that is read:

    steps       {"question": ..., "steps": ["...", "..."], "answer": ...}
    solved      {"question": ..., "solution": "... #### 72", "answer": 72}       reasoning in a column of its own
    chat        {"messages": [{"role": "user", "content": ...}, {"role": "assistant", "content": ...}]}
    alpaca      {"instruction": ..., "input": ..., "output": ...}
    completion  {"prompt": ..., "completion": ...}
    answered    {"question": ..., "answer": "... #### 72"}                       GSM8K's own
    text        {"text": "<start_of_turn>user\\n...<end_of_turn>\\n<start_of_turn>model\\n..."}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from harness.data.cells import cell_text
from sft.data.normalise.reply import Reply, Unusable, read_reply

Form: TypeAlias = Literal["steps", "solved", "chat", "alpaca", "completion", "answered", "text"]

_QUESTIONS = ("question", "problem", "query", "prompt", "instruction", "input")
_REASONINGS = ("reasoning", "solution", "rationale", "cot", "chain_of_thought", "thinking", "gold_reasoning")
_REPLIES = ("completion", "response", "output", "answer")
_ANSWERS = ("answer", "final_answer", "target", "expected_answer", "label", "gold_answer")
_CHATS = ("messages", "conversations", "conversation")
_NO_INPUT = frozenset({"noinput", "no input", "none", "n/a", "nan", "null"})
"""What alpaca's data and what was made from it write where an instruction has no input."""
_ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "model": "assistant"}
_TURNS = (
    re.compile(r"<start_of_turn>(?P<role>user|model)\n(?P<content>.*?)(?=<end_of_turn>|<start_of_turn>|\Z)", re.DOTALL),
    re.compile(r"<\|im_start\|>(?P<role>user|assistant|system)\n(?P<content>.*?)(?=<\|im_end\|>|\Z)", re.DOTALL),
)
_LABELLED = (
    (
        re.compile(r"### (?:Instruction|Question):"),
        re.compile(r"### (?:Response|Answer|Solution):"),
    ),
    (
        re.compile(r"\A\s*(?:Question|Problem|Q):"),
        re.compile(r"^[^\S\n]*(?:A|Answer|Solution|Reasoning):", re.MULTILINE),
    ),
)
"""What begins the question of a text with labels, and what begins the reply."""
_LABEL = re.compile(r"^(?:A|Answer|Solution|Reasoning):\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A row taken apart, its texts not yet repaired."""

    form: Form
    question: str
    reasoning: str | tuple[str, ...]
    """A tuple where the row has its steps apart."""
    answer: str
    second_answer: str = ""
    """Of the reply, where the row also has a column for the answer: the two must agree."""
    system: str = ""


def read_form(row: Mapping[str, Any]) -> Parts:
    """The parts of a row in any of the known forms. Raises Unusable with the reason where it has none of them."""
    if not isinstance(row, Mapping):
        raise Unusable("not_an_object", f"a {type(row).__name__}")
    row = {str(key).strip().lower(): _plain(value) for key, value in row.items()}
    for name in _CHATS:
        if isinstance(row.get(name), list):
            return _chat(row, row[name])
    if isinstance(row.get("prompt"), list):
        completion = row.get("completion")
        turns = completion if isinstance(completion, list) else [{"role": "assistant", "content": completion}]
        return _chat(row, [*row["prompt"], *turns])
    if isinstance(row.get("steps"), list):
        steps = tuple(_text(step) for step in row["steps"])
        return Parts(form="steps", question=_question(row), reasoning=steps, answer=_first(row, _ANSWERS)[1])
    if set(row) & set(_QUESTIONS):
        return _columns(row)
    if text := _text(row.get("text")):
        return _from_text(row, text)
    raise Unusable("unknown_form", f"columns: {', '.join(row) or 'none'}")


def _columns(row: Mapping[str, Any]) -> Parts:
    question = _question(row)
    reasoning_column, reasoning = _first(row, _REASONINGS)
    if reasoning_column:
        return _with_column(
            row, Parts(form="solved", question=question, reasoning="", answer=""), read_reply(reasoning)
        )
    column, reply = _first(row, _REPLIES)
    if not column:
        raise Unusable("empty_reply" if set(row) & set(_REPLIES) else "unknown_form", f"columns: {', '.join(row)}")
    kinds: dict[str, Form] = {"completion": "completion", "response": "completion", "output": "alpaca"}
    form: Form = kinds.get(column, "answered")
    parts = Parts(form=form, question=question, reasoning="", answer="")
    return _with_column(row, parts, read_reply(reply), reply_column=column)


def _with_column(row: Mapping[str, Any], parts: Parts, reply: Reply, *, reply_column: str = "") -> Parts:
    """The row's own answer column goes before what the reply says."""
    _, own = _first(row, tuple(name for name in _ANSWERS if name != reply_column))
    own = read_reply(own).answer or own if own else ""
    return Parts(
        form=parts.form,
        question=parts.question or reply.question,
        reasoning=reply.reasoning,
        answer=own or reply.answer,
        second_answer=reply.answer if own else "",
        system=parts.system,
    )


def _chat(row: Mapping[str, Any], turns: Sequence[Any]) -> Parts:
    by_role: dict[str, list[str]] = {"system": [], "user": [], "assistant": []}
    thinking = ""
    for turn in turns:
        if not isinstance(turn, Mapping):
            raise Unusable("bad_chat", f"a turn is a {type(turn).__name__}")
        named = str(turn.get("role") or turn.get("from") or "")
        role = _ROLES.get(named.lower(), named.lower())
        if role not in by_role:
            raise Unusable("unsupported_role", f"role {named!r}")
        by_role[role].append(_content(turn.get("content", turn.get("value"))))
        thinking = _text(turn.get("reasoning_content") or turn.get("thinking")) or thinking
    if len(by_role["user"]) > 1 or len(by_role["assistant"]) > 1:
        raise Unusable("multi_turn", f"{len(by_role['user'])} user turns, {len(by_role['assistant'])} replies")
    _check_turns(turns)
    question, reply_text = "".join(by_role["user"]), "".join(by_role["assistant"])
    if question and not reply_text:
        raise Unusable("empty_reply", "no assistant turn with text")
    reply = read_reply(reply_text)
    if thinking:
        reply = Reply(thinking, reply.answer or reply_text)
    parts = Parts(form="chat", question=question, reasoning="", answer="", system="\n\n".join(by_role["system"]))
    return _with_column(row, parts, reply)


def _check_turns(turns: Sequence[Mapping[str, Any]]) -> None:
    """Raises Unusable for a reply that is not to be trained on, and for one that stands before its question."""
    roles = [str(turn.get("role") or turn.get("from") or "").lower() for turn in turns]
    order = [_ROLES.get(role, role) for role in roles]
    if any(role == "assistant" and turn.get("weight") == 0 for role, turn in zip(order, turns, strict=True)):
        raise Unusable("weight_zero", "the reply is marked as not to be trained on (weight 0)")
    if "assistant" in order and "user" in order and order.index("assistant") < order.index("user"):
        raise Unusable("turns_out_of_order", "the question stands behind its reply")


def _from_text(row: Mapping[str, Any], text: str) -> Parts:
    for pattern in _TURNS:
        turns = [match.groupdict() for match in pattern.finditer(text)]
        if turns:
            chat = _chat({key: value for key, value in row.items() if key != "text"}, turns)
            return Parts(form="text", **{n: getattr(chat, n) for n in ("question", "reasoning", "answer", "system")})
    question, answered = _between_labels(text)
    whole = read_reply(text)
    reply = whole if whole.question else read_reply(_LABEL.sub("", answered))
    return _with_column(row, Parts(form="text", question=whole.question or question, reasoning="", answer=""), reply)


def _between_labels(text: str) -> tuple[str, str]:
    """Question and reply of a text with labels. Raises Unusable for one without.

    Found by two searches from left to right: one pattern over the whole would try every pair of blanks in it.
    """
    for begins, ends in _LABELLED:
        first = begins.search(text)
        second = ends.search(text, first.end()) if first else None
        if first and second:
            question, reply = text[first.end() : second.start()].strip(), text[second.end() :].strip()
            if question and reply:
                return question, reply
    raise Unusable("unknown_form", "a text without turns or labels")


def _question(row: Mapping[str, Any]) -> str:
    """Alpaca's instruction with its input; else the first question column with text."""
    further = _text(row.get("input"))
    if "instruction" in row and further and further.strip("<>[]() ").lower() not in _NO_INPUT:
        return f"{_text(row['instruction'])}\n\n{further}"
    return _first(row, _QUESTIONS)[1]


def _first(row: Mapping[str, Any], names: Sequence[str]) -> tuple[str, str]:
    """The first of the columns that has text, with it; two empty texts where none has."""
    return next(((name, text) for name in names if (text := _text(row.get(name)))), ("", ""))


def _content(value: Any) -> str:
    """A turn's text, which some write as a list of parts."""
    if isinstance(value, list):
        return "\n".join(_text(part.get("text") if isinstance(part, Mapping) else part) for part in value).strip()
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ""
    try:
        return cell_text(value)
    except ValueError as error:
        raise Unusable("no_text", str(error)) from error


def _plain(value: Any) -> Any:
    """Lists where Parquet gave arrays."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
