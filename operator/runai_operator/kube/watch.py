"""Kopf watches, and decides nothing: what moved updates the index and puts a key in the queue."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import kopf

from runai_operator.api.names import CONNECTIONS, GROUP, VERSION, WORKLOADS
from runai_operator.kube.index import Index
from runai_operator.sync.resource import Key, Resource

log = logging.getLogger(__name__)

PAUSE = 2.0
"""Seconds before a watching that ended is begun anew."""
SERVED = 5.0
"""Seconds after which a CRD that was established shows in discovery, too."""
LATELY = 10.0
"""Seconds for which one that was there already may not show yet, by clocks that may differ a little."""
OURS = frozenset({f"{WORKLOADS}.{GROUP}", f"{CONNECTIONS}.{GROUP}"})
STACK = 64 * 2**20
"""Bytes of stack for reading what nests deep: a thread's own may be far less than a process's. Only what is touched
counts as memory."""


@dataclass(frozen=True)
class Moved:
    """Whom the watch tells: keys of resources, names of connections."""

    workload: Callable[[Key], None]
    connection: Callable[[str], None]


class NoDiffBase(kopf.DiffBaseStorage):
    """Keeps nothing: without change-detecting handlers there is nothing to compare with."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        pass


class NoProgress(kopf.ProgressStorage):
    """Keeps nothing: event handlers have no progress."""

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        pass

    def purge(self, **_: Any) -> None:
        pass

    def touch(self, **_: Any) -> None:
        pass

    def clear(self, *, essence: Any) -> Any:
        return essence


def watch_settings() -> kopf.OperatorSettings:
    """Kopf with everything off that we do not use (see docs/architecture.md for what was measured)."""
    settings = kopf.OperatorSettings()
    settings.persistence.diffbase_storage = NoDiffBase()
    settings.persistence.progress_storage = NoProgress()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.queueing.idle_timeout = 0.2
    settings.watching.chunk_size = 500
    settings.watching.server_timeout = 600
    settings.watching.inactivity_timeout = 70
    return settings


@dataclass(frozen=True)
class Seen:
    """Who receives what is seen, by kind: whether it is gone, and its body."""

    workload: Callable[[bool, Any], None]
    connection: Callable[[bool, Any], None]
    namespace: Callable[[bool, Any], None]


def registry(seen: Seen, established: Callable[[str, str, bool], None]) -> kopf.OperatorRegistry:
    """One handler a kind, and the log-in that a registry of one's own has to bring. `established` is told, in Kopf's
    loop, of each of our CRDs that is: its uid, since when (RFC 3339), and whether it was there when the watching began.
    """
    own = kopf.OperatorRegistry()

    @kopf.on.login(registry=own)
    def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
        if "KUBECONFIG" in os.environ:  # what a person named goes before what a Pod was given
            return kopf.login_with_kubeconfig(**kwargs)
        return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)

    @kopf.on.event(GROUP, VERSION, WORKLOADS, registry=own)
    async def workload(event: Any, **_: Any) -> None:
        seen.workload(event["type"] == "DELETED", event["object"])

    @kopf.on.event(GROUP, VERSION, CONNECTIONS, registry=own)
    async def connection(event: Any, **_: Any) -> None:
        seen.connection(event["type"] == "DELETED", event["object"])

    @kopf.on.event("", "v1", "namespaces", registry=own)
    async def namespace(event: Any, **_: Any) -> None:
        seen.namespace(event["type"] == "DELETED", event["object"])

    @kopf.on.event("apiextensions.k8s.io", "v1", "customresourcedefinitions", registry=own, when=_is_ours)
    async def crd(event: Any, **_: Any) -> None:
        since = _established_since(event["object"])
        if event["type"] != "DELETED" and since is not None:
            established(event["object"]["metadata"]["uid"], since, event["type"] is None)

    return own


def _is_ours(name: str, **_: Any) -> bool:
    return name in OURS


def _established_since(crd: Any) -> str | None:
    conditions = crd.get("status", {}).get("conditions") or ()
    is_so = (each for each in conditions if (each["type"], each["status"]) == ("Established", "True"))
    return next((str(each["lastTransitionTime"]) for each in is_so), None)


