"""What a run sees to before anything is built."""

from pathlib import Path

import pytest

from tests.control_plane import ControlPlaneError

from . import play

DOCKER = """#!/bin/sh
echo "$*" >> "$(dirname $0)/asked"
"""


def test_a_second_run_is_refused_while_one_is_going(tmp_path: Path) -> None:
    cache = tmp_path / "runai-operator"
    with play._alone(cache), pytest.raises(ControlPlaneError, match="one at a time"):
        play.perform("processes", 1, print, {"XDG_CACHE_HOME": str(tmp_path)})
    with play._alone(cache):
        pass


def test_docker_does_not_keep_the_image_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    archive = play.built_image(tmp_path, tmp_path / "storage", print)

    asked = (tmp_path / "asked").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["info", "build", "save", "rmi"]
    assert asked[2:] == [f"save --output {archive} localhost/runai-operator:e2e", "rmi localhost/runai-operator:e2e"]
