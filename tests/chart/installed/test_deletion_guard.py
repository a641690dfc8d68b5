"""The ValidatingAdmissionPolicy deletionGuard: what it refuses, and what it lets pass."""

from collections.abc import Iterator

import pytest

from tests.chart.installed.cluster import clear, established, submitted
from tests.chart.render import REPOSITORY, manifest
from tests.control_plane import Helm, Kubectl, KubectlFailed, helm_program
from tests.control_plane.processes import wait_until

API = "/apis/runai-operator.io/v1alpha1"
TEMPLATE = ("--show-only", "templates/deletionguard.yaml")

pytestmark = pytest.mark.usefixtures("_guarded")


@pytest.fixture(scope="module")
def _guarded(kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The policy alone; returns once the API server heeds it, which takes it a moment."""
    helm = Helm(helm_program(4), tmp_path_factory.mktemp("helm"))
    policy = manifest(helm, {"deletionGuard": {"enabled": True}}, *TEMPLATE)
    kubectl("apply", "--server-side", "-f", str(REPOSITORY / "crds"), "-f", "-", input=policy)
    established(kubectl)
    submitted(kubectl, "probe", phase="Running")
    wait_until(lambda: _refused(kubectl, "probe"), 60, lambda: "the policy is not heeded")
    yield
    kubectl("delete", "-f", "-", input=policy)
    clear(kubectl)


def test_what_runs_is_not_deleted_unless_it_is_annotated(kubectl: Kubectl) -> None:
    submitted(kubectl, phase="Running")
    told = kubectl.fails("delete", "rwl", "trainer", namespace="default")
    assert "the workload of trainer is running, and would be deleted too" in told
    command = "kubectl annotate rwl trainer -n default runai-operator.io/allow-delete=true"
    assert command in told
    kubectl("annotate", "rwl", "trainer", "runai-operator.io/allow-delete=false", namespace="default")
    assert _refused(kubectl, "trainer")
    kubectl(*command.split()[1:], "--overwrite")
    kubectl("delete", "rwl", "trainer", "--wait=false", namespace="default")


@pytest.mark.parametrize("phase", [None, "Pending", "Completed", "Failed"])
def test_what_does_not_run_is_deleted(kubectl: Kubectl, phase: str | None) -> None:
    submitted(kubectl, phase=phase)
    assert not _refused(kubectl, "trainer")


def test_what_runs_on_without_its_resource_is_let_go(kubectl: Kubectl) -> None:
    """Under Orphan nothing is deleted in Run:ai, so there is nothing to guard."""
    submitted(kubectl, "orphan", phase="Running", deletionPolicy="Orphan")
    kubectl("delete", "rwl", "orphan", namespace="default")
    submitted(kubectl, "orphan", phase="Running", deletionPolicy="Delete")
    assert _refused(kubectl, "orphan")


def test_what_is_released_is_let_go(kubectl: Kubectl) -> None:
    """Nothing is deleted in Run:ai then, so there is nothing to guard."""
    submitted(kubectl, "released", phase="Running")
    kubectl("annotate", "rwl", "released", "runai-operator.io/release=false", namespace="default")
    assert _refused(kubectl, "released")
    kubectl("annotate", "rwl", "released", "runai-operator.io/release=true", "--overwrite", namespace="default")
    kubectl("delete", "rwl", "released", namespace="default")


def test_deleting_all_of_them_at_once_is_no_way_round_it(kubectl: Kubectl) -> None:
    assert "is running" in kubectl.fails("delete", "--raw", f"{API}/namespaces/default/runaiworkloads")


def test_a_namespace_waits_for_what_runs_in_it_and_says_so(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "guarded")
    submitted(kubectl, "held", phase="Running", namespace="guarded")
    kubectl("delete", "namespace", "guarded", "--wait=false")

    def told() -> bool:
        conditions = kubectl.json("get", "namespace", "guarded")["status"].get("conditions", [])
        return any("is running" in each["message"] for each in conditions)

    wait_until(told, 60, lambda: kubectl("get", "namespace", "guarded", "-o", "yaml"))
    kubectl("annotate", "rwl", "held", "runai-operator.io/allow-delete=true", namespace="guarded")
    kubectl("wait", "--for=delete", "namespace/guarded", "--timeout=60s")


def _refused(kubectl: Kubectl, name: str) -> bool:
    """Whether deleting it is refused, tried without doing it."""
    try:
        kubectl("delete", "rwl", name, "--dry-run=server", namespace="default")
    except KubectlFailed as error:
        if "is running" not in error.stderr:
            raise
        return True
    return False
