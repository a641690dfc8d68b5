"""Finding and building the programs, with a `go` that only pretends; no network, no API server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.control_plane.binaries import prepare
from tests.control_plane.build import go_mod
from tests.control_plane.errors import ControlPlaneError
from tests.control_plane.go_toolchain import is_new_enough
from tests.control_plane.versions import HELM, PACKAGES

REPOSITORY = Path(__file__).parents[2]
GIVEN_GO_MOD = """module k8s.io/kubernetes

go 1.26.0

require (
	k8s.io/api v0.0.0
	k8s.io/klog/v2 v2.140.0
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/client-go => ./staging/src/k8s.io/client-go
)
"""
FAKE_GO = """#!/bin/sh
echo "$1" "$2" >> "$FAKE_GO_LOG"
case "$1" in
version) echo "go version go$FAKE_GO_VERSION linux/amd64" ;;
mod) echo '{"GoMod": "'"$FAKE_GO_MOD"'", "Dir": "'"$(dirname "$FAKE_GO_MOD")"'"}' ;;
build) while [ "$1" != -o ]; do shift; done; mkdir -p "$(dirname "$2")"; cp "$0" "$2" ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine with an empty cache and a pretended Go."""
    go = tmp_path / "path" / "go"
    go.parent.mkdir()
    go.write_text(FAKE_GO)
    go.chmod(0o755)
    (tmp_path / "go.mod").write_text(GIVEN_GO_MOD)
    (tmp_path / "go.sum").touch()
    kept = {key: value for key, value in os.environ.items() if key != "KUBEBUILDER_ASSETS"}
    return kept | {
        "PATH": f"{go.parent}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "FAKE_GO_LOG": str(tmp_path / "log"),
        "FAKE_GO_MOD": str(tmp_path / "go.mod"),
        "FAKE_GO_VERSION": "1.26.0",
    }


def start_build(environ: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.control_plane", "build"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=REPOSITORY, env=environ, stdout=pipe, stderr=pipe, text=True)


def builds(environ: dict[str, str]) -> int:
    return Path(environ["FAKE_GO_LOG"]).read_text().count("build -trimpath")


def a_program(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o755)
    return path


def test_two_runs_at_once_build_each_program_once(machine: dict[str, str]) -> None:
    runs = [start_build(machine), start_build(machine)]
    told = [run.communicate(timeout=60) for run in runs]

    assert [run.returncode for run in runs] == [0, 0], told
    assert told[0][0] == told[1][0]
    assert builds(machine) == len(PACKAGES)


def test_helm_is_built_once_for_each_version(machine: dict[str, str]) -> None:
    command = [sys.executable, "-m", "tests.control_plane", "helm"]
    told = [
        subprocess.run(command, cwd=REPOSITORY, env=machine, capture_output=True, text=True, check=False)
        for _ in range(2)
    ]

    assert [run.returncode for run in told] == [0, 0], told
    assert told[0].stdout == told[1].stdout
    paths = [line.split()[2] for line in told[0].stdout.splitlines()]
    assert len({*paths}) == len(HELM)
    assert all(os.access(path, os.X_OK) for path in paths)
    assert builds(machine) == len(HELM)


def test_what_is_cached_is_found_without_go(machine: dict[str, str]) -> None:
    start_build(machine).communicate(timeout=60)
    Path(machine["FAKE_GO_LOG"]).unlink()

    run = start_build(machine)
    told, _ = run.communicate(timeout=60)

    assert run.returncode == 0
    assert all(os.access(line.split()[1], os.X_OK) for line in told.splitlines())
    assert len(told.splitlines()) == len(PACKAGES)
    assert not Path(machine["FAKE_GO_LOG"]).exists()


def test_given_programs_are_used_and_only_the_others_built(machine: dict[str, str], tmp_path: Path) -> None:
    given = [a_program(tmp_path / "assets" / name) for name in ("kube-apiserver", "etcd")]

    run = start_build(machine | {"KUBEBUILDER_ASSETS": str(tmp_path / "assets")})
    told, _ = run.communicate(timeout=60)

    assert all(str(path) in told for path in given)
    assert builds(machine) == len(PACKAGES) - len(given)


def test_a_given_folder_without_the_programs_is_refused(tmp_path: Path) -> None:
    a_program(tmp_path / "assets" / "etcd")

    with pytest.raises(ControlPlaneError, match="lacks kube-apiserver: point it at"):
        prepare(print, {"KUBEBUILDER_ASSETS": str(tmp_path / "assets"), "XDG_CACHE_HOME": str(tmp_path)})


def test_without_go_and_without_a_way_to_get_it_the_error_says_what_to_do(machine: dict[str, str]) -> None:
    cut_off = {"FAKE_GO_VERSION": "1.20", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}

    run = start_build(machine | cut_off)
    _, told = run.communicate(timeout=60)

    assert run.returncode == 1
    assert "Go 1.20 is too old, and pip could not install" in told
    assert "install Go 1.26 or newer, or set KUBEBUILDER_ASSETS" in told


@pytest.mark.parametrize(
    ("version", "enough"), [("1.25.9", False), ("1.26.0", True), ("1.27rc1", True), ("2.0", True), ("devel", False)]
)
def test_which_go_is_new_enough(version: str, enough: bool) -> None:
    assert is_new_enough(version) is enough


def test_staging_modules_are_pinned_to_the_release_of_the_same_patch() -> None:
    lines = go_mod(GIVEN_GO_MOD).splitlines()

    assert "go 1.26.0" in lines
    assert "replace k8s.io/api => k8s.io/api v0.36.4" in lines
    assert "replace k8s.io/client-go => k8s.io/client-go v0.36.4" in lines
    assert not any("klog" in line for line in lines)
