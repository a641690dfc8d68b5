"""The Lease that several operators of a cluster compete for, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from runai_operator.kube.election import Hindered, Lease, Taken
from tests.chaos.world.line import Call, Line, Side

PATIENCE = 3.0
"""Seconds until a request about the Lease is given up: half of the deadline for renewing it."""


class LeaseStore:
    """What the API server holds of it. A version is a number that counts the writes."""

    def __init__(self) -> None:
        self.held: Lease | None = None

    @property
    def holder(self) -> str:
        """Who leads, as far as the record says; "" for nobody."""
        return self.held.holder if self.held is not None else ""

    def write(self, lease: Lease) -> Lease:
        """Raises Taken where it is not the one that was read."""
        version = self.held.version if self.held is not None else ""
        if lease.version != version:
            raise Taken
        self.held = replace(lease, version=str(int(version or 0) + 1))
        return self.held


class InMemoryLeases:
    """The election's port, over the line of one process."""

    def __init__(self, store: LeaseStore, line: Line) -> None:
        self._store = store
        self._line = line

    async def get(self) -> Lease | None:
        return await self._ask("get Lease", lambda: self._store.held, writes=False)

    async def create(self, lease: Lease) -> Lease:
        return await self._ask("create Lease", lambda: self._store.write(lease), writes=True)

    async def update(self, lease: Lease) -> Lease:
        return await self._ask("update Lease", lambda: self._store.write(lease), writes=True)

    async def _ask(self, name: str, perform: Callable[[], Lease], *, writes: bool) -> Lease:
        async with asyncio.timeout(PATIENCE):
            return await self._line.call(Call(Side.KUBERNETES, name, writes), perform, _refuse)


def _refuse(status: int) -> Lease:
    raise Taken if status == 409 else Hindered(f"the API server answers {status}")
