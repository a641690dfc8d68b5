import pytest

from runai_operator.sync.stamp import STAMP_KEYS, Owner, Stamp, read_stamp, stamped, unstamped

STAMP = Stamp(Owner("cluster-1", "lab", "trainer"), "abc")
PLAIN = {"kind": "Job", "metadata": {"name": "trainer"}}
ANNOTATED = {"kind": "Job", "metadata": {"name": "trainer", "annotations": {"team": "a"}}}


@pytest.mark.parametrize("manifest", [{}, PLAIN, ANNOTATED], ids=["empty", "plain", "annotated"])
def test_a_stamp_is_read_as_it_was_written(manifest):
    assert read_stamp(stamped(manifest, STAMP)) == STAMP


@pytest.mark.parametrize("manifest", [PLAIN, ANNOTATED], ids=["plain", "annotated"])
def test_without_its_stamp_a_manifest_is_what_it_was(manifest):
    assert unstamped(stamped(manifest, STAMP)) == manifest


def test_stamping_leaves_the_given_manifest_alone_and_the_users_annotations_in():
    result = stamped(ANNOTATED, STAMP)
    assert ANNOTATED["metadata"]["annotations"] == {"team": "a"}
    assert result["metadata"]["annotations"]["team"] == "a"


def test_a_new_stamp_takes_the_place_of_the_old():
    newer = Stamp(STAMP.owner, "def")
    assert read_stamp(stamped(stamped(PLAIN, STAMP), newer)) == newer


def test_a_stamp_from_before_there_were_versions_is_read_all_the_same():
    manifest = stamped(PLAIN, STAMP)
    assert manifest["metadata"]["annotations"].pop("runai-operator.io/version") == "1"
    assert read_stamp(manifest) == STAMP


def test_what_a_later_version_stamps_beside_is_no_part_of_the_manifest():
    manifest = stamped(ANNOTATED, STAMP)
    manifest["metadata"]["annotations"] |= {"runai-operator.io/version": "2", "runai-operator.io/since": "v9"}
    assert read_stamp(manifest) == STAMP
    assert unstamped(manifest) == ANNOTATED


@pytest.mark.parametrize("missing", sorted(STAMP_KEYS))
def test_a_stamp_that_lacks_one_of_its_keys_is_none(missing):
    manifest = stamped(PLAIN, STAMP)
    del manifest["metadata"]["annotations"][missing]
    assert read_stamp(manifest) is None


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        PLAIN,
        {"metadata": None},
        {"metadata": []},
        {"metadata": {"annotations": None}},
        {"metadata": {"annotations": "x"}},
    ],
    ids=str,
)
def test_a_manifest_without_stamp_has_none(manifest):
    assert read_stamp(manifest) is None


def test_empty_annotations_and_no_annotations_are_the_same():
    assert unstamped({"metadata": {"name": "x", "annotations": {}}}) == unstamped({"metadata": {"name": "x"}})


def test_an_owner_tells_which_resource_of_which_cluster():
    assert str(STAMP.owner) == "lab/trainer of cluster cluster-1"
