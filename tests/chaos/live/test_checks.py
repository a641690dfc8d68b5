"""What is asked at each look can fail, and says how."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.invariants import Workload
from tests.chaos.live import checks
from tests.chaos.live.builders import a_body, a_workload


def test_nothing_is_missing_where_each_has_its_workload() -> None:
    assert checks.missing({"trainer": a_body()}, [a_workload("1")]) == {}


@pytest.mark.parametrize(
    ("body", "workloads"),
    [
        pytest.param(a_body(), [], id="no workload"),
        pytest.param(a_body(), [a_workload("1"), a_workload("2")], id="two of them"),
        pytest.param(a_body(image="trainer:2"), [a_workload("1")], id="another image"),
        pytest.param(a_body(workload_id="2"), [a_workload("1")], id="another id is told"),
        pytest.param(a_body(generation=2), [a_workload("1")], id="an older generation is told"),
        pytest.param(a_body(deletionTimestamp="now"), [a_workload("1")], id="it is being deleted"),
    ],
)
def test_what_is_not_yet_where_it_should_be_is_missing(body: Any, workloads: list[Workload]) -> None:
    assert [*checks.missing({"trainer": body}, workloads)] == ["trainer"]


def test_a_workload_of_a_resource_that_is_gone_is_missing_its_end() -> None:
    assert len(checks.missing({}, [a_workload("1")])) == 1
    assert checks.missing({}, [a_workload("1", deleted=True)]) == {}


def test_at_rest_synced_means_equal_now() -> None:
    assert checks.not_as_told({"trainer": a_body()}, [a_workload("1")]) == []
    assert len(checks.not_as_told({"trainer": a_body(image="trainer:2")}, [a_workload("1")])) == 1
