"""Those who take keys from the queue and see to them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from .backoff import Backoff
from .clock import Clock, SystemClock
from .priority import Priority, current_priority
from .queue import KeyedQueue, QueueShutDown

K = TypeVar("K", bound=Hashable)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a handler wants next for its key. `Result()`: nothing, it went well; its backoff starts over."""

    after: float | None = None
    """Look again in so many seconds, with `priority`; the backoff stays as it is. With `retry`: at the latest then."""
    priority: Priority = Priority.FOLLOW_UP
    retry: bool = False
    """It did not go well, and the handler has told so: look again when the backoff says."""


Handler = Callable[[K], Awaitable[Result]]
OnError = Callable[[K, BaseException], None]


def log_error(key: object, error: BaseException) -> None:
    """The default for `on_error`: one line and the traceback."""
    log.error("reconciling %s failed, it will be retried", key, exc_info=error)


class Workers(Generic[K]):
    """A number of tasks that hand keys to one handler; made by `run_workers`."""

    def __init__(
        self, queue: KeyedQueue[K], handler: Handler[K], *, backoff: Backoff[K], on_error: OnError[K], clock: Clock
    ) -> None:
        self._queue = queue
        self._handler = handler
        self._backoff = backoff
        self._on_error = on_error
        self._clock = clock
        self._in_hand: dict[K, float] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, workers: int, tasks: asyncio.TaskGroup) -> None:
        self._tasks = [tasks.create_task(self._work(), name=f"worker-{number}") for number in range(workers)]

    def longest(self) -> float:
        """For how many seconds the slowest of the running handlers has been at it; 0 when none runs."""
        return max((self._clock.monotonic() - since for since in self._in_hand.values()), default=0.0)

    async def stop(self, *, within: float) -> bool:
        """Takes no more keys, lets what is in hand finish for `within` seconds, then cancels it.

        Returns whether everything finished by itself.
        """
        self._queue.shut_down()
        unfinished = await self._unfinished(within)
        for task in unfinished:
            task.cancel()
        await asyncio.wait(self._tasks)
        return not unfinished

    async def _unfinished(self, within: float) -> list[asyncio.Task[None]]:
        deadline = asyncio.create_task(self._clock.sleep(within))
        try:
            while (running := [task for task in self._tasks if not task.done()]) and not deadline.done():
                await asyncio.wait([*running, deadline], return_when=asyncio.FIRST_COMPLETED)
            return running
        finally:
            deadline.cancel()

    async def _work(self) -> None:
        while True:
            try:
                key = await self._queue.get()
            except QueueShutDown:
                return
            try:
                await self._handle(key)
            finally:
                self._queue.done(key)

    async def _handle(self, key: K) -> None:
        current_priority.set(self._queue.priority(key))
        self._in_hand[key] = self._clock.monotonic()
        try:
            self._requeue(key, await self._handler(key))
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            self._failed(key, error)  # something that the handler awaited was cancelled, not this worker
        except Exception as error:
            self._failed(key, error)
        finally:
            del self._in_hand[key]

    def _failed(self, key: K, error: BaseException) -> None:
        self._on_error(key, error)
        self._retry(key)

    def _requeue(self, key: K, result: Result) -> None:
        if result.retry:
            self._retry(key, at_most=result.after)
        elif result.after is not None:
            self._queue.add(key, priority=result.priority, after=result.after)
        else:
            self._backoff.reset(key)

    def _retry(self, key: K, *, at_most: float | None = None) -> None:
        priority, after = max(self._queue.priority(key), Priority.FOLLOW_UP), self._backoff.next(key)
        self._queue.add(key, priority=priority, after=after if at_most is None else min(after, at_most))


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@asynccontextmanager
async def run_workers(
    queue: KeyedQueue[K],
    handler: Handler[K],
    *,
    workers: int,
    backoff: Backoff[K] | None = None,
    on_error: OnError[K] = log_error,
    clock: Clock | None = None,
    stop_within: float = 8.0,
) -> AsyncIterator[Workers[K]]:
    """`workers` tasks see to the keys of `queue` while the block runs; leaving it stops them (see `Workers.stop`).

    An exception of the handler goes to `on_error`, once, and its key is tried again as `backoff` says. An exception
    of the block, or of `on_error`, cancels the workers at once, and comes out in an ExceptionGroup.
    """
    crew = Workers(queue, handler, backoff=backoff or Backoff(), on_error=on_error, clock=clock or SystemClock())
    async with asyncio.TaskGroup() as tasks:
        crew.start(workers, tasks)
        yield crew
        await crew.stop(within=stop_within)
