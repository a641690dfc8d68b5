"""The chart as Helm renders it."""

import json
import re
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
ANNOTATION = re.compile(r"metadata\.annotations\['(?P<key>[^']+)'\]")
"""How the downward API names one of them (Kubernetes, "Downward API")."""


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
    files = [each for pod in pods(found, NAMESPACE) for each in files_of(pod, "connection").values()]
    return files[0] if files else None


def files_of(pod: Document, volume: str) -> dict[str, str]:
    """What a kubelet writes into a downwardAPI volume of annotations: the files, by name; none where there is no such
    volume."""
    items = [item for each in pod["spec"].get("volumes", ()) if each["name"] == volume for item in _items(each)]
    paths = {item["path"]: ANNOTATION.fullmatch(item["fieldRef"]["fieldPath"]) for item in items}
    return {path: pod["metadata"]["annotations"][field["key"]] for path, field in paths.items() if field}


def _items(volume: Document) -> list[Document]:
    return list(volume.get("downwardAPI", {}).get("items", ()))
