"""crds.keep=false: who has to be there when the CRDs go, and what is done when nobody was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runai_operator.api.names import FINALIZER
from tests.chart.installed.cluster import CRDS, VALUES, clear, established, install, operator, submitted
from tests.chart.render import NAMESPACE, RELEASE
from tests.control_plane import ControlPlane, Helm, Kubectl
from tests.control_plane.processes import wait_until

NOT_KEPT = {**VALUES, "crds": {"keep": False}}


@pytest.fixture
def held(helm: Helm, kubectl: Kubectl) -> Iterator[str]:
    """A release that does not keep its CRDs, and a RunaiWorkload as the operator holds it."""
    install(helm, NOT_KEPT)
    established(kubectl)
    submitted(kubectl, phase="Running", finalizers=[FINALIZER])
    yield RELEASE
    helm("uninstall", RELEASE, "--ignore-not-found", namespace=NAMESPACE)
    clear(kubectl)


def test_the_crds_are_deleted_while_the_operator_runs_and_then_the_release(
    helm: Helm, control_plane: ControlPlane, kubectl: Kubectl, held: str, tmp_path: Path
) -> None:
    notes = helm("get", "notes", held, namespace=NAMESPACE)
    assert f"kubectl delete crd {CRDS[1]} {CRDS[0]}" in notes
    with operator(control_plane, kubectl, tmp_path):
        kubectl("delete", "crd", CRDS[1], CRDS[0], "--timeout=60s")
    helm("uninstall", held, namespace=NAMESPACE)
    assert crds_there(kubectl) == {}


def test_uninstalling_first_leaves_nobody_to_let_go_until_it_is_installed_again(
    helm: Helm, control_plane: ControlPlane, kubectl: Kubectl, held: str, tmp_path: Path
) -> None:
    helm("uninstall", held, namespace=NAMESPACE)
    assert kubectl("get", "deployment,role", "-n", NAMESPACE, "-l", "app.kubernetes.io/instance") == ""
    wait_until(lambda: crds_there(kubectl) == {CRDS[1]: "deleted"}, 60, lambda: str(crds_there(kubectl)))
    kept = kubectl.json("get", "rwl", "trainer", namespace="default")["metadata"]
    assert kept["finalizers"] == [FINALIZER]

    install(helm, NOT_KEPT)
    with operator(control_plane, kubectl, tmp_path):
        kubectl("wait", "--for=delete", f"crd/{CRDS[1]}", "--timeout=60s")


def crds_there(kubectl: Kubectl) -> dict[str, str]:
    """Ours, by name, and whether each is being deleted."""
    found = {each["metadata"]["name"]: each["metadata"] for each in kubectl.json("get", "crds")["items"]}
    return {name: "deleted" if "deletionTimestamp" in found[name] else "" for name in CRDS if name in found}
