"""How long to wait before a failed key is tried again."""

import random
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

QUICK = 2
"""So many retries may follow at once: most failures are gone by then."""
FLOOR = 6.0
"""No later retry waits less, in seconds: 1 try + 2 quick ones + one each 6 s are at most twelve in any minute."""


class Backoff(Generic[K]):
    """Exponential by key with full jitter, in seconds: between nothing (after the quick ones, `FLOOR`) and `base`
    doubled with each failure, up to `maximum`. Never more than twelve tries of a key a minute.

    `random` answers a number in [0, 1). At most `capacity` keys are remembered; the one that failed longest ago is
    forgotten first, and starts over.
    """

    def __init__(
        self,
        *,
        base: float = 1.0,
        maximum: float = 300.0,
        capacity: int = 50_000,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._base = base
        self._maximum = maximum
        self._capacity = capacity
        self._random = random
        self._failures: OrderedDict[K, int] = OrderedDict()

    def failing(self) -> int:
        """How many keys are failing."""
        return len(self._failures)

    def failures(self, key: K) -> int:
        """How often `key` failed since it was last reset."""
        return self._failures.get(key, 0)

    def next(self, key: K) -> float:
        """Counts a failure of `key`; returns for how many seconds to leave it alone."""
        failures = self._failures.pop(key, 0) + 1
        self._failures[key] = failures
        if len(self._failures) > self._capacity:
            self._failures.popitem(last=False)
        low, high = self.bounds(failures)
        return low + (high - low) * self._random()

    def reset(self, key: K) -> None:
        """`key` succeeded, or is no more."""
        self._failures.pop(key, None)

    def bounds(self, failures: int) -> tuple[float, float]:
        """The shortest and the longest wait after so many failures in a row."""
        low = 0.0 if failures <= QUICK else FLOOR
        doublings = min(failures - 1, 30)  # far past the maximum, and no overflow
        return low, max(low, min(self._base * 2**doublings, self._maximum))
