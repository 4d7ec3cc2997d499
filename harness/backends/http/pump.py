"""Runs many waits at once behind a plain iterator: an event loop in its own thread, bounded on both sides."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Shared = TypeVar("Shared")

_JOIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


class Pump(Generic[Item, Shared, Result]):
    """Maps `work` over items, at most `concurrency` at a time; results come as they finish.

    A thread of its own, so that it also runs inside a notebook's event loop. At most twice `concurrency` items are
    started and not yet taken: a slow reader slows the writers, and memory does not grow with the number of items.
    """

    def __init__(
        self,
        items: Sequence[Item],
        work: Callable[[Shared, Item], Awaitable[Result]],
        opened: Callable[[], AbstractAsyncContextManager[Shared]],
        concurrency: int,
    ) -> None:
        self._items = items
        self._work = work
        self._opened = opened
        self._concurrency = concurrency
        self._results: queue.SimpleQueue[Result | _End] = queue.SimpleQueue()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._slots: asyncio.Semaphore | None = None

    def run(self) -> Iterator[Result]:
        """Yield the results; raises what `work` raised. Leaving early (Ctrl-C too) cancels what is under way."""
        thread = threading.Thread(target=self._thread, name="harness-http", daemon=True)
        try:
            thread.start()
            self._ready.wait()
            while True:
                result = self._results.get()
                if isinstance(result, _End):
                    if result.error is not None:
                        raise result.error
                    return
                self._tell_loop(self._free_slot)
                yield result
        finally:
            self._tell_loop(self._cancel)
            if thread.ident is not None:
                thread.join(_JOIN_SECONDS)

    def _thread(self) -> None:
        error: BaseException | None = None
        try:
            asyncio.run(self._main())
        except asyncio.CancelledError:
            pass
        except BaseException as caught:
            error = _first(caught)
        finally:
            self._ready.set()
            self._results.put(_End(error))

    async def _main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._slots = asyncio.Semaphore(2 * self._concurrency)
        self._ready.set()
        waiting = iter(self._items)
        async with self._opened() as shared, asyncio.TaskGroup() as group:
            for _ in range(min(self._concurrency, len(self._items))):
                group.create_task(self._worker(shared, waiting))

    async def _worker(self, shared: Shared, waiting: Iterator[Item]) -> None:
        assert self._slots is not None
        while True:
            await self._slots.acquire()
            item = next(waiting, None)
            if item is None:
                self._slots.release()
                return
            self._results.put(await self._work(shared, item))

    def _free_slot(self) -> None:
        assert self._slots is not None
        self._slots.release()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _tell_loop(self, action: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(action)
            except RuntimeError:  # it closed between the two calls: nothing is left to tell
                return


def in_a_loop_apart(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """What `work` gives, run in an event loop of its own thread, so that it also runs inside a notebook's; raises what
    it raises."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


def _first(error: BaseException) -> BaseException:
    """The error itself out of a task group's wrapping."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
