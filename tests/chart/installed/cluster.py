"""What is done to the cluster: the chart is installed, the container `connect` played, a RunaiWorkload made."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.chart.render import CHART, NAMESPACE, RELEASE
from tests.control_plane import ControlPlane, Helm, Kubectl
from tests.integration.roles import kubeconfig_of

COMMAND = Path(sys.executable).parent / "runai-operator"
CRDS = ["runaiconnections.runai-operator.io", "runaiworkloads.runai-operator.io"]
VALUES = {"connection": {"url": "https://example.run.ai", "limits": {"maxConcurrent": 7}}}
JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox"}]}}},
}


def install(helm: Helm, values: Mapping[str, Any], chart: Path = CHART) -> str:
    """What it prints: `helm upgrade --install`, as most pipelines do."""
    command = ("upgrade", "--install", RELEASE, str(chart), "--create-namespace", "--values", "-")
    return helm(*command, namespace=NAMESPACE, input=json.dumps(values))


def established(kubectl: Kubectl) -> None:
    """Returns once the custom resources can be used."""
    kubectl("wait", "--for=condition=Established", "--timeout=30s", *(f"crd/{name}" for name in CRDS))
    kubectl("get", "rwl,rcon", "--all-namespaces")  # Established is not yet served: kubectl waits for that


def clear(kubectl: Kubectl) -> None:
    """Whatever is kept of a release goes, and all resources with it."""
    kubectl("delete", "crd", "--ignore-not-found", "--timeout=60s", *CRDS)
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=60s")


def submitted(kubectl: Kubectl, name: str = "trainer", *, phase: str | None = None, namespace: str = "default") -> str:
    """Applies a RunaiWorkload, and gives it a phase as the operator would; its uid."""
    body = {
        "apiVersion": "runai-operator.io/v1alpha1",
        "kind": "RunaiWorkload",
        "metadata": {"name": name},
        "spec": {"manifest": JOB},
    }
    kubectl("apply", "--server-side", "-f", "-", input=body, namespace=namespace)
    if phase:
        patch = json.dumps({"status": {"observedGeneration": 1, "phase": phase}})
        kubectl("patch", "rwl", name, "--subresource=status", "--type=merge", "-p", patch, namespace=namespace)
    return str(kubectl.json("get", "rwl", name, namespace=namespace)["metadata"]["uid"])


def connect(control_plane: ControlPlane, kubectl: Kubectl, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the container `connect` of the release does, with the rights of the Pod's account."""
    found = kubectl.json("get", "configmap", f"{RELEASE}-connection", namespace=NAMESPACE)
    kubeconfig = kubeconfig_of(kubectl, control_plane, RELEASE, NAMESPACE, folder)
    return connect_by(kubeconfig, found["data"]["connection.yaml"], folder)


def connect_by(kubeconfig: Path, file: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command of the container `connect`, with these rights and this file."""
    path = folder / "connection.yaml"
    path.write_text(file)
    environ = {"KUBECONFIG": str(kubeconfig), "PATH": "/usr/bin:/bin", "USER": "test"}
    return subprocess.run(
        [COMMAND, "connect", path], env=environ, capture_output=True, text=True, timeout=90, check=False
    )
