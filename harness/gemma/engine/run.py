"""One call of generate: requests are read in packs, get a row, are decoded in blocks, and leave as they finish."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from harness.gemma.engine.cache import Pack, Rows, empty_rows, insert, rejoin, resize
from harness.gemma.engine.decode import RowState, decode_block
from harness.gemma.engine.placed import PlacedModel
from harness.gemma.engine.reader import Ready, read_long_prompt, read_prompts
from harness.gemma.engine.requests import StopCheck, TokenCompletion, TokenRequest
from harness.gemma.engine.sampling import Sampling, key_data
from harness.gemma.engine.schedule import (
    LOOK_AHEAD,
    admission_order,
    batch_bucket,
    common_prefix,
    pack_bucket,
    rows_to_park,
    span_bucket,
    worthwhile_prefix,
)


@dataclass(slots=True, kw_only=True)
class Live:
    """A request that has a row."""

    request: TokenRequest
    budget: int
    length: int
    """Tokens of its own that the cache holds."""
    since: float
    drawn: list[int] = field(default_factory=list)

    @property
    def next_token(self) -> int:
        """What the next step reads."""
        return self.drawn[-1] if self.drawn else self.request.tokens[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A straggler that was set aside with its keys and values."""

    live: Live
    rows: Rows
    """One row."""


