"""What is kept of each resource, and what counts as news of it."""

import json
from typing import Any

import pytest

from runai_operator.kube.index import Index
from runai_operator.kube.watch import Moved, kept_in
from runai_operator.sync.resource import Key


def a_body(name: str = "trainer", **changes: Any) -> dict[str, Any]:
    metadata = {
        "namespace": "team-a",
        "name": name,
        "uid": f"uid-{name}",
        "generation": 1,
        **changes.pop("metadata", {}),
    }
    return {"metadata": metadata, "spec": {}, **changes}


@pytest.mark.parametrize(
    ("change", "news"),
    [
        pytest.param({}, False, id="the same again"),
        pytest.param({"status": {"phase": "Running"}}, False, id="our own status"),
        pytest.param({"status": {"workloadId": "w-1"}}, False, id="the id that we recorded"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, False, id="a label"),
        pytest.param({"metadata": {"generation": 2}}, True, id="a changed spec"),
        pytest.param({"metadata": {"annotations": {"runai-operator.io/rerun-at": "now"}}}, True, id="an annotation"),
        pytest.param({"metadata": {"deletionTimestamp": "2026-11-21T12:00:00Z"}}, True, id="a deletion"),
        pytest.param({"metadata": {"finalizers": []}}, True, id="finalizers"),
        pytest.param({"metadata": {"uid": "another"}}, True, id="another resource of the name"),
    ],
)
def test_news_is_what_calls_for_a_look(change: dict[str, Any], news: bool) -> None:
    index = Index()
    assert index.put(a_body())
    assert index.put(a_body(**change)) is news


def test_a_resource_is_found_by_its_workload_its_connection_and_its_namespace() -> None:
    index, key = Index(), Key("team-a", "trainer")
    index.put(a_body(status={"workloadId": "w-1"}))
    assert index.keys_of(["w-1", "w-2"]) == [key]
    assert index.keys_on("default") == [key]
    assert index.keys_in("team-a") == [key]
    assert index.keys_in("team-b") == []


def test_a_recreated_workload_is_found_by_its_new_id_alone() -> None:
    index = Index()
    index.put(a_body(status={"workloadId": "w-1"}))
    index.put(a_body(status={"workloadId": "w-2"}))
    assert index.keys_of(["w-1"]) == []
    assert index.keys_of(["w-2"]) == [Key("team-a", "trainer")]


def test_nothing_is_kept_of_what_is_gone() -> None:
    index = Index()
    index.put(a_body(status={"workloadId": "w-1"}))
    index.drop(Key("team-a", "trainer"))
    assert len(index) == 0
    assert index.keys_of(["w-1"]) == []


def test_labels_of_a_namespace_are_news_once() -> None:
    index = Index()
    body = {"metadata": {"name": "team-a", "labels": {"runai/queue": "team-a"}}}
    assert index.labels("team-a") is None
    assert index.put_namespace(body)
    assert not index.put_namespace(body)
    assert index.labels("team-a") == {"runai/queue": "team-a"}
    index.drop_namespace("team-a")
    assert index.labels("team-a") is None


def test_a_status_that_lost_its_workload_is_news() -> None:
    index = Index()
    index.put(a_body(status={"workloadId": "w-1"}))
    assert index.put(a_body(status={}))
    assert not index.put(a_body(status={}))


ALIVE = {"workloadId": "w-1", "phase": "Running"}
NO_WONDER = {
    "nothing was submitted": {},
    "it was never listed": {"workloadId": "w-1"},
    "it completed": {**ALIVE, "phase": "Completed"},
    "it failed": {**ALIVE, "phase": "Failed"},
    "it came to its end": {**ALIVE, "completedAt": "2026-11-21T12:00:00Z"},
}
REPLACED = {
    "namespace": "team-a",
    "name": "trainer",
    "uid": "uid-trainer",
    "workload_name": "trainer",
    "project_id": "1",
    "project_name": "team-a",
    "replaces": "w-1",
}


def test_a_workload_that_lives_is_awaited() -> None:
    index = Index()
    index.put(a_body(status=ALIVE))
    assert index.awaited_on("default") == ({"w-1"}, {"w-1"}, {"w-1"})
    assert index.awaited_on("another") == (set(), set(), set())


@pytest.mark.parametrize("status", NO_WONDER.values(), ids=NO_WONDER)
def test_one_whose_absence_would_change_nothing_is_not(status: dict[str, Any]) -> None:
    index = Index()
    index.put(a_body(status=status))
    assert index.awaited_on("default")[:2] == (set(), set())


def test_one_that_is_being_replaced_is_not() -> None:
    index = Index()
    index.put(a_body(status=ALIVE, metadata={"annotations": {"runai-operator.io/claim": json.dumps(REPLACED)}}))
    assert index.awaited_on("default") == (set(), set(), {"w-1"})


@pytest.mark.parametrize("asked", [True, False])
def test_one_whose_resource_is_being_deleted_may_go_once_runai_was_asked_to_delete_it(asked: bool) -> None:
    index = Index()
    status = {**ALIVE, "leaving": True} if asked else ALIVE
    index.put(a_body(status=status, metadata={"deletionTimestamp": "2026-11-21T12:00:00Z"}))
    staying = set() if asked else {"w-1"}
    assert index.awaited_on("default") == (staying, {"w-1"}, {"w-1"})


def test_those_that_need_their_connection_are_counted() -> None:
    index = Index()
    index.put(a_body("new"))
    assert index.bound_on("default") == 0
    index.put(a_body("claimed", metadata={"finalizers": ["runai-operator.io/workload"]}))
    index.put(a_body("submitted", status={"workloadId": "w-1"}))
    index.put(a_body("submitted", status={"workloadId": "w-1", "phase": "Running"}))
    assert (index.bound_on("default"), index.bound_on("another")) == (2, 0)
    index.drop(Key("team-a", "claimed"))
    index.drop(Key("team-a", "claimed"))
    index.put(a_body("submitted"))
    assert index.bound_on("default") == 0


def test_a_connection_is_told_of_the_first_and_of_the_last_that_needs_it() -> None:
    told: list[str] = []
    index = Index()
    seen = kept_in(index, Moved(workload=lambda _: None, connection=told.append)).workload
    claimed = {"finalizers": ["runai-operator.io/workload"]}
    seen(False, a_body("a"))
    assert told == []
    seen(False, a_body("a", metadata=claimed))
    seen(False, a_body("b", metadata=claimed))
    assert told == ["default"]
    seen(True, a_body("a", metadata=claimed))
    assert told == ["default"]
    seen(True, a_body("b", metadata=claimed))
    assert told == ["default", "default"]
