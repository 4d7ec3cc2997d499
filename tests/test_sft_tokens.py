"""What is trained on are exactly the ids of evaluation, with loss where the model must write itself."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

pytest.importorskip("tunix", reason="needs the gemma extra")

from gemma_models import copy_of, small_model
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.errors import UserError
from harness.core.registry import find_entry
from harness.core.reply.format import ResponseFormat, Section
from harness.core.reply.presets import BARE, HASHES, PRESETS, QUESTION_REASONING_ANSWER, REASONING_ANSWER_TAGS
from harness.core.task import PromptTemplate
from harness.gemma.text.tokenizer import Tokenizer, load_tokenizer
from sft.data.enforce import enforce
from sft.data.samples import Sample
from sft.tokens.bytes import piece_bytes, token_starts
from sft.tokens.markers import check_markers
from sft.tokens.preview import coloured, plain
from sft.tokens.report import token_report
from sft.tokens.tokenise import end_of_reply, in_every, tokenise

SAMPLE = Sample(id="a", question="1 + 1?", steps=("1 + 1 = 2",), answer="2", source="x", metadata={"row": 0})
STORY = Sample(
    id="b",
    question="Weng has 3 clips at ₹240 each and buys 4 more. How many clips has she?",
    steps=("She has 3 + 4 = 7 clips.", "Good, naïve 🙂 7 - 0 = 7."),
    answer="7",
    source="x",
    metadata={"row": 1},
)


@lru_cache(maxsize=1)
def tokenizer() -> Tokenizer:
    return load_tokenizer(small_model(), embeddings=1024)


def without_instruction(form: ResponseFormat) -> PromptTemplate:
    return PromptTemplate(response_format=replace(form, instruction=""))


def names(ids) -> list[str]:
    return [tokenizer().encoder.piece(int(i)) for i in ids]


def test_worked_example() -> None:
    """The one in the docstring of `tokenise`."""
    rendered, _ = enforce([SAMPLE], BARE, template=without_instruction(BARE))
    (one,), rejects = tokenise(rendered, tokenizer(), 64)
    assert rejects == ()
    prompt = [2, 105, 461, 366, 107, 760, 466, 738, 760, 781, 106, 107, 105, 687, 477, 107]
    assert one.tokens.tolist() == [*prompt, 755, 106]
    assert one.loss_mask.tolist() == [0] * 16 + [1, 1]
    assert one.n_prompt == 16
    assert (one.tokens.dtype, one.loss_mask.dtype) == (np.int32, np.float32)
    assert names(one.tokens[-2:]) == ["2", "<end_of_turn>"]


def test_golden_ids_of_a_tagged_reply() -> None:
    """Changes only if the tokenizer, the chat template or the rendering does: trained models then no longer fit."""
    rendered, _ = enforce([SAMPLE], REASONING_ANSWER_TAGS, template=without_instruction(REASONING_ANSWER_TAGS))
    (one,), _ = tokenise(rendered, tokenizer(), 64)
    reasoning = [771, 430, 773, 107, 760, 466, 738, 760, 382, 738, 755, 107, 630, 430, 773]
    answer = [771, 427, 773, 107, 755, 107, 630, 427, 773]
    assert one.tokens[one.n_prompt :].tolist() == [*reasoning, 107, *answer, 106]
    assert one.tokens[: one.n_prompt].tolist()[:4] == [2, 105, 461, 366]


@pytest.mark.parametrize("form", PRESETS.values(), ids=PRESETS)
def test_the_ids_are_those_of_prompt_and_reply_as_one_text(form: ResponseFormat) -> None:
    rendered, _ = enforce([SAMPLE, STORY], form)
    samples, rejects = tokenise(rendered, tokenizer(), 512)
    assert rejects == ()
    t = tokenizer()
    for one, made in zip(rendered, samples, strict=True):
        whole = t.render_text(one.prompt) + one.reply + "<end_of_turn>"
        assert made.tokens.tolist() == t.one_bos(t.encode(whole))
        assert made.tokens[: made.n_prompt].tolist() == t.render(one.prompt)
        assert made.tokens[made.n_prompt :].tolist().count(106) == 1
        assert made.tokens[-1] == 106
        assert made.tokens.tolist().count(t.bos_id) == 1
        assert t.eos_id not in made.tokens


def test_the_prompt_is_what_the_task_asks_at_evaluation() -> None:
    task = find_entry("gsm_style").build(
        {"n": "3", "split": "train", "format": "think-answer-tags", "prefill": "<think>\n"}
    )
    samples = [
        Sample(id=d.id, question=d.question, steps=tuple(d.gold_reasoning.split("\n")), answer=d.target, source="x")
        for d in task.docs
    ]
    rendered, _ = enforce(samples, task.prompt.response_format, template=task.prompt)
    made, _ = tokenise(rendered, tokenizer(), 1024)
    assert len(made) == 3
    for doc, one in zip(task.docs, made, strict=True):
        asked = tokenizer().render(task.prompt.render(doc))
        assert one.tokens[: one.n_prompt].tolist() == asked
        assert not one.loss_mask[: one.n_prompt].any()
        assert one.loss_mask[one.n_prompt :].all()


def test_weights_follow_the_sections_and_never_the_prompt() -> None:
    rendered, _ = enforce([STORY], QUESTION_REASONING_ANSWER)
    (one,), _ = tokenise(rendered, tokenizer(), 512, {"question": 0.0, "answer": 2.0})
    reply = rendered[0].reply
    text = "".join(names(one.tokens[one.n_prompt : -1]))
    assert text.startswith("Question:")
    weights = one.loss_mask[one.n_prompt :]
    n_question = len(tokenizer().encode(reply[: reply.index("Reasoning:")]))
    n_answer = len(tokenizer().encode(reply[reply.index("Answer:") :]))
    assert not weights[:n_question].any()
    assert (weights[n_question : -n_answer - 1] == 1).all()
    assert (weights[-n_answer - 1 : -1] == 2).all()
    assert weights[-1] == 1
    assert not one.loss_mask[: one.n_prompt].any()


def test_weights_start_behind_a_prefill() -> None:
    template = PromptTemplate(response_format=REASONING_ANSWER_TAGS, prefill="<reasoning>\n")
    rendered, _ = enforce([STORY], REASONING_ANSWER_TAGS, template=template)
    (one,), _ = tokenise(rendered, tokenizer(), 512, {"reasoning": 0.5})
    assert tokenizer().decode(one.tokens[one.n_prompt :]).startswith("She has")
    assert one.loss_mask[one.n_prompt] == 0.5
    assert one.loss_mask[-2] == 1


def test_an_overlong_sample_is_counted_and_never_cut() -> None:
    rendered, _ = enforce([SAMPLE, STORY], REASONING_ANSWER_TAGS)
    (whole, _), _ = tokenise(rendered, tokenizer(), 512)
    kept, (reject,) = tokenise(rendered, tokenizer(), len(whole.tokens))
    assert kept[0].tokens.tolist() == whole.tokens.tolist()
    assert (reject.reason, reject.row, reject.stage) == ("overlong", 1, "tokens")
    assert f"more than {len(whole.tokens)}" in reject.detail


def test_arms_share_the_samples_that_fit_in_both() -> None:
    arms = [
        tokenise(enforce([SAMPLE, STORY], REASONING_ANSWER_TAGS, order=order)[0], tokenizer(), 128)[0]
        for order in ("reasoning-answer", "answer-only")
    ]
    assert [[one.id for one in arm] for arm in arms] == [["a"], ["a", "b"]]
    assert [[one.id for one in arm] for arm in in_every(*arms)] == [["a"], ["a"]]


@pytest.mark.parametrize("name", ["<end_of_turn>", "<eos>", "<bos>", "<pad>", "<start_of_turn>"])
def test_a_text_that_holds_a_control_token_is_rejected(name: str) -> None:
    for changed in (replace(SAMPLE, question=f"1 {name} 1?"), replace(SAMPLE, steps=(f"1 + 1 = 2 {name} ok",))):
        rendered, _ = enforce([changed], REASONING_ANSWER_TAGS)
        kept, (reject,) = tokenise(rendered, tokenizer(), 512)
        assert kept == ()
        assert reject.reason == "control_token"
        assert name in reject.detail


def test_a_token_without_an_embedding_is_rejected() -> None:
    small = replace(tokenizer(), embeddings=700)
    rendered, _ = enforce([STORY], HASHES)
    _, (reject,) = tokenise(rendered, small, 512)
    assert reject.reason == "no_embedding"


def test_a_model_without_turns_ends_its_replies_with_eos(tmp_path) -> None:
    assert end_of_reply(tokenizer()) == 106
    plain_model = load_tokenizer(copy_of(small_model(), tmp_path), embeddings=1024, chat_template="none")
    assert end_of_reply(plain_model) == plain_model.eos_id
    rendered, _ = enforce([SAMPLE], HASHES)
    (one,), _ = tokenise(rendered, plain_model, 128)
    assert one.tokens[-1] == plain_model.eos_id
    assert one.tokens.tolist().count(plain_model.bos_id) == 1


@pytest.mark.parametrize(
    ("weights", "max_length", "message"),
    [
        ({"reason": 1.0}, 64, "unknown section 'reason'; did you mean 'reasoning'"),
        ({"answer": -1.0}, 64, "the weight of section 'answer' is -1"),
        ({"answer": float("nan")}, 64, "the weight of section 'answer' is nan"),
        (None, 1, "leaves no room"),
    ],
)
def test_settings_that_mean_nothing_are_errors(weights, max_length: int, message: str) -> None:
    with pytest.raises(UserError, match=message):
        tokenise((), tokenizer(), max_length, weights)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="▁"), max_size=40))
@settings(max_examples=150, deadline=None)
def test_every_token_is_traced_to_its_first_character(text: str) -> None:
    ids = tokenizer().encode(text)
    starts = token_starts(ids, text, tokenizer())
    assert starts is not None
    assert len(starts) == len(ids)
    assert (np.diff(starts) >= 0).all()
    for i, start in zip(ids, starts, strict=True):
        first = piece_bytes(tokenizer().encoder.piece(i))[:1]
        assert first in text[start].encode()


def test_presets_markers_have_one_spelling_in_every_context() -> None:
    for form in PRESETS.values():
        for found in check_markers(form, tokenizer()):
            assert found.variants == (), (form.name, found.marker)
            assert found.n_contexts >= 100


def test_a_marker_that_merges_with_its_neighbours_is_reported() -> None:
    form = ResponseFormat(name="merging", sections=(Section(name="answer", open="ans"),))
    found = check_markers(form, tokenizer(), ["answer", "an ans", "ans 7"])
    (marker,) = (m for m in found if m.marker == "ans")
    assert marker.variants


def test_the_report_counts_tokens_and_how_full_rows_are() -> None:
    rendered, _ = enforce([SAMPLE, STORY], REASONING_ANSWER_TAGS)
    samples, _ = tokenise(rendered, tokenizer(), 512)
    report = token_report(samples, tokenizer(), REASONING_ANSWER_TAGS, [one.reply for one in rendered], 512)
    lengths = [len(one.tokens) for one in samples]
    assert report.n_tokens == sum(lengths)
    assert report.n_loss_tokens == sum(int(one.loss_mask.sum()) for one in samples)
    assert report.max_length == max(lengths)
    assert report.padded_fill == pytest.approx(sum(lengths) / (2 * max(lengths)))
    assert report.packed_fill == pytest.approx(sum(lengths) / 512)


def test_the_preview_shows_every_token_and_what_bears_loss() -> None:
    rendered, _ = enforce([SAMPLE], HASHES, template=without_instruction(HASHES), order="answer-only")
    (one,), _ = tokenise(rendered, tokenizer(), 64, {"answer": 0.5})
    shown = plain(one, tokenizer())
    assert shown.startswith("<bos><start_of_turn>user\n1 + 1?<end_of_turn>\n<start_of_turn>model\n[<0x23>*0.5]")
    assert shown.endswith("[ *0.5][2*0.5][<end_of_turn>]")
    text = coloured(one, tokenizer())
    assert text.plain.replace("⏎", "") == "".join(names(one.tokens)).replace("▁", " ")
    styles = {str(span.style).split()[0] for span in text.spans}
    assert styles == {"dim", "yellow", "green"}
