"""The single checks of `harness lint`: each looks at one prompt of one model and says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from harness.backends.chat_template import END_OF_TURN, GEMMA, START_OF_TURN
from harness.core.records import Doc, Message, Prompt
from harness.core.reply.format import ResponseFormat
from harness.core.task import PromptTemplate, as_text
from harness.core.words import counted
from harness.gemma.text.tokenizer import Tokenizer

Level: TypeAlias = Literal["error", "warning", "note"]

# Bodies that a section may have, and what else may stand beside a marker in a careless reply.
_BODIES = ("4", "so 4.", "a", "(4)", "**4**")
_BESIDE = tuple((before, after) for before in ("", "\n", " ", ".", "a") for after in ("", "\n", " ", "4", "a"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing the user should know."""

    check: str
    """Which check found it, for example 'double-bos'."""
    level: Level
    """'error': scores are wrong or will not be comparable; 'warning': they may be; 'note': good to know."""
    message: str
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is linted."""

    tokenizer: Tokenizer
    max_positions: int
    """The longest sequence, in tokens, that the model was made for."""
    adds_bos: bool
    """The tokenizer's own settings add a BOS to every text."""
    declared_stop_ids: tuple[int, ...]
    """What generation_config.json and config.json name as end tokens: all that other engines stop at."""
    prompt: PromptTemplate
    docs: tuple[Doc, ...]
    max_new_tokens: int
    against: Tokenizer | None = None
    """Another model's tokenizer and template: what this one was trained with, or is compared to."""


def _bos(subject: Subject, prompt: Prompt) -> Iterator[Finding]:
    tokenizer = subject.tokenizer
    written = tokenizer.encode(tokenizer.render_text(prompt)).count(tokenizer.bos_id)
    if written > 1:
        yield Finding(
            check="double-bos",
            level="error",
            message=f"the rendered prompt holds <bos> {written} times; this harness keeps one, other tools keep all",
            tip="a prompt or few-shot text contains '<bos>', or the template writes it twice.",
        )
    elif written and subject.adds_bos:
        yield Finding(
            check="double-bos",
            level="note",
            message="the template writes <bos> and the tokenizer's settings add one: tokenising the rendered text "
            "elsewhere gives two (here it is one)",
            tip="elsewhere: tokenise with add_special_tokens=False.",
        )
    if not written and not subject.adds_bos:
        yield Finding(
            check="no-bos",
            level="warning",
            message="neither the template nor the tokenizer's settings give <bos>; this harness adds it",
            tip="training data built elsewhere may lack it.",
        )


def _opening(subject: Subject, prompt: Prompt) -> Iterator[Finding]:
    """The reply must be opened exactly as in training: `<start_of_turn>model`, newline, nothing else."""
    template = subject.tokenizer.template
    if not template.source:
        yield Finding(
            check="no-template",
            level="warning",
            message=f"no chat template ({template.origin}): turns are joined by blank lines",
            tip="right for a pretrained model; for an instruction-tuned one add chat_template=gemma to --model.",
        )
        return
    text = template.render_turns(prompt.messages, open_reply=True)
    turn = text.rpartition(START_OF_TURN)[2]
    if not turn.startswith("model"):
        yield Finding(
            check="reply-not-opened",
            level="error",
            message=f"the prompt does not end with '{START_OF_TURN}model': the model has to open its own turn first",
            tip="the template ignores add_generation_prompt.",
        )
    elif not turn.startswith("model\n"):
        yield Finding(
            check="missing-newline",
            level="error",
            message=f"no newline after '{START_OF_TURN}model': Gemma was never trained on that and answers far worse",
            tip=r"the template should end with '<start_of_turn>model\n'; or add chat_template=gemma to --model.",
        )
    elif extra := turn.removeprefix("model\n"):
        yield Finding(
            check="hidden-prefill",
            level="error",
            message=f"the template itself begins the reply with {extra!r}, which the scorer would not see",
            tip="take it out of the template and give it as the task's prefill.",
        )


