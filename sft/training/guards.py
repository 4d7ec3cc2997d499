"""Stops training where going on would only spoil the weights: a loss that is no number, or one that jumps."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Sequence

from harness.core.errors import UserError

WINDOW = 32
"""Updates whose median the next loss is held against; no jump is seen before there are this many."""
LEAST_JUMP = 1.0
"""Nats: near a loss of zero a large factor is still a small change."""
_SHOWN_IDS = 8


class LossGuard:
    """Looks at every update's loss and gradient norm."""

    def __init__(self, spike_factor: float) -> None:
        """`spike_factor` x the median of the last losses stops training; 0 switches that off, never the NaN check."""
        self.spike_factor = spike_factor
        self._recent: deque[float] = deque(maxlen=WINDOW)

    def check(self, step: int, loss: float, grad_norm: float, ids: Sequence[str]) -> None:
        """Raises UserError with the samples of the update (`ids`) where the `loss` (nats a token) or `grad_norm` of
        `step` is not finite, or the loss jumps.
        """
        if not (math.isfinite(loss) and math.isfinite(grad_norm)):
            raise UserError(
                f"step {step}: the loss is {loss} and the gradient norm {grad_norm}; samples: {_names(ids)}",
                tip="the last checkpoint is sound; look at those samples, lower train.learning_rate, or train.clip.",
            )
        if self.spike_factor and len(self._recent) == WINDOW:
            usual = statistics.median(self._recent)
            if loss > self.spike_factor * usual and loss - usual > LEAST_JUMP:
                raise UserError(
                    f"step {step}: the loss jumped to {loss:.3f} from about {usual:.3f}; samples: {_names(ids)}",
                    tip="look at those samples, or set train.spike_factor (0 switches this off).",
                )
        self._recent.append(loss)


def _names(ids: Sequence[str]) -> str:
    rest = f" and {len(ids) - _SHOWN_IDS} more" if len(ids) > _SHOWN_IDS else ""
    return ", ".join(ids[:_SHOWN_IDS]) + rest
