"""Two teams on one operator: mallory may edit RunaiWorkloads in her namespace, and wants what is the victim's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runai_operator.api.names import API_VERSION, CLAIM
from tests.control_plane import Kubectl
from tests.integration.finalizers import take_finalizers
from tests.integration.roles import Person
from tests.integration.world import World, a_job

OWN, VICTIMS = "4501", "4502"
"""Ids of the projects team-a, that is mallory's, and team-b."""


@dataclass(frozen=True)
class Court:
    """`world` has the operator, in a namespace of its own; `shared` may be used by both teams, `private` by one."""

    world: World
    mallory: Person
    namespace: str
    victim: str
    shared: str
    private: str

    @property
    def kubectl(self) -> Kubectl:
        return self.world.kubectl

    def connect(self) -> None:
        """Each team has a project of its own, and both the one called commons."""
        teams = {self.namespace: ["team-a", "commons"], self.victim: ["team-b", "commons"]}
        rules = [_rule(namespace, projects) for namespace, projects in teams.items()]
        self.world.connect(self.shared, access=rules)
        self.world.connect(self.private, access=rules[1:])

    def settle(self) -> None:
        """What the victim has: a workload in its project, and one made by hand; two in commons, one let go of."""
        self.world.run.create_foreign("by-hand", VICTIMS, manifest=a_job(), foreign=False)
        common = {"projectName": "commons"}
        self.apply(
            self.victim,
            self.resource("trainer"),
            self.resource("common", **common),
            self.resource("left-behind", deletionPolicy="Orphan", **common),
        )
        for name in ("trainer", "common", "left-behind"):
            self.until(name, "Running", self.victim)
        self.kubectl("delete", "rwl", "left-behind", namespace=self.victim)
        self.world.until(lambda: self._told_in_events("Running") == 3)  # an event comes after its status

    def apply(self, namespace: str, *resources: Mapping[str, Any]) -> None:
        """As the namespace's own people would."""
        items = {"apiVersion": "v1", "kind": "List", "items": [*resources]}
        apply = self.mallory if namespace == self.namespace else self.kubectl
        apply("create", "-f", "-", input=items, namespace=namespace)

    def resource(
        self,
        name: str,
        *,
        annotations: Mapping[str, str] | None = None,
        finalizers: Sequence[str] = (),
        status: Mapping[str, Any] | None = None,
        **spec: Any,
    ) -> dict[str, Any]:
        """A RunaiWorkload as somebody might write it."""
        metadata = {"name": name, "annotations": {**(annotations or {})}, "finalizers": [*finalizers]}
        body = {"apiVersion": API_VERSION, "kind": "RunaiWorkload", "metadata": metadata}
        connection = {"connectionRef": {"name": self.shared}, "manifest": a_job()}
        return {**body, "spec": {**connection, **spec}, **({"status": status} if status else {})}

    def claim(self, name: str, **fields: str) -> dict[str, str]:
        """The claim annotation that says what somebody wants it to say."""
        claim = {"namespace": self.namespace, "name": name, "uid": "0", "workload_name": name, **fields}
        return {CLAIM: json.dumps({"project_id": OWN, "project_name": "team-a", **claim})}

    def by_hand(self) -> str:
        """The id of the victim's workload that no resource owns."""
        (found,) = self.world.run.workloads("by-hand")
        return str(found["row"]["id"])

    def get(self, name: str, namespace: str | None = None) -> dict[str, Any]:
        path = f"/apis/{API_VERSION}/namespaces/{namespace or self.namespace}/runaiworkloads/{name}"
        found: dict[str, Any] = self.world.control_plane.read(path)
        return found

    def ready(self, name: str, namespace: str | None = None) -> dict[str, Any]:
        conditions = self.get(name, namespace).get("status", {}).get("conditions", [])
        return next((each for each in conditions if each["type"] == "Ready"), {})

    def until(self, name: str, reason: str, namespace: str | None = None) -> str:
        """The message with which Ready gives this reason."""
        self.world.until(lambda: self.ready(name, namespace).get("reason") == reason)
        return str(self.ready(name, namespace)["message"])

    def workload(self, name: str, namespace: str | None = None) -> dict[str, Any]:
        """What Run:ai holds for a resource."""
        return self.world.run.workload(self.get(name, namespace)["status"]["workloadId"])

    def spoils(self) -> tuple[Any, ...]:
        """All that mallory must not reach: the victim's resources and events, and its workloads in Run:ai."""
        read, within = self.world.control_plane.read, f"namespaces/{self.victim}"
        objects = [
            *read(f"/apis/{API_VERSION}/{within}/runaiworkloads")["items"],
            *read(f"/api/v1/{within}/events")["items"],
        ]
        kept = sorted((each["metadata"]["name"], each["metadata"]["resourceVersion"]) for each in objects)
        workloads = [each for each in self.world.run.workloads() if self._is_the_victims(each)]
        return kept, [(each["row"]["phase"], each["v2"], each["syncInfo"], each["deleted"]) for each in workloads]

    def dismantle(self) -> None:
        for connection in (self.shared, self.private):
            self.world.tear_away(connection)
        for namespace in (self.namespace, self.victim):
            names = self.kubectl("get", "rwl", "-o", "name", namespace=namespace).split()
            take_finalizers(self.world.control_plane.kubeconfig, namespace, [each.rpartition("/")[2] for each in names])
            self.kubectl("delete", "namespace", namespace, "--wait=false")

    def _told_in_events(self, reason: str) -> int:
        events = self.world.control_plane.read(f"/api/v1/namespaces/{self.victim}/events")["items"]
        return sum(each["reason"] == reason for each in events)

    def _is_the_victims(self, workload: Mapping[str, Any]) -> bool:
        annotations = (workload["v2"]["rawManifest"].get("metadata") or {}).get("annotations") or {}
        stamped = annotations.get("runai-operator.io/namespace") == self.victim
        return stamped or workload["row"]["projectId"] == VICTIMS


def _rule(namespace: str, projects: Sequence[str]) -> dict[str, Any]:
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    return {"namespaceSelector": selector, "projects": {"names": [*projects]}}
