"""What the simulator was asked: counters by operation, a log of requests, and every body that was written."""

from collections import Counter, defaultdict, deque
from dataclasses import asdict, dataclass
from typing import Any

LONGEST_LOG = 100_000


@dataclass
class Write:
    """A write as it arrived; `status` is what it was answered with, None while or where it never was handled."""

    at: float
    operation: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int | None = None


class Ledger:
    """Counts and logs; reset empties it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.by_operation: Counter[str] = Counter()
        self.by_status: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.log: deque[dict[str, Any]] = deque(maxlen=LONGEST_LOG)
        self.writes: deque[Write] = deque(maxlen=LONGEST_LOG)
        self.in_flight = 0
        self.peak_in_flight = 0

    def began(self, operation: str) -> None:
        self.by_operation[operation] += 1
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)

    def ended(self, operation: str, at: float, path: str, query: str, status: str) -> None:
        """`status` is the code that was sent, or `cut`."""
        self.in_flight = max(0, self.in_flight - 1)
        self.by_status[operation][status] += 1
        self.log.append({"at": at, "operation": operation, "path": path, "query": query, "status": status})

    def summary(self) -> dict[str, Any]:
        return {
            "total": sum(self.by_operation.values()),
            "byOperation": dict(self.by_operation),
            "byStatus": {operation: dict(counts) for operation, counts in self.by_status.items()},
            "peakInFlight": self.peak_in_flight,
        }

    def written(self) -> list[dict[str, Any]]:
        return [asdict(write) for write in self.writes]
