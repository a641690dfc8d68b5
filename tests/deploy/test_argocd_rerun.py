"""What is told of a run is told of the one before, in Argo CD too, until the operator has heeded a new rerun-at."""

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.sync.act import Outcome
from runai_operator.sync.decide import decide
from tests.deploy.kit import health
from tests.unit.sync.builders import a_situation, a_workload
from tests.unit.sync.examples import BLIND, OURS, phase, told

LONG = 1000.0
"""Seconds after which every grace has passed."""

every_wait = pytest.mark.parametrize("healthy_when", ["Submitted", "Running", "Finished"])


def shown(resource, status, healthy_when, *, rerun_at="again"):
    """What Argo CD makes of the resource, once these annotations were committed and before the operator saw them."""
    asked = resource.annotated(healthy_when=healthy_when, rerun_at=rerun_at)
    return health({"kind": "RunaiWorkload", **asked.body, "status": status})


def of_reason(reason, resource=OURS):
    return told(resource, BLIND, Outcome(reason, "because"), held=LONG)


OVER = {
    "it completed": told(*phase("Completed")),
    "it failed": told(*phase("Failed"), held=LONG),
    "it vanished": of_reason(Reason.VANISHED),
    "its spec needs another run": of_reason(Reason.RECREATE_REQUIRED),
    "it completed, and was run again before": {**told(*phase("Completed")), "lastHandledRerunAt": "before"},
}


@every_wait
@pytest.mark.parametrize("status", OVER.values(), ids=OVER.keys())
def test_what_is_to_run_again_progresses_whatever_became_of_the_run_before(status, healthy_when):
    answer = shown(OURS, status, healthy_when)
    assert answer["status"] == "Progressing"
    assert answer["message"].startswith("waiting for runai-operator to run it again, until now ")


@every_wait
@pytest.mark.parametrize("status", OVER.values(), ids=OVER.keys())
def test_what_was_heeded_says_nothing(status, healthy_when):
    heeded = {**status, "lastHandledRerunAt": "again"}
    assert shown(OURS, heeded, healthy_when) == shown(OURS, status, healthy_when, rerun_at="")
    assert shown(OURS, heeded, healthy_when)["status"] in ("Healthy", "Degraded")


@pytest.mark.parametrize("healthy_when", ["Submitted", "Running"])
def test_what_runs_is_as_healthy_as_ever_for_it_is_not_run_again(healthy_when):
    running = a_workload().in_phase("Running").seen()
    assert shown(OURS, told(OURS, running), healthy_when)["status"] == "Healthy"
    assert told(OURS.asked_to_rerun(), running)["lastHandledRerunAt"] == "again"


def test_what_runs_again_is_healthy_once_it_has_finished_anew():
    asked = OURS.asked_to_rerun()
    assert decide(a_situation(asked, a_workload().in_phase("Completed").seen())).rerun_at == "again"
    running = told(asked, a_workload().in_phase("Running").seen())
    done = told(asked.with_status(**running), a_workload().in_phase("Completed").seen())
    assert [shown(OURS, each, "Finished")["status"] for each in (running, done)] == ["Progressing", "Healthy"]


HINDERED = {
    "paused": (told(OURS.paused(), a_workload().in_phase("Completed").seen()), "Suspended"),
    "of a connection that is paused": (of_reason(Reason.PAUSED, OURS.with_status(**OVER["it completed"])), "Suspended"),
    "stopped": (told(*phase("Stopped")), "Suspended"),
    "suspended": (told(OURS.with_spec(suspend=True), a_workload().stopped().seen()), "Suspended"),
    "without a connection": (
        of_reason(Reason.CONNECTION_NOT_FOUND, OURS.with_status(**OVER["it completed"])),
        "Degraded",
    ),
    "another's": (of_reason(Reason.OWNERSHIP_LOST, OURS.with_status(**OVER["it completed"])), "Degraded"),
}


@every_wait
@pytest.mark.parametrize(("status", "verdict"), HINDERED.values(), ids=HINDERED.keys())
def test_what_hinders_the_operator_is_told_as_ever(status, verdict, healthy_when):
    """Or it would progress for ever: nothing runs again while it lasts."""
    assert shown(OURS, status, healthy_when) == shown(OURS, status, healthy_when, rerun_at="")
    assert shown(OURS, status, healthy_when)["status"] == verdict


@every_wait
@pytest.mark.parametrize("value", ["", "a" * 254, "ö" * 130], ids=["none", "longer than the status can hold", "bytes"])
def test_a_value_that_cannot_be_told_from_one_that_was_heeded_counts_as_none(value, healthy_when):
    status = OVER["it completed"]
    assert shown(OURS, status, healthy_when, rerun_at=value)["status"] == "Healthy"


@pytest.mark.parametrize(("length", "whole"), [(253, True), (254, False)])
def test_the_longest_value_that_counts_is_the_longest_that_the_status_holds(length, whole):
    value = "a" * length
    told_of_it = told(OURS.asked_to_rerun(value), a_workload().in_phase("Running").seen())["lastHandledRerunAt"]
    assert (told_of_it == value) is whole
