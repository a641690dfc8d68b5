"""What the tests of deploy/ share."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.control_plane.binaries import prepare

Kustomize = Callable[[Path], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def kustomize() -> Kustomize:
    """The real one, within kubectl: what becomes of the kustomization in a folder."""
    kubectl = prepare(print).kubectl

    def build(folder: Path) -> list[dict[str, Any]]:
        command = [str(kubectl), "kustomize", str(folder)]
        environ = os.environ | {"KUBERC": "off"}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return list(yaml.safe_load_all(done.stdout))

    return build
