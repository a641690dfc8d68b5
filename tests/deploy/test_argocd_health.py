"""The health that Argo CD computes, for every row of the table of reasons, from what the operator itself tells."""

import pytest
from lupa.lua51 import LuaError

from runai_operator.api.reason_table import ROWS
from runai_operator.api.reasons import Reason
from runai_operator.api.wire import to_wire
from runai_operator.fleet.keeper import Told, connection_status
from runai_operator.fleet.standing import Standing
from runai_operator.sync.act import Outcome
from tests.deploy.kit import health
from tests.deploy.lua import run
from tests.unit.sync.builders import a_workload
from tests.unit.sync.examples import BLIND, OURS, example, phase, told

HEALTHY_WHEN = "runai-operator.io/healthy-when"
LONG = 1000.0
"""Seconds after which every grace has passed."""

OF_WORKLOADS = [row for row in ROWS if row.condition != "Connection Ready"]
OF_CONNECTIONS = [row for row in ROWS if row.condition == "Connection Ready"]


def over(rows):
    return pytest.mark.parametrize("row", rows, ids=lambda row: f"{row.condition}-{row.reason}")


def a_body(resource, status, *, healthy_when=None):
    """The resource as Argo CD reads it."""
    body = {"kind": "RunaiWorkload", **resource.body, "status": status}
    if healthy_when is None:
        return body
    annotations = {**(body["metadata"].get("annotations") or {}), HEALTHY_WHEN: healthy_when}
    return {**body, "metadata": {**body["metadata"], "annotations": annotations}}


def shown(row, *, held=LONG, healthy_when=None):
    """Of a workload that is told this row."""
    return health(a_body(*example(row, held=held), healthy_when=healthy_when))


def a_connection(row, *, held, generation=1):
    body = {"kind": "RunaiConnection", "metadata": {"name": "default", "generation": generation}, "spec": {}}
    status = connection_status(body, Told(Standing(row.reason, "because"), held=held, workloads=0))
    return {**body, "status": to_wire(status)}


def later(body):
    """With a spec that the operator has not seen."""
    return {**body, "metadata": {**body["metadata"], "generation": body["metadata"]["generation"] + 1}}


@over(OF_WORKLOADS)
def test_a_workload_is_as_healthy_as_its_row_says(row):
    assert shown(row)["status"] == row.argo


@over([row for row in OF_WORKLOADS if row.stalled_after])
def test_within_its_grace_a_workload_progresses(row):
    assert shown(row, held=row.stalled_after - 1)["status"] == "Progressing"


@over(OF_WORKLOADS)
@pytest.mark.parametrize("healthy_when", ["Submitted", "Running", "Finished"])
def test_a_spec_that_nobody_has_seen_yet_progresses(row, healthy_when):
    body = later(a_body(*example(row, held=LONG), healthy_when=healthy_when))
    assert health(body) == {"status": "Progressing", "message": "waiting for runai-operator to see generation 2"}


@over([row for row in OF_WORKLOADS if row.condition == "Ready"])
def test_the_message_begins_with_the_reason(row):
    assert shown(row)["message"].startswith(row.reason)


@over([row for row in OF_WORKLOADS if row.argo in ("Degraded", "Suspended")])
@pytest.mark.parametrize("healthy_when", ["Submitted", "Finished"])
def test_whatever_is_waited_for_degraded_and_suspended_are_the_same(row, healthy_when):
    assert shown(row, healthy_when=healthy_when)["status"] == row.argo


FINISHED = {("Ready", Reason.COMPLETED), ("Succeeded", Reason.COMPLETED)}


@over([row for row in OF_WORKLOADS if row.argo in ("Healthy", "Progressing")])
def test_who_waits_for_finished_waits_until_it_succeeded(row):
    expected = "Healthy" if (row.condition, row.reason) in FINISHED else "Progressing"
    assert shown(row, healthy_when="Finished")["status"] == expected


