"""The simulated Run:ai as a Pod that outlives the release, and a way to its controls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from runai_simulator import ControlClient
from tests.control_plane import Kubectl
from tests.control_plane.processes import free_ports, wait_until

from .world import IMAGE, RESTRICTED, TAG

NAME, PORT = "runai", 8088
URL = f"http://{NAME}.{NAME}.svc:{PORT}"
PATIENCE = 60.0


def simulator_objects() -> list[dict[str, Any]]:
    """Namespace, Deployment and Service; the Pod satisfies restricted Pod Security, like the operator's."""
    labels = {"app": NAME}
    container = {
        "name": "simulator",
        "image": f"{IMAGE}:{TAG}",
        "imagePullPolicy": "Never",
        "args": ["simulate", "--host=0.0.0.0", f"--port={PORT}"],
        "readinessProbe": {"httpGet": {"path": "/control/settings", "port": PORT}, "periodSeconds": 1},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    security = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    pod = {"automountServiceAccountToken": False, "securityContext": security, "containers": [container]}
    deployment = {
        "selector": {"matchLabels": labels},
        "strategy": {"type": "Recreate"},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    there = {"name": NAME, "namespace": NAME}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAME, "labels": RESTRICTED}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": there, "spec": deployment},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": there,
            "spec": {"selector": labels, "ports": [{"port": PORT}]},
        },
    ]


@contextmanager
def simulated_runai(kubectl: Kubectl, folder: Path) -> Iterator[ControlClient]:
    """Start it, and reach its controls through a port that is forwarded; nothing completes unless told to."""
    body = {"apiVersion": "v1", "kind": "List", "items": simulator_objects()}
    kubectl("apply", "--server-side", "-f", "-", input=body)
    kubectl("rollout", "status", f"deployment/{NAME}", "--timeout=60s", namespace=NAME, timeout=90)
    (port,) = free_ports(1)
    way = ("port-forward", "--namespace", NAME, f"service/{NAME}", f"{port}:{PORT}")
    forward = kubectl.start(*way, output=folder / "port-forward.log")
    control = ControlClient(f"http://127.0.0.1:{port}")
    try:
        wait_until(lambda: _answers(control), PATIENCE, lambda: "the simulator's port is not forwarded")
        control.times(running=None)
        yield control
    finally:
        control.close()
        forward.terminate()
        forward.wait()


def _answers(control: ControlClient) -> bool:
    try:
        control.settings()
    except httpx.HTTPError:
        return False
    return True
