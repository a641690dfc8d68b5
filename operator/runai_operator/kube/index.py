"""What is kept of each resource while it is watched: enough to find its key, and to tell news from our own echo."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runai_operator.sync.resource import Key, Resource
from runai_operator.sync.situation import FINISHED


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource: `print` is a fingerprint of all of it but its status, `settled` what that says of this spec.

    `bound`: its connection has to stay. `awaited`: its workload should be listed, and to miss it means to create or to
    release something. `leaving`: it is being deleted, and so is its workload; the one is no reason yet why the other
    should be missing.
    """

    connection: str
    workload_id: str | None
    settled: bool
    bound: bool
    awaited: bool
    leaving: bool
    print: bytes


class Index:
    """Resources by key, workload id, connection and namespace; and the labels of namespaces."""

    def __init__(self) -> None:
        self._entries: dict[Key, Entry] = {}
        self._by_workload: dict[str, Key] = {}
        self._labels: dict[str, Mapping[str, str]] = {}
        self._bound: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, body: Mapping[str, Any]) -> bool:
        """Takes a resource in; whether anything but its status is new."""
        resource = Resource(body)
        key, old = resource.key, self._entries.get(resource.key)
        entry = _entry(resource)
        self._entries[key] = entry
        self._count(old, -1)
        self._count(entry, +1)
        if old is not None and old.workload_id not in (None, entry.workload_id):
            self._by_workload.pop(old.workload_id or "", None)
        if entry.workload_id is not None:
            self._by_workload[entry.workload_id] = key
        forgotten = old is not None and old.workload_id is not None and entry.workload_id is None
        return old is None or forgotten or old.print != entry.print

    def drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        self._count(entry, -1)
        if entry is not None and entry.workload_id is not None:
            self._by_workload.pop(entry.workload_id, None)

    def keys_of(self, workload_ids: Iterable[str]) -> list[Key]:
        return [key for each in workload_ids if (key := self._by_workload.get(each)) is not None]

    def keys_on(self, connection: str) -> list[Key]:
        return [key for key, entry in self._entries.items() if entry.connection == connection]

    def unsettled_on(self, connection: str) -> list[Key]:
        """Those that wait for the connection, or for something on it."""
        return [key for key, entry in self._entries.items() if entry.connection == connection and not entry.settled]

    def owned_on(self, connection: str) -> int:
        """How many of them have a workload."""
        return sum(entry.connection == connection and entry.workload_id is not None for entry in self._entries.values())

    def bound_on(self, connection: str) -> int:
        """How many of them need the connection to stay."""
        return self._bound[connection]

    def awaited_on(self, connection: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """The ids of workloads that should be listed there: those that should stay, and all; and all that are recorded
        at all."""
        entries = [
            (id_, each)
            for each in self._entries.values()
            if each.connection == connection and (id_ := each.workload_id)
        ]
        awaited = [(id_, each.leaving) for id_, each in entries if each.awaited]
        staying = frozenset(id_ for id_, leaving in awaited if not leaving)
        return staying, frozenset(id_ for id_, _ in awaited), frozenset(id_ for id_, _ in entries)

    def keys_in(self, namespace: str) -> list[Key]:
        return [key for key in self._entries if key.namespace == namespace]

    def put_namespace(self, body: Mapping[str, Any]) -> bool:
        """Takes a namespace in; whether its labels are new."""
        name, labels = body["metadata"]["name"], body["metadata"].get("labels") or {}
        old, self._labels[name] = self._labels.get(name), dict(labels)
        return old != labels

    def drop_namespace(self, name: str) -> None:
        self._labels.pop(name, None)

    def labels(self, namespace: str) -> Mapping[str, str] | None:
        return self._labels.get(namespace)

    def _count(self, entry: Entry | None, by: int) -> None:
        if entry is not None and entry.bound:
            self._bound[entry.connection] += by


def _entry(resource: Resource) -> Entry:
    return Entry(
        connection=resource.connection_name,
        workload_id=resource.workload_id,
        settled=_settled(resource),
        bound=resource.bound,
        awaited=_awaited(resource),
        leaving=resource.leaving,
        print=_print(resource.body),
    )


def _awaited(resource: Resource) -> bool:
    """A phase is told of what was listed once. What finished is neither run again nor missed; what is replaced goes."""
    status = resource.status
    running = bool(status.get("phase")) and status["phase"] not in FINISHED and not status.get("completedAt")
    return resource.workload_id is not None and running and not resource.replacing


def _settled(resource: Resource) -> bool:
    synced = resource.condition("Synced") or {}
    current = resource.status.get("observedGeneration") == resource.generation
    return current and synced.get("status") == "True" and not resource.deleting


def _print(body: Mapping[str, Any]) -> bytes:
    metadata = body["metadata"]
    parts = [
        metadata["uid"],
        metadata.get("generation"),
        metadata.get("deletionTimestamp"),
        metadata.get("finalizers"),
        metadata.get("annotations"),
    ]
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).digest()
