"""The control plane under test does what the tests on top of it take for granted."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.control_plane import ControlPlane, ControlPlaneError, Kubectl, KubectlFailed
from tests.control_plane.processes import wait_until

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def own_plane(tmp_path: Path) -> ControlPlane:
    """Not the shared one, for tests that break it; not started yet."""
    return ControlPlane(tmp_path / "own")


def a_config_map(name: str, **metadata: object) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}}


def processes_of(folder: Path) -> list[int]:
    """The process ids whose command line names the folder, as that of each part of a control plane does."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue  # gone meanwhile
        if str(folder).encode() in command:
            found.append(int(entry.name))
    return found


def test_a_namespace_with_content_is_deleted_to_the_end(kubectl: Kubectl, namespace: str) -> None:
    for number in range(5):
        kubectl("create", "-f", "-", input=a_config_map(f"content-{number}"), namespace=namespace)

    kubectl("delete", "namespace", namespace, "--wait", "--timeout=30s")

    assert "NotFound" in kubectl.fails("get", "namespace", namespace)


def test_a_foreground_deletion_takes_the_dependents_along(kubectl: Kubectl, namespace: str) -> None:
    kubectl("create", "-f", "-", input=a_config_map("owner"), namespace=namespace)
    uid = kubectl.json("get", "configmap", "owner", namespace=namespace)["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid, "blockOwnerDeletion": True}
    kubectl("create", "-f", "-", input=a_config_map("dependent", ownerReferences=[owner]), namespace=namespace)

    kubectl("delete", "configmap", "owner", "--cascade=foreground", "--timeout=30s", namespace=namespace)

    assert "NotFound" in kubectl.fails("get", "configmap", "dependent", namespace=namespace)


def test_what_the_api_server_refuses_is_told(kubectl: Kubectl, namespace: str) -> None:
    with pytest.raises(KubectlFailed, match='Invalid value: "Not_A_Name"'):
        kubectl("create", "-f", "-", input=a_config_map("Not_A_Name"), namespace=namespace)


def test_requests_for_our_resources_are_in_the_audit_log_and_no_others(
    control_plane: ControlPlane, kubectl: Kubectl, namespace: str
) -> None:
    kubectl.fails("get", "--raw", f"/apis/runai-operator.io/v1/namespaces/{namespace}/absents")
    kubectl("get", "--raw", f"/api/v1/namespaces/{namespace}/configmaps")

    told = control_plane.audited(namespace)

    assert [f"namespaces/{namespace}/absents" in line["requestURI"] for line in told] == [True]


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "stopped"])
def test_a_restarted_api_server_has_its_data_and_its_address(own_plane: ControlPlane, kill: bool) -> None:
    with own_plane as plane:
        kubectl = Kubectl(plane.kubectl, plane.kubeconfig)
        kubectl("create", "configmap", "kept", "--from-literal=key=value")
        before = plane.pids

        plane.stop_apiserver(kill=kill)
        assert "refused" in kubectl.fails("get", "configmap", "kept")
        plane.check()
        plane.start_apiserver()

        assert kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.key}") == "value"
        assert plane.pids["kube-apiserver"] != before["kube-apiserver"]
        assert plane.pids["etcd"] == before["etcd"]


def test_nothing_survives_the_stop(own_plane: ControlPlane) -> None:
    with own_plane as plane:
        assert set(plane.pids) == {"etcd", "kube-apiserver", "kube-controller-manager"}
        assert set(plane.pids.values()) == set(processes_of(plane.folder))

    assert plane.pids == {}
    assert processes_of(plane.folder) == []


def test_when_a_part_dies_at_the_start_the_rest_is_stopped_and_its_log_named(own_plane: ControlPlane) -> None:
    broken = replace(own_plane.binaries, kube_apiserver=Path("/bin/false"))
    plane = ControlPlane(own_plane.folder, binaries=broken)

    with pytest.raises(ControlPlaneError, match=r"kube-apiserver ended with 1\. Its log is .*kube-apiserver\.log"):
        plane.start()

    assert processes_of(plane.folder) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills the children of a killed process")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_survives_the_one_who_started_it(tmp_path: Path, end: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.control_plane", "run", "--folder", str(tmp_path / "run")]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == f"export KUBECONFIG={tmp_path}/run/kubeconfig\n"
        assert len(processes_of(tmp_path)) == 4

        run.send_signal(end)

    wait_until(lambda: not processes_of(tmp_path), 10, lambda: f"still there: {processes_of(tmp_path)}")
