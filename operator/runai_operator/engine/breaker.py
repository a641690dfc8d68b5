"""A circuit breaker: after enough outages in a row it asks only now and then, one request at a time.

closed --`outages` in a row--> open --after a delay--> a probe --answered--> closed
                                ^                        '--outage, twice the delay--'
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerLimits:
    """When to open, and for how many seconds: `first`, doubled with each failed probe up to `longest`."""

    outages: int = 5
    first: float = 1.0
    longest: float = 60.0


class Breaker:
    """Knows no clock: it is told the time. Every request that was let in must be settled, by one of three calls."""

    def __init__(self, limits: BreakerLimits | None = None) -> None:
        self._limits = limits or BreakerLimits()
        self._outages = 0
        self._delay = 0.0
        self._probe_at: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether outages keep requests back, all but a probe."""
        return self._probe_at is not None

    def retry_in(self, now: float) -> float:
        """Seconds until a request might be let in; 0 when one would be now."""
        if self._probe_at is None:
            return 0.0
        return self._delay if self._probing else max(self._probe_at - now, 0.0)

    def let_in(self) -> bool:
        """Lets a request in, to be called when `retry_in` is 0. Returns whether it is a probe."""
        self._probing = self.is_open
        return self._probing

    def answered(self, *, probe: bool) -> None:
        """The other side is there. From a request sent before the breaker opened that is old news."""
        if probe or not self.is_open:
            self._outages, self._delay, self._probe_at, self._probing = 0, 0.0, None, False

    def failed(self, now: float, *, probe: bool) -> None:
        """An outage. From a request sent before the breaker opened it does not count again."""
        if probe:
            self._open(now)
        elif not self.is_open:
            self._outages += 1
            if self._outages >= self._limits.outages:
                self._open(now)

    def abandoned(self, *, probe: bool) -> None:
        """Nobody waited for the outcome; the next one may probe instead."""
        if probe:
            self._probing = False

    def _open(self, now: float) -> None:
        self._delay = min(max(self._delay * 2, self._limits.first), self._limits.longest)
        self._probe_at = now + self._delay
        self._probing = False
