"""The pages of docs/reference that follow from models and tables are fresh."""

import pytest

from runai_operator.api.reason_table import ROWS
from runai_operator.generate.fields_pages import fields_pages
from runai_operator.generate.reasons_page import reasons_page
from runai_operator.generate.settings_pages import settings_pages
from tests.conftest import REPOSITORY

PAGES = reasons_page() | fields_pages() | settings_pages()


@pytest.mark.parametrize(("name", "text"), PAGES.items(), ids=PAGES.keys())
def test_the_page_is_what_models_and_tables_say(name: str, text: str) -> None:
    assert (REPOSITORY / "docs" / "reference" / name).read_text(encoding="utf-8") == text, "stale: run `make generate`"


def test_the_page_of_reasons_has_a_line_for_every_row() -> None:
    lines = reasons_page()["reasons.md"].splitlines()
    assert all(any(line.startswith(f"| {row.reason} |") and row.advice in line for line in lines) for row in ROWS)
