"""What the engine is asked and what it answers, in tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.core.records import Finish

StopCheck = Callable[[int, Sequence[int], int], bool]
"""(request index, all tokens drawn, how many of them are new) -> whether the request is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """One prompt to continue."""

    index: int
    """The caller's number; comes back with the answer."""
    tokens: tuple[int, ...]
    """The whole prompt, BOS included."""
    max_new_tokens: int
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCompletion:
    """The tokens drawn for one request."""

    index: int
    tokens: tuple[int, ...] = ()
    """The stop token that ended it included."""
    finish: Finish
    seconds: float = 0.0
    """From the moment it got a row."""
    error: str = ""


@dataclass(slots=True, kw_only=True)
class EngineStats:
    """What one call cost, in counts that do not depend on the machine."""

    n_blocks: int = 0
    """Host round trips."""
    steps: int = 0
    row_steps: int = 0
    """Rows computed, whether they held a request or not."""
    useful_row_steps: int = 0
    """Of these, the ones that gave a token of a completion."""
    key_steps: int = 0
    """Cache slots of a global layer that were read, prefix apart."""
    prefix_tokens: int = 0
    prompt_tokens: int = 0
    """Read behind the prefix."""
    pack_tokens: int = 0
    """Computed for them, padding included."""
    batch_sizes: set[int] = field(default_factory=set)
    """Rows of the programs that ran."""
    n_resizes: int = 0
    n_parked: int = 0
    """Stragglers that were set aside until the rest was done."""
    n_retries: int = 0
    """Times the batch was halved because memory ran out."""

    @property
    def waste(self) -> float:
        """Share of row-steps that gave no token."""
        return 1 - self.useful_row_steps / self.row_steps if self.row_steps else 0.0
