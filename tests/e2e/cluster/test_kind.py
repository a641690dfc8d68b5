"""What kind and docker are asked for; neither has to be there."""

from pathlib import Path

import pytest
import yaml

from tests.control_plane import ControlPlaneError

from .kind import CONFIGURATION, NAME, KindCluster

RECORDING = """#!/bin/sh
echo "$(basename $0) $*" >> "$(dirname $0)/asked"
case "$*" in "get clusters") echo %s;; "create cluster"*) exit %d;; esac
"""


def recorded(folder: Path, monkeypatch: pytest.MonkeyPatch, *, there: str = "other", created: int = 0) -> Path:
    for name in ("kind", "docker"):
        (folder / name).write_text(RECORDING % (there, created))
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder / "asked"


def test_kind_never_writes_to_the_users_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, folder = recorded(tmp_path, monkeypatch), tmp_path / "cluster"

    with KindCluster(folder, print) as cluster:
        cluster.load(Path("image.tar"))
        cluster.kill("0123")
        cluster.check()

    own = f"--kubeconfig {folder}/admin.kubeconfig"
    assert asked.read_text().splitlines() == [
        f"kind delete cluster --name {NAME} {own}",
        f"kind create cluster --name {NAME} --config {CONFIGURATION} --wait 180s {own}",
        f"kind load image-archive image.tar --name {NAME}",
        f"docker exec {NAME}-control-plane ctr -n k8s.io tasks kill -s SIGKILL 0123",
        f"docker exec {NAME}-control-plane true",
        f"kind delete cluster --name {NAME} {own}",
    ]
    assert cluster.left() == []


def test_a_cluster_that_cannot_be_made_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = recorded(tmp_path, monkeypatch, created=1)

    with pytest.raises(ControlPlaneError, match=r"`kind create cluster \.\.\.` ended with 1"):
        KindCluster(tmp_path / "cluster", print).__enter__()

    assert asked.read_text().splitlines()[-1].startswith("kind delete cluster")
    assert not (tmp_path / "cluster").exists()


def test_a_cluster_that_is_still_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(tmp_path, monkeypatch, there=NAME)
    assert KindCluster(tmp_path / "cluster", print).left() == [NAME]


def test_without_kind_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ControlPlaneError, match="kind and docker"):
        KindCluster(tmp_path / "cluster", print).require({})


def test_its_configuration_is_of_one_node() -> None:
    configuration = yaml.safe_load(CONFIGURATION.read_text())
    assert (configuration["apiVersion"], configuration["kind"]) == ("kind.x-k8s.io/v1alpha4", "Cluster")
    assert [each["role"] for each in configuration["nodes"]] == ["control-plane"]
