"""What Helm is run with."""

import os
from pathlib import Path

from .helm import Helm


def test_what_helm_learns_of_a_server_stays_in_its_own_home(tmp_path: Path) -> None:
    told = Helm(Path("/usr/bin/env"), tmp_path, tmp_path / "kubeconfig")("sh", "-c", "echo $KUBECACHEDIR $KUBECONFIG")
    assert told.split() == [str(tmp_path / "discovery"), str(tmp_path / "kubeconfig")]


def test_helm_without_a_kubeconfig_finds_none_of_the_users(tmp_path: Path) -> None:
    assert Helm(Path("/usr/bin/env"), tmp_path)("sh", "-c", "echo $KUBECONFIG").strip() == os.devnull
