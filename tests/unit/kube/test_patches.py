"""The patches: each guarded, and none of them takes away what is another's."""

from typing import Any

import pytest

from runai_operator.api.names import CLAIM, FINALIZER
from runai_operator.kube.patches import claim_patch, release_patch, status_patch
from tests.unit.sync.builders import UID, a_resource

OTHERS = ["example.com/theirs"]


def test_a_claim_is_guarded_by_the_version_that_was_read_and_adds_our_finalizer_to_the_others() -> None:
    resource = a_resource().finalizer_of(*OTHERS).built
    metadata = claim_patch(resource, "{}")["metadata"]
    assert metadata["resourceVersion"] == resource.metadata["resourceVersion"]
    assert metadata["annotations"] == {CLAIM: "{}"}
    assert metadata["finalizers"] == [*OTHERS, FINALIZER]


def test_a_claim_on_what_is_finalized_leaves_the_finalizers_alone() -> None:
    resource = a_resource().finalizer_of(FINALIZER).built
    assert "finalizers" not in claim_patch(resource, "{}")["metadata"]


def test_a_release_is_guarded_too_and_takes_our_finalizer_only() -> None:
    resource = a_resource().finalizer_of(*OTHERS, FINALIZER).built
    expected = {"resourceVersion": resource.metadata["resourceVersion"], "finalizers": OTHERS}
    assert release_patch(resource) == {"metadata": expected}


def guards_of(status: dict[str, Any]) -> dict[str, Any]:
    operations = status_patch(a_resource().with_status(**status).body, {"phase": "Running"})
    assert operations[-1] == {"op": "add", "path": "/status", "value": {"phase": "Running"}}
    return {each["path"]: each["value"] for each in operations[:-1]}


def test_a_status_is_of_one_object_and_over_the_status_that_was_read() -> None:
    before = {
        "observedGeneration": 1,
        "gpus": {"requested": 0.5},
        "conditions": [{"type": "Ready", "message": 'a\n"b"'}],
    }
    assert guards_of(before) == {"/metadata/uid": UID, "/status": before}


@pytest.mark.parametrize(
    "value", ["<any new value>", "a & b", "größer", "\u2028", "\x7f", "\b", 1e-9, 1e18, 10**18], ids=repr
)
def test_what_may_be_spelt_otherwise_is_guarded_by_the_version(value: Any) -> None:
    assert guards_of({"drift": [{"observed": value}]}) == {"/metadata/uid": UID, "/metadata/resourceVersion": "1"}


def test_so_is_a_status_that_was_never_written() -> None:
    assert guards_of({}) == {"/metadata/uid": UID, "/metadata/resourceVersion": "1"}
