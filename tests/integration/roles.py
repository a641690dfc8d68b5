"""The roles of deploy/rbac and of the chart, on the control plane: people by impersonation, the operator by token."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.chart.render import connection_file, documents, manifest
from tests.conftest import REPOSITORY
from tests.control_plane import ControlPlane, Helm, Kubectl
from tests.control_plane.processes import wait_until

RBAC = REPOSITORY / "deploy" / "rbac"
INSTALLED = "runai-operator"
"""The namespace that operator.yaml is written for, and what all in it is called."""


def roles_for_people(kubectl: Kubectl) -> None:
    """Installs them; returns once Kubernetes has added them to its own."""
    for file in ("users.yaml", "connections.yaml"):
        kubectl("apply", "--server-side", "-f", str(RBAC / file))
    added = [*yaml.safe_load_all((RBAC / "users.yaml").read_text())]
    wait_until(lambda: all(_aggregated(kubectl, each) for each in added), 30, lambda: "view, edit, admin are as before")


def _aggregated(kubectl: Kubectl, document: Mapping[str, Any]) -> bool:
    role = kubectl.json("get", "clusterrole", document["metadata"]["name"].removeprefix(f"{INSTALLED}-"))
    return all(rule in role["rules"] for rule in document["rules"])


def may(kubectl: Kubectl, person: str, role: str, namespace: str) -> None:
    """Gives a person a role in a namespace, as its owner would."""
    kubectl("create", "rolebinding", f"{person}-{role}", f"--clusterrole={role}", f"--user={person}", "-n", namespace)


def operator_documents(namespace: str) -> Iterator[dict[str, Any]]:
    """operator.yaml for another namespace; what belongs to no namespace gets a name of its own."""
    for document in yaml.safe_load_all((RBAC / "operator.yaml").read_text()):
        moved = json.loads(json.dumps(document))
        if "namespace" in moved["metadata"]:
            moved["metadata"]["namespace"] = namespace
        if moved["kind"] == "ClusterRoleBinding":
            moved["metadata"]["name"] = f"{INSTALLED}-{namespace}"
        for subject in moved.get("subjects", ()):
            subject["namespace"] = namespace
        yield moved


def chart_documents(helm: Helm, namespace: str, connection: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """The same of the chart, with a connection in its values: all is called as the namespace is. And the file that
    its Pods are given for `connect`."""
    parts = [flag for part in ("rbac-operator", "deployment") for flag in ("--show-only", f"templates/{part}.yaml")]
    values = {"fullnameOverride": namespace, "connection": connection}
    found = documents(manifest(helm, values, *parts, namespace=namespace))
    return [each for each in found if each["kind"] != "Deployment"], connection_file(found) or ""


def operator_kubeconfig(
    kubectl: Kubectl, control_plane: ControlPlane, roles: Iterable[Mapping[str, Any]], folder: Path
) -> Path:
    """Installs the operator's roles, and logs in as the service account among them: the kubeconfig."""
    [account] = [each["metadata"] for each in roles if each["kind"] == "ServiceAccount"]
    for document in roles:
        kubectl("apply", "--server-side", "-f", "-", input=document)
    return kubeconfig_of(kubectl, control_plane, account["name"], account["namespace"], folder)


def kubeconfig_of(kubectl: Kubectl, control_plane: ControlPlane, account: str, namespace: str, folder: Path) -> Path:
    """Logs in as a service account: the kubeconfig."""
    token = kubectl("create", "token", account, "--duration=1h", namespace=namespace).strip()
    config = json.loads(control_plane.kubeconfig.read_text())
    config["users"] = [{"name": "operator", "user": {"token": token}}]
    config["contexts"][0]["context"]["user"] = "operator"
    path = folder / "operator-kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
    return path


class Person:
    """kubectl as somebody: it is the API server that refuses."""

    def __init__(self, kubectl: Kubectl, name: str, namespace: str) -> None:
        self._kubectl = kubectl
        self._as = ("--as", name, "--as-group", "system:authenticated")
        self.namespace = namespace

    def __call__(self, *args: str, input: Mapping[str, Any] | str | None = None, namespace: str | None = None) -> str:
        return self._kubectl(*args, *self._as, input=input, namespace=namespace or self.namespace)

    def fails(self, *args: str, input: Mapping[str, Any] | str | None = None, namespace: str | None = None) -> str:
        """What the API server says of a request that it refuses."""
        return self._kubectl.fails(*args, *self._as, input=input, namespace=namespace or self.namespace)