class Watch:
    """Kopf in a thread with an event loop of its own: it cancels, when it ends, whatever else runs in its loop.

    What it sees is handed to `loop`, where the index lives. It gives up after a row of network errors; it is started
    anew then, for as long as it takes. And once for each CRD of ours that was installed lately: Kopf looks for what is
    served when the CRD moves, which may be before discovery shows it, and not again (seen under load with Kopf 1.45).
    """

    def __init__(
        self, index: Index, moved: Moved, loop: asyncio.AbstractEventLoop, *, namespaces: Sequence[str] = ()
    ) -> None:
        self._registry = registry(_handed_to(loop, kept_in(index, moved)), self._established)
        self._namespaces = namespaces
        self._stopping = threading.Event()
        self._watching: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._known: set[tuple[str, str]] = set()
        self._anew_at = 0.0
        self.ready = threading.Event()
        threading.stack_size(STACK)
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        """Ends the watching, and waits for the thread for a second at most: it holds nothing that would be lost."""
        self._stopping.set()
        if self._watching is not None:
            loop, stop = self._watching
            with suppress(RuntimeError):  # it ended by itself
                loop.call_soon_threadsafe(stop.set)
        await asyncio.to_thread(self._thread.join, 1.0)

    def alive(self) -> str | None:
        """A health check: None, or why the watching has ended."""
        return None if self._thread.is_alive() else "the watch of the API server has ended"

    def _established(self, uid: str, since: str, listed: bool) -> None:
        """What was there when the watching began, and for long, discovery has shown it."""
        known = (uid, since) in self._known
        self._known.add((uid, since))
        if not known and not (listed and _age(since) > LATELY):
            self._begin_anew()

    def _begin_anew(self) -> None:
        if self._watching is not None:
            log.info("a CustomResourceDefinition was installed: watching starts anew in %s s", SERVED)
            self._anew_at = time.monotonic() + SERVED
            self._end_after(SERVED)

    def _end_after(self, seconds: float) -> None:
        """In Kopf's loop."""
        assert self._watching is not None
        loop, stop = self._watching
        loop.call_later(seconds, stop.set)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                asyncio.run(self._watch())
            except Exception as error:
                log.warning("watching the API server failed, it starts anew in %s s: %s", PAUSE, error)
            self.ready.clear()
            self._stopping.wait(PAUSE)

    async def _watch(self) -> None:
        # of this watch alone: a thread that waited for one of all watches would keep the loop from ending
        stop = asyncio.Event()
        self._watching = asyncio.get_running_loop(), stop
        if self._stopping.is_set():
            return
        left = self._anew_at - time.monotonic()
        if left > 0:  # it began by itself, which may be too early, too
            self._end_after(left)
        await kopf.operator(
            registry=self._registry,
            settings=watch_settings(),
            namespaces=self._namespaces,
            clusterwide=not self._namespaces,
            stop_flag=stop,
            ready_flag=self.ready,
        )


def kept_in(index: Index, moved: Moved) -> Seen:
    """Who keeps the index, and tells of what is news."""

    def workload(gone: bool, body: Any) -> None:
        key = Key(body["metadata"]["namespace"], body["metadata"]["name"])
        connection = Resource(body).connection_name
        before = index.bound_on(connection)
        news = gone or index.put(body)
        if gone:
            index.drop(key)
        if bool(before) != bool(index.bound_on(connection)):
            moved.connection(connection)
        if news:
            moved.workload(key)

    def namespace(gone: bool, body: Any) -> None:
        name = body["metadata"]["name"]
        if gone:
            index.drop_namespace(name)
        elif index.put_namespace(body):
            for key in index.keys_in(name):
                moved.workload(key)

    def connection(_: bool, body: Any) -> None:
        moved.connection(body["metadata"]["name"])

    return Seen(workload, connection, namespace)


def _age(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


def _handed_to(loop: asyncio.AbstractEventLoop, seen: Seen) -> Seen:
    def hand(receive: Callable[[bool, Any], None]) -> Callable[[bool, Any], None]:
        return lambda gone, body: None if loop.is_closed() else _ignore(loop.call_soon_threadsafe(receive, gone, body))

    return Seen(hand(seen.workload), hand(seen.connection), hand(seen.namespace))


def _ignore(_: object) -> None:
    return None
