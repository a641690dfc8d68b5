"""What Argo CD finds in the API server: its CRDs, settings and project, with our Lua as a user would install it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from tests.control_plane import Kubectl
from tests.control_plane.processes import wait_until
from tests.demo.stage import REPOSITORY
from tests.e2e.argocd.programs import NAMESPACE

KIT = REPOSITORY / "deploy" / "argocd" / "argocd-cm.yaml"
CRDS = ("applications", "applicationsets", "appprojects")
STOCK = {"resource.customizations.ignoreResourceUpdates.all": "jsonPointers:\n- /status\n"}
"""What an installation of Argo CD comes with: a change of a resource's status alone is no update, unless its health
changes with it."""
PROJECT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AppProject",
    "metadata": {"name": "default", "namespace": NAMESPACE},
    "spec": {
        "sourceRepos": ["*"],
        "destinations": [{"namespace": "*", "server": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    },
}


def install(kubectl: Kubectl, crds: Path, kit: Path = KIT) -> None:
    """Everything but the programs. `kit` is the patch of argocd-cm that holds our health checks and actions; it comes
    into a ConfigMap that is there already, as docs/gitops.md has it."""
    kubectl("apply", "--server-side", "-f", str(crds))  # the largest is too large for the annotation of a plain apply
    wait_until(lambda: _served(kubectl), 30, lambda: "the CRDs of Argo CD are not served")
    for each in (_namespace(), *_config_maps(), _secret(), PROJECT):
        kubectl("apply", "-f", "-", input=each)
    kubectl("patch", "configmap", "argocd-cm", "--patch-file", str(kit), namespace=NAMESPACE)


def _served(kubectl: Kubectl) -> bool:
    served = kubectl("api-resources", "--api-group=argoproj.io", "--output=name").split()
    return {f"{name}.argoproj.io" for name in CRDS} <= {*served}


def _namespace() -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def _config_maps() -> list[dict[str, Any]]:
    data = {
        "argocd-cm": STOCK,
        "argocd-rbac-cm": {},
        "argocd-ssh-known-hosts-cm": {},
        "argocd-tls-certs-cm": {},
    }
    return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": _part(name), "data": of} for name, of in data.items()]


def _secret() -> dict[str, Any]:
    key = {"server.secretkey": secrets.token_hex(16)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _part("argocd-secret"), "stringData": key}


def _part(name: str) -> dict[str, Any]:
    """Argo CD reads only what bears this label."""
    return {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/part-of": "argocd"}}
