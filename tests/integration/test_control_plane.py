"""The control plane under test does what the tests on top of it take for granted."""

from pathlib import Path

import pytest

from tests.control_plane import ControlPlane, Kubectl, KubectlFailed


@pytest.fixture
def own_plane(tmp_path: Path) -> ControlPlane:
    """Not the shared one: for tests that break it. Not started yet."""
    return ControlPlane(tmp_path / "own")


def a_config_map(name: str, **metadata: object) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}}


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


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "stopped"])
def test_a_restarted_api_server_has_its_data_and_its_address(own_plane: ControlPlane, kill: bool) -> None:
    with own_plane as plane:
        kubectl = Kubectl(plane.kubectl, plane.kubeconfig)
        kubectl("create", "configmap", "kept", "--from-literal=key=value")
        before = plane.pids

        plane.stop_apiserver(kill=kill)
        assert "refused" in kubectl.fails("get", "configmap", "kept")
        plane.start_apiserver()

        assert kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.key}") == "value"
        assert plane.pids["kube-apiserver"] != before["kube-apiserver"]
        assert plane.pids["etcd"] == before["etcd"]


def test_nothing_survives_the_stop(own_plane: ControlPlane) -> None:
    with own_plane as plane:
        pids = plane.pids
        assert set(pids) == {"etcd", "kube-apiserver", "kube-controller-manager"}

    assert plane.pids == {}
    assert not [pid for pid in pids.values() if Path("/proc", str(pid)).exists()]
