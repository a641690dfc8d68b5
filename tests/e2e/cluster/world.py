"""All that a chapter acts on: the cluster, Helm, the operator's Pods, and the simulated Run:ai."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runai_simulator import ControlClient
from tests.control_plane import Helm, HelmFailed, Kubectl
from tests.e2e.checks import Checks, CommandFailed
from tests.image.build import REPOSITORY

from .cluster import Cluster

CHART = REPOSITORY / "deploy" / "helm" / "runai-operator"
EXAMPLES = REPOSITORY / "examples"
IMAGE, TAG = "localhost/runai-operator", "e2e"
RELEASE = OWN = "runai-operator"
"""Of the release, and of its namespace."""
TEAM = "team-a"
GROUP = "runai-operator.io"
CRDS = (f"runaiworkloads.{GROUP}", f"runaiconnections.{GROUP}")
SECRET = "runai-credentials"
OPERATORS = f"app.kubernetes.io/instance={RELEASE},app.kubernetes.io/component=operator"
CREATE = "create_workload_v2"
WRITES = (CREATE, "update_workload_v2", "delete_workload_v2", "batch_workloads")
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
IMAGE_VALUES = {"image.repository": IMAGE, "image.tag": TAG, "image.pullPolicy": "Never"}


@dataclass(frozen=True)
class World:
    """What is there. `archive` is the image's, `url` where Pods reach Run:ai, `many` how many come at once."""

    cluster: Cluster
    kubectl: Kubectl
    helm_program: Path
    checks: Checks
    runai: ControlClient
    url: str
    archive: Path
    many: int

    def helm(self, *args: str, values: Mapping[str, str] | None = None, timeout: float = 300) -> str:
        """Helm 4 in the operator's namespace. Raises CommandFailed."""
        home = self.cluster.kubeconfig.parent / "helm"
        helm = Helm(self.helm_program, home, self.cluster.kubeconfig)
        told = [part for name, value in (values or {}).items() for part in ("--set", f"{name}={value}")]
        try:
            return helm(*args, *told, namespace=OWN, timeout=timeout)
        except HelmFailed as error:
            raise CommandFailed(f"{error}\n{self.last_words()}") from None

    def install(self, command: str = "install", **more: str) -> None:
        """Install or upgrade the release, and wait until its Pods are ready; `more` are values, with `_` for dots."""
        values = {**IMAGE_VALUES, "connection.url": self.url}
        values |= {name.replace("_", "."): value for name, value in more.items()}
        self.helm(command, RELEASE, str(CHART), "--wait", "--timeout=180s", values=values)

    def namespace(self, name: str, labels: Mapping[str, str]) -> None:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels)}}
        self.apply(body)

    def apply(self, *bodies: Mapping[str, Any]) -> None:
        self.kubectl(
            "apply", "--server-side", "-f", "-", input={"apiVersion": "v1", "kind": "List", "items": [*bodies]}
        )

    def set_secret(self, client_secret: str) -> None:
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET, "namespace": OWN}}
        self.apply({**body, "stringData": {"clientId": "demo", "clientSecret": client_secret}})

    def pods(self) -> dict[str, dict[str, Any]]:
        """The operator's, by name."""
        found = self.kubectl.json("get", "pods", "-l", OPERATORS, namespace=OWN)["items"]
        return {each["metadata"]["name"]: each for each in found}

    def restarts(self) -> dict[str, int]:
        """How often the containers of each of the operator's Pods were started again."""
        statuses = {name: pod["status"]["containerStatuses"] for name, pod in self.pods().items()}
        return {name: sum(each["restartCount"] for each in found) for name, found in statuses.items()}

    def may(self, verb: str, resource: str, name: str = "") -> bool:
        """Whether the account that the operator's Pods run as may, in its namespace, as the API server tells.

        `kubectl auth can-i` ends alike when it says no and when it could not ask.
        """
        (account,) = {pod["spec"]["serviceAccountName"] for pod in self.pods().values()}
        everyone = "system:serviceaccounts"
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": f"system:serviceaccount:{OWN}:{account}",
                "groups": [everyone, f"{everyone}:{OWN}", "system:authenticated"],
                "resourceAttributes": {"namespace": OWN, "verb": verb, "resource": resource, "name": name},
            },
        }
        answer = json.loads(self.kubectl("create", "-f", "-", "-o", "json", input=review))
        return bool(answer["status"]["allowed"])

    def lease(self) -> dict[str, Any]:
        """What the Lease tells of the leader."""
        return dict(self.kubectl.json("get", "lease", RELEASE, namespace=OWN)["spec"])

    def leader(self) -> str:
        """The name of the Pod that leads: identities begin with it."""
        return str(self.lease().get("holderIdentity", "")).partition("_")[0]

    def resource(self, name: str, namespace: str = TEAM) -> dict[str, Any]:
        return dict(self.kubectl.json("get", "rwl", name, namespace=namespace))

    def ready(self, name: str, namespace: str = TEAM) -> str:
        """The status of the condition Ready; empty where there is none of the present spec."""
        body = self.resource(name, namespace)
        conditions = {each["type"]: each for each in body.get("status", {}).get("conditions", ())}
        ready = conditions.get("Ready", {})
        return str(ready["status"]) if ready.get("observedGeneration") == body["metadata"]["generation"] else ""

    def connected(self) -> str:
        """The status of the connection's Ready."""
        conditions = self.kubectl.json("get", "rcon", "default").get("status", {}).get("conditions", ())
        return next((str(each["status"]) for each in conditions if each["type"] == "Ready"), "")

    def how_many_ready(self, namespace: str) -> int:
        """By the table that the API server prints: the whole of many resources would be megabytes at every look."""
        rows = self.kubectl("get", "rwl", "--no-headers", namespace=namespace).splitlines()
        return sum(1 for row in rows if re.search(r"\sTrue\s", row))

    def versions(self) -> dict[str, tuple[str, str]]:
        """uid and resourceVersion of each of our resources: the latter moves with every write that changes anything."""
        found = [each for kind in ("rwl", "rcon") for each in self.kubectl.json("get", kind, "-A")["items"]]
        return {_called(each): (each["metadata"]["uid"], each["metadata"]["resourceVersion"]) for each in found}

    def counted(self) -> int:
        """How many workloads the connection's status tells of; it is told with the connection's next look."""
        return int(self.kubectl.json("get", "rcon", "default").get("status", {}).get("workloads", 0))

    def writes(self) -> Counter[str]:
        """What Run:ai was asked to change since its counters were reset."""
        return Counter(each["operation"] for each in self.runai.writes() if each["operation"] in WRITES)

    def living(self) -> dict[str, str]:
        """The ids of the workloads in Run:ai that are not deleted, with their names."""
        return {each["row"]["id"]: each["row"]["name"] for each in self.runai.workloads() if not each["deleted"]}

    def last_words(self) -> str:
        """The end of what the operator's Pods told, and what became of them."""
        commands = (
            ("get", "pods", "-o", "wide"),
            ("logs", "-l", OPERATORS, "--all-containers", "--prefix", "--tail=15"),
            ("get", "events", "--sort-by=.lastTimestamp"),
        )
        return "\n".join(self._tolerantly(*command) for command in commands)

    def _tolerantly(self, *args: str) -> str:
        try:
            return "\n".join(self.kubectl(*args, namespace=OWN).splitlines()[-40:])
        except AssertionError as error:
            return str(error)


def moved(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """What came, went or changed in between."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _called(body: Mapping[str, Any]) -> str:
    return f"{body['kind']} {body['metadata'].get('namespace', '')}/{body['metadata']['name']}"


def a_workload(name: str, namespace: str = TEAM, **spec: Any) -> dict[str, Any]:
    """A small Job."""
    container = {"name": "main", "image": "trainer:1", "resources": {"limits": {"nvidia.com/gpu": 1}}}
    pod = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    manifest = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": pod}}
    return {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "RunaiWorkload",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"manifest": manifest, **spec},
    }
