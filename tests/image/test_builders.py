"""Which program builds, and how it is called."""

from pathlib import Path

import pytest

from runai_operator import __version__

from .base import local_builder
from .build import LABEL, REPOSITORY, Image, build
from .builders import Builder, BuildFailed, find_builder


@pytest.mark.parametrize(
    ("working", "chosen"),
    [({"docker", "podman", "buildah"}, "docker"), ({"podman", "buildah"}, "podman"), ({"buildah"}, "buildah")],
)
def test_the_first_that_answers_is_taken(working: set[str], chosen: str) -> None:
    assert find_builder(lambda command: command[0] in working).name == chosen


def test_without_any_the_error_says_what_to_install() -> None:
    with pytest.raises(BuildFailed, match="install one of them"):
        find_builder(lambda _: False)


def test_the_label_of_the_version_is_the_one_of_the_package_and_what_is_not_known_has_none() -> None:
    assert Image("runai-operator:dev").labels == ["--label", f"{LABEL}.version={__version__}"]


def test_source_and_revision_are_labels_where_they_are_told() -> None:
    labels = Image("runai-operator:dev", "https://git.example.com/runai-operator", "0123abc").labels
    assert labels[2:] == [
        "--label",
        f"{LABEL}.source=https://git.example.com/runai-operator",
        "--label",
        f"{LABEL}.revision=0123abc",
    ]


def test_the_dockerfile_installs_wheels_of_locked_packages_and_nothing_else() -> None:
    text = (REPOSITORY / "Dockerfile").read_text()
    installs = [line for line in text.splitlines() if "pip install" in line and "--no-index" not in line]
    assert len(installs) == 2
    assert all("--only-binary=:all: --require-hashes -r requirements/" in line for line in installs)


@pytest.mark.parametrize("name", ["docker", "podman", "buildah"])
def test_an_image_is_taken_out_of_the_store_by_its_name(name: str) -> None:
    assert Builder(name, (name,)).remove("localhost/runai-operator:e2e") == [
        name,
        "rmi",
        "localhost/runai-operator:e2e",
    ]


def test_a_build_that_fails_tells_what_the_builder_said(tmp_path: Path) -> None:
    broken = Builder("docker", ("sh", "-c", "echo no space left; exit 3"))

    with pytest.raises(BuildFailed, match=r"ended with 3: no space left"):
        build(Image("runai-operator:dev"), broken, log=tmp_path / "log")


def test_without_its_programs_a_base_of_our_own_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildFailed, match="lacks buildah and debootstrap"):
        local_builder(tmp_path / "storage")
