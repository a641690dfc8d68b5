"""What the README promises that needs no cluster: its length, links, picture, and the two commands."""

import re

import pytest

from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text()
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELLS = frozenset({"console", "bash", "sh", "shell", ""})
LINK = re.compile(r"\]\(([^)]+)\)")


def commands(text: str) -> list[str]:
    """The commands of all blocks for a shell, in order: lines after a prompt; in a block without any, all lines."""
    found: list[str] = []
    for language, block in BLOCK.findall(text):
        if language in SHELLS:
            lines = [line for line in block.replace("\\\n", " ").splitlines() if line.strip()]
            prompted = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
            found += prompted or lines
    return found


def test_it_can_be_read_in_five_minutes() -> None:
    assert len(README.splitlines()) <= 200


def test_every_link_into_the_repository_leads_somewhere() -> None:
    inside = [link.partition("#")[0] for link in LINK.findall(README) if "://" not in link]
    assert inside
    assert [link for link in inside if not (REPOSITORY / link).exists()] == []


def test_commands_are_found_behind_prompts_and_without_them() -> None:
    text = "```console\n$ make demo\nits output\n```\n```bash\nkubectl get \\\n  rwl\n```\n```yaml\na: b\n```\n"
    assert commands(text) == ["make demo", "kubectl get    rwl"]


@pytest.mark.parametrize("target", sorted({command.split()[1] for command in commands(README) if "make " in command}))
def test_every_make_target_of_the_readme_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


def test_the_two_commands_are_told_and_tried() -> None:
    """CI runs `make test`, which runs the demo in tests/demo/test_demo.py."""
    assert {command for command in commands(README) if command.startswith("make ")} == {"make demo", "make test"}
    assert "make test" in (REPOSITORY / ".ci" / "run").read_text().splitlines()
    assert "$(BIN)/python -m tests.demo\n" in (REPOSITORY / "Makefile").read_text()
    assert (REPOSITORY / "tests" / "demo" / "test_demo.py").exists()


def test_the_picture_fetches_nothing_and_shows_every_example() -> None:
    picture = (REPOSITORY / "docs" / "demo.svg").read_text()
    assert not re.findall(r"url\((?!#)|@import|@font-face|href=", picture)
    for name in re.findall(r"^  name: (\S+)$", "\n".join(_examples()), re.MULTILINE):
        assert name in picture


def _examples() -> list[str]:
    return [path.read_text() for path in sorted((REPOSITORY / "examples").glob("[1-9]*.yaml"))]
