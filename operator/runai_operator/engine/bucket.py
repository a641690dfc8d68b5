"""A token bucket: so many a second, a few at once."""


class TokenBucket:
    """Holds at most `burst` tokens and gains `rate` of them a second. Knows no clock: it is told the time."""

    def __init__(self, *, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def delay(self, now: float) -> float:
        """Seconds until there is a token to take; 0 when there is one."""
        self._fill(now)
        return max((1 - self._tokens) / self._rate, 0.0) if self._tokens < 1 - 1e-9 else 0.0

    def take(self, now: float) -> None:
        """Takes a token; to be called when `delay` is 0."""
        self._fill(now)
        self._tokens -= 1

    def _fill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
