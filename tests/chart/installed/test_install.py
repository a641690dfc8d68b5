"""One command installs, upgrades and uninstalls it, and what people made stays."""

import shutil
from pathlib import Path

import pytest

from tests.chart.installed.cluster import VALUES, clear, connect, established, install, submitted
from tests.chart.render import CHART, NAMESPACE, connection_file, documents, manifest
from tests.control_plane import ControlPlane, Helm, Kubectl


def test_one_command_installs_it_and_says_what_is_next(helm: Helm, kubectl: Kubectl, release: str) -> None:
    told = helm("get", "notes", release, namespace=NAMESPACE)
    for command in ("kubectl create secret generic runai-credentials", "kubectl label namespace", "kubectl apply"):
        assert command in told
    assert kubectl.json("get", "deployment", release, namespace=NAMESPACE)["spec"]["replicas"] == 2
    assert kubectl("get", "rwl", "--all-namespaces") == ""


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