def _turns(subject: Subject, prompt: Prompt) -> Iterator[Finding]:
    """What the template renders for training (a finished turn) must begin with what it renders for evaluation."""
    template = subject.tokenizer.template
    if not template.source:
        return
    opened = template.render_turns(prompt.messages, open_reply=True)
    whole = template.render_turns((*prompt.messages, Message(role="assistant", content="7")), open_reply=False)
    if not whole.startswith(opened + "7"):
        place = _first_difference(whole, opened + "7")
        yield Finding(
            check="train-eval-mismatch",
            level="error",
            message=f"a finished turn and an opened one differ: {place}",
            tip="models trained through this template see another prompt in evaluation.",
        )
    after = subject.tokenizer.encode(whole.rpartition("7")[2])
    if not after or after[0] not in subject.tokenizer.stop_ids:
        name = subject.tokenizer.encoder.piece(after[0]) if after else "nothing"
        yield Finding(
            check="stop-token",
            level="error",
            message=f"the template ends a reply with {name!r}, which is not a stop token: replies will run on",
            tip="add its id to eos_token_id in generation_config.json.",
        )


def _stop(subject: Subject, prompt: Prompt) -> Iterator[Finding]:
    tokenizer = subject.tokenizer
    if (end := tokenizer.token_id(END_OF_TURN)) is None:
        yield Finding(
            check="stop-token",
            level="error",
            message=f"{END_OF_TURN} is not a token of this tokenizer, so it cannot end a reply",
            tip="the tokenizer belongs to another model.",
        )
    elif tokenizer.template.source and end not in subject.declared_stop_ids:
        yield Finding(
            check="stop-token",
            level="warning",
            message=f"{END_OF_TURN} ({end}) is not in eos_token_id: this harness stops there, other engines run on",
            tip=f"set eos_token_id to [{tokenizer.eos_id}, {end}] in generation_config.json.",
        )


def _special_in_text(subject: Subject, prompt: Prompt) -> Iterator[Finding]:
    names = {subject.tokenizer.encoder.piece(i) for i in subject.tokenizer.encoder.special_ids}
    for doc in subject.docs:
        if held := sorted(name for name in names if name in as_text(doc.question)):
            yield Finding(
                check="special-token-in-question",
                level="warning",
                message=f"doc {doc.id} holds {', '.join(held)} as text, which is read as the token itself",
            )
            return


def _prefill(subject: Subject, prompt: Prompt) -> Iterator[Finding]:
    """A prefill is part of the reply that the scorer judges: it has to begin the declared form, token by token."""
    if not prompt.prefill:
        return
    doc = subject.docs[0]
    form = subject.prompt.response_format
    reply = form.render(as_text(doc.question), doc.gold_reasoning, doc.target)
    start = next((section.open for section in form.sections if section.open), "")
    if start and not prompt.prefill.lstrip().startswith(start):
        yield Finding(
            check="prefill-format",
            level="error",
            message=f"the prefill {prompt.prefill!r} does not begin the format {form.name!r} ({start!r}): "
            "the scorer will not find the first section",
            tip=f"use a prefill that starts with {start!r}.",
        )
    elif not reply.startswith(prompt.prefill):
        yield Finding(
            check="prefill-format",
            level="note",
            message=f"a rendered reply of {form.name!r} begins {reply[: len(prompt.prefill) + 4]!r}, "
            f"the prefill is {prompt.prefill!r}",
        )
    yield from _prefill_boundary(subject, prompt, reply.removeprefix(prompt.prefill))


def _prefill_boundary(subject: Subject, prompt: Prompt, rest: str) -> Iterator[Finding]:
    given = subject.tokenizer.render(prompt)
    continued = subject.tokenizer.render(replace(prompt, prefill=prompt.prefill + rest))
    if continued[: len(given)] != given:
        yield Finding(
            check="prefill-boundary",
            level="warning",
            message=f"the prefill {prompt.prefill!r} ends inside a token: written in one go, the same reply has other "
            "tokens there",
            tip="end the prefill where a token ends: after a tag or a newline, not after a space.",
        )


