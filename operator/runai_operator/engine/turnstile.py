"""One at a time; better priorities go ahead, but not for ever."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from .priority import current_priority

HEAD_START = 32
"""So many later ones of the next better priority overtake a waiting one, and no more."""


class Turnstile:
    """A lock whose waiters go by `current_priority`, first come first served within one."""

    def __init__(self) -> None:
        self._taken = False
        self._line: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = count()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        if self._taken:
            await self._wait()
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        arrival = next(self._arrivals)
        heapq.heappush(self._line, (arrival + HEAD_START * current_priority.get(), arrival, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it was given to us in the same moment
            raise

    def _pass_on(self) -> None:
        """Hands the turn to the next in line without freeing it in between, so that nobody slips in."""
        while self._line:
            turn = heapq.heappop(self._line)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._taken = False
