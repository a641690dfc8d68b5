"""NOTES.txt: what Helm prints in the end, and whether it is true of the values."""

import json
from typing import Any

import pytest

from tests.chart.combinations import URL
from tests.chart.render import CHART, NAMESPACE, RELEASE
from tests.control_plane import Helm

SECRET = "kubectl create secret generic runai-credentials --namespace runai-operator"
GONE = """\
   kubectl delete crd runaiworkloads.runai-operator.io runaiconnections.runai-operator.io
   helm uninstall runai-operator --namespace runai-operator"""
TOLD: dict[str, tuple[dict[str, Any], str, str]] = {
    "two Pods": ({}, "of 2 Pods one works, the others stand by", "replicas"),
    "one Pod": ({"replicas": 1}, "runs in the namespace runai-operator.", "stand by"),
    "no Pod": ({"replicas": 0}, "once `replicas` is not 0 any more", "stand by"),
    "no connection": ({}, "No connection was asked for (connection.url)", SECRET),
    "a connection": ({"connection": {"url": URL}}, SECRET, "No connection"),
    "its name": ({"connection": {"url": URL, "name": "east"}}, "rcon/east", "demo"),
    "the simulator": ({"simulator": {"enabled": True}}, "--from-literal=clientSecret=demo-secret", "No connection"),
    "the simulator beside a Run:ai": (
        {"simulator": {"enabled": True}, "connection": {"url": URL}},
        "--from-literal=clientId=<id>",
        "demo",
    ),
    "Secrets that may be read": ({"credentials": {"secrets": ["a", "b"]}}, "read it: a, b.", "none does"),
    "no Secret that may be read": ({}, "read it: none does yet.", "runai-credentials"),
    "one for each cluster": ({"watchNamespaces": ["a"]}, "must be no other release of it in this cluster", "demo"),
    "the CRDs stay": ({}, "and no RunaiWorkload", "kubectl delete crd"),
    "the CRDs go": ({"crds": {"keep": False}}, GONE, "and no RunaiWorkload"),
    "the CRDs of others": (
        {"crds": {"keep": False, "install": False}},
        "unless crds.keep was true before",
        "kubectl delete crd",
    ),
    "the CRDs of others promise no resource": (
        {"crds": {"install": False}},
        "none is part of this release",
        "RunaiWorkload:",
    ),
    "a connection that was deleted": (
        {"connection": {"url": URL}},
        "kubectl rollout restart deployment/runai-operator --namespace runai-operator",
        "No connection",
    ),
    "no CRDs": ({"crds": {"install": False}}, "waits for the custom resource definitions", "simulator"),
}
"""By what it is about: the values, what is told then, and what is not."""


@pytest.mark.parametrize(("values", "told", "not_told"), TOLD.values(), ids=TOLD.keys())
def test_what_is_next(helm: Helm, values: dict[str, Any], told: str, not_told: str) -> None:
    notes = notes_of(helm, values)
    assert told in notes
    assert not_told not in notes


def notes_of(helm: Helm, values: dict[str, Any]) -> str:
    """Of Helm 4, which prints them without a cluster; tests/chart/installed has those of both."""
    flags = ("--dry-run=client", "--values", "-")
    printed = helm("install", RELEASE, str(CHART), *flags, namespace=NAMESPACE, input=json.dumps(values))
    return printed.partition("\nNOTES:\n")[2].strip()
