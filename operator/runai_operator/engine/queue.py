"""What is to be looked at: keys, each at most once, never in two hands at a time.

Level-triggered: a key says "look again", not what happened; adding it twice is looking once. A key moves

    add -> scheduled (not due yet) -> in its lane (due) -> get: in hand -> done -> gone, or round again
"""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from .alarm import Alarm
from .clock import Clock, SystemClock
from .lanes import Lanes
from .priority import Priority
from .schedule import Schedule

K = TypeVar("K", bound=Hashable)


class QueueShutDown(Exception):
    """Nothing more will come out of this queue."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    due: float
    priority: Priority

    def merged(self, other: "_Wanted | None") -> "_Wanted":
        """The earlier time and the higher priority of both."""
        return self if other is None else _Wanted(min(self.due, other.due), min(self.priority, other.priority))


class KeyedQueue(Generic[K]):
    """Deduplicated, delayed, prioritised and fair. Adding and taking are O(log n).

    `group` names whom a key belongs to (its namespace): within a priority groups take turns. It must always
    answer the same for the same key.
    """

    def __init__(self, *, group: Callable[[K], str] = lambda _: "", clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._wanted: dict[K, _Wanted] = {}
        self._schedule: Schedule[K] = Schedule()
        self._lanes: Lanes[K] = Lanes(group)
        self._in_hand: dict[K, Priority] = {}
        self._again: dict[K, _Wanted] = {}
        self._getters: deque[asyncio.Future[None]] = deque()
        self._alarm = Alarm(self._ring, self._clock)
        self._shut_down = False

    def add(self, key: K, *, priority: Priority = Priority.USER, after: float = 0) -> None:
        """Asks for `key` to be looked at in `after` seconds; of several requests the earliest time and the best
        priority count. A key in hand comes round again once it is done. Ignored after `shut_down`."""
        if self._shut_down:
            return
        wanted = _Wanted(self._clock.monotonic() + max(after, 0), priority)
        if key in self._in_hand:
            self._again[key] = wanted.merged(self._again.get(key))
        else:
            self._place(key, wanted)

    async def get(self) -> K:
        """The next key, now in the caller's hand until `done`. Raises QueueShutDown."""
        while True:
            if self._shut_down:
                raise QueueShutDown
            self._release_due()
            if self._lanes:
                key = self._lanes.take()
                self._in_hand[key] = self._wanted.pop(key).priority
                return key
            await self._news()

    def done(self, key: K) -> None:
        """Gives the key back. Raises KeyError when it is in nobody's hand."""
        del self._in_hand[key]
        wanted = self._again.pop(key, None)
        if wanted is not None and not self._shut_down:
            self._place(key, wanted)

    def priority(self, key: K) -> Priority:
        """With which priority a key came into the hand that holds it. Raises KeyError when none does."""
        return self._in_hand[key]

    def shut_down(self) -> None:
        """From now on `get` raises and `add` does nothing. What waits is dropped: a new start lists anew."""
        self._shut_down = True
        self._alarm.cancel()
        while self._getters:
            self._wake_one()

    def waiting(self) -> int:
        """How many keys wait, due or not; those in hand do not count."""
        return len(self._wanted)

    def due(self) -> int:
        """How many keys could be taken at once."""
        self._release_due()
        return len(self._lanes)

    def oldest_wait(self) -> float:
        """For how many seconds the key that waits longest has been due; 0 when none is."""
        self._release_due()
        since = self._lanes.oldest()
        return 0.0 if since is None else self._clock.monotonic() - since

    def _place(self, key: K, wanted: _Wanted) -> None:
        before = self._wanted.get(key)
        merged = wanted.merged(before)
        if merged == before:
            return
        if before:
            self._unplace(key, before)
        self._wanted[key] = merged
        if merged.due <= self._clock.monotonic():
            self._make_takeable(key)
        else:
            self._schedule.put(key, merged.due)
            self._set_alarm()

    def _unplace(self, key: K, wanted: _Wanted) -> None:
        if key in self._schedule:
            self._schedule.remove(key)
        else:
            self._lanes.remove(key, wanted.priority)

    def _make_takeable(self, key: K) -> None:
        wanted = self._wanted[key]
        self._lanes.add(key, wanted.priority, wanted.due)
        self._wake_one()

    def _release_due(self) -> None:
        now = self._clock.monotonic()
        while (key := self._schedule.pop_due(now)) is not None:
            self._make_takeable(key)

    def _ring(self) -> None:
        self._release_due()
        self._set_alarm()

    def _set_alarm(self) -> None:
        due = self._schedule.next_due()
        if due is not None and self._getters:
            self._alarm.set(due)

    async def _news(self) -> None:
        getter = asyncio.get_running_loop().create_future()
        self._getters.append(getter)
        self._set_alarm()
        try:
            await getter
        except asyncio.CancelledError:
            if getter in self._getters:
                self._getters.remove(getter)
            else:
                self._wake_one()  # we were woken for a key that we shall not take
            raise

    def _wake_one(self) -> None:
        while self._getters:
            getter = self._getters.popleft()
            if not getter.done():
                getter.set_result(None)
                return
