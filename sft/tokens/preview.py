"""What the model is trained on, token by token: coloured by loss weight on a terminal, bracketed in a pipe."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

    from harness.gemma.text.tokenizer import Tokenizer
    from sft.tokens.tokenise import TokenisedSample

LEGEND = "dim: prompt, no loss; green: loss 1; yellow: another weight; red: no loss within the reply"
PLAIN_LEGEND = "[token]: loss 1; [token*0.5]: loss of that weight; no brackets: no loss"


def pieces(sample: TokenisedSample, tokenizer: Tokenizer) -> tuple[tuple[str, float], ...]:
    """Every token as (its name with spaces shown as text, its loss weight)."""
    names = (tokenizer.encoder.piece(int(i)).replace("▁", " ") for i in sample.tokens)
    return tuple(zip(names, map(float, sample.loss_mask), strict=True))


def plain(sample: TokenisedSample, tokenizer: Tokenizer) -> str:
    """The preview without colour: tokens that count are in brackets, those with another weight than 1 name it."""
    parts = []
    for weight, run in groupby(pieces(sample, tokenizer), key=lambda piece: piece[1]):
        suffix = "" if weight == 1 else f"*{weight:g}"
        parts += [f"[{text}{suffix}]" if weight else text for text, _ in run]
    return "".join(parts)


def coloured(sample: TokenisedSample, tokenizer: Tokenizer) -> Text:
    """The preview for a terminal; neighbouring tokens alternate between plain and underlined."""
    from rich.text import Text

    shown = Text()
    for i, (text, weight) in enumerate(pieces(sample, tokenizer)):
        style = "dim" if i < sample.n_prompt else "red" if not weight else "green" if weight == 1 else "yellow"
        shown.append(text.replace("\n", "⏎\n"), style=f"{style} underline" if i % 2 else style)
    return shown
