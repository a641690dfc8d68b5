"""crds.keep=false, and crds.install=false after it: when the CRDs go, and who has to be there then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runai_operator.api.names import FINALIZER
from tests.chart.installed.cluster import CRDS, VALUES, clear, established, install, operator, submitted
from tests.chart.render import NAMESPACE, RELEASE
from tests.control_plane import ControlPlane, Helm, Kubectl
from tests.control_plane.processes import wait_until

NOT_KEPT = {**VALUES, "crds": {"keep": False}}
NOT_INSTALLED = {**VALUES, "crds": {"install": False}}


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


@pytest.mark.usefixtures("held")
def test_not_to_install_them_any_more_deletes_what_was_not_to_be_kept(helm: Helm, kubectl: Kubectl) -> None:
    let_go(kubectl)
    told = install(helm, NOT_INSTALLED)
    assert "deletes them when it has them no more, unless crds.keep was true before" in told
    wait_until(lambda: crds_there(kubectl) == {}, 60, lambda: str(crds_there(kubectl)))


@pytest.mark.usefixtures("held")
def test_not_to_install_them_any_more_deletes_nothing_once_they_are_to_be_kept(helm: Helm, kubectl: Kubectl) -> None:
    let_go(kubectl)
    install(helm, VALUES)
    install(helm, NOT_INSTALLED)
    assert crds_there(kubectl) == dict.fromkeys(CRDS, "")
    assert "deletionTimestamp" not in kubectl.json("get", "rwl", "trainer", namespace="default")["metadata"]


def let_go(kubectl: Kubectl) -> None:
    """What the operator does of a resource whose CRD goes."""
    kubectl("patch", "rwl", "trainer", "--type=merge", "-p", '{"metadata": {"finalizers": null}}', namespace="default")


def crds_there(kubectl: Kubectl) -> dict[str, str]:
    """Ours, by name, and whether each is being deleted."""
    found = {each["metadata"]["name"]: each["metadata"] for each in kubectl.json("get", "crds")["items"]}
    return {name: "deleted" if "deletionTimestamp" in found[name] else "" for name in CRDS if name in found}
