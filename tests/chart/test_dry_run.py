"""What is rendered, and the Pods that would come of it, as a real API server takes it: nothing of it is kept."""

import pytest
import yaml

from tests.chart import monitoring
from tests.chart.combinations import COMBINATIONS, URL
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
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    kinds = monitoring.crds()
    kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump_all([namespace, *kinds]))
    names = [each["metadata"]["name"] for each in kinds]
    kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", *names)
    return NAMESPACE


@pytest.mark.parametrize("name", COMBINATIONS)
def test_the_api_server_takes_it_and_its_pods(helm: Helm, kubectl: Kubectl, restricted: str, name: str) -> None:
    found = documents(manifest(helm, COMBINATIONS[name], namespace=restricted))
    expected = [*found, *pods(found, restricted)]
    if connection := connection_file(found):
        expected.append(yaml.safe_load(connection))
    told = kubectl(*DRY, "-o", "name", input=yaml.safe_dump_all(expected)).split()
    assert len(told) == len(expected)


def test_a_pod_that_is_not_restricted_would_be_refused(helm: Helm, kubectl: Kubectl, restricted: str) -> None:
    """So the others are judged at all."""
    host = {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]}
    [pod] = pods(documents(manifest(helm, host, namespace=restricted)), restricted)
    assert 'violates PodSecurity "restricted' in kubectl.fails(*DRY, input=pod)


def test_the_namespace_warns_of_no_deployment(helm: Helm, kubectl: Kubectl, restricted: str) -> None:
    values = {"connection": {"url": URL}, "simulator": {"enabled": True}}
    text = manifest(helm, values, "--show-only", "templates/deployment.yaml", namespace=restricted)
    kubectl("--warnings-as-errors", *DRY, input=text)
