"""The actions of the Argo CD kit: what each changes, that the operator heeds it, and when it is offered."""

import re

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.sync.act import Outcome
from runai_operator.sync.resource import Resource
from tests.deploy.kit import act, actions, discovered, offered
from tests.unit.sync.builders import a_workload
from tests.unit.sync.examples import BLIND, OURS, phase, told

NOW = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
PREFIX = "runai-operator.io/"


def body(resource=OURS, status=None):
    return {"kind": "RunaiWorkload", **resource.body, "status": status or told(*phase("Running"))}


def in_phase(name, resource=OURS):
    return body(resource, told(resource, a_workload().in_phase(name).seen()))


def same(value, other):
    """As Argo CD compares: an empty list that was an empty object is put back as it was."""
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(same(value[key], other[key]) for key in value)
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(same, value, other))
    return value == other or (not value and not other and {type(value), type(other)} == {dict, list})


def without(one, *path):
    """The object without the field at this path."""
    first, *rest = path
    if not rest:
        return {key: value for key, value in one.items() if key != first}
    return {**one, first: without(one.get(first) or {}, *rest)}


@pytest.mark.parametrize(("action", "value"), [("suspend", True), ("resume", False)])
@pytest.mark.parametrize("before", [None, True, False])
def test_suspend_and_resume_set_spec_suspend_and_nothing_else(action, value, before):
    old = body(OURS.with_spec(suspend=before))
    new = act(action, old)
    assert new["spec"]["suspend"] is value
    assert same(without(new, "spec", "suspend"), without(old, "spec", "suspend"))


@pytest.mark.parametrize(
    ("action", "annotation"), [("resync", "reconcile-at"), ("rerun", "rerun-at"), ("release", "release")]
)
def test_the_others_set_an_annotation_and_nothing_else(action, annotation):
    old = body()
    new = act(action, old)
    path = ("metadata", "annotations", PREFIX + annotation)
    assert new["metadata"]["annotations"][PREFIX + annotation]
    assert same(without(new, *path), without(old, *path))


def test_an_action_does_without_annotations():
    bare = body()
    bare["metadata"] = {**bare["metadata"], "annotations": None}
    assert act("release", bare)["metadata"]["annotations"] == {PREFIX + "release": "true"}


def test_resync_asks_the_operator_to_look_again():
    asked = Resource(act("resync", body()))
    assert asked.look_asked
    assert NOW.fullmatch(asked.look_at)


def test_rerun_asks_the_operator_to_run_it_again():
    asked = Resource(act("rerun", in_phase("Completed")))
    assert asked.rerun_asked
    assert NOW.fullmatch(asked.rerun_at)


def test_release_lets_go():
    assert Resource(act("release", body(OURS.deleting()))).released


def test_what_is_empty_in_a_manifest_stays_where_it_is():
    manifest = {"apiVersion": "v1", "kind": "Pod", "spec": {"volumes": [{"name": "scratch", "emptyDir": {}}]}}
    old = body(OURS.with_spec(manifest=manifest))
    assert same(act("suspend", old)["spec"]["manifest"], manifest)


VANISHED = told(OURS, BLIND, Outcome(Reason.VANISHED, "gone"))
OFFERED = {
    "one that runs": (in_phase("Running"), {"suspend", "resync"}),
    "one that pends": (in_phase("Pending"), {"suspend", "resync"}),
    "one that was suspended": (in_phase("Stopped", OURS.with_spec(suspend=True)), {"resume", "resync"}),
    "one that was resumed": (in_phase("Running", OURS.with_spec(suspend=False)), {"suspend", "resync"}),
    "one that was stopped in Run:ai": (in_phase("Stopped"), {"suspend", "resume", "resync"}),
    "one that completed": (in_phase("Completed"), {"rerun", "resync"}),
    "one that failed": (in_phase("Failed"), {"rerun", "resync"}),
    "one that vanished": (body(status=VANISHED), {"suspend", "rerun", "resync"}),
    "one that is being deleted": (in_phase("Running", OURS.deleting()), {"release", "resync"}),
    "one that was let go of": (in_phase("Running", OURS.deleting().annotated(release="true")), {"resync"}),
    "one that is paused": (in_phase("Completed", OURS.paused()), set()),
    "a new one": ({"kind": "RunaiWorkload", "metadata": {"name": "new"}, "spec": {}}, {"suspend", "resync"}),
}


@pytest.mark.parametrize(("which", "expected"), OFFERED.values(), ids=OFFERED.keys())
def test_only_what_makes_sense_is_offered(which, expected):
    assert offered(which) == expected


@pytest.mark.parametrize("kind", ["RunaiWorkload", "RunaiConnection"])
def test_what_is_discovered_is_what_is_defined(kind):
    defined = {each["name"] for each in actions(kind)["definitions"]}
    assert discovered({"kind": kind, "metadata": {}, "spec": {}}).keys() == defined


def a_connection(reason):
    ready = {"type": "Ready", "status": "False", "reason": reason}
    return {"kind": "RunaiConnection", "metadata": {}, "spec": {}, "status": {"conditions": [ready]}}


def test_an_absence_can_be_confirmed_while_it_is_told():
    assert offered(a_connection("MassAbsence")) == {"confirm-absence"}
    assert offered(a_connection("Connected")) == set()
    confirmed = act("confirm-absence", a_connection("MassAbsence"))
    assert NOW.fullmatch(confirmed["metadata"]["annotations"][PREFIX + "confirm-absence"])
