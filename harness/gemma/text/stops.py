"""Where token ids meet text: stop strings, and where a continuation begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.gemma.text.tokenizer import Tokenizer


class StopStrings:
    """Finds the first stop string in a reply, whatever tokens it spans."""

    def __init__(self, stop: Sequence[str], decode: Callable[[Sequence[int]], str]) -> None:
        self.stop = tuple(text for text in stop if text)
        self.decode = decode
        self._reach = max(map(len, self.stop), default=0) + 4
        """Tokens that a stop string can span, with room for a character that is split over bytes."""

    def check(self, index: int, tokens: Sequence[int], n_new: int) -> bool:
        """Whether a stop string ends within the last `n_new` tokens; only the end of the text is decoded."""
        tail = self.decode(tokens[-(n_new + self._reach) :])
        return self._find(tail) is not None and self._find(self.decode(tokens)) is not None

    def cut(self, tokens: Sequence[int]) -> tuple[str, int]:
        """The text up to the first stop string, and the fewest tokens that hold that stop string.

        The count does not depend on how far decoding ran past it.
        """
        text = self.decode(tokens)
        end = self._find(text)
        if end is None:
            return text, len(tokens)
        low, high = 1, len(tokens)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._find(self.decode(tokens[:middle])) is not None else (middle + 1, high)
        return text[:end], low

    def _find(self, text: str) -> int | None:
        """Where the first stop string begins."""
        found = [at for at in (text.find(stop) for stop in self.stop) if at >= 0]
        return min(found) if found else None


def split_at_context(tokenizer: Tokenizer, context: str, continuation: str) -> tuple[tuple[int, ...], int]:
    """Tokens of both texts as one, after one BOS, and how many of them are the context's.

    Spaces that end the context go to the continuation, as words carry their leading space in Gemma's vocabulary.
    """
    stripped = context.rstrip(" ")
    continuation = context[len(stripped) :] + continuation
    whole = tokenizer.one_bos(tokenizer.encode(stripped + continuation))
    given = tokenizer.one_bos(tokenizer.encode(stripped))
    return tuple(whole), min(len(given), len(whole))
