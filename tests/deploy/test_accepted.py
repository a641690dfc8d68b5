"""What deploy/ tells people to apply, a real API server accepts."""

import json
from pathlib import Path

import pytest
import yaml

from tests.deploy.kit import ARGOCD, SETTINGS

DEPLOY = Path(__file__).parents[2] / "deploy"
FOLDERS = ("argocd/example/waves", "flux/connection", "flux/train", "flux/serve")


def resources(folder):
    """Those of a folder; the namespace is the test's own."""
    bodies = (yaml.safe_load(each.read_text(encoding="utf-8")) for each in sorted((DEPLOY / folder).glob("*.yaml")))
    return [body for body in bodies if body["kind"] != "Namespace"]


def accepted(kubectl, bodies, namespace):
    """The names of what a server-side dry run lets through; of our kinds, the namespaced ones in this namespace."""
    moved = [
        {**body, "metadata": {**body["metadata"], **({"namespace": namespace} if is_namespaced(body) else {})}}
        for body in bodies
    ]
    told = kubectl(
        *("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", "-o", "name"),
        input={"apiVersion": "v1", "kind": "List", "items": moved},
    )
    return {each.rpartition("/")[2] for each in told.split()}


def is_namespaced(body):
    return body["kind"] != "RunaiConnection"


@pytest.mark.usefixtures("crds")
@pytest.mark.parametrize("folder", FOLDERS)
def test_the_resources_of_an_example_are_accepted(kubectl, namespace, folder):
    bodies = resources(folder)
    assert accepted(kubectl, bodies, namespace) == {body["metadata"]["name"] for body in bodies} != set()


@pytest.mark.usefixtures("crds")
@pytest.mark.parametrize("name", ["base", "evaluation"])
def test_what_kustomize_builds_is_accepted(kubectl, kustomize, namespace, name):
    bodies = kustomize(DEPLOY / "kustomize" / "example" / name)
    assert accepted(kubectl, bodies, namespace) == {body["metadata"]["name"] for body in bodies}


def test_the_kit_adds_its_settings_to_those_of_a_running_argo_cd(kubectl, namespace):
    """Also to those that kubectl applied itself: its `apply --server-side` would take them over, and drop them."""
    labels = {"app.kubernetes.io/part-of": "argocd", "app.kubernetes.io/name": "argocd-cm"}
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm", "labels": labels}}
    kubectl("apply", "-f", "-", input={**own, "data": {"url": "https://cd"}}, namespace=namespace)
    command = ("patch", "configmap", "argocd-cm", "--patch-file", str(ARGOCD / "argocd-cm.yaml"))
    assert " ".join(command[:4]) in (DEPLOY.parent / "docs" / "gitops.md").read_text(encoding="utf-8")
    kubectl(*command, namespace=namespace)
    found = json.loads(kubectl("get", "cm", "argocd-cm", "-o", "json", namespace=namespace))
    assert found["data"] == {**SETTINGS, "url": "https://cd"}
    assert found["metadata"]["labels"] == labels
