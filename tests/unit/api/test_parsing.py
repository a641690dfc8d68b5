import pytest

from runai_operator.api.parsing import InvalidSpec, parse_connection_spec, parse_workload_spec
from tests.unit.api.builders import JOB, a_connection, a_job, a_workload


def test_the_shortest_workload_has_the_defaults_of_the_crd():
    spec = parse_workload_spec(a_workload())
    assert spec.connection_ref.name == "default"
    assert spec.suspend is None
    assert (spec.update_strategy, spec.drift.mode, spec.deletion_policy) == ("RecreateIfFinished", "Correct", "Delete")
    assert (spec.adopt.policy, spec.adopt.workload_id) == ("Never", None)


def test_a_manifest_is_kept_as_it_was_written():
    manifest = JOB | {"spec": {"nothing": None, "deep": [{"x": 1.0}, []]}}
    assert parse_workload_spec(a_workload(manifest=manifest)).manifest == manifest


def test_what_a_newer_crd_knows_is_ignored():
    assert parse_workload_spec(a_workload(invented=True))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param({"manifest": None}, "spec.manifest: input should be a valid dictionary", id="no manifest"),
        pytest.param({"manifest": {"kind": "Job"}}, "spec.manifest.apiVersion: must be set", id="no apiVersion"),
        pytest.param({"manifest": {"apiVersion": "v1"}}, "spec.manifest.kind: must be set", id="no kind"),
        pytest.param(
            {"manifest": {"apiVersion": "v1", "kind": "List", "items": []}},
            "spec.manifest: must be one object, not a List: write one RunaiWorkload for each item",
            id="a List",
        ),
        pytest.param(
            {"manifest": {"apiVersion": "v1", "kind": "PodList", "items": []}},
            "spec.manifest: must be one object, not a PodList: write one RunaiWorkload for each item",
            id="a list of a kind",
        ),
        pytest.param({"manifest": JOB | {"metadata": "x"}}, "spec.manifest.metadata: must be", id="metadata is a text"),
        pytest.param(
            {"manifest": a_job(namespace="runai-team-a")},
            "spec.manifest.metadata.namespace: must be left out, for the project decides the namespace: remove "
            "'runai-team-a'",
            id="a namespace",
        ),
        pytest.param(
            {"manifest": a_job(name="other")},
            "spec.manifest.metadata.name: must be left out, or be the workload's name 'trainer': it is 'other'",
            id="another name",
        ),
        pytest.param(
            {"manifest": a_job(name="trainer"), "workloadName": "x"},
            "spec.manifest.metadata.name: must be left out, or be the workload's name 'x': it is 'trainer'",
            id="not spec.workloadName",
        ),
        pytest.param({"manifest": a_job(generateName="x-")}, "generateName: must be left out", id="generateName"),
        pytest.param(
            {"manifest": a_job(annotations={"runai-operator.io/name": "x"})},
            "spec.manifest.metadata.annotations: must not hold 'runai-operator.io/name'",
            id="a stamp",
        ),
        pytest.param({"workloadName": "A"}, "spec.workloadName: string should match", id="a bad name"),
        pytest.param({"updateStrategy": "Never"}, "spec.updateStrategy: input should be 'InPlace'", id="a bad word"),
        pytest.param({"drift": {"ignorePaths": [1]}}, "spec.drift.ignorePaths[0]: ", id="within a list"),
    ],
)
def test_a_bad_spec_is_refused_by_the_name_of_its_field(spec, message):
    with pytest.raises(InvalidSpec) as refused:
        parse_workload_spec(a_workload(**spec))
    assert message in refused.value.message


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param(a_job(name="trainer"), id="its own name"),
        pytest.param(JOB | {"kind": "AllowList"}, id="a kind that ends in List"),
        pytest.param(JOB | {"metadata": None}, id="metadata is null"),
        pytest.param(a_job(annotations={"example.com/runai-operator.io": "x"}), id="an annotation of another"),
    ],
)
def test_a_manifest_that_only_looks_odd_is_taken(manifest):
    assert parse_workload_spec(a_workload(manifest=manifest)).manifest == manifest


def test_a_resource_that_leaves_no_room_for_its_status_is_refused_by_its_size():
    assert parse_workload_spec(a_workload(manifest={**JOB, "spec": {"data": "x" * 1_400_000}}))
    with pytest.raises(InvalidSpec, match=r"spec\.manifest: makes a resource of 1465 KiB, and at most 1400"):
        parse_workload_spec(a_workload(manifest={**JOB, "spec": {"data": "ß" * 750_000}}))


@pytest.mark.parametrize("field", ["projectId", "adopt"])
@pytest.mark.parametrize("odd", ["a/b", "..", "é", "a b", "", "x" * 65])
def test_what_is_no_id_of_runai_is_refused_by_field(field, odd):
    spec = {"projectId": odd} if field == "projectId" else {"adopt": {"workloadId": odd}}
    with pytest.raises(InvalidSpec, match=rf"spec\.{field}(\.workloadId)?: "):
        parse_workload_spec(a_workload(**spec))


def test_what_is_written_into_a_manifest_is_never_repeated_by_the_message():
    with pytest.raises(InvalidSpec) as refused:
        parse_workload_spec(a_workload(workloadName="A", manifest="top-secret"))
    assert "top-secret" not in str(refused.value)


def test_a_connection_has_polite_defaults():
    spec = parse_connection_spec(a_connection())
    assert (spec.limits.requests_per_second, spec.limits.max_concurrent) == (50, 32)
    assert (spec.polling.interval_seconds, spec.polling.full_interval_seconds) == (5, 300)
    assert spec.access == ()


@pytest.mark.parametrize(("text", "seconds"), [("1s", 1), ("90s", 90), ("5m", 300), ("2h", 7200)])
def test_durations_are_read_in_seconds(text, seconds):
    assert parse_connection_spec(a_connection(polling={"interval": text})).polling.interval_seconds == seconds


@pytest.mark.parametrize("text", ["", "5", "0s", "5 s", "-1s", "1d", "1.5s", "99999s"])
def test_a_duration_of_no_length_or_unit_is_refused(text):
    with pytest.raises(InvalidSpec, match=r"spec\.polling\.interval: "):
        parse_connection_spec(a_connection(polling={"interval": text}))


def test_an_access_rule_must_say_which_namespaces_it_is_for():
    with pytest.raises(InvalidSpec, match=r"spec\.access\[0\]\.namespaceSelector: field required"):
        parse_connection_spec(a_connection(access=[{"projects": {"names": ["*"]}}]))
