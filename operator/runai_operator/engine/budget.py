"""How much one remote side may be asked: the gate that every request to it goes through."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from .breaker import Breaker, BreakerLimits
from .bucket import TokenBucket
from .clock import Clock, SystemClock
from .turnstile import Turnstile

LONGEST_PAUSE = 300.0
"""No Retry-After counts for more seconds: a mistaken one must not silence a connection for days."""


class BudgetClosed(Exception):
    """Nothing was sent; a request may be let in `retry_in` seconds from now."""

    def __init__(self, retry_in: float) -> None:
        super().__init__(f"too many requests failed: the next one may be sent in {retry_in:.0f} s")
        self.retry_in = retry_in


class Budget:
    """Token bucket, concurrency limit, pause after a Retry-After, and circuit breaker of one connection.

    `async with budget(): ...` around each request. Waiting in line goes by `current_priority`. Entering raises
    `closed_error(seconds)` at once while the breaker is open, or while a pause lasts longer than `patience` seconds:
    whoever waits here holds a worker that others need.

    `is_outage` tells whether an exception of the block means that the other side is away; any other one means that it
    answered. `retry_after` tells for how many seconds it asked to be left alone.
    """

    def __init__(
        self,
        requests_per_second: float,
        max_concurrent: int,
        *,
        clock: Clock | None = None,
        is_outage: Callable[[BaseException], bool],
        retry_after: Callable[[BaseException], float | None] = lambda _: None,
        closed_error: Callable[[float], Exception] = BudgetClosed,
        limits: BreakerLimits | None = None,
        patience: float = 2.0,
    ) -> None:
        self._clock = clock or SystemClock()
        burst = max(1.0, requests_per_second / 5)
        self._bucket = TokenBucket(rate=requests_per_second, burst=burst, now=self._clock.monotonic())
        self._slots = asyncio.Semaphore(max_concurrent)
        self._turnstile = Turnstile()
        self._breaker = Breaker(limits)
        self._paused_until = float("-inf")
        self._is_outage = is_outage
        self._retry_after = retry_after
        self._closed_error = closed_error
        self._patience = patience

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[None]:
        probe = await self._enter()
        try:
            yield
        except BaseException as error:
            self._settle(error, probe=probe)
            raise
        else:
            self._breaker.answered(probe=probe)
        finally:
            self._slots.release()

    def retry_in(self) -> float:
        """Seconds until a request might be let in, by breaker and pause; 0 when one would be now."""
        return max(self._breaker.retry_in(self._clock.monotonic()), self._pause())

    async def _enter(self) -> bool:
        """Waits for a slot and a token; returns whether this request is the breaker's probe."""
        self._refuse_when_closed()
        async with self._turnstile.turn():
            await self._slots.acquire()
            try:
                await self._wait_for_a_token()
            except BaseException:
                self._slots.release()
                raise
            self._bucket.take(self._clock.monotonic())
            return self._breaker.let_in()

    async def _wait_for_a_token(self) -> None:
        while True:
            self._refuse_when_closed()
            delay = max(self._bucket.delay(self._clock.monotonic()), self._pause())
            if delay <= 0:
                return
            await self._clock.sleep(delay)

    def _refuse_when_closed(self) -> None:
        retry_in = self._breaker.retry_in(self._clock.monotonic())
        if self._pause() > self._patience:
            retry_in = max(retry_in, self._pause())
        if retry_in > 0:
            raise self._closed_error(retry_in)

    def _pause(self) -> float:
        return max(self._paused_until - self._clock.monotonic(), 0.0)

    def _settle(self, error: BaseException, *, probe: bool) -> None:
        now = self._clock.monotonic()
        if not isinstance(error, Exception):
            self._breaker.abandoned(probe=probe)
            return
        pause = self._retry_after(error)
        if pause is not None:
            self._paused_until = max(self._paused_until, now + min(pause, LONGEST_PAUSE))
        if self._is_outage(error):
            self._breaker.failed(now, probe=probe)
        else:
            self._breaker.answered(probe=probe)