APPLIED = {
    *(("Ready", reason) for reason in (Reason.RUNNING, Reason.COMPLETED, Reason.STARTING, Reason.PENDING)),
    *(("Ready", reason) for reason in (Reason.STOPPING, Reason.DEGRADED, Reason.UNKNOWN_PHASE)),
    *(("Synced", reason) for reason in (Reason.SYNCED, Reason.DRIFTED, Reason.SERVER_DIFFERS)),
    *(("Succeeded", reason) for reason in (Reason.COMPLETED, Reason.NOT_FINISHED)),
}


@over([row for row in OF_WORKLOADS if row.argo in ("Healthy", "Progressing")])
def test_who_waits_for_submitted_waits_until_run_ai_has_applied_it(row):
    expected = "Healthy" if (row.condition, row.reason) in APPLIED else "Progressing"
    assert shown(row, healthy_when="Submitted")["status"] == expected


def test_what_succeeded_has_finished_though_run_ai_is_away():
    status = told(OURS, a_workload().in_phase("Completed").seen())
    away = told(OURS.with_status(**status), BLIND, Outcome(Reason.RUNAI_UNAVAILABLE, "no answer"))
    assert health(a_body(OURS, away, healthy_when="Finished"))["status"] == "Healthy"
    assert health(a_body(OURS, away))["status"] == "Progressing"


def test_what_failed_is_degraded_though_run_ai_is_away():
    status = told(OURS, a_workload().in_phase("Failed").seen())
    away = told(OURS.with_status(**status), BLIND, Outcome(Reason.RUNAI_UNAVAILABLE, "no answer"))
    assert health(a_body(OURS, away, healthy_when="Finished"))["status"] == "Degraded"


def test_a_typo_in_what_is_waited_for_is_told_and_counts_as_running():
    answer = health(a_body(OURS, told(*phase("Running")), healthy_when="Finnished"))
    assert answer["status"] == "Healthy"
    assert "'Finnished' and counts as Running: set it to Submitted, Running or Finished" in answer["message"]


def test_what_run_ai_says_is_in_the_message():
    status = told(OURS, a_workload().in_sync("Failed", "no kind Jobb").seen(), held=LONG)
    assert health(a_body(OURS, status)) == {
        "status": "Degraded",
        "message": "SyncFailed: Run:ai could not apply the manifest: no kind Jobb",
    }


@pytest.mark.parametrize("status", [None, {"observedGeneration": -1}], ids=["no status", "the status of the CRD"])
@pytest.mark.parametrize("kind", ["RunaiWorkload", "RunaiConnection"])
def test_what_is_new_progresses(kind, status):
    body = {"kind": kind, "metadata": {"name": "new", "generation": 1}, "spec": {}, "status": status}
    assert health(body)["status"] == "Progressing"


def test_a_status_that_came_with_a_copy_says_nothing():
    copied = {**told(*phase("Running")), "uid": "another"}
    assert health(a_body(OURS, copied))["status"] == "Progressing"


@over(OF_CONNECTIONS)
def test_a_connection_is_as_healthy_as_its_row_says(row):
    answer = health(a_connection(row, held=LONG))
    assert (answer["status"], answer["message"]) == (row.argo, f"{row.reason}: because")


@over([row for row in OF_CONNECTIONS if row.stalled_after])
def test_within_its_grace_a_connection_progresses(row):
    assert health(a_connection(row, held=row.stalled_after - 1))["status"] == "Progressing"


@over(OF_CONNECTIONS)
def test_a_connection_whose_spec_nobody_has_seen_yet_progresses(row):
    assert health(later(a_connection(row, held=LONG)))["status"] == "Progressing"


@pytest.mark.parametrize(
    "script", ["return string.len('a')", "return ('a'):len()", "return math.abs(1)", "return os.date()", "io.read()"]
)
def test_what_argo_cd_does_not_open_is_not_open_here(script):
    with pytest.raises(LuaError):
        run(script, {})
