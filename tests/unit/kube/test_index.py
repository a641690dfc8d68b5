"""What is kept of each resource, and what counts as news of it."""

from typing import Any

import pytest

from runai_operator.kube.index import Index
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
