"""That what is committed is what a clone of the repository holds; with the machine's own git, within a second."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.e2e.checks import CommandFailed
from tests.e2e.repository import Repository, environment

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")


def cloned(repository: Repository, folder: Path) -> dict[str, object]:
    subprocess.run(["git", "clone", "--quiet", repository.url, str(folder)], env=environment(), check=True)
    files = [path for path in folder.rglob("*.yaml") if ".git" not in path.parts]
    return {str(path.relative_to(folder)): list(yaml.safe_load_all(path.read_text())) for path in files}


def test_a_commit_is_what_a_clone_holds(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "git")
    revision = repository.commit("two files", {"a/one.yaml": [{"kind": "A"}], "two.yaml": [{"kind": "B"}, {"n": 1}]})
    assert cloned(repository, tmp_path / "clone") == {
        "a/one.yaml": [{"kind": "A"}],
        "two.yaml": [{"kind": "B"}, {"n": 1}],
    }
    assert repository.head == revision


def test_a_file_without_documents_is_removed(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "git")
    repository.commit("two files", {"one.yaml": [{"kind": "A"}], "two.yaml": [{"kind": "B"}]})
    repository.commit("one less", {"one.yaml": None})
    assert cloned(repository, tmp_path / "clone") == {"two.yaml": [{"kind": "B"}]}


def test_a_folder_is_committed_as_it_is(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "git")
    (tmp_path / "chart" / "templates").mkdir(parents=True)
    (tmp_path / "chart" / "templates" / "one.yaml").write_text("kind: A\n")
    repository.commit_folder("a chart", "deploy/chart", tmp_path / "chart")
    assert cloned(repository, tmp_path / "clone") == {"deploy/chart/templates/one.yaml": [{"kind": "A"}]}


def test_a_commit_of_nothing_is_refused(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "git")
    repository.commit("a file", {"one.yaml": [{"kind": "A"}]})
    with pytest.raises(CommandFailed, match="git commit"):
        repository.commit("the same", {"one.yaml": [{"kind": "A"}]})
