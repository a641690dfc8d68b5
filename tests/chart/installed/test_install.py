"""One command installs, upgrades and uninstalls it, and what people made stays."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.installed.cluster import (
    VALUES,
    clear,
    connect,
    connect_by,
    connection,
    established,
    install,
    submitted,
)
from tests.chart.render import CHART, NAMESPACE, RELEASE, connection_file, documents, manifest
from tests.control_plane import ControlPlane, Helm, Kubectl
from tests.integration.roles import kubeconfig_of


def test_one_command_installs_it_and_says_what_is_next(helm: Helm, kubectl: Kubectl, release: str) -> None:
    told = helm("get", "notes", release, namespace=NAMESPACE)
    for command in ("kubectl create secret generic runai-credentials", "kubectl label namespace", "kubectl apply"):
        assert command in told
    assert kubectl.json("get", "deployment", release, namespace=NAMESPACE)["spec"]["replicas"] == 2
    assert kubectl("get", "rwl", "--all-namespaces") == ""


@pytest.mark.usefixtures("release")
def test_its_pods_make_the_connection_that_the_values_name(
    control_plane: ControlPlane,
    kubectl: Kubectl,
    tmp_path: Path,
) -> None:
    done = connect(control_plane, kubectl, tmp_path)
    assert (done.returncode, done.stdout) == (0, f"the RunaiConnection default is as {tmp_path}/connection.yaml says\n")
    made = kubectl.json("get", "rcon", "default")
    assert made["spec"]["url"] == VALUES["connection"]["url"]
    assert made["spec"]["limits"] == {"maxConcurrent": 7, "requestsPerSecond": 50}

    # With the second apply the API server stores its defaults, too, which it had only shown: that is no change.
    second, third = (seen_after_connecting(control_plane, kubectl, tmp_path) for _ in range(2))
    assert (second["metadata"]["generation"], second["spec"]) == (made["metadata"]["generation"], made["spec"])
    assert third["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"], "the next Pod changed it"


def seen_after_connecting(control_plane: ControlPlane, kubectl: Kubectl, folder: Path) -> dict[str, Any]:
    """The connection, once another Pod has started."""
    assert connect(control_plane, kubectl, folder).returncode == 0
    found: dict[str, Any] = kubectl.json("get", "rcon", "default")
    return found


@pytest.mark.usefixtures("release")
def test_a_connection_that_cannot_be_changed_so_is_told(
    helm: Helm, control_plane: ControlPlane, kubectl: Kubectl, tmp_path: Path
) -> None:
    assert connect(control_plane, kubectl, tmp_path).returncode == 0
    install(helm, {"connection": {"url": "https://another.run.ai"}})
    done = connect(control_plane, kubectl, tmp_path)
    assert done.returncode == 1
    assert "spec.url is immutable" in done.stderr

    helm("rollback", RELEASE, namespace=NAMESPACE)
    assert connect(control_plane, kubectl, tmp_path).returncode == 0, "the connection was not taken back with the rest"


@pytest.mark.usefixtures("release")
def test_its_account_may_write_no_other_connection(
    control_plane: ControlPlane,
    kubectl: Kubectl,
    tmp_path: Path,
) -> None:
    other = yaml.safe_load(connection(kubectl))
    other["metadata"]["name"] = "other"
    kubeconfig = kubeconfig_of(kubectl, control_plane, RELEASE, NAMESPACE, tmp_path)
    done = connect_by(kubeconfig, yaml.safe_dump(other), tmp_path)
    assert done.returncode == 1
    assert "the RunaiConnection other may not be written: give the operator's role create" in done.stderr


@pytest.mark.usefixtures("release")
def test_upgrading_it_upgrades_the_crds(helm: Helm, kubectl: Kubectl, tmp_path: Path) -> None:
    uid = submitted(kubectl)
    newer = tmp_path / "chart"
    shutil.copytree(CHART, newer)
    crd = newer / "templates" / "crds" / "runaiworkloads.yaml"
    crd.write_text(crd.read_text().replace("shortNames:\n    - rwl\n", "shortNames:\n    - rwl\n    - rwlnew\n"))
    assert "rwlnew" in crd.read_text()

    install(helm, VALUES, newer)

    found = kubectl.json("get", "crd", "runaiworkloads.runai-operator.io")
    assert found["spec"]["names"]["shortNames"] == ["rwl", "rwlnew"]
    assert kubectl.json("get", "rwl", "trainer", namespace="default")["metadata"]["uid"] == uid


def test_uninstalling_it_keeps_what_people_made_and_it_can_be_installed_again(
    helm: Helm, control_plane: ControlPlane, kubectl: Kubectl, release: str, tmp_path: Path
) -> None:
    uid = submitted(kubectl, phase="Running")
    assert connect(control_plane, kubectl, tmp_path).returncode == 0

    helm("uninstall", release, namespace=NAMESPACE)

    assert kubectl("get", "deployment,configmap,role", "-n", NAMESPACE, "-l", "app.kubernetes.io/instance") == ""
    kept = kubectl.json("get", "rwl", "trainer", namespace="default")
    assert (kept["metadata"]["uid"], "deletionTimestamp" in kept["metadata"]) == (uid, False)
    connected = kubectl.json("get", "rcon", "default")
    assert "deletionTimestamp" not in connected["metadata"]

    install(helm, VALUES)

    again = kubectl.json("get", "rwl", "trainer", namespace="default")
    assert again["metadata"]["resourceVersion"] == kept["metadata"]["resourceVersion"]


def test_kubectl_applies_what_helm_renders(helm: Helm, kubectl: Kubectl) -> None:
    text = manifest(helm, VALUES)
    kubectl("create", "namespace", NAMESPACE)
    try:
        told = kubectl("apply", "--server-side", "-f", "-", input=text)
        assert len(told.splitlines()) == len(documents(text))
        established(kubectl)
        kubectl("apply", "--server-side", "-f", "-", input=connection_file(documents(text)))
    finally:
        kubectl("delete", "-f", "-", "--ignore-not-found", "--timeout=60s", input=text)
        clear(kubectl)
