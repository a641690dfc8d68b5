import pytest

from runai_operator.api.reason_table import ROWS
from runai_operator.api.reasons import Reason
from runai_operator.runai.models import WorkloadV2
from runai_operator.sync.act import Outcome
from runai_operator.sync.compare import Difference
from runai_operator.sync.report import differs, report
from runai_operator.sync.situation import Gone
from tests.unit.api.kstatus import kstatus
from tests.unit.sync.builders import DESIRED, LONG_AGO, WORKLOAD_ID, a_resource, a_situation, a_workload
from tests.unit.sync.examples import AT, BLIND, DRIFT, NOW, OURS, SEEN, example, phase, told


def condition(status, kind):
    return next((each for each in status["conditions"] if each["type"] == kind), None)


def kinds(status):
    return {each["type"] for each in status["conditions"]}


def computed(resource, status):
    return kstatus({**resource.body, "status": status})


OF_WORKLOADS = [row for row in ROWS if row.condition != "Connection Ready"]
GRACED = [row for row in OF_WORKLOADS if row.stalled_after]
every_row = pytest.mark.parametrize("row", OF_WORKLOADS, ids=lambda row: f"{row.condition}-{row.reason}")


@every_row
def test_the_condition_says_what_the_row_says(row):
    _, status = example(row)
    shown = condition(status, row.condition)
    assert (shown["reason"], shown["status"]) == (row.reason, row.status)


@every_row
def test_kstatus_computes_what_the_row_says_once_the_grace_is_over(row):
    resource, status = example(row, held=row.stalled_after or 0.0)
    assert computed(resource, status) == row.kstatus


@pytest.mark.parametrize("row", GRACED, ids=lambda row: f"{row.condition}-{row.reason}")
def test_within_its_grace_nothing_is_stalled(row):
    resource, status = example(row, held=row.stalled_after - 1)
    assert computed(resource, status) == "InProgress"
    assert condition(status, "Reconciling")["reason"] == row.reason
    assert condition(status, "Stalled") is None


@pytest.mark.parametrize("row", GRACED, ids=lambda row: f"{row.condition}-{row.reason}")
def test_the_report_says_when_it_will_stall(row):
    resource = OURS
    if row.reason is Reason.SYNC_FAILED:
        situation, outcome = a_situation(*SEEN["Ready", row.reason]), Outcome()
    else:
        situation, outcome = a_situation(resource, BLIND, problem=None), Outcome(row.reason, "because")
    assert report(situation, outcome, now=NOW, held=10.0).stalls_in == row.stalled_after - 10
    assert report(situation, outcome, now=NOW, held=row.stalled_after).stalls_in is None


@every_row
def test_reconciling_and_stalled_are_told_only_while_true_and_never_together(row):
    for held in (0.0, 1000.0):
        _, status = example(row, held=held)
        extra = [each for each in status["conditions"] if each["type"] in ("Reconciling", "Stalled")]
        assert len(extra) <= 1
        assert all(each["status"] == "True" for each in extra)
        stalled = row.stalled_after is not None and held >= row.stalled_after
        assert (condition(status, "Stalled") is not None) == stalled


@every_row
def test_the_generation_stands_on_the_status_and_on_every_condition(row):
    resource, status = example(row)
    generation = resource.metadata["generation"]
    assert status["observedGeneration"] == generation
    assert {each["observedGeneration"] for each in status["conditions"]} == {generation}


@every_row
def test_ready_succeeded_and_synced_are_always_told(row):
    _, status = example(row)
    assert kinds(status) >= {"Ready", "Succeeded", "Synced"}


def test_once_it_runs_again_reconciling_and_stalled_are_gone():
    before = OURS.settled().stalled("SyncFailed")
    assert kinds(told(before, a_workload().seen())) == {"Ready", "Succeeded", "Synced"}


def test_what_stalled_stays_so_over_a_restart_until_its_reason_changes():
    """The ledger, and with it how long the state was held, is lost; what was told is not."""
    stalled = OURS.stalled("AccessDenied", generation=1)
    assert condition(told(stalled, BLIND, Outcome(Reason.ACCESS_DENIED, "x"), held=0.0), "Stalled") is not None
    assert condition(told(stalled, BLIND, Outcome(Reason.PROJECT_NOT_FOUND, "x"), held=0.0), "Stalled") is None


@pytest.mark.parametrize(
    ("resource", "observed", "outcome"),
    [
        (OURS.settled().of_generation(2), BLIND, Outcome(Reason.RUNAI_UNAVAILABLE, "no answer")),
        (OURS.settled().of_generation(2), BLIND, Outcome(Reason.OUTCOME_UNKNOWN, "no answer")),
        (OURS.settled().of_generation(2), a_workload().seen(), Outcome(Reason.RECREATE_REQUIRED, "x")),
        (OURS.settled().of_generation(2), a_workload().in_sync("Applying").seen(), None),
        (OURS.settled().of_generation(2), a_workload().in_sync("Failed").seen(), None),
        (OURS.settled().of_generation(2), a_workload().in_sync(None).seen(), None),
        (OURS.settled().of_generation(2).paused(), a_workload().seen(), None),
        (
            OURS.settled().of_generation(2),
            a_workload().seen(),
            Outcome(Reason.APPLYING, "updated", submitted=WorkloadV2.model_validate(a_workload().body())),
        ),
        (OURS.settled().of_generation(2).replacing(), a_workload().seen(), Outcome(Reason.RECREATING, "deleting")),
        (OURS.settled().of_generation(2), Gone(finished=True), Outcome(Reason.VANISHED, "gone")),
    ],
)
def test_a_newer_spec_is_never_ready_before_it_is_synced(resource, observed, outcome):
    status = told(resource, observed, outcome)
    assert status["observedGeneration"] == 2
    assert condition(status, "Synced")["status"] != "True"
    assert condition(status, "Ready")["status"] != "True"


