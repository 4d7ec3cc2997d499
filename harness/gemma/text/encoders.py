"""The two file formats of a Gemma tokenizer behind one interface: tokenizer.json and a sentencepiece model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from harness.core.errors import UserError

_SPECIAL_NAMES = ("<pad>", "<bos>", "<eos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>")


class Encoder(Protocol):
    """Text to ids and back, nothing added and nothing dropped."""

    size: int
    """One more than the largest id."""
    special_ids: frozenset[int]
    """Ids that stand for no text: `<bos>`, `<end_of_turn>`, ..."""

    def encode(self, text: str) -> list[int]:
        """Ids of `text`; the names of special tokens in it become their ids."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """Text of `ids`, special ones by name."""
        ...

    def piece(self, token_id: int) -> str:
        """The name of one id."""
        ...

    def id_of(self, piece: str) -> int | None:
        """The id of one whole token, or None."""
        ...


def open_encoder(directory: Path) -> tuple[Encoder, Path]:
    """The tokenizer of a model folder and the file it was read from. Raises UserError where there is none."""
    if (directory / "tokenizer.json").is_file():
        return TokenizerJson(directory / "tokenizer.json"), directory / "tokenizer.json"
    models = [directory / "tokenizer.model", *sorted(directory.glob("*.spm")), *sorted(directory.glob("*.model"))]
    found = next((model for model in models if model.is_file()), None)
    if found is None:
        raise UserError(
            f"{directory} holds no tokenizer", tip="put tokenizer.json or tokenizer.model beside the weights."
        )
    return SentencePiece(found), found


class TokenizerJson:
    """Hugging Face's tokenizer.json, run by the `tokenizers` library."""

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        try:
            self._inner = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises bare Exception
            raise UserError(f"{file} is not a tokenizer: {error}") from error
        added = self._inner.get_added_tokens_decoder()
        self.special_ids = frozenset(i for i, token in added.items() if token.special)
        self.size = max(self._inner.get_vocab().values()) + 1

    def encode(self, text: str) -> list[int]:
        """Ids of `text`."""
        return self._inner.encode(text, add_special_tokens=False).ids

    def decode(self, ids: Sequence[int]) -> str:
        """Text of `ids`."""
        return self._inner.decode(list(ids), skip_special_tokens=False)

    def piece(self, token_id: int) -> str:
        """The name of one id."""
        return self._inner.id_to_token(token_id) or f"<id {token_id}>"

    def id_of(self, piece: str) -> int | None:
        """The id of one whole token, or None."""
        return self._inner.token_to_id(piece)


class SentencePiece:
    """A sentencepiece model, as Kaggle's Gemma folders hold it."""

    def __init__(self, file: Path) -> None:
        from sentencepiece import SentencePieceProcessor

        try:
            self._inner: Any = SentencePieceProcessor(model_proto=file.read_bytes())
        except RuntimeError as error:
            raise UserError(f"{file} is not a sentencepiece model: {error}") from error
        self.size = int(self._inner.vocab_size())
        control = {i for i in range(self.size) if self._inner.is_control(i)}
        named = {found for name in _SPECIAL_NAMES if (found := self.id_of(name)) is not None}
        self.special_ids = frozenset(control | named)
        names = sorted((self.piece(i) for i in self.special_ids), key=len, reverse=True)
        self._special = re.compile("(" + "|".join(map(re.escape, names)) + ")")

    def encode(self, text: str) -> list[int]:
        """Ids of `text`; sentencepiece itself never reads a control token from text."""
        ids: list[int] = []
        for i, part in enumerate(self._special.split(text)):
            ids += [self._inner.piece_to_id(part)] if i % 2 else self._inner.encode(part)
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Text of `ids`."""
        text, run = "", list[int]()
        for token_id in ids:
            if token_id in self.special_ids:
                text, run = text + self._inner.decode(run) + self.piece(token_id), []
            else:
                run.append(token_id)
        return text + self._inner.decode(run)

    def piece(self, token_id: int) -> str:
        """The name of one id."""
        return str(self._inner.id_to_piece(token_id))

    def id_of(self, piece: str) -> int | None:
        """The id of one whole token, or None: sentencepiece answers the unknown id for names it lacks."""
        found = int(self._inner.piece_to_id(piece))
        return found if self._inner.id_to_piece(found) == piece else None
