"""Suspend and resume, many workloads at a time."""

from __future__ import annotations

import asyncio

from runai_operator.engine import Clock
from runai_operator.runai.client import LARGEST_BATCH, BatchAction, RunaiClient
from runai_operator.runai.errors import Unavailable

CLOSED = "the connection to Run:ai was closed: nothing was sent"
GATHERING = 0.05
"""Seconds in which requests are gathered before one batch is sent."""


class Batches:
    """One action's batches. Whoever asks waits for the answer to the batch that holds its id."""

    def __init__(self, client: RunaiClient, action: BatchAction, clock: Clock) -> None:
        self._client = client
        self._action: BatchAction = action
        self._clock = clock
        self._waiting: dict[str, asyncio.Future[str | None]] = {}
        self._sender: asyncio.Task[None] | None = None
        self._closed = False

    async def ask(self, workload_id: str) -> str | None:
        """None when Run:ai did it, its message when it refused. Raises RunaiError as `RunaiClient.batch` does."""
        if self._closed:
            raise Unavailable(CLOSED)
        answer = self._waiting.setdefault(workload_id, asyncio.get_running_loop().create_future())
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send())
        return await asyncio.shield(answer)

    async def aclose(self) -> None:
        """Whoever still waits is told that nothing was sent."""
        self._closed = True
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        _fail(self._waiting, Unavailable(CLOSED))
        self._waiting.clear()

    async def _send(self) -> None:
        while self._waiting:
            await self._clock.sleep(GATHERING)
            ids = [*self._waiting][:LARGEST_BATCH]
            asked = {workload_id: self._waiting.pop(workload_id) for workload_id in ids}
            try:
                result = await self._client.batch(self._action, ids)
            except BaseException as error:
                _fail(asked, error)
                if not isinstance(error, Exception):
                    raise
                continue
            failures = {each.id: each.message or f"code {each.code}" for each in result.failed or ()}
            for workload_id, answer in asked.items():
                if not answer.done():
                    answer.set_result(failures.get(workload_id))


def _fail(asked: dict[str, asyncio.Future[str | None]], error: BaseException) -> None:
    for answer in asked.values():
        if answer.done():
            continue
        if isinstance(error, Exception):
            answer.set_exception(error)
        else:
            answer.cancel()
