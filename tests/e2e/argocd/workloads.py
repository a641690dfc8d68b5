"""What stands in git: RunaiWorkloads and a RunaiConnection, as short as they can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

API_VERSION = "runai-operator.io/v1alpha1"
HEALTHY_WHEN = "runai-operator.io/healthy-when"
WAVE = "argocd.argoproj.io/sync-wave"
OPTIONS = "argocd.argoproj.io/sync-options"
KINDS = {"Job": "batch/v1", "PyTorchJob": "kubeflow.org/v1", "Deployment": "apps/v1"}
CONNECTION = "shared"
CREDENTIALS = "runai-credentials"
POLLING = {"interval": "1s", "fullInterval": "5s"}
"""What is edited in Run:ai shows in a sweep: five minutes apart by default, which is long to wait for here."""


def workload(
    name: str,
    *,
    kind: str = "Job",
    wave: int | None = None,
    healthy_when: str | None = None,
    options: str | None = None,
    connection: str = CONNECTION,
    **spec: Any,
) -> dict[str, Any]:
    annotations = {WAVE: None if wave is None else str(wave), HEALTHY_WHEN: healthy_when, OPTIONS: options}
    given = {key: value for key, value in annotations.items() if value is not None}
    metadata = {"name": name, **({"annotations": given} if given else {})}
    body = {"connectionRef": {"name": connection}, "manifest": manifest(kind), **spec}
    return {"apiVersion": API_VERSION, "kind": "RunaiWorkload", "metadata": metadata, "spec": body}


def manifest(kind: str) -> dict[str, Any]:
    """Of one Pod with one GPU."""
    container = {"name": "main", "image": "example/main:1", "resources": {"limits": {"nvidia.com/gpu": 1}}}
    template: dict[str, Any] = {"spec": {"containers": [container]}}
    if kind == "Deployment":
        labels = {"app": "main"}
        labelled = {"metadata": {"labels": labels}, **template}
        spec: dict[str, Any] = {"replicas": 1, "selector": {"matchLabels": labels}, "template": labelled}
    elif kind == "PyTorchJob":
        spec = {"pytorchReplicaSpecs": {"Master": {"replicas": 1, "template": template}}}
    else:
        spec = {"template": {"spec": {"restartPolicy": "Never", **template["spec"]}}}
    return {"apiVersion": KINDS[kind], "kind": kind, "spec": spec}


def connection(name: str, url: str, *, wave: int | None = None) -> dict[str, Any]:
    """One that namespaces with Run:ai's label may use, for the project that the label names."""
    labelled = {"matchExpressions": [{"key": "runai/queue", "operator": "Exists"}]}
    metadata: Mapping[str, Any] = {"annotations": {WAVE: str(wave)}} if wave is not None else {}
    return {
        "apiVersion": API_VERSION,
        "kind": "RunaiConnection",
        "metadata": {"name": name, **metadata},
        "spec": {
            "url": url,
            "credentialsSecretRef": {"name": CREDENTIALS},
            "access": [{"namespaceSelector": labelled, "projects": {"from": "NamespaceLabel"}}],
            "polling": POLLING,
        },
    }