class GenerationRun:
    """The state of one call; `completions` drives it."""

    def __init__(
        self,
        engine: PlacedModel,
        requests: Sequence[TokenRequest],
        sampling: Sampling,
        stop_ids: Sequence[int],
        stop_check: StopCheck | None,
    ) -> None:
        self.engine = engine
        self.sampling = sampling
        self.stop_ids = np.asarray(sorted(set(stop_ids)) or [-1], np.int32)
        self.stop_check = stop_check
        self.max_length = engine.options.max_length
        self.refused = [r for r in requests if not self._fits(r)]
        accepted = [r for r in requests if self._fits(r)]
        self.prefix_length = worthwhile_prefix(common_prefix([r.tokens for r in accepted]))
        self.queue = admission_order(accepted)
        self.unfinished = {r.index: r for r in accepted}
        self.ready: deque[Ready] = deque()
        self.live: list[Live | None] = []
        self.parked: list[Parked] = []
        self.span = 0
        self.rows: Rows | None = None
        self.n_failures = 0

    def completions(self) -> Iterator[TokenCompletion]:
        """Run to the end; what fails is answered with an error, and the rest goes on."""
        yield from map(self._refusal, self.refused)
        if not self.queue:
            return
        self.largest_batch = self.engine.most_rows(self.queue, self.prefix_length, self.sampling.mode)
        unread = sum(len(request.tokens) - self.prefix_length for request in self.queue)
        self.pack_size = pack_bucket(-(-unread // self.engine.n_devices), self.engine.largest_pack)
        while self.queue or self.ready or self.parked or self._n_live():
            try:
                finished = self._turn()
                self.n_failures = 0
            except jax.errors.JaxRuntimeError as error:
                finished = self._recover(error)
            for completion in finished:
                self.unfinished.pop(completion.index)
                yield completion

    def _turn(self) -> list[TokenCompletion]:
        if self.rows is None:
            self._make_prefix()
        self._fit_rows()
        self._admit()
        return self._decode()

    def _make_prefix(self) -> None:
        first = (self.queue[0] if self.queue else self.ready[0].request).tokens
        self.prefix = self.engine.prefix_of(first[: self.prefix_length])
        self.decode_prefix = self.engine.cut(self.prefix)

    # --- rows -------------------------------------------------------------------------------------------------------

    def _fit_rows(self) -> None:
        """Give the rows the compiled size that what is live and what comes next need."""
        self._park()
        wanted = self._n_live() + len(self.ready) + len(self.queue) + len(self.parked)
        size = batch_bucket(wanted, self.largest_batch, self.engine.n_devices)
        if size < len(self.live) and size * self.engine.shrink_factor > len(self.live):
            size = len(self.live)
        held = [live.length for live in self.live if live]
        if not self._others_wait():
            held += [parked.live.length for parked in self.parked]
        span = span_bucket(max(held + self._coming(size)) + self.engine.options.steps_per_sync)
        if self.rows is None:
            self.rows = empty_rows(self.engine.shape, size, span, self.engine.dtype, self.engine.mesh)
            self.live = [None] * size
        elif (size, span) != (len(self.live), self.span):
            self._resize(size, span)
        self.span = span

    def _coming(self, size: int) -> list[int]:
        """Widths of the prompts that may get a row of `size` next."""
        widths = [ready.width for ready in self.ready]
        return widths + [len(r.tokens) - 1 - self.prefix_length for r in self.queue[: LOOK_AHEAD + size]]

    def _others_wait(self) -> bool:
        return bool(self.queue or self.ready)

    def _park(self) -> None:
        """Set stragglers aside, so that others get their rows and no step is as wide as they are."""
        if self.rows is None or not self._others_wait():
            return
        room = self.engine.options.steps_per_sync
        if max(self._coming(len(self.live))) + room > self.span:
            return  # the rows must grow anyway
        held = [live.length + room if live else 0 for live in self.live]
        most = min(max(1, self._n_live() // 16), max(1, self.largest_batch // 8) - len(self.parked))
        for row in rows_to_park(held, self.span, most):
            live = self.live[row]
            assert live is not None
            span = span_bucket(live.length)
            alone = resize(self.rows, np.asarray([row], np.int32), shape=self.engine.shape, span=span, mesh=None)
            self.parked.append(Parked(live=live, rows=alone))
            self.live[row] = None
            self.engine.stats.n_parked += 1

    def _resize(self, size: int, span: int) -> None:
        kept = [row for row, live in enumerate(self.live) if live]
        order = np.asarray(kept + [0] * (size - len(kept)), np.int32)
        assert self.rows is not None
        self.rows = resize(self.rows, order, shape=self.engine.shape, span=span, mesh=self.engine.mesh)
        self.live = [self.live[row] for row in kept] + [None] * (size - len(kept))
        self.engine.stats.n_resizes += 1

    # --- admission --------------------------------------------------------------------------------------------------

    def _admit(self) -> None:
        """Fill free rows: with prompts already read, then by reading packs as long as there are rows for them."""
        free = [row for row, live in enumerate(self.live) if live is None]
        if not self._others_wait():  # only then do the rows have the span for those set aside
            while free and self.parked:
                self._rejoin(free.pop(0), self.parked.pop(0))
        while free and (self.ready or self.queue):
            if not self.ready:
                self.ready.extend(self._read())
            pack = self.ready[0].pack
            batch: list[tuple[int, Ready]] = []
            while free and self.ready and self.ready[0].pack is pack:
                batch.append((free.pop(0), self.ready.popleft()))
            self._insert(pack, batch)

    def _rejoin(self, row: int, parked: Parked) -> None:
        assert self.rows is not None
        self.rows = rejoin(self.rows, parked.rows, np.int32(row))
        self.live[row] = parked.live

    def _read(self) -> list[Ready]:
        first = self.queue[0]
        if len(first.tokens) - 1 - self.prefix_length > self.pack_size:
            return [read_long_prompt(self.engine, self.prefix, self.queue.pop(0), self.pack_size)]
        return read_prompts(self.engine, self.decode_prefix, self.queue, self.prefix_length, self.pack_size)

    def _insert(self, pack: Pack | None, batch: list[tuple[int, Ready]]) -> None:
        now = time.perf_counter()
        for row, ready in batch:
            room = self.max_length - len(ready.request.tokens)
            self.live[row] = Live(
                request=ready.request,
                budget=min(ready.request.max_new_tokens, room),
                length=ready.width,
                since=now,
            )
        if pack is None:
            return
        columns = np.zeros((4, len(self.live)), np.int32)
        for slot, (row, ready) in enumerate(batch):
            columns[:, slot] = row, ready.which_pack, ready.start, ready.width
        assert self.rows is not None
        self.rows = insert(self.rows, pack, np.int32(len(batch)), *columns)

    # --- decoding ---------------------------------------------------------------------------------------------------

    def _decode(self) -> list[TokenCompletion]:
        engine = self.engine
        rows, self.rows = self.rows, None  # donated: lost if the program fails
        block = decode_block(
            engine.weights,
            self.decode_prefix,
            rows,
            self._state(),
            self.stop_ids,
            self.sampling.limits(),
            np.int32(self._enough_finished()),
            shape=engine.shape,
            mode=self.sampling.mode,
            max_steps=engine.options.steps_per_sync,
        )
        n_steps = int(block.n_steps)
        tokens = np.asarray(block.tokens)[:n_steps]
        self.rows = block.rows
        self._count(n_steps, tokens)
        return [done for row in range(len(self.live)) if (done := self._collect(row, tokens[:, row]))]

    def _state(self) -> RowState:
        n_rows = len(self.live)
        token, length, n_drawn, budget = np.zeros((4, n_rows), np.int32)
        keys = np.zeros((n_rows, 2), np.uint32)
        for row, live in enumerate(self.live):
            if live:
                token[row], length[row] = live.next_token, live.length
                n_drawn[row], budget[row] = len(live.drawn), live.budget
                keys[row] = key_data(live.request.seed)
        active = np.array([live is not None for live in self.live])
        return RowState(*map(jnp.asarray, (token, length, n_drawn, budget, keys, active)))

    def _enough_finished(self) -> int:
        """Rows that must finish to end a block early: enough to be worth refilling, or to shrink the batch."""
        n_live = self._n_live()
        if self.queue or self.ready:
            return max(1, len(self.live) // 16)
        return max(1, n_live - len(self.live) // self.engine.shrink_factor)

    def _collect(self, row: int, column: Int[np.ndarray, " step"]) -> TokenCompletion | None:
        """Take a row's new tokens; its completion if that ends it."""
        live = self.live[row]
        if live is None:
            return None
        new = column[column >= 0].tolist()
        live.drawn += new
        live.length += len(new)
        stopped = live.drawn[-1] in self.stop_ids
        if not stopped and self.stop_check and self.stop_check(live.request.index, live.drawn, len(new)):
            stopped = True
        if not stopped and len(live.drawn) < live.budget:
            return None
        self.live[row] = None
        return TokenCompletion(
            index=live.request.index,
            tokens=tuple(live.drawn),
            finish="stop" if stopped else "length",
            seconds=time.perf_counter() - live.since,
        )

    def _count(self, n_steps: int, tokens: Int[np.ndarray, "step row"]) -> None:
        stats = self.engine.stats
        stats.batch_sizes.add(len(self.live))
        stats.n_blocks += 1
        stats.steps += n_steps
        stats.row_steps += n_steps * len(self.live)
        stats.useful_row_steps += int((tokens >= 0).sum())
        stats.key_steps += n_steps * len(self.live) * self.span

    # --- what goes wrong --------------------------------------------------------------------------------------------

    def _recover(self, error: Exception) -> list[TokenCompletion]:
        """Start the live requests over with half the rows when memory ran out; answer them with the error otherwise."""
        self.n_failures += 1
        n_rows, running = len(self.live), [live.request for live in self.live if live]
        gone = {request.index for request in running}
        self.rows, self.live = None, []
        self.ready.clear()
        self.parked.clear()
        if _out_of_memory(error) and n_rows > self.engine.n_devices:
            self.largest_batch = max(n_rows // 2, self.engine.n_devices)
            self.engine.stats.n_retries += 1
            running, gone = [], set()
        elif self.n_failures > 1 or not running:  # the rest would fail the same way
            running = list(self.unfinished.values())
            gone = set(self.unfinished)
        self.queue = admission_order(r for index, r in self.unfinished.items() if index not in gone)
        return [_failure(request, f"{type(error).__name__}: {error}") for request in running]

    def _fits(self, request: TokenRequest) -> bool:
        return 0 < len(request.tokens) < self.max_length and request.max_new_tokens > 0

    def _refusal(self, request: TokenRequest) -> TokenCompletion:
        n_tokens = len(request.tokens)
        if n_tokens >= self.max_length:
            return _failure(request, f"the prompt has {n_tokens} tokens, but max_length is {self.max_length}")
        return _failure(request, "the prompt is empty" if not n_tokens else "max_new_tokens must be 1 or more")

    def _n_live(self) -> int:
        return sum(live is not None for live in self.live)


def _failure(request: TokenRequest, error: str) -> TokenCompletion:
    return TokenCompletion(index=request.index, finish="error", error=error)


def _out_of_memory(error: Exception) -> bool:
    return "RESOURCE_EXHAUSTED" in str(error) or "out of memory" in str(error).lower()
