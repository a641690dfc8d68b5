"""Building Argo CD, with a `go` that only pretends; no network, nothing is started."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.control_plane import ControlPlaneError
from tests.e2e.argocd.build import ENGINE, MODULE, SCRIPTS, VERSION, Built, prepare_argocd
from tests.e2e.argocd.programs import Programs, git, redis_server

FAKE_GO = """#!/bin/sh
echo "$@" >> "$FAKE_GO_LOG"
case "$1 $2" in
version*) echo "go version go1.26.0 linux/amd64" ;;
"mod download") echo '{"Dir": "'"$FAKE_GO_SOURCES"'"}' ;;
build*) cat go.sum > "$FAKE_GO_SUM"; while [ "$1" != -o ]; do shift; done; mkdir -p "$(dirname "$2")"; cp "$0" "$2" ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a machine with an empty cache, a pretended Go, and what it fetches."""
    go = tmp_path / "path" / "go"
    go.parent.mkdir()
    go.write_text(FAKE_GO)
    go.chmod(0o755)
    sources = tmp_path / "sources"
    for path in ("go.mod", "go.sum", "manifests/crds/application-crd.yaml", *(f"hack/{name}" for name in SCRIPTS)):
        (sources / path).parent.mkdir(parents=True, exist_ok=True)
        (sources / path).write_text(f"of {path}")
        (sources / path).chmod(0o444)
    named = {"LOG": tmp_path / "log", "SOURCES": sources, "SUM": tmp_path / "sum"}
    for name, place in named.items():
        monkeypatch.setenv(f"FAKE_GO_{name}", str(place))
    monkeypatch.setenv("PATH", f"{go.parent}:{os.environ['PATH']}")
    return {"XDG_CACHE_HOME": str(tmp_path / "cache")}


def calls(tmp_path: Path, command: str) -> list[str]:
    return [line for line in (tmp_path / "log").read_text().splitlines() if line.startswith(command)]


def test_it_is_built_once_with_what_goes_with_it(machine: dict[str, str], tmp_path: Path) -> None:
    built = [prepare_argocd(print, machine) for _ in range(2)]

    assert built[0] == built[1]
    assert len(calls(tmp_path, "build")) == 1
    assert (built[0].crds / "application-crd.yaml").read_text() == "of manifests/crds/application-crd.yaml"
    for name in ("argocd", *SCRIPTS):
        assert os.access(built[0].folder / name, os.X_OK), name


def test_it_is_built_with_the_sums_of_its_own_repository_and_the_engine_that_is_served(
    machine: dict[str, str], tmp_path: Path
) -> None:
    prepare_argocd(print, machine)

    (edit,) = calls(tmp_path, "mod edit")
    assert f"-require={MODULE}@{VERSION}" in edit
    assert f"-replace={ENGINE}={ENGINE}@" in edit
    assert (tmp_path / "sum").read_text() == "of go.sum"


def test_what_is_copied_out_of_a_read_only_module_can_be_removed(machine: dict[str, str]) -> None:
    built = prepare_argocd(print, machine)

    assert all(path.stat().st_mode & stat.S_IWUSR for path in built.folder.rglob("*"))


@pytest.mark.parametrize(("program", "name"), [(redis_server, "redis-server"), (git, "git")])
def test_what_is_missing_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Callable[[], str], name: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ControlPlaneError, match=f"apt-get install --no-install-recommends {name}"):
        program()


def test_settings_of_the_users_do_not_reach_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOCD_SERVER", "production.example.com")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com")
    monkeypatch.setenv("HOME", "/home/somebody")

    command = Programs(Built(tmp_path), tmp_path / "helm", tmp_path / "kubeconfig", tmp_path).command_line(
        "app", "list"
    )

    unset = [command[place + 1] for place, part in enumerate(command) if part == "-u"]
    assert {"ARGOCD_SERVER", "HTTPS_PROXY"} <= {*unset}
    assert f"HOME={tmp_path / 'home'}" in command
    assert f"KUBECONFIG={tmp_path / 'kubeconfig'}" in command
