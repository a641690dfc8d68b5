"""The keys that are due: a lane for each priority, and in each lane the groups take turns."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from .priority import Priority

K = TypeVar("K", bound=Hashable)

PATIENCE = 8
"""How many times a lane is passed over before it is served ahead of better ones."""


class Lane(Generic[K]):
    """Keys of one priority: first come first served within a group, groups in turn. Every operation is O(1)."""

    def __init__(self) -> None:
        self._groups: OrderedDict[str, OrderedDict[K, float]] = OrderedDict()
        self.passed_over = 0

    def __bool__(self) -> bool:
        return bool(self._groups)

    def add(self, key: K, group: str, since: float) -> None:
        self._groups.setdefault(group, OrderedDict())[key] = since

    def remove(self, key: K, group: str) -> float:
        """Takes the key out; returns since when it stood here."""
        keys = self._groups[group]
        since = keys.pop(key)
        if not keys:
            del self._groups[group]
        if not self._groups:
            self.passed_over = 0  # whoever comes next has not waited yet
        return since

    def take(self) -> K:
        self.passed_over = 0
        group, keys = next(iter(self._groups.items()))
        key, _ = keys.popitem(last=False)
        if keys:
            self._groups.move_to_end(group)
        else:
            del self._groups[group]
        return key

    def oldest(self) -> float | None:
        """Since when the one that waits longest has been waiting; looks at one key of each group."""
        return min((next(iter(keys.values())) for keys in self._groups.values()), default=None)


class Lanes(Generic[K]):
    """All lanes. A better priority goes first, but a lane passed over `PATIENCE` times gets its turn."""

    def __init__(self, group: Callable[[K], str]) -> None:
        self._group = group
        self._lanes: dict[Priority, Lane[K]] = {priority: Lane() for priority in Priority}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, key: K, priority: Priority, since: float) -> None:
        self._lanes[priority].add(key, self._group(key), since)
        self._size += 1

    def remove(self, key: K, priority: Priority) -> float:
        self._size -= 1
        return self._lanes[priority].remove(key, self._group(key))

    def take(self) -> K:
        """The next key. Raises IndexError when none is due."""
        waiting = [lane for lane in self._lanes.values() if lane]
        if not waiting:
            raise IndexError("no key is due")
        chosen = max(waiting, key=lambda lane: lane.passed_over if lane.passed_over >= PATIENCE else 0)
        for lane in waiting:
            lane.passed_over += 1
        self._size -= 1
        return chosen.take()

    def oldest(self) -> float | None:
        return min((since for lane in self._lanes.values() if (since := lane.oldest()) is not None), default=None)
