"""What is made of the chart is fresh, and what the chart takes from elsewhere is as it is there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from runai_operator import __version__
from tests.chart.rbac_files import FOLDER, files
from tests.chart.render import CHART, REPOSITORY
from tests.chart.values_table import PAGE, described, page
from tests.control_plane import Helm

VALUES = (CHART / "values.yaml").read_text(encoding="utf-8")
SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))


def described_by(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The values that a schema knows, down to those of which it knows no parts."""
    parts = schema.get("properties", {})
    if not parts or path in UNDIVIDED:
        yield path
    for name, part in parts.items():
        if path not in UNDIVIDED:
            yield from described_by(part, (*path, name))


UNDIVIDED = {("connection", "caBundleRef"), ("connection", "limits"), ("connection", "polling")}
"""Of these the values have no defaults: the custom resource has."""


def test_the_page_of_values_is_fresh() -> None:
    assert (REPOSITORY / PAGE).read_text(encoding="utf-8") == page(), "stale: run `make generate`"


def test_the_schema_knows_the_values_that_are_described_and_no_others() -> None:
    known = {path for path in described_by(SCHEMA) if path not in {("global",), ("enabled",)}}
    assert known == {value.path for value in described(VALUES)}


def test_a_value_without_a_comment_is_found() -> None:
    assert [value.path for value in described("a:\n  # told\n  b: 1\n  c: 2\n# told\nd: {e: 1}\n")] == [
        ("a", "b"),
        ("d",),
    ]


@pytest.mark.parametrize("name", ["operator.yaml", "users.yaml", "connections.yaml"])
def test_the_roles_for_kubectl_are_those_of_the_chart(helm: Helm, name: str) -> None:
    assert (REPOSITORY / FOLDER / name).read_text(encoding="utf-8") == files(helm)[name], "stale: run `make generate`"


def test_there_are_no_other_roles_for_kubectl(helm: Helm) -> None:
    assert {each.name for each in (REPOSITORY / FOLDER).iterdir()} == files(helm).keys()


def test_chart_and_operator_have_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)
