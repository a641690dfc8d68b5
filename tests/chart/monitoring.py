"""The kinds of the Prometheus Operator, as much of them as an API server needs to take an object."""

from typing import Any

KINDS = {"ServiceMonitor": "servicemonitors", "PrometheusRule": "prometheusrules"}


def crds() -> list[dict[str, Any]]:
    """Definitions that take any spec."""
    return [_crd(kind, plural) for kind, plural in KINDS.items()]


def _crd(kind: str, plural: str) -> dict[str, Any]:
    group = "monitoring.coreos.com"
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