PHASES = {
    "Running": ("True", Reason.RUNNING, "Unknown"),
    "Completed": ("True", Reason.COMPLETED, "True"),
    "Failed": ("False", Reason.FAILED, "False"),
    "Pending": ("False", Reason.PENDING, "Unknown"),
    "Creating": ("False", Reason.STARTING, "Unknown"),
    "Initializing": ("False", Reason.STARTING, "Unknown"),
    "Resuming": ("False", Reason.STARTING, "Unknown"),
    "Updating": ("False", Reason.STARTING, "Unknown"),
    "Stopping": ("False", Reason.STOPPING, "Unknown"),
    "Stopped": ("False", Reason.STOPPED, "Unknown"),
    "Degraded": ("False", Reason.DEGRADED, "Unknown"),
    "Deleting": ("False", Reason.DELETING, "Unknown"),
    "Terminating": ("False", Reason.DELETING, "Unknown"),
    "": ("False", Reason.STARTING, "Unknown"),
    "Pondering": ("Unknown", Reason.UNKNOWN_PHASE, "Unknown"),
}


@pytest.mark.parametrize("name", PHASES)
def test_a_synced_workload_is_as_ready_as_its_phase(name):
    status = told(*phase(name, "why it is so"))
    ready = condition(status, "Ready")
    assert (ready["status"], ready["reason"], condition(status, "Succeeded")["status"]) == PHASES[name]
    assert status.get("phase", "") == name
    assert not name or ready["message"] == "why it is so"
    assert condition(status, "Synced")["status"] == ("False" if name in ("Deleting", "Terminating") else "True")


SUSPENDING = {
    "asked to stop and stopped": (True, "Stopped", Reason.SUSPENDED),
    "asked to stop and stopping": (True, "Stopping", Reason.STOPPING),
    "asked to stop and still running": (True, "Running", Reason.STOPPING),
    "asked to stop and completed": (True, "Completed", Reason.COMPLETED),
    "asked to stop and failed": (True, "Failed", Reason.FAILED),
    "asked to run and stopped": (False, "Stopped", Reason.STARTING),
    "asked to run and running": (False, "Running", Reason.RUNNING),
    "nothing asked and stopped": (None, "Stopped", Reason.STOPPED),
}


@pytest.mark.parametrize("name", SUSPENDING)
def test_suspended_is_ready_only_where_it_was_asked_for(name):
    suspend, at, reason = SUSPENDING[name]
    status = told(OURS.with_spec(suspend=suspend), a_workload().in_phase(at).seen())
    assert condition(status, "Ready")["reason"] == reason


def test_a_manifest_that_run_ai_could_not_apply_is_told_with_its_words():
    ready = condition(told(OURS, a_workload().in_sync("Failed", "no kind Jobb").seen()), "Ready")
    assert ready["reason"] == "SyncFailed"
    assert "no kind Jobb" in ready["message"]


def test_drift_is_told_with_path_and_both_values_as_json():
    drift = (*DRIFT, Difference("/manifest/spec/suspend", None, {"b": 1, "a": "ü"}))
    status = told(OURS.with_spec(drift={"mode": "Report"}), a_workload().seen(), drift=drift)
    assert status["drift"] == [
        {"path": "/manifest/spec/parallelism", "desired": "1", "observed": "5"},
        {"path": "/manifest/spec/suspend", "observed": '{"a": "ü", "b": 1}'},
    ]
    assert "/manifest/spec/parallelism" in condition(status, "Synced")["message"]


def test_drift_that_was_undone_is_told_no_more():
    drifted = OURS.settled().with_status(drift=[{"path": "/manifest/spec/parallelism"}])
    assert "drift" not in told(drifted, a_workload().seen())


def test_nothing_is_drift_while_the_spec_has_changed():
    status = told(OURS, a_workload().of_another_digest().seen(), Outcome(Reason.RECREATE_REQUIRED, "x"), drift=DRIFT)
    assert "drift" not in status


def test_a_first_submission_records_identity_and_digest_and_says_applying():
    created = WorkloadV2.model_validate(a_workload().called("w-7").body())
    status = told(a_resource().claimed(), Gone(), Outcome(Reason.APPLYING, "submitted", submitted=created))
    assert (status["workloadId"], status["projectId"], status["kind"]) == ("w-7", "p-1", "Job")
    assert status["digest"] == DESIRED.digest
    assert condition(status, "Ready")["reason"] == "Applying"


