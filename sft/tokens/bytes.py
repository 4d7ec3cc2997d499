"""Which characters of a text a token stands for, read off the pieces' names, as Gemma's tokenizers give no offsets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

if TYPE_CHECKING:
    from harness.gemma.text.tokenizer import Tokenizer

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def token_starts(ids: Sequence[int], text: str, tokenizer: Tokenizer) -> Int[np.ndarray, " token"] | None:
    """The character of `text` in which each token begins; None where the pieces do not spell the text.

    A character of several byte tokens is the beginning of each of them.
    """
    pieces = [piece_bytes(tokenizer.encoder.piece(i)) for i in ids]
    encoded = text.encode("utf-8", errors="surrogatepass")
    if b"".join(pieces) != encoded.replace("▁".encode(), b" "):
        return None
    ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
    starts = np.concatenate([[0], ends[:-1]]) if len(pieces) else np.zeros(0, np.int64)
    character_of_byte = np.repeat(np.arange(len(text)), [len(c.encode("utf-8", "surrogatepass")) for c in text])
    return character_of_byte[starts]


def piece_bytes(piece: str) -> bytes:
    """The text of one piece: `▁` is a space, `<0xE2>` one byte.

    >>> piece_bytes("▁the"), piece_bytes("<0xE2>")
    (b' the', b'\\xe2')
    """
    byte = _BYTE.fullmatch(piece)
    return bytes([int(byte.group(1), 16)]) if byte else piece.replace("▁", " ").encode("utf-8", "surrogatepass")
