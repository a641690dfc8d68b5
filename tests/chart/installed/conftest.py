"""A control plane for this folder alone, since the CRDs come and go on it; and a release."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chart.installed.cluster import VALUES, clear, established, install
from tests.chart.render import NAMESPACE, RELEASE
from tests.control_plane import ControlPlane, Helm, Kubectl


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with ControlPlane(tmp_path_factory.mktemp("installed")) as plane:
        yield plane


@pytest.fixture(scope="session")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    return Kubectl(control_plane.kubectl, control_plane.kubeconfig)


@pytest.fixture(params=[4, 3], ids=["Helm 4", "Helm 3"])
def helm(request: pytest.FixtureRequest, helm: Helm, helm3: Helm, control_plane: ControlPlane, tmp_path: Path) -> Helm:
    """Either Helm, with the control plane as its cluster."""
    return Helm({4: helm, 3: helm3}[request.param].binary, tmp_path / "helm", control_plane.kubeconfig)


@pytest.fixture
def release(helm: Helm, kubectl: Kubectl) -> Iterator[str]:
    """The release, as VALUES say; nothing is left of it."""
    install(helm, VALUES)
    established(kubectl)
    yield RELEASE
    helm("uninstall", RELEASE, "--ignore-not-found", namespace=NAMESPACE)
    clear(kubectl)
