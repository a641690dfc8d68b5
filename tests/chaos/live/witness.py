"""Sees every version of every resource, as a watcher does, and holds each against the one before."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from tests.chaos import invariants
from tests.chaos.invariants import Broken
from tests.chaos.live.cluster import RESOURCES, Away, Cluster

CLAIM = "runai-operator.io/claim"
PAUSE = 0.3


class Witness:
    """`with Witness(kubeconfig, namespace) as witness`: `bodies` are the resources by name, `broken` what was seen."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self._cluster = Cluster(kubeconfig)
        self._path = RESOURCES.format(namespace=namespace)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)
        self._replaced: defaultdict[str, set[str]] = defaultdict(set)
        self.bodies: dict[str, dict[str, Any]] = {}
        self.broken: list[Broken] = []
        self.versions = 0
        self.gaps = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(2)

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
        self.broken += invariants.nothing_is_told_ahead_of_its_generation(before, body)
        if before is not None:
            replaced = self._replaced[body["metadata"]["uid"]]
            self.broken += invariants.an_id_changes_only_by_recreating(before, body, replaced)
        self.bodies = {**self.bodies, name: body}

    def _note_claim(self, body: Mapping[str, Any]) -> None:
        claim = json.loads((body["metadata"].get("annotations") or {}).get(CLAIM) or "{}")
        if claim.get("replaces"):
            self._replaced[body["metadata"]["uid"]].add(claim["replaces"])
