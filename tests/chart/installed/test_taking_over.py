"""CRDs that are there before the release: Helm refuses those of another one, or of kubectl, until told to take them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chart.installed.cluster import CRDS, VALUES, clear, established, install, submitted
from tests.chart.render import CHART, NAMESPACE, RELEASE, REPOSITORY
from tests.control_plane import Helm, Kubectl

NOT_OURS = "cannot be imported into the current release"


@pytest.fixture
def _cleared(helm: Helm, kubectl: Kubectl) -> Iterator[None]:
    """Nothing is left of any release, nor of the CRDs."""
    yield
    for release, namespace in ((RELEASE, NAMESPACE), ("another", NAMESPACE), (RELEASE, "elsewhere")):
        helm("uninstall", release, "--ignore-not-found", namespace=namespace)
    kubectl("delete", "namespace", "elsewhere", "--ignore-not-found", "--timeout=60s")
    clear(kubectl)


@pytest.mark.parametrize(("release", "namespace"), [("another", NAMESPACE), (RELEASE, "elsewhere")])
@pytest.mark.usefixtures("_cleared")
def test_another_release_takes_over_what_the_one_before_has_kept(
    helm: Helm, kubectl: Kubectl, release: str, namespace: str
) -> None:
    install(helm, VALUES)
    established(kubectl)
    uid = submitted(kubectl)
    helm("uninstall", RELEASE, namespace=NAMESPACE)
    _is_installed_with_the_crds_that_are_there(helm, kubectl, release, namespace)
    assert kubectl.json("get", "rwl", "trainer", namespace="default")["metadata"]["uid"] == uid


@pytest.mark.usefixtures("_cleared")
def test_a_release_takes_over_what_kubectl_has_applied(helm: Helm, kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", str(REPOSITORY / "crds"))
    _is_installed_with_the_crds_that_are_there(helm, kubectl, RELEASE, NAMESPACE)


def _is_installed_with_the_crds_that_are_there(helm: Helm, kubectl: Kubectl, release: str, namespace: str) -> None:
    before = [_metadata(kubectl, name)["uid"] for name in CRDS]
    command = ("install", release, str(CHART), "--create-namespace", "--values", "-")
    assert NOT_OURS in helm.fails(*command, namespace=namespace, input=json.dumps(VALUES))
    helm(*command, "--take-ownership", namespace=namespace, input=json.dumps(VALUES))
    assert [_metadata(kubectl, name)["uid"] for name in CRDS] == before
    assert {_metadata(kubectl, name)["annotations"]["meta.helm.sh/release-name"] for name in CRDS} == {release}
    assert {_metadata(kubectl, name)["annotations"]["meta.helm.sh/release-namespace"] for name in CRDS} == {namespace}


def _metadata(kubectl: Kubectl, crd: str) -> dict[str, Any]:
    found: dict[str, Any] = kubectl.json("get", "crd", crd)["metadata"]
    return found
