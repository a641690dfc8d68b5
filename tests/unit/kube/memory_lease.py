"""A Lease in memory, with an API server that may be away, or whose answers get lost."""

from __future__ import annotations

from dataclasses import replace

from runai_operator.kube.election import Lease, Taken


class MemoryLease:
    """The Leases of any number of electors. `away`: nothing arrives; `mute`: what is written is, but nobody hears."""

    def __init__(self, lease: Lease | None = None) -> None:
        self.lease = replace(lease, version="0") if lease else None
        self.away = False
        self.mute = False
        self.writes = 0

    async def get(self) -> Lease | None:
        self._answer()
        return self.lease

    async def create(self, lease: Lease) -> Lease:
        if self.away or self.lease is None:
            return self._write(lease)
        raise Taken

    async def update(self, lease: Lease) -> Lease:
        if self.away or (self.lease is not None and self.lease.version == lease.version):
            return self._write(lease)
        raise Taken

    def _write(self, lease: Lease) -> Lease:
        if not self.away:
            self.writes += 1
            self.lease = replace(lease, version=str(self.writes))
        self._answer()
        assert self.lease is not None
        return self.lease

    def _answer(self) -> None:
        if self.away or self.mute:
            raise TimeoutError
