"""The rules can fail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos import invariants
from tests.chaos.live.builders import a_workload, an_entry
from tests.chaos.live.checks import owner


def test_two_live_workloads_of_one_resource_are_seen() -> None:
    two = invariants.never_two_workloads_for_one_resource
    assert two([a_workload("1"), a_workload("2", deleted=True), a_workload("3", "other")]) == []
    assert len(two([a_workload("1"), a_workload("2")])) == 1


@pytest.mark.parametrize(("reruns", "broken"), [(0, 1), (1, 0)])
def test_one_spec_is_run_once_and_once_more_a_rerun(reruns: int, broken: int) -> None:
    workloads = [a_workload("1", deleted=True), a_workload("2"), a_workload("3", digest="d2")]
    assert len(invariants.never_run_more_often_than_asked(workloads, {owner("trainer"): reruns})) == broken


@pytest.mark.parametrize(
    ("after", "broken"),
    [
        pytest.param([an_entry("1")], 0, id="as it was"),
        pytest.param([an_entry("1", image="trainer:2")], 1, id="edited"),
        pytest.param([an_entry("1", deleted=True)], 1, id="deleted"),
        pytest.param([], 1, id="without a trace"),
    ],
)
def test_what_is_others_stays_as_it_was(after: list[Any], broken: int) -> None:
    assert len(invariants.what_is_anothers_stays_as_it_was([an_entry("1")], after)) == broken


@pytest.mark.parametrize(
    ("write", "broken"),
    [
        ({"method": "PUT", "path": "/api/v2/workloads/theirs", "body": {}}, 1),
        ({"method": "POST", "path": "/api/v1/workloads/batch", "body": {"ids": ["ours", "theirs"]}}, 1),
        ({"method": "PUT", "path": "/api/v2/workloads/ours", "body": {}}, 0),
    ],
)
def test_a_write_that_names_what_is_others_is_seen(write: Any, broken: int) -> None:
    assert len(invariants.never_asked_to_write_what_is_anothers({"theirs"}, [write])) == broken


@pytest.mark.parametrize(
    ("request_", "broken"),
    [
        ("PUT /api/v2/workloads/1", 1),
        ("POST /api/v1/workloads/batch", 1),
        ("PATCH /apis/runai-operator.io/v1alpha1/namespaces/leases/runaiworkloads/token/status", 1),
        ("POST /api/v1/namespaces/chaos/events", 1),
        ("GET /api/v2/workloads/1", 0),
        ("PUT /apis/coordination.k8s.io/v1/namespaces/runai-operator/leases/runai-operator", 0),
        ("POST /api/v2/token", 0),
    ],
)
def test_who_lost_the_lead_may_read_and_try_for_it_again(request_: str, broken: int) -> None:
    assert len(invariants.never_a_write_after_the_lead_was_lost("a", [request_])) == broken
