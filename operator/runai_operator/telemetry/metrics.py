"""What is counted. No label has a value for each workload, namespace or message: cost must not grow with the fleet."""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)

PREFIX = "runai_operator"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


LABELS = {
    "outcome": "A reason of a condition, or a word for a round that tells none, such as Settled, AtRest, Claimed",
    "route": "Path of the request, with {id} for what differs",
    "status": "HTTP status of the answer; none: there was no answer",
    "what": "claim, release, status, connection (its finalizer or status) or event",
    "connection": "Name of the RunaiConnection",
    "phase": "Phase in Run:ai",
    "kind": "Class of the error in the code",
    "version": "Version of the operator",
}
"""What the values of each label are."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric as Prometheus stores it; a histogram's series add _bucket, _sum and _count to its name."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str


class Metrics:
    """All metrics of one operator, in a registry of its own, so that two in one process do not add up.

    The values of each label come from a closed set: outcomes, routes as templates (`/api/v2/workloads/{id}`), status
    codes, phases, classes of errors; and connections, of which there are few.
    """

    def __init__(self, registry: CollectorRegistry | None = None, *, version: str = "unknown") -> None:
        self.registry = registry or CollectorRegistry()
        self.families: list[Family] = []
        self.reconciles = self._counter("reconciles", "Reconciles, by what they ended in", "outcome")
        self.reconcile_seconds = self._histogram("reconcile_seconds", "How long a reconcile took")
        self.queue_depth = self._gauge("queue_depth", "Keys that are due and wait for a worker")
        self.queue_oldest_seconds = self._gauge("queue_oldest_seconds", "For how long the oldest of them has waited")
        self.runai_requests = self._counter("runai_requests", "Requests to Run:ai, by answer", "route", "status")
        self.runai_request_seconds = self._histogram("runai_request_seconds", "How long Run:ai took to answer", "route")
        self.kubernetes_writes = self._counter("kubernetes_writes", "Writes to the Kubernetes API", "what")
        self.workloads = self._gauge("workloads", "Workloads in Run:ai", "connection", "phase")
        self.connection_ready = self._gauge(
            "connection_ready", "1 while the connection is usable, else 0", "connection"
        )
        self.leading = self._gauge("leading", "1 while this instance leads, 0 while it stands by")
        self.errors = self._counter("errors", "Errors, by their class", "kind")
        name, text = f"{PREFIX}_build", "What runs here"
        Info(name, text, registry=self.registry).info({"version": version})
        self.families.append(Family(f"{name}_info", "gauge", ("version",), text))
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)

    def watch_queue(self, depth: Callable[[], float], oldest_seconds: Callable[[], float]) -> None:
        """Reads the queue when the metrics are read, and not in between."""
        self.queue_depth.set_function(depth)
        self.queue_oldest_seconds.set_function(oldest_seconds)

    def set_workloads(self, connection: str, by_phase: dict[str, int]) -> None:
        """Replaces what was counted for `connection`; a phase that is not named has none."""
        self.workloads.remove_by_labels({"connection": connection})
        for phase, count in by_phase.items():
            self.workloads.labels(connection, phase).set(count)

    def forget_connection(self, connection: str) -> None:
        """Drops the series of a connection that is no more."""
        self.workloads.remove_by_labels({"connection": connection})
        self.connection_ready.remove_by_labels({"connection": connection})

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        self.families.append(Family(f"{PREFIX}_{name}_total", "counter", labels, text))
        return Counter(f"{PREFIX}_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        self.families.append(Family(f"{PREFIX}_{name}", "gauge", labels, text))
        return Gauge(f"{PREFIX}_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        self.families.append(Family(f"{PREFIX}_{name}", "histogram", labels, text))
        return Histogram(f"{PREFIX}_{name}", text, labels, registry=self.registry, buckets=SECONDS)
