"""What a PUT says beside what is desired."""

import pytest

from runai_operator.sync.rewrite import clearing, keeping, leaves_behind, rewriting
from tests.unit.sync.builders import OWNER, a_resource, a_situation, a_workload


@pytest.mark.parametrize(
    ("manifest", "held", "path", "kept"),
    [
        pytest.param({"a": {"b": 1, "c": 2}}, {"a": {"b": 7}}, ["a", "b"], {"a": {"b": 7, "c": 2}}, id="a value"),
        pytest.param({}, {"a": {"b": 7, "c": 8}}, ["a", "b"], {"a": {"b": 7}}, id="one that the spec leaves out"),
        pytest.param({"a": {"b": 1}}, {"a": {}}, ["a", "b"], {"a": {"b": 1}}, id="none is held"),
        pytest.param({"a": [1]}, {"a": [7]}, ["a", "0"], {"a": [1]}, id="lists are whole"),
    ],
)
def test_what_others_may_change_keeps_its_value(manifest, held, path, kept):
    assert keeping(manifest, held, path) == kept


def test_what_is_to_go_is_null_and_the_rest_as_it_was():
    wish, held = {"a": {"b": 1}, "list": [1]}, {"a": {"b": 2, "c": 3}, "list": [1, 2], "d": {"e": 4}, "f": None}
    assert clearing(wish, held) == {"a": {"b": 1, "c": None}, "list": [1], "d": None}


@pytest.mark.parametrize(
    ("held", "merges"),
    [({"a": {"b": 2}}, False), ({"a": {"b": 1, "c": None}}, False), ({"a": {"b": 1, "c": 2}}, True), ({}, False)],
)
def test_an_answer_tells_whether_a_put_merges(held, merges):
    assert leaves_behind({"a": {"b": 1}}, held) is merges


def test_an_ignored_number_and_priority_survive_a_put_in_their_place():
    resource = (
        a_resource()
        .submitted()
        .with_spec(
            scheduling={"priority": "high"},
            drift={"ignorePaths": ["/manifest/spec/parallelism", "/scheduling/priority"]},
        )
    )
    seen = a_workload().edited(parallelism=7, completions=9).with_metadata(priority="low").seen()
    put = rewriting(a_situation(resource, seen), OWNER, merges=False)
    assert (put.manifest["spec"], put.priority) == ({"parallelism": 7}, "low")
    put = rewriting(a_situation(resource, seen), OWNER, merges=True)
    assert put.manifest["spec"] == {"parallelism": 7, "completions": None}
