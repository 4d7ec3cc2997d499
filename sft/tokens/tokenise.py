"""Rendered samples to token ids and loss weights, with the tokenizer and renderer of evaluation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from harness.core.errors import UserError, unknown_name
from harness.core.records import Message
from sft.data.enforce import RenderedSample
from sft.data.samples import Reject, reject_sample
from sft.tokens.bytes import token_starts

if TYPE_CHECKING:
    from harness.gemma.text.tokenizer import Tokenizer

SECTIONS = ("question", "reasoning", "answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenisedSample:
    """One sample as the trainer gets it."""

    id: str
    tokens: Int[np.ndarray, " token"]
    """BOS, turns, opening of the reply, prefill, reply, end of turn."""
    loss_mask: Float[np.ndarray, " token"]
    """The weight of predicting this token from those before it; 0 on the prompt."""
    n_prompt: int
    """Tokens that evaluation would give the model: all before it writes itself."""


def tokenise(
    rendered: Iterable[RenderedSample],
    tokenizer: Tokenizer,
    max_length: int,
    section_weights: Mapping[str, float] | None = None,
) -> tuple[tuple[TokenisedSample, ...], tuple[Reject, ...]]:
    """Every `rendered` sample as ids with loss weights; one that does not fit or holds control tokens becomes a reject.

    The prompt's ids are exactly those that evaluation feeds, from the same `Tokenizer.render`. The loss covers all that
    the model must write itself, end of turn included; `section_weights` scales whole sections, for example
    `{"question": 0.0}` where the reply restates the question. Nothing is ever cut.

    Worked example, "1 + 1?" answered by "2" alone, with the tokenizer of `harness.gemma.tiny`::

        #            <bos> turn us   er   \\n   1    +    _    1    ?    end  \\n   turn mo   del  \\n   2    end
        tokens    = [2,    105, 461, 366, 107, 760, 466, 738, 760, 781, 106, 107, 105, 687, 477, 107, 755, 106]
        loss_mask = [0,    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   1,   1]
        n_prompt  = 16

    Raises UserError for an unknown section, a negative weight, or a `max_length` below 2.
    """
    weights = _checked_weights(section_weights)
    if max_length < 2:
        raise UserError(f"max_length {max_length} leaves no room for a sample")
    kept: list[TokenisedSample] = []
    rejects: list[Reject] = []
    for one in rendered:
        done = _tokenise_one(one, tokenizer, max_length, weights)
        if isinstance(done, TokenisedSample):
            kept.append(done)
        else:
            rejects.append(done)
    return tuple(kept), tuple(rejects)


def in_every(*arms: Sequence[TokenisedSample]) -> tuple[tuple[TokenisedSample, ...], ...]:
    """Each arm without the samples that another lacks, so that arms are trained on the same questions."""
    common = set.intersection(*({sample.id for sample in arm} for arm in arms))
    return tuple(tuple(sample for sample in arm if sample.id in common) for arm in arms)


def end_of_reply(tokenizer: Tokenizer) -> int:
    """The id that ends a reply: what the model's own template writes after one (`<end_of_turn>`), else `<eos>`."""
    return _end_of_reply(tokenizer.template.source, tokenizer)


def _tokenise_one(
    one: RenderedSample, tokenizer: Tokenizer, max_length: int, weights: Mapping[str, float]
) -> TokenisedSample | Reject:
    for text in (*(message.content for message in one.prompt.messages), one.reply):
        found = _control_pattern(tokenizer).search(text)
        if found:
            return reject_sample(one.sample, "control_token", f"the text holds {found.group()!r}", "tokens")
    text = one.reply[len(one.prompt.prefill) :]
    try:
        prompt, reply = tokenizer.render(one.prompt), tokenizer.encode(text)
    except UserError as error:
        return reject_sample(one.sample, "no_embedding", error.message, "tokens")
    n_tokens = len(prompt) + len(reply) + 1
    if n_tokens > max_length:
        return reject_sample(one.sample, "overlong", f"{n_tokens} tokens, more than {max_length}", "tokens")
    loss = _loss_weights(one, text, reply, tokenizer, weights)
    if loss is None:
        return reject_sample(one.sample, "untraceable", "tokens do not spell the reply, weights need that", "tokens")
    tokens = np.array([*prompt, *reply, end_of_reply(tokenizer)], np.int32)
    loss_mask = np.zeros(n_tokens, np.float32)
    loss_mask[len(prompt) : -1], loss_mask[-1] = loss, 1.0
    return TokenisedSample(id=one.sample.id, tokens=tokens, loss_mask=loss_mask, n_prompt=len(prompt))


def _loss_weights(
    one: RenderedSample, text: str, ids: list[int], tokenizer: Tokenizer, weights: Mapping[str, float]
) -> Float[np.ndarray, " token"] | None:
    """One weight a token of the reply: that of the section in which it begins; 1 outside of all sections."""
    if all(weight == 1.0 for weight in weights.values()):
        return np.ones(len(ids), np.float32)
    starts = token_starts(ids, text, tokenizer)
    if starts is None:
        return None
    by_character = np.ones(len(one.reply) + 1, np.float32)
    for name, (start, end) in one.sections.items():
        by_character[start:end] = weights.get(name, 1.0)
    return by_character[len(one.prompt.prefill) + starts]


def _checked_weights(given: Mapping[str, float] | None) -> dict[str, float]:
    weights = dict(given or {})
    for name, weight in weights.items():
        if name not in SECTIONS:
            raise unknown_name("section", name, SECTIONS, tip=f"sections: {', '.join(SECTIONS)}.")
        if not 0 <= weight < float("inf"):
            raise UserError(f"the weight of section {name!r} is {weight}", tip="a weight is 0 or more.")
    return weights


def _control_pattern(tokenizer: Tokenizer) -> re.Pattern[str]:
    """Names that the tokenizer would turn into control ids: one in a text would open or end a turn."""
    ids = (tokenizer.bos_id, tokenizer.eos_id, tokenizer.pad_id, *tokenizer.stop_ids)
    names = {tokenizer.encoder.piece(i) for i in ids} | {"<start_of_turn>", "<end_of_turn>"}
    return _any_of(tuple(sorted(name for name in names if tokenizer.token_id(name) is not None)))


@lru_cache(maxsize=8)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, names)) or r"(?!)")


@lru_cache(maxsize=8)
def _end_of_reply(source: str, tokenizer: Tokenizer) -> int:
    turns = (Message(role="user", content="q"), Message(role="assistant", content="reply"))
    after = tokenizer.template.render_turns(turns, open_reply=False).rpartition("reply")[2]
    return next((i for i in tokenizer.encode(after) if i in tokenizer.stop_ids), tokenizer.eos_id)
