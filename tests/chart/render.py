"""The chart as Helm renders it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.control_plane import Helm

REPOSITORY = Path(__file__).parents[2]
CHART = REPOSITORY / "deploy" / "helm" / "runai-operator"
RELEASE = NAMESPACE = "runai-operator"
"""What deploy/rbac and the documents call them."""

Document = dict[str, Any]


def manifest(
    helm: Helm,
    values: Mapping[str, Any] | None = None,
    *flags: str,
    release: str = RELEASE,
    namespace: str = NAMESPACE,
    chart: Path = CHART,
) -> str:
    """What `helm template` prints with these values. Raises HelmFailed."""
    given = json.dumps(values or {})
    return helm("template", release, str(chart), "--values", "-", *flags, namespace=namespace, input=given)


def documents(text: str) -> list[Document]:
    """The objects of a manifest, in its order."""
    return [document for document in yaml.safe_load_all(text) if document]


def of_kind(found: list[Document], kind: str) -> list[Document]:
    return [each for each in found if each["kind"] == kind]


def pods(found: list[Document], namespace: str) -> Iterator[Document]:
    """What each Deployment would make: a Pod of its template."""
    for each in of_kind(found, "Deployment"):
        template = each["spec"]["template"]
        metadata = {**template["metadata"], "name": each["metadata"]["name"], "namespace": namespace}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def operator_container(found: list[Document]) -> Document:
    """The container of the operator, of all that is rendered."""
    containers = [
        container
        for deployment in of_kind(found, "Deployment")
        for container in deployment["spec"]["template"]["spec"]["containers"]
        if container["name"] == "operator"
    ]
    [only] = containers
    return dict(only)


def connection_file(found: list[Document]) -> str | None:
    """What `runai-operator connect` is given; None where the values ask for no connection."""
    files = [
        each["data"]["connection.yaml"] for each in of_kind(found, "ConfigMap") if "connection.yaml" in each["data"]
    ]
    return files[0] if files else None