def test_a_new_workload_inherits_nothing_of_the_old_one():
    old = OURS.settled().with_status(
        phase="Completed", completedAt=LONG_AGO, url="https://old", lastHandledReconcileAt="then"
    )
    created = WorkloadV2.model_validate(a_workload().called("w-2").body())
    status = told(old.replacing(), Gone(), Outcome(Reason.APPLYING, "submitted", submitted=created))
    assert status["workloadId"] == "w-2"
    assert status["lastHandledReconcileAt"] == "then"
    assert not {"phase", "completedAt", "url", "syncInfo"} & status.keys()
    assert condition(status, "Succeeded")["status"] == "Unknown"


def test_an_update_keeps_what_is_known_of_the_workload_but_not_that_it_is_synced():
    updated = WorkloadV2.model_validate(a_workload().body())
    status = told(OURS.settled(), a_workload().seen(), Outcome(Reason.APPLYING, "updated", submitted=updated))
    assert (status["workloadId"], status["phase"]) == (WORKLOAD_ID, "Running")
    assert "syncInfo" not in status
    assert condition(status, "Synced")["status"] == "False"


def test_what_nobody_could_look_at_keeps_what_was_recorded():
    status = told(OURS.settled(), BLIND, Outcome(Reason.RUNAI_UNAVAILABLE, "no answer"))
    assert (status["workloadId"], status["phase"]) == (WORKLOAD_ID, "Running")
    assert condition(status, "Ready")["status"] == "Unknown"
    assert condition(status, "Synced")["status"] == "Unknown"


def test_anothers_workload_is_not_described():
    stranger = a_workload().called("w-9").in_phase("Completed").seen()
    assert "phase" not in told(a_resource().claimed(), stranger, Outcome(Reason.NAME_CONFLICT, "x"))


def test_a_transition_time_moves_only_with_its_status():
    before = OURS.settled()
    stays = told(before, a_workload().seen())
    assert {each["lastTransitionTime"] for each in stays["conditions"]} == {LONG_AGO}
    moves = told(before, a_workload().in_phase("Failed").seen())
    assert condition(moves, "Ready")["lastTransitionTime"] == AT
    assert condition(moves, "Synced")["lastTransitionTime"] == LONG_AGO


HANDLED = {
    "a look that was taken": (OURS.annotated(reconcile_at="a"), a_workload().seen(), "lastHandledReconcileAt", "a"),
    "a rerun that the claim began": (
        a_resource().claimed(rerun_at="b").submitted().asked_to_rerun("b"),
        a_workload().seen(),
        "lastHandledRerunAt",
        "b",
    ),
    "a rerun of what still runs": (OURS.asked_to_rerun("c"), a_workload().seen(), "lastHandledRerunAt", "c"),
    "a rerun of what has finished is not answered yet": (
        OURS.asked_to_rerun("d"),
        a_workload().in_phase("Completed").seen(),
        "lastHandledRerunAt",
        None,
    ),
    "a rerun of what nobody could look at is not answered": (
        OURS.asked_to_rerun("e"),
        BLIND,
        "lastHandledRerunAt",
        None,
    ),
    "a look that was not possible is not answered": (
        OURS.annotated(reconcile_at="f"),
        BLIND,
        "lastHandledReconcileAt",
        None,
    ),
}


@pytest.mark.parametrize("name", HANDLED)
def test_annotations_are_answered_when_they_were_heeded(name):
    resource, observed, field, value = HANDLED[name]
    outcome = Outcome(Reason.RUNAI_UNAVAILABLE, "no answer") if observed is BLIND else Outcome()
    assert told(resource, observed, outcome).get(field) == value


STATUS = told(OURS, a_workload().seen())


def changed(**fields):
    return {**STATUS, **fields}


DIFFERS = {
    "itself": (STATUS, False),
    "another time of comparing": (changed(syncInfo={**STATUS["syncInfo"], "updatedAt": AT}), False),
    "no time of comparing": (changed(syncInfo={"status": "Synced"}), False),
    "another order of conditions": (changed(conditions=STATUS["conditions"][::-1]), False),
    "another phase": (changed(phase="Completed"), True),
    "another sync status": (changed(syncInfo={**STATUS["syncInfo"], "status": "Failed"}), True),
    "another generation": (changed(observedGeneration=9), True),
    "another id": (changed(workloadId="w-2"), True),
    "an answered look": (changed(lastHandledReconcileAt="x"), True),
    "one condition less": (changed(conditions=STATUS["conditions"][:-1]), True),
    "another message": (
        changed(conditions=[{**STATUS["conditions"][0], "message": "x"}, *STATUS["conditions"][1:]]),
        True,
    ),
    "endpoints": (changed(endpoints=[{"url": "https://x"}]), True),
}


@pytest.mark.parametrize("name", DIFFERS)
def test_a_status_is_written_only_for_what_is_worth_telling(name):
    other, expected = DIFFERS[name]
    assert differs(STATUS, other) is differs(other, STATUS) is expected


def test_an_empty_status_differs_from_one_that_tells():
    assert differs({}, STATUS)
