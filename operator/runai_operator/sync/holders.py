"""Which resource has which workload, where no stamp tells: one that was taken over as it was carries none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from runai_operator.sync.ports import Kubernetes
from runai_operator.sync.resource import Key, Resource

MayTake = Callable[[Resource], Awaitable[bool]]
"""Whether a resource may use the project that the workload is in: a claim is an annotation, and anybody's to write."""


class Holders:
    """Who recorded a workload goes before who claimed to adopt it, and of claims the first that was seen counts.

    One process reconciles at a time, so what it saw since its start, on top of all that was there then, is all there
    is to know. All resources are read once, when this is first asked; most operators never do.
    """

    def __init__(self, kubernetes: Kubernetes) -> None:
        self._kubernetes = kubernetes
        self._all_read = False
        self._takers: dict[str, dict[Key, None]] = {}
        self._taken: dict[Key, str] = {}

    def see(self, resource: Resource) -> None:
        """What a resource says now, as it was read or written just now."""
        if self._taken.get(resource.key) != taken_by(resource):
            self.drop(resource.key)
            self._add(resource)

    def drop(self, key: Key) -> None:
        """It is gone."""
        taken = self._taken.pop(key, None)
        if taken is not None:
            self._takers[taken].pop(key)
            if not self._takers[taken]:
                del self._takers[taken]

    async def holder(self, workload_id: str, asking: Resource, may_take: MayTake) -> Key | None:
        """Whose workload that is, None where nobody has taken it. The others are looked at afresh."""
        await self._read_all()
        takers = [*self._takers.get(workload_id, ())]
        if takers in ([], [asking.key]):
            return takers[0] if takers else None
        present = [each for key in takers if (each := await self._now(key, asking)) is not None]
        entitled = [each for each in present if each.workload_id or each is asking or await may_take(each)]
        return first(entitled, workload_id)

    async def _now(self, key: Key, asking: Resource) -> Resource | None:
        if key == asking.key:
            return asking
        resource = await self._kubernetes.fetch(key)
        if resource is None:
            self.drop(key)
        else:
            self.see(resource)
        return resource

    async def _read_all(self) -> None:
        if self._all_read:
            return
        async for body in self._kubernetes.resources():
            resource = Resource(body)
            if resource.key not in self._taken:  # what was seen meanwhile is newer
                self._add(resource)
        self._all_read = True

    def _add(self, resource: Resource) -> None:
        taken = taken_by(resource)
        if taken is not None:
            self._taken[resource.key] = taken
            self._takers.setdefault(taken, {})[resource.key] = None


def taken_by(resource: Resource) -> str | None:
    """The id of the workload that a resource recorded, else of the one that it claimed to adopt."""
    return resource.workload_id or (resource.claim.adopts if resource.claim else None)


def first(takers: Sequence[Resource], workload_id: str) -> Key | None:
    """Of those that still have it: the oldest that recorded it, else the first that claimed it."""
    recorded = [each for each in takers if each.workload_id == workload_id]
    if recorded:
        return min(recorded, key=lambda each: (str(each.metadata.get("creationTimestamp")), each.key)).key
    return next((each.key for each in takers if taken_by(each) == workload_id), None)
