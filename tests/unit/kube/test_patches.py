"""The patches: each guarded, and none of them takes away what is another's."""

from runai_operator.api.names import CLAIM, FINALIZER
from runai_operator.kube.patches import claim_patch, release_patch, status_patch
from tests.unit.sync.builders import a_resource

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


def test_a_status_is_of_one_object_and_no_namesake() -> None:
    test, write = status_patch("uid-1", {"phase": "Running"})
    assert test == {"op": "test", "path": "/metadata/uid", "value": "uid-1"}
    assert write == {"op": "add", "path": "/status", "value": {"phase": "Running"}}
