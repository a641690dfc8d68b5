"""Sees every version of every resource, as a watcher does, and holds each against the one before."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import httpx

from tests.chaos import invariants
from tests.chaos.invariants import Broken
from tests.chaos.live.cluster import RESOURCES, Away, Cluster
from tests.chaos.live.histories import Told

CLAIM = "runai-operator.io/claim"
PAUSE = 0.3


class Witness:
    """`with Witness(kubeconfig, namespace) as witness`: `bodies` are the resources by name, `broken` what was seen.

    `missed` counts the statuses whose generation was not seen, so that nobody knows what they are about.
    """

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self._cluster = Cluster(kubeconfig)
        self._path = RESOURCES.format(namespace=namespace)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)
        self._replaced: defaultdict[str, set[str]] = defaultdict(set)
        self._specs: dict[tuple[str, int], Mapping[str, Any]] = {}
        self._told: dict[tuple[Any, ...], list[Told]] = {}
        self.bodies: dict[str, dict[str, Any]] = {}
        self.broken: list[Broken] = []
        self.versions = 0
        self.gaps = 0
        self.missed = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(2)

    def told(self) -> list[Told]:
        """Statuses: of each workload, generation and conditions the first, and the last."""
        return [each for found in [*self._told.values()] for each in found]

    def _run(self) -> None:
        since = ""
        while not self._over.is_set():
            try:
                since = since or self._list()
                since = self._watch(since)
            except (Away, LookupError, httpx.HTTPError, ValueError):
                self._over.wait(PAUSE)

    def _list(self) -> str:
        """Where versions may have been missed, none is held against the one before."""
        found = self._cluster.get(self._path)
        self.bodies = {each["metadata"]["name"]: each for each in found["items"]}
        for body in found["items"]:
            self._note_claim(body)
            self._note_spec(body)
        return str(found["metadata"]["resourceVersion"])

    def _watch(self, since: str) -> str:
        """From where to go on; empty: from a new list."""
        with self._cluster.watch(self._path, since) as stream:
            try:
                for line in stream.iter_lines():
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        self.gaps += 1
                        return ""
                    since = event["object"]["metadata"]["resourceVersion"]
                    self._see(event["type"], event["object"])
            except httpx.TransportError:
                pass
        return since

    def _see(self, kind: str, body: dict[str, Any]) -> None:
        if kind == "BOOKMARK":
            return
        self.versions += 1
        name = body["metadata"]["name"]
        before = self.bodies.get(name)
        if kind == "DELETED":
            self.bodies = {key: each for key, each in self.bodies.items() if key != name}
            return
        self._note_claim(body)
        self._note_spec(body)
        if before is None or before.get("status") != body.get("status"):
            self._note_status(body)
        self.broken += invariants.nothing_is_told_ahead_of_its_generation(before, body)
        if before is not None:
            replaced = self._replaced[body["metadata"]["uid"]]
            self.broken += invariants.an_id_changes_only_by_recreating(before, body, replaced)
        self.bodies = {**self.bodies, name: body}

    def _note_claim(self, body: Mapping[str, Any]) -> None:
        claim = json.loads((body["metadata"].get("annotations") or {}).get(CLAIM) or "{}")
        if claim.get("replaces"):
            self._replaced[body["metadata"]["uid"]].add(claim["replaces"])

    def _note_spec(self, body: Mapping[str, Any]) -> None:
        self._specs[body["metadata"]["uid"], body["metadata"]["generation"]] = body["spec"]

    def _note_status(self, body: Mapping[str, Any]) -> None:
        status = body.get("status") or {}
        if not status.get("workloadId"):
            return
        about = body["metadata"]["uid"], status.get("observedGeneration", -1)
        spec = self._specs.get(about)
        if spec is None:
            self.missed += 1
            return
        conditions = [invariants.condition(status, kind).get("status") for kind in ("Synced", "Ready", "Succeeded")]
        found = self._told.setdefault((*about, status["workloadId"], *conditions), [])
        found[1:] = [Told(written(body), time.time(), spec, status)]


def written(body: Mapping[str, Any]) -> float:
    """When its status was last written, to the second below, as the API server notes (Kubernetes, "Server-Side
    Apply", managedFields)."""
    times = [each["time"] for each in body["metadata"]["managedFields"] if each.get("subresource") == "status"]
    return max(datetime.fromisoformat(each).timestamp() for each in times)
