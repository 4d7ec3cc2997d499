"""A model's own tokenizer: text to ids and back, its stop ids, and prompts rendered with exactly one BOS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.backends.chat_template import END_OF_TURN, ChatTemplate, find_template
from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.records import Prompt
from harness.gemma.model.fingerprint import file_hash
from harness.gemma.text.encoders import Encoder, open_encoder
from harness.store.files import read_json

_UNUSED_ROWS = 256
"""Rows that a padded embedding may have beyond the tokenizer (google/gemma-3-4b-it: 63)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenizer:
    """Text to ids and back, as the model was trained."""

    encoder: Encoder = field(repr=False)
    template: ChatTemplate = field(repr=False)
    bos_id: int
    eos_id: int
    pad_id: int
    stop_ids: tuple[int, ...]
    """Every id that ends a reply: `<eos>`, `<end_of_turn>`, and what generation_config.json adds. Sorted."""
    embeddings: int
    """Rows of the embedding: ids at or beyond it cannot be given to the model."""
    hash: str
    """Over the tokenizer's files, the chat template and the stop ids."""

    def __len__(self) -> int:
        """Ids that the tokenizer knows."""
        return self.encoder.size

    def encode(self, text: str) -> list[int]:
        """Ids of `text`, nothing added; the names of special tokens in it (`<end_of_turn>`) become their ids.

        Raises UserError for a token beyond the embedding (`<image_soft_token>` on a text-only model).
        """
        ids = self.encoder.encode(text)
        if ids and max(ids) >= self.embeddings:
            piece = self.encoder.piece(max(ids))
            raise UserError(f"the text holds {piece!r}, which this model has no embedding for")
        return ids

    def decode(self, ids: Iterable[int], *, special: bool = False) -> str:
        """Text of `ids`; `special` keeps `<bos>`, `<end_of_turn>` and their like."""
        return self.encoder.decode([i for i in ids if special or i not in self.encoder.special_ids])

    def token_id(self, piece: str) -> int | None:
        """The id of one whole token, or None where it is not one."""
        return self.encoder.id_of(piece)

    def render_text(self, prompt: Prompt) -> str:
        """The text that the model continues, `<bos>` included as the template writes it."""
        return self.template.render(prompt)

    def render(self, prompt: Prompt) -> list[int]:
        """The ids that the model continues: chat template, opening of the reply and prefill as one text, one BOS.

        The prefill is tokenised together with what precedes it, so that its ids are those of the same text in training.
        """
        return self.one_bos(self.encode(self.render_text(prompt)))

    def one_bos(self, ids: Sequence[int]) -> list[int]:
        """`ids` with exactly one BOS, in front.

        >>> tokenizer.one_bos([2, 2, 10]) == tokenizer.one_bos([10]) == [2, 10]  # doctest: +SKIP
        True
        """
        return [self.bos_id, *(i for i in ids if i != self.bos_id)]


def load_tokenizer(directory: str | Path, *, embeddings: int | None = None, chat_template: str = "") -> Tokenizer:
    """The tokenizer in a model folder: tokenizer.json, else a sentencepiece model.

    `embeddings` is the number of rows of the model's embedding (None: not checked). `chat_template` replaces the
    model's own: 'gemma', 'none', or a file. Raises UserError where there is no tokenizer or it does not fit.
    """
    directory = Path(directory)
    encoder, file = open_encoder(directory)
    settings = _optional_json(directory / "tokenizer_config.json")
    rows = embeddings if embeddings is not None else encoder.size
    _check_fit(encoder, rows, file)
    bos, eos, pad = (_special(encoder, settings, kind, file) for kind in ("bos", "eos", "pad"))
    source, origin = find_template(directory, settings, chat_template)
    template = ChatTemplate(source=source, origin=origin, bos=encoder.piece(bos), eos=encoder.piece(eos))
    stop_ids = _stop_ids(encoder, directory, eos, rows)
    return Tokenizer(
        encoder=encoder,
        template=template,
        bos_id=bos,
        eos_id=eos,
        pad_id=pad,
        stop_ids=stop_ids,
        embeddings=rows,
        hash=stable_hash({"file": file_hash(file), "template": source, "stop_ids": stop_ids}),
    )


def _check_fit(encoder: Encoder, rows: int, file: Path) -> None:
    """Ordinary pieces must have a row each; a special one beyond (gemma-3-1b's `<image_soft_token>`) is never fed."""
    ordinary = encoder.size - sum(1 for i in encoder.special_ids if i >= rows)
    if ordinary > rows:
        raise UserError(
            f"{file} has {encoder.size} tokens, the embedding {rows} rows: the tokenizer belongs to another model",
            tip="put the model's own tokenizer beside its weights.",
        )
    if rows - ordinary > max(_UNUSED_ROWS, rows // 100):
        raise UserError(
            f"{file} has {encoder.size} tokens for {rows} embedding rows: it belongs to another model",
            tip="put the model's own tokenizer beside its weights.",
        )


def _special(encoder: Encoder, settings: Mapping[str, Any], kind: str, file: Path) -> int:
    named = settings.get(f"{kind}_token")
    piece = (named.get("content") if isinstance(named, dict) else named) or f"<{kind}>"
    found = encoder.id_of(piece) if isinstance(piece, str) else None
    if found is None:
        raise UserError(f"{file} has no {piece!r} token", tip="this is not a Gemma tokenizer.")
    return found


def _stop_ids(encoder: Encoder, directory: Path, eos: int, rows: int) -> tuple[int, ...]:
    ids = {eos}  # may itself be <end_of_turn>: some -it models name it as their eos_token
    ids.update(found for name in ("<eos>", END_OF_TURN) if (found := encoder.id_of(name)) is not None)
    for name in ("generation_config.json", "config.json"):
        given = _optional_json(directory / name).get("eos_token_id")
        ids.update(i for i in (given if isinstance(given, list) else [given]) if isinstance(i, int))
    return tuple(sorted(i for i in ids if i < rows))


def _optional_json(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}
