"""What the models make of answers that the documents do not promise."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from runai_operator.api.parsing import MOST_LEVELS, parse_workload_spec
from runai_operator.runai import BatchResult, Page, SyncInfo, Workload, WorkloadV2, WorkloadView
from runai_operator.runai.models import Endpoints
from tests.unit.api.builders import JOB, a_workload


def test_what_is_missing_takes_its_default():
    workload = Workload.model_validate({"id": "1"})
    assert (workload.phase, workload.endpoints, workload.allocated_gpus) == ("", (), None)


@pytest.mark.parametrize("odd", [None, [], {}, "x", 7])
def test_what_is_odd_is_read_as_missing(odd):
    fields = ("actionsSupport", "endpoints", "runningPods", "allocatedResources", "preemptible", "phaseUpdatedAt")
    workload = Workload.model_validate({"id": "1"} | dict.fromkeys(fields, odd))
    assert workload.actions_support.suspend is None
    assert workload.allocated_gpus is None


@pytest.mark.parametrize("odd", ["soon", {}, []])
def test_a_deletion_time_that_cannot_be_read_is_never_read_as_not_deleted(odd):
    with pytest.raises(ValidationError):
        Workload.model_validate({"id": "1", "deletedAt": odd})


@pytest.mark.parametrize("number", [0, 1, -1, 9999999, 1e308, "0", "9999999", "1767225600"])
def test_a_number_is_no_deletion_time(number):
    with pytest.raises(ValidationError):
        Workload.model_validate({"id": "1", "deletedAt": number})


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-10:00", "2200-01-01T00:00:01Z"])
def test_what_is_said_to_change_in_another_century_counts_for_no_time(text):
    """Believed, it would be newer than all that is read after it."""
    workload = Workload.model_validate({"id": "1", "updatedAt": text, "phaseUpdatedAt": text})
    assert (workload.updated_at, workload.phase_updated_at) == (None, None)
    with pytest.raises(ValidationError):
        Workload.model_validate({"id": "1", "deletedAt": text})


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1"])
def test_no_amount_is_read_that_json_cannot_tell(number):
    answer = f'{{"id": "1", "allocatedResources": {{"gpu": {number}}}}}'
    assert Workload.model_validate_json(answer).allocated_gpus is None


@pytest.mark.parametrize("number", ["-1", "65536", "1" * 30, "1.5"])
def test_what_is_no_port_is_none(number):
    answer = f'{{"endpoints": [{{"url": "https://a", "port": {number}}}]}}'
    (endpoint,) = Endpoints.model_validate_json(answer).endpoints
    assert (endpoint.url, endpoint.port) == ("https://a", None)


@pytest.mark.parametrize("odd", ["", "a/b", "..", ".", "a\nb", "a b", "é", "x" * 254, 1.5, True, float("inf")])
def test_what_could_not_be_asked_for_is_no_id(odd):
    with pytest.raises(ValidationError):
        Workload.model_validate({"id": odd})


def test_a_manifest_as_deep_as_one_is_taken_can_be_read_back():
    """In an answer it stands some levels down, and once more in what the cluster makes of it."""
    text = '{"a":' * (MOST_LEVELS - 1) + "{}" + "}" * (MOST_LEVELS - 1)
    assert parse_workload_spec(a_workload(manifest={**JOB, "spec": json.loads(text)}))
    answer = f'{{"workload": {{"metadata": {{"id": "1"}}, "rawManifest": {{"spec": {text}}}}}}}'
    wrapped = '{"spec": {"workloads": [{"template": ' + answer + "}]}}"
    assert WorkloadView.model_validate_json(answer).workload.raw_manifest
    assert WorkloadView.model_validate_json(answer[:-1] + f', "more": {wrapped}}}')


@pytest.mark.parametrize("unset", [None, "", "0001-01-01T00:00:00Z"])
def test_every_way_of_saying_no_time_is_none(unset):
    assert Workload.model_validate({"id": "1", "deletedAt": unset}).deleted_at is None


@pytest.mark.parametrize(
    "text",
    ["2024-05-01T10:00:00Z", "2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00", "2024-05-01T10:00:00.000000001Z"],
)
def test_times_are_aware(text):
    read = Workload.model_validate({"id": "1", "updatedAt": text}).updated_at
    assert read == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert read.tzinfo is not None


def test_a_manifest_that_is_not_told_is_none_and_not_empty():
    workload = WorkloadV2.model_validate({"metadata": {"id": "1"}, "rawManifest": {}})
    assert (workload.raw_manifest, workload.workload_manifest) == ({}, None)


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        (Page, {}),
        (Page, {"workloads": [{}]}),
        (WorkloadView, {}),
        (WorkloadView, {"workload": {"metadata": {}}}),
        (BatchResult, {}),
        (Workload, {"id": ""}),
        (Workload, {"id": None}),
    ],
)
def test_nothing_is_concluded_from_an_answer_without_its_substance(model, answer):
    with pytest.raises(ValidationError):
        model.model_validate(answer)


def test_an_unknown_status_is_kept_as_it_is():
    view = WorkloadView.model_validate({"workload": {"metadata": {"id": "1"}}, "syncInfo": {"status": "Paused"}})
    assert view.sync_info == SyncInfo(status="Paused")
