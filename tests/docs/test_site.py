"""The site builds, strictly, from what is there; and the pages on operations leave nothing out."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from runai_operator.api.reasons import Reason
from tests.conftest import REPOSITORY
from tests.unit.test_readme import commands

DOCS = REPOSITORY / "docs"
TROUBLESHOOTING = (DOCS / "operations" / "troubleshooting.md").read_text()
PAGES = sorted(DOCS.rglob("*.md"))


class _Tagged(yaml.SafeLoader):
    """Reads mkdocs.yml, in which one tag names a Python function."""


_Tagged.add_multi_constructor("tag:yaml.org,2002:python/name:", lambda _loader, name, _node: name)


def build(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """As `make docs` does. (With --quiet mkdocs drops the very warnings that make a strict build fail.)"""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", *more]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_the_site_builds_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    done = build(REPOSITORY, "--site-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    for page in PAGES:
        assert (tmp_path / page.relative_to(DOCS)).with_suffix(".html").exists()


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    for name in ("mkdocs.yml", "tests"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    (tmp_path / "one-page.yml").write_text("INHERIT: mkdocs.yml\nnav: [index.md]\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Here\n\n[there](nowhere.md)\n")
    done = build(tmp_path, "-f", "one-page.yml")
    assert done.returncode != 0
    assert "nowhere.md" in done.stderr


def test_every_page_is_in_the_navigation() -> None:
    told = yaml.load((REPOSITORY / "mkdocs.yml").read_text(), Loader=_Tagged)["nav"]
    assert sorted(_leaves(told)) == sorted(str(page.relative_to(DOCS)) for page in PAGES)


@pytest.mark.parametrize("reason", Reason)
def test_troubleshooting_has_every_reason(reason: Reason) -> None:
    assert f"`{reason}`" in TROUBLESHOOTING


def test_troubleshooting_has_no_reason_that_is_not_there() -> None:
    told = {word for cell in re.findall(r"^\| (`.*?) \|", TROUBLESHOOTING, re.MULTILINE) for word in cell.split(", ")}
    assert told
    assert {word.strip("`") for word in told} <= set(Reason)


def test_the_five_commands_are_those_of_the_readme_which_are_tried() -> None:
    five = section(DOCS / "install.md", "Five commands")[:5]
    assert five == section(REPOSITORY / "README.md", "Install it")


def test_without_helm_it_is_installed_as_the_readme_is_tried_and_with_the_roles() -> None:
    roles, tried = "kubectl apply --server-side -f deploy/rbac/", section(REPOSITORY / "README.md", "A first workload")
    typed = section(DOCS / "install.md", "Without Helm")
    assert roles in typed
    assert [each for each in typed if each not in {*tried, roles}] == []


def section(page: Path, heading: str) -> list[str]:
    """The commands below a heading of the second level."""
    [found] = [part for part in page.read_text().split("\n## ") if part.startswith(f"{heading}\n")]
    return commands(found)


def test_every_make_target_of_a_page_exists() -> None:
    targets = re.findall(r"`?\bmake ([a-z-]+)`", "".join(page.read_text() for page in PAGES))
    makefile = (REPOSITORY / "Makefile").read_text()
    assert targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def _leaves(nav: Any) -> list[str]:
    """The pages that a part of the navigation holds."""
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [leaf for part in parts for leaf in _leaves(part)]
