"""What the models make of answers that the documents do not promise."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from runai_operator.runai import BatchResult, Page, SyncInfo, Workload, WorkloadV2, WorkloadView


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