def _markers(subject: Subject, prompt: Prompt) -> Iterator[Finding]:
    """Tags whose tokens depend on their neighbours are seen as other tokens than they were trained as."""
    form = subject.prompt.response_format
    markers = [marker for section in form.sections for marker in (section.open, section.close) if marker]
    elsewhere = []
    for marker in markers:
        if unstable := _unstable(subject.tokenizer, marker, _surroundings(form, marker)):
            before, after = unstable[0]
            yield Finding(
                check="unstable-tag",
                level="warning",
                message=f"{marker!r} of format {form.name!r} splits into other tokens in {before + marker + after!r}",
                tip="put a newline on both sides of the tag, and train and evaluate alike.",
            )
        elif unstable := _unstable(subject.tokenizer, marker, _BESIDE):
            elsewhere.append("".join((unstable[0][0], marker, unstable[0][1])))
    if elsewhere:
        yield Finding(
            check="unstable-tag",
            level="note",
            message=f"the markers of {form.name!r} keep their tokens where the format puts them, but not in "
            + ", ".join(map(repr, elsewhere)),
        )


def _surroundings(form: ResponseFormat, marker: str) -> list[tuple[str, str]]:
    """The characters that the format itself puts before and after a marker."""
    found = set()
    for body in _BODIES:
        reply = form.render(body, body, body)
        at = reply.find(marker)
        if at >= 0:
            found.add((reply[max(0, at - 1) : at], reply[at + len(marker) :][:1]))
    return sorted(found)


def _unstable(tokenizer: Tokenizer, marker: str, beside: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Surroundings in which the marker's tokens merge with its neighbours or change."""
    alone = tokenizer.encode(marker)
    return [(before, after) for before, after in beside if not _holds(tokenizer.encode(before + marker + after), alone)]


def _holds(ids: Sequence[int], part: Sequence[int]) -> bool:
    return any(list(ids[i : i + len(part)]) == list(part) for i in range(len(ids) - len(part) + 1))


def _other_template(subject: Subject, prompt: Prompt) -> Iterator[Finding]:
    """The same conversation through what training used: the other model, or Gemma 3's own template."""
    ours = subject.tokenizer
    if subject.against is not None:
        theirs = subject.against
        if ours.render_text(prompt) != theirs.render_text(prompt):
            place = _first_difference(ours.render_text(prompt), theirs.render_text(prompt))
            yield Finding(
                check="train-eval-mismatch",
                level="error",
                message=f"the two models get different prompts: {place}",
                tip="add chat_template=FILE to one of them, so that only the weights differ.",
            )
        elif ours.render(prompt) != theirs.render(prompt):
            yield Finding(
                check="train-eval-mismatch",
                level="error",
                message="the two models get the same text as different tokens: their tokenizers differ",
            )
        return
    if not ours.template.source:
        return
    expected = replace(ours.template, source=GEMMA).render(prompt)
    if ours.render_text(prompt) != expected:
        yield Finding(
            check="other-template",
            level="warning",
            message=f"this template differs from Gemma 3's: {_first_difference(ours.render_text(prompt), expected)}",
            tip="right only if the model was trained with it; --against MODEL compares it to the base's.",
        )


def context(subject: Subject, lengths: list[int]) -> list[Finding]:
    needed = max(lengths) + subject.max_new_tokens
    if needed <= subject.max_positions:
        return []
    over = sum(1 for length in lengths if length + subject.max_new_tokens > subject.max_positions)
    verb = "does" if len(lengths) == 1 else "do"
    return [
        Finding(
            check="context",
            level="error",
            message=f"prompt and budget need {needed} tokens ({max(lengths)} + {subject.max_new_tokens}), the model "
            f"has {subject.max_positions}; {over} of {counted(len(lengths), 'doc')} {verb} not fit",
            tip="use fewer few-shot examples or a smaller --max-new-tokens.",
        )
    ]


def _first_difference(ours: str, theirs: str, width: int = 24) -> str:
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    start = max(0, at - width // 2)
    return f"{ours[start : at + width]!r} against {theirs[start : at + width]!r} (character {at})"


CHECKS = (_bos, _opening, _turns, _stop, _special_in_text, _prefill, _markers, _other_template)
