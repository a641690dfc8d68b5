"""What is done to the cluster: the chart is installed, the container `connect` played, a RunaiWorkload made."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chart.render import CHART, NAMESPACE, RELEASE, connection_file
from tests.control_plane import ControlPlane, Helm, Kubectl
from tests.control_plane.processes import wait_until
from tests.integration.roles import kubeconfig_of
from tests.integration.world import OperatorProcess

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


def submitted(
    kubectl: Kubectl,
    name: str = "trainer",
    *,
    phase: str | None = None,
    namespace: str = "default",
    finalizers: Sequence[str] = (),
    **spec: Any,
) -> str:
    """Applies a RunaiWorkload, and gives it a phase as the operator would; its uid."""
    body = {
        "apiVersion": "runai-operator.io/v1alpha1",
        "kind": "RunaiWorkload",
        "metadata": {"name": name, "finalizers": [*finalizers]},
        "spec": {"manifest": JOB, **spec},
    }
    kubectl("apply", "--server-side", "-f", "-", input=body, namespace=namespace)
    if phase:
        patch = json.dumps({"status": {"observedGeneration": 1, "phase": phase}})
        kubectl("patch", "rwl", name, "--subresource=status", "--type=merge", "-p", patch, namespace=namespace)
    return str(kubectl.json("get", "rwl", name, namespace=namespace)["metadata"]["uid"])


@contextmanager
def operator(control_plane: ControlPlane, kubectl: Kubectl, folder: Path) -> Iterator[OperatorProcess]:
    """What the container `operator` of the release does, with the rights of the Pod's account, once it has begun."""
    kubeconfig = kubeconfig_of(kubectl, control_plane, RELEASE, NAMESPACE, folder)
    process = OperatorProcess(control_plane, folder, NAMESPACE, watch_namespaces="", lease_name=RELEASE)
    process.start(KUBECONFIG=str(kubeconfig))
    try:
        wait_until(lambda: "looks after cluster" in process.log(), 60, process.log)
        yield process
    finally:
        process.kill()


def connect(control_plane: ControlPlane, kubectl: Kubectl, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the container `connect` of the release does, with the rights of the Pod's account."""
    kubeconfig = kubeconfig_of(kubectl, control_plane, RELEASE, NAMESPACE, folder)
    return connect_by(kubeconfig, connection(kubectl), folder)


def connection(kubectl: Kubectl) -> str:
    """The file that the release's next Pod is given for `connect`."""
    return connection_file([kubectl.json("get", "deployment", RELEASE, namespace=NAMESPACE)]) or ""


def connect_by(kubeconfig: Path, file: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command of the container `connect`, with these rights and this file."""
    path = folder / "connection.yaml"
    path.write_text(file)
    environ = {"KUBECONFIG": str(kubeconfig), "PATH": "/usr/bin:/bin", "USER": "test"}
    return subprocess.run(
        [COMMAND, "connect", path], env=environ, capture_output=True, text=True, timeout=90, check=False
    )
