"""The decode engine: one model, ready to continue prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.gemma.engine.placed import PlacedModel
from harness.gemma.engine.requests import EngineStats, StopCheck, TokenCompletion, TokenRequest
from harness.gemma.engine.run import GenerationRun
from harness.gemma.engine.sampling import Sampling


class Engine(PlacedModel):
    """Continues prompts with the weights of a Tunix Gemma 3. Not for use from several threads."""

    def generate(
        self,
        requests: Sequence[TokenRequest],
        sampling: Sampling,
        stop_ids: Sequence[int],
        stop_check: StopCheck | None = None,
    ) -> Iterator[TokenCompletion]:
        """Yield a completion per one of `requests` as each finishes. One that fails or does not fit yields finish
        'error'.

        `sampling` holds for all of them. A reply ends at any of `stop_ids` and where `stop_check` says so.
        """
        self.stats = EngineStats()
        return GenerationRun(self, requests, sampling, stop_ids, stop_check).completions()
