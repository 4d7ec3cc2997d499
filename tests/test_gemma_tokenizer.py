"""Prompts become the ids that the model was trained on: one BOS, its own template, prefill included."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gemma_models import copy_of, small_model
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.backends.chat_template import GEMMA
from harness.core.errors import UserError
from harness.core.records import Message, Prompt
from harness.gemma.text.encoders import SentencePiece, TokenizerJson
from harness.gemma.text.tokenizer import Tokenizer, load_tokenizer

USER = Message(role="user", content="How many apples?")
ASKED = Prompt(messages=(Message(role="system", content="Be brief."), USER))
GOLDEN_IDS = [
    *(2, 105, 461, 366, 107, 632, 391, 742, 748, 448, 753, 108, 790, 413, 531, 589, 781, 106, 107),
    *(105, 687, 477, 107, 764, 106, 107),
    *(105, 461, 366, 107, 790, 413, 531, 589, 781, 106, 107),
    *(105, 687, 477, 107, 771, 430, 773, 107),
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(small_model(), embeddings=1024)


def with_template(folder: Path, template: str | list[dict[str, str]] | None) -> Path:
    config = json.loads((small_model() / "tokenizer_config.json").read_text())
    config.pop("chat_template")
    copy_of(small_model(), folder)
    (folder / "tokenizer_config.json").write_text(
        json.dumps(config | ({"chat_template": template} if template is not None else {}))
    )
    return folder


def test_the_rendered_prompt_is_gemmas(tokenizer: Tokenizer) -> None:
    answered = Prompt(messages=(*ASKED.messages, Message(role="assistant", content=" 3 "), USER), prefill="<think>\n")
    assert tokenizer.render_text(answered) == (
        "<bos><start_of_turn>user\nBe brief.\n\nHow many apples?<end_of_turn>\n"
        "<start_of_turn>model\n3<end_of_turn>\n"
        "<start_of_turn>user\nHow many apples?<end_of_turn>\n"
        "<start_of_turn>model\n<think>\n"
    )


def test_the_special_ids_are_gemmas(tokenizer: Tokenizer) -> None:
    ids = tokenizer.render(ASKED)
    newline = tokenizer.token_id("\n")
    assert ids[:2] == [2, 105]
    assert ids[-4:][0] == 105
    assert ids[-1] == newline
    assert (tokenizer.bos_id, tokenizer.eos_id, tokenizer.pad_id) == (2, 1, 0)
    assert tokenizer.stop_ids == (1, 106)


@given(st.text(max_size=60), st.text(max_size=20))
@settings(max_examples=150, deadline=None)
def test_every_prompt_has_exactly_one_bos_in_front(question: str, prefill: str) -> None:
    tokenizer = load(small_model())
    ids = tokenizer.render(Prompt(messages=(Message(role="user", content=question + "<bos>"),), prefill=prefill))
    assert ids[0] == tokenizer.bos_id
    assert ids.count(tokenizer.bos_id) == 1


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
@settings(max_examples=300, deadline=None)
def test_both_file_formats_give_the_same_ids_and_decode_to_the_text(text: str) -> None:
    as_json, as_spm = encoders()
    ids = as_json.encode(text)
    assert as_spm.encode(text) == ids
    assert as_json.decode(ids) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "  two  spaces ",
        "a\nb\n\nc\n\n\n\nd",
        "\ttab",
        "12345.67",
        "naïve 漢字 🙂",
        "<start_of_turn>user\nx<end_of_turn>",
    ],
)
def test_ordinary_text_survives_the_round_trip(text: str) -> None:
    for encoder in encoders():
        assert encoder.decode(encoder.encode(text)) == text


def encoders() -> tuple[TokenizerJson, SentencePiece]:
    if not _ENCODERS:
        _ENCODERS.extend(
            [TokenizerJson(small_model() / "tokenizer.json"), SentencePiece(small_model() / "tokenizer.model")]
        )
    return _ENCODERS[0], _ENCODERS[1]


def load(folder: Path) -> Tokenizer:
    if folder not in _LOADED:
        _LOADED[folder] = load_tokenizer(folder)
    return _LOADED[folder]


_ENCODERS: list[Any] = []
_LOADED: dict[Path, Tokenizer] = {}


def test_decoding_leaves_special_tokens_out_unless_asked(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("3 apples<end_of_turn>\n")
    assert tokenizer.decode(ids) == "3 apples\n"
    assert tokenizer.decode(ids, special=True) == "3 apples<end_of_turn>\n"


def test_the_prefill_is_tokenised_together_with_what_precedes_it(tokenizer: Tokenizer) -> None:
    prefilled = tokenizer.render(Prompt(messages=(USER,), prefill="\n"))
    assert prefilled[-1] == tokenizer.token_id("\n\n")  # the template's newline and the prefill's are one token


def test_a_sentencepiece_model_alone_is_enough(tmp_path: Path) -> None:
    folder = copy_of(small_model(), tmp_path / "m")
    (folder / "tokenizer.json").unlink()
    assert load_tokenizer(folder).render(ASKED) == load(small_model()).render(ASKED)


def test_real_gemma_ids_are_read_from_a_sentencepiece_model(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "tokenizer.model").write_bytes(shared_data("tokenizers/gemma3_test_vocab.spm").read_bytes())
    found = load_tokenizer(tmp_path)
    assert (found.pad_id, found.bos_id, found.eos_id) == (0, 1, 2)
    assert found.stop_ids == (2, 7)
    assert found.encode("<start_of_turn>the quick brown fox<end_of_turn>") == [6, 9, 14, 10, 12, 7]


def test_a_template_that_writes_no_bos_still_gives_one(tmp_path: Path) -> None:
    folder = with_template(tmp_path / "m", GEMMA.replace("{{ bos_token }}", ""))
    assert load_tokenizer(folder).render(ASKED) == load(small_model()).render(ASKED)


def test_the_template_named_default_is_taken_from_a_list(tmp_path: Path) -> None:
    named = [{"name": "tool_use", "template": "x"}, {"name": "default", "template": GEMMA}]
    assert load_tokenizer(with_template(tmp_path / "m", named)).render(ASKED) == load(small_model()).render(ASKED)


def test_a_jinja_file_beside_the_tokenizer_wins(tmp_path: Path) -> None:
    folder = copy_of(small_model(), tmp_path / "m")
    (folder / "chat_template.jinja").write_text("{{ messages[-1]['content'] }}!")
    assert load_tokenizer(folder).render_text(ASKED) == "How many apples?!"


def test_a_pretrained_model_without_template_gets_plain_text(tmp_path: Path) -> None:
    found = load_tokenizer(with_template(tmp_path / "m", None))
    assert found.render_text(ASKED) == "<bos>Be brief.\n\nHow many apples?\n\n"
    assert found.template.origin.startswith("none")


def test_the_template_can_be_replaced(tmp_path: Path) -> None:
    folder = with_template(tmp_path / "m", None)
    assert load_tokenizer(folder, chat_template="gemma").render(ASKED) == load(small_model()).render(ASKED)
    assert load_tokenizer(small_model(), chat_template="none").render_text(ASKED).startswith("<bos>Be brief.")
    with pytest.raises(UserError, match="no chat template file at nowhere"):
        load_tokenizer(folder, chat_template="nowhere")


def test_a_template_that_refuses_system_turns_gets_them_in_the_first_user_turn(tmp_path: Path) -> None:
    strict = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    found = load_tokenizer(with_template(tmp_path / "m", strict + "{{ messages[0]['content'] }}"))
    assert found.render_text(ASKED) == "Be brief.\n\nHow many apples?"


def test_a_template_that_refuses_the_conversation_says_so(tokenizer: Tokenizer) -> None:
    with pytest.raises(UserError, match="must alternate"):
        tokenizer.render(Prompt(messages=(USER, USER)))


@pytest.mark.parametrize(
    "attack",
    [
        "{{ messages.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
        "{{ messages.append(1) }}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_a_template_cannot_leave_its_sandbox(attack: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="chat template"):
        load_tokenizer(with_template(tmp_path / "m", attack)).render(ASKED)


def test_a_template_that_does_not_compile_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not compile"):
        load_tokenizer(with_template(tmp_path / "m", "{% if %}")).render(ASKED)


def test_a_tokenizer_larger_than_the_embedding_is_refused() -> None:
    with pytest.raises(UserError, match="1024 tokens, the embedding 900 rows"):
        load_tokenizer(small_model(), embeddings=900)


def test_a_tokenizer_much_smaller_than_the_embedding_is_refused() -> None:
    with pytest.raises(UserError, match="1024 tokens for 262144 embedding rows"):
        load_tokenizer(small_model(), embeddings=262_144)


def test_a_padded_embedding_is_fine() -> None:
    assert load_tokenizer(small_model(), embeddings=1088).embeddings == 1088


def test_a_special_token_beyond_the_embedding_is_refused_only_where_it_is_used(tmp_path: Path) -> None:
    # gemma-3-1b-it: <image_soft_token> is 262144, the embedding ends at 262143.
    folder = copy_of(small_model(), tmp_path / "m")
    stored = json.loads((folder / "tokenizer.json").read_text())
    image = {**stored["added_tokens"][0], "id": 1024, "content": "<image_soft_token>", "special": True}
    stored["added_tokens"].append(image)
    (folder / "tokenizer.json").write_text(json.dumps(stored))
    found = load_tokenizer(folder, embeddings=1024)
    assert found.encode("plain") == load(small_model()).encode("plain")
    with pytest.raises(UserError, match="image_soft_token"):
        found.encode("an <image_soft_token> here")


def test_end_tokens_of_the_generation_config_are_stop_ids(tmp_path: Path) -> None:
    folder = copy_of(small_model(), tmp_path / "m")
    (folder / "generation_config.json").write_text('{"eos_token_id": 50}')
    assert load_tokenizer(folder).stop_ids == (1, 50, 106)


def test_eos_stays_a_stop_id_where_the_config_names_end_of_turn_instead(tmp_path: Path) -> None:
    folder = copy_of(small_model(), tmp_path / "m")
    for name, change in (("tokenizer_config", {"eos_token": "<end_of_turn>"}), ("generation_config", {})):
        kept = json.loads((folder / f"{name}.json").read_text()) if change else {}
        (folder / f"{name}.json").write_text(json.dumps(kept | change))
    (folder / "config.json").unlink()
    assert load_tokenizer(folder).eos_id == 106
    assert load_tokenizer(folder).stop_ids == (1, 106)


def test_a_folder_without_tokenizer_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no tokenizer"):
        load_tokenizer(tmp_path)


def test_a_broken_tokenizer_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match=r"tokenizer\.json is not a tokenizer"):
        load_tokenizer(tmp_path)


def test_a_template_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    folder = copy_of(small_model(), tmp_path / "m")
    (folder / "chat_template.jinja").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"chat_template\.jinja cannot be read"):
        load_tokenizer(folder)


@pytest.mark.parametrize("name", ["<s>", 5])
def test_a_special_token_that_the_tokenizer_lacks_is_named(name: Any, tmp_path: Path) -> None:
    folder = copy_of(small_model(), tmp_path / "m")
    (folder / "tokenizer_config.json").write_text(json.dumps({"bos_token": name}))
    with pytest.raises(UserError, match=f"has no {name!r} token"):
        load_tokenizer(folder)


def test_the_hash_follows_file_template_and_stop_ids(tmp_path: Path) -> None:
    first = load(small_model()).hash
    assert load_tokenizer(copy_of(small_model(), tmp_path / "same")).hash == first
    assert load_tokenizer(with_template(tmp_path / "plain", None)).hash != first


def test_golden_ids_of_a_rendered_prompt(tmp_path: Path) -> None:
    """Training and evaluation render through here: ids that change would part them from earlier runs."""
    fixture = Path(__file__).parent / "fixtures" / "gemma_tokenizer.json"
    (tmp_path / "tokenizer.json").write_bytes(fixture.read_bytes())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": GEMMA}))
    shots = (*ASKED.messages, Message(role="assistant", content="3"), USER)
    ids = load_tokenizer(tmp_path).render(Prompt(messages=shots, prefill="<reasoning>\n"))
    assert ids == GOLDEN_IDS
