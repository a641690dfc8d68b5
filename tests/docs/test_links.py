"""How a link out of docs/ is shown on the site, which has docs/ alone."""

import logging
from types import SimpleNamespace

import pytest

from tests.conftest import REPOSITORY
from tests.docs.links import on_page_markdown

SHOWN = [
    ("a path once", "see [deploy/rbac](../deploy/rbac)", "see `deploy/rbac`"),
    ("the name of a file", "[README](../README.md)", "`README.md`"),
    ("other words with the path", "[the roles](../deploy/rbac)", "the roles (`deploy/rbac`)"),
    ("a link within docs as it is", "[x](../docs/security.md)", "[x](../docs/security.md)"),
    ("a link beside it as it is", "[x](reliability.md#y)", "[x](reliability.md#y)"),
]


def shown(markdown: str, *, page: str = "security.md") -> str:
    file = SimpleNamespace(file=SimpleNamespace(src_uri=page))
    return on_page_markdown(markdown, page=file, config={"docs_dir": str(REPOSITORY / "docs")})


@pytest.mark.parametrize(("markdown", "expected"), [case[1:] for case in SHOWN], ids=[case[0] for case in SHOWN])
def test_a_link_out_of_docs_is_shown_as_its_path(markdown: str, expected: str) -> None:
    assert shown(markdown) == expected


def test_a_page_in_a_folder_counts_from_there() -> None:
    assert shown("[crds](../../crds)", page="operations/upgrade.md") == "`crds`"
    assert shown("[x](../security.md)", page="operations/upgrade.md") == "[x](../security.md)"


def test_a_link_to_what_is_not_there_warns_which_fails_a_strict_build(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        shown("[x](../deploy/nowhere.yaml)")
    assert "docs/security.md: there is no deploy/nowhere.yaml in the repository" in caplog.text
    assert caplog.records[0].name.startswith("mkdocs.")
