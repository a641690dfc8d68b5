"""What is rendered, and the Pods that would come of it, as a real API server takes it: nothing of it is kept."""

import json
from typing import Any

import pytest
import yaml

from tests.chart import monitoring
from tests.chart.combinations import COMBINATIONS, EVERYTHING, RELEASES, URL
from tests.chart.render import connection_file, documents, manifest, pods
from tests.control_plane import Helm, Kubectl

NAMESPACE = "restricted"
DRY = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-")
"""By force, for what other tests installed is somebody else's."""


@pytest.fixture(scope="session")
def restricted(crds: list[str], kubectl: Kubectl) -> str:  # noqa: ARG001 (they have to be there)
    """A namespace that takes no Pod that is not restricted, where the kinds of the Prometheus Operator are served.

    They stay as long as the API server: this module's tests need not come one after the other.
    """
    kinds = monitoring.crds()
    kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump_all([restricting(NAMESPACE), *kinds]))
    names = [each["metadata"]["name"] for each in kinds]
    kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", *names)
    return NAMESPACE


def restricting(name: str) -> dict[str, Any]:
    """A namespace that takes restricted Pods only."""
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


@pytest.mark.parametrize("name", COMBINATIONS)
def test_the_api_server_takes_it_and_its_pods(helm: Helm, kubectl: Kubectl, restricted: str, name: str) -> None:
    taken(kubectl, manifest(helm, COMBINATIONS[name], namespace=restricted), restricted)


@pytest.mark.usefixtures("restricted")
@pytest.mark.parametrize(("release", "namespace"), RELEASES.values(), ids=RELEASES.keys())
def test_however_release_and_namespace_are_called(helm: Helm, kubectl: Kubectl, release: str, namespace: str) -> None:
    kubectl("apply", "--server-side", "-f", "-", input=restricting(namespace))
    taken(kubectl, manifest(helm, EVERYTHING, release=release, namespace=namespace), namespace)


def taken(kubectl: Kubectl, text: str, namespace: str) -> None:
    """Fails unless the API server takes all that was rendered, the Pods that would come of it, and its connection.

    It is given the text itself: parsers do not agree about what is a number, kubectl's and Python's for two.
    """
    found = documents(text)
    further = [*map(json.dumps, pods(found, namespace)), *filter(None, [connection_file(found)])]
    told = kubectl(*DRY, "-o", "name", input="\n---\n".join([text, *further])).split()
    assert len(told) == len(found) + len(further)


def test_a_pod_that_is_not_restricted_would_be_refused(helm: Helm, kubectl: Kubectl, restricted: str) -> None:
    """So the others are judged at all."""
    host = {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]}
    [pod] = pods(documents(manifest(helm, host, namespace=restricted)), restricted)
    assert 'violates PodSecurity "restricted' in kubectl.fails(*DRY, input=pod)


def test_the_namespace_warns_of_no_deployment(helm: Helm, kubectl: Kubectl, restricted: str) -> None:
    values = {"connection": {"url": URL}, "simulator": {"enabled": True}}
    text = manifest(helm, values, "--show-only", "templates/deployment.yaml", namespace=restricted)
    kubectl("--warnings-as-errors", *DRY, input=text)
