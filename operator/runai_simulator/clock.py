"""Time as the simulator sees it: the wall clock, which tests may push ahead or hold still."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache


class Clock:
    """Seconds since the epoch, plus what `advance` has added."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead = 0.0

    def now(self) -> float:
        return self._source() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


@lru_cache(maxsize=4096)
def rfc3339(at: float) -> str:
    """As Run:ai writes a moment; microseconds, so that a client's watermark loses nothing."""
    return datetime.fromtimestamp(round(at * 1e6) / 1e6, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def optional_rfc3339(at: float | None) -> str | None:
    return None if at is None else rfc3339(at)


def microseconds(text: str) -> int:
    """The moment that `text` names, comparable with `round(at * 1e6)`; ValueError when it names none."""
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1e6)
