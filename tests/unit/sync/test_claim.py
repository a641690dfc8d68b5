import json

import pytest

from runai_operator.sync.claim import read_claim
from tests.unit.sync.builders import NAME, NAMESPACE, a_claim, a_resource

FULL = a_claim(cluster_name="gpu-east", replaces="w-0", rerun_at="again", fixed={"preemptibility": "x", "mnnvl": None})


def read(text):
    return read_claim(text)


@pytest.mark.parametrize("claim", [a_claim(), FULL, a_claim(fixed=None)], ids=["plain", "full", "bare"])
def test_a_claim_is_read_as_it_was_written(claim):
    assert read(claim.dump()) == claim


def test_what_a_later_version_wrote_beside_is_passed_over():
    assert read(json.dumps({**json.loads(a_claim().dump()), "since": "v9"})) == a_claim()


def test_a_claim_carries_its_version_and_one_from_before_there_were_versions_is_read_all_the_same():
    written = json.loads(FULL.dump())
    assert written.pop("version") == 1
    assert read(json.dumps(written)) == FULL


def test_what_is_not_set_is_not_written():
    assert "replaces" not in json.loads(a_claim().dump())


@pytest.mark.parametrize(
    "copied", [a_claim(namespace="elsewhere"), a_claim(name="copy")], ids=["another namespace", "another name"]
)
def test_the_claim_of_a_copied_yaml_is_ignored(copied):
    assert a_resource().annotated(claim=copied.dump()).built.claim is None


def test_a_restored_resource_with_another_uid_keeps_its_names():
    resource = a_resource(uid="uid-after-restore").claimed(workload_name="kept")
    assert resource.built.claim is not None
    assert resource.built.claim.workload_name == "kept"


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        "",
        "{",
        "null",
        "[]",
        "1",
        '"text"',
        "{}",
        json.dumps({"namespace": NAMESPACE, "name": NAME}),
        json.dumps({**json.loads(a_claim().dump()), "fixed": "oops"}),
        json.dumps({**json.loads(a_claim().dump()), "project_id": 4500}),
        a_claim(workload_name="x,projectId==p-2").dump(),
        a_claim(workload_name="../batch").dump(),
        a_claim(workload_name="x\n").dump(),
        a_claim(workload_name="").dump(),
        a_claim(project_id="p-1,name==trainer").dump(),
        a_claim(project_id="../clusters").dump(),
        a_claim(project_id=".").dump(),
    ],
)
def test_a_claim_that_cannot_be_read_is_none(garbage):
    assert read(garbage) is None
