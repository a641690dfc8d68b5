"""One call at one time to come."""

import asyncio
from collections.abc import Callable

from .clock import Clock


class Alarm:
    """Calls `ring` once at the time that was set; of several times the earliest counts. Owns the task that waits."""

    def __init__(self, ring: Callable[[], None], clock: Clock) -> None:
        self._ring = ring
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._at = float("inf")

    def set(self, at: float) -> None:
        if at < self._at:
            self.cancel()
            self._at = at
            self._task = asyncio.create_task(self._wait(at))

    def cancel(self) -> None:
        self._at = float("inf")
        if self._task:
            self._task.cancel()
            self._task = None

    async def _wait(self, at: float) -> None:
        await self._clock.sleep(max(at - self._clock.monotonic(), 0))
        self._task, self._at = None, float("inf")
        self._ring()
