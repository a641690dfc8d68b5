import pytest

from runai_operator.sync.desired import desire, digest
from runai_operator.sync.stamp import Stamp, read_stamp, unstamped
from tests.unit.sync.builders import MANIFEST, OWNER, STRANGER, a_spec

SCHEDULING = {"priority": "high", "category": "Train", "preemptibility": "preemptible", "mnnvl": "Required"}


def wish(**fields):
    return desire(a_spec(**{"scheduling": SCHEDULING, **fields}), name="trainer", project_id="p-1")


def test_the_order_of_keys_does_not_matter_to_the_digest():
    backwards = {"spec": MANIFEST["spec"], "kind": "Job", "apiVersion": "batch/v1"}
    assert wish(manifest=backwards).digest == wish().digest
    assert digest({"a": {"x": 1, "y": 2}, "b": 3}) == digest({"b": 3, "a": {"y": 2, "x": 1}})


CHANGES = {
    "a field of the manifest": {"manifest": {**MANIFEST, "spec": {"parallelism": 2}}},
    "a field more": {"manifest": {**MANIFEST, "spec": {"parallelism": 1, "completions": 1}}},
    "a field less": {"manifest": {**MANIFEST, "spec": {}}},
    "true instead of 1": {"manifest": {**MANIFEST, "spec": {"parallelism": True}}},
    "the kind": {"manifest": {**MANIFEST, "kind": "PyTorchJob"}},
    "an annotation of the manifest": {"manifest": {**MANIFEST, "metadata": {"annotations": {"a": "b"}}}},
    "the priority": {"scheduling": {**SCHEDULING, "priority": "low"}},
    "the category": {"scheduling": {**SCHEDULING, "category": "Build"}},
    "the preemptibility": {"scheduling": {**SCHEDULING, "preemptibility": "non-preemptible"}},
    "mnnvl": {"scheduling": {**SCHEDULING, "mnnvl": "None"}},
    "a removed priority": {"scheduling": {key: SCHEDULING[key] for key in SCHEDULING if key != "priority"}},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_submitted_changes_the_digest(change):
    assert wish(**CHANGES[change]).digest != wish().digest


@pytest.mark.parametrize(
    "change",
    [
        {"suspend": True},
        {"updateStrategy": "InPlace"},
        {"drift": {"mode": "Report"}},
        {"deletionPolicy": "Orphan"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_not_submitted_does_not_change_the_digest(change):
    assert wish(**change).digest == wish().digest


def test_the_name_written_out_is_the_name_filled_in():
    assert wish(manifest={**MANIFEST, "metadata": {"name": "trainer"}}).digest == wish().digest
    assert wish().manifest["metadata"]["name"] == "trainer"


def test_the_users_manifest_stays_as_it_is():
    before = {**MANIFEST, "metadata": {"labels": {"a": "b"}}}
    spec = a_spec(manifest=before)
    desire(spec, name="trainer", project_id="p-1").creation(OWNER)
    assert spec.manifest == {**MANIFEST, "metadata": {"labels": {"a": "b"}}}


def test_the_stamp_says_owner_and_digest_and_is_not_in_the_digest():
    desired = wish()
    sent = desired.creation(OWNER).manifest
    named = frozenset(field for field in SCHEDULING if getattr(desired, field) is not None)
    assert read_stamp(sent) == Stamp(OWNER, desired.digest, named)
    assert read_stamp(desired.creation(STRANGER).manifest) == Stamp(STRANGER, desired.digest, named)
    assert read_stamp(desired.manifest) is None
    assert unstamped(sent) == desired.manifest


def test_a_creation_carries_everything_that_is_desired():
    body = wish().creation(OWNER).body()
    assert body["metadata"] == {
        "name": "trainer",
        "projectId": "p-1",
        "priority": "high",
        "category": "Train",
        "preemptibility": "preemptible",
        "configuration": {"mnnvl": "Required"},
    }


def test_an_update_sends_a_removed_value_as_null():
    update = wish(scheduling={"preemptibility": "preemptible"}).update(OWNER)
    assert update.body()["metadata"] == {"priority": None, "category": None}
    assert read_stamp(update.manifest) is not None
