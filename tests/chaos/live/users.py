"""What users do all the while: they create, edit, suspend, delete, and run again."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.live.cluster import RESOURCES, Away, Cluster
from tests.chaos.live.stage import CONNECTION, NAMESPACE

PRIORITIES = ("low", "medium", "high", "very-high")
RERUN = "runai-operator.io/rerun-at"


def a_job(image: str) -> dict[str, Any]:
    """A Job that asks for a GPU."""
    container = {"name": "main", "image": image, "resources": {"limits": {"nvidia.com/gpu": 1}}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
    }


@dataclass
class Users:
    """They keep `population` resources, and never use a name or an image twice; `reruns` tells by name
    when; `refused`, whether the last thing that was tried was refused, for the API server is away."""

    cluster: Cluster
    dice: random.Random
    population: int
    bodies: Callable[[], Mapping[str, Mapping[str, Any]]]
    names: set[str] = field(default_factory=set)
    reruns: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    done: Counter[str] = field(default_factory=Counter)
    refused: bool = False
    made: int = 0
    images: int = 0

    def populate(self) -> None:
        while len(self.names) < self.population:
            self._create()

    def act(self) -> None:
        """One thing that one user does."""
        kinds = {self._edit: 5, self._prioritise: 2, self._suspend: 3, self._replace: 3, self._rerun: 2}
        (act,) = self.dice.choices([*kinds], [*kinds.values()])
        try:
            act()
            self.refused = False
        except Away:
            self.refused = True

    def _create(self) -> None:
        self.made += 1
        name = f"w-{self.made:05}"
        spec = {"connectionRef": {"name": CONNECTION}, "manifest": a_job(self._image())}
        if self.dice.random() < 0.3:
            spec["scheduling"] = {"priority": self.dice.choice(PRIORITIES)}
        body = {"apiVersion": "runai-operator.io/v1alpha1", "kind": "RunaiWorkload", "metadata": {"name": name}}
        self.cluster.create(RESOURCES.format(namespace=NAMESPACE), {**body, "spec": spec})
        self.names.add(name)
        self.done["created"] += 1

    def _edit(self) -> None:
        self._patch(self._anybody(), {"spec": {"manifest": a_job(self._image())}}, "edited")

    def _prioritise(self) -> None:
        """With a new image, so that no spec comes again."""
        spec = {"scheduling": {"priority": self.dice.choice([*PRIORITIES, None])}, "manifest": a_job(self._image())}
        self._patch(self._anybody(), {"spec": spec}, "given another priority")

    def _suspend(self) -> None:
        self._patch(self._anybody(), {"spec": {"suspend": self.dice.choice([True, False, None])}}, "suspended, or not")

    def _replace(self) -> None:
        name = self._anybody()
        self.cluster.delete(self._path(name))
        self.names.discard(name)
        self.done["deleted"] += 1
        self._create()

    def _rerun(self) -> None:
        """One that finished, as its status tells."""
        bodies = self.bodies()
        finished = [
            name
            for name in sorted(self.names & bodies.keys())
            if (bodies[name].get("status") or {}).get("phase") == "Completed"
        ]
        if finished:
            name = self.dice.choice(finished)
            self.reruns[name].append(time.time())  # before it is asked for: an answer that is lost may have been one
            self._patch(name, {"metadata": {"annotations": {RERUN: str(len(self.reruns[name]))}}}, "run again")

    def _patch(self, name: str, patch: dict[str, Any], what: str) -> None:
        self.cluster.patch(self._path(name), patch)
        self.done[what] += 1

    def _anybody(self) -> str:
        return self.dice.choice(sorted(self.names))

    def _image(self) -> str:
        self.images += 1
        return f"trainer:{self.images}"

    def _path(self, name: str) -> str:
        return f"{RESOURCES.format(namespace=NAMESPACE)}/{name}"
