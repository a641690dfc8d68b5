"""A resource, and the status that the operator tells of it, for each row of the table of reasons."""

from datetime import UTC, datetime

from runai_operator.api.reasons import Reason
from runai_operator.sync.act import Outcome
from runai_operator.sync.compare import Difference
from runai_operator.sync.report import report
from runai_operator.sync.situation import Unknown
from tests.unit.sync.builders import a_resource, a_situation, a_workload

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AT = "2026-11-21T12:00:00Z"
OURS = a_resource().claimed().submitted()
BLIND = Unknown(Reason.RUNAI_UNAVAILABLE, "no answer")
DRIFT = (Difference("/manifest/spec/parallelism", 1, 5),)


def told(resource, observed, outcome=None, *, held=0.0, **changes):
    """The status, as it goes onto the wire."""
    return report(a_situation(resource, observed, **changes), outcome or Outcome(), now=NOW, held=held).wire()


def phase(name, message=""):
    return OURS, a_workload().in_phase(name, message).seen()


SEEN = {
    ("Ready", Reason.RUNNING): phase("Running"),
    ("Ready", Reason.COMPLETED): phase("Completed"),
    ("Ready", Reason.FAILED): phase("Failed"),
    ("Ready", Reason.STARTING): phase("Initializing"),
    ("Ready", Reason.PENDING): phase("Pending"),
    ("Ready", Reason.STOPPING): phase("Stopping"),
    ("Ready", Reason.STOPPED): phase("Stopped"),
    ("Ready", Reason.DEGRADED): phase("Degraded"),
    ("Ready", Reason.UNKNOWN_PHASE): phase("Pondering"),
    ("Ready", Reason.SUSPENDED): (OURS.with_spec(suspend=True), a_workload().stopped().seen()),
    ("Ready", Reason.PAUSED): (OURS.paused(), a_workload().seen()),
    ("Synced", Reason.PAUSED): (OURS.paused(), a_workload().seen()),
    ("Ready", Reason.APPLYING): (OURS, a_workload().in_sync("Applying").seen()),
    ("Synced", Reason.APPLYING): (OURS, a_workload().in_sync("Queued").seen()),
    ("Ready", Reason.SYNC_FAILED): (OURS, a_workload().in_sync("Failed", "no such CRD").seen()),
    ("Synced", Reason.SYNC_FAILED): (OURS, a_workload().in_sync("Failed", "no such CRD").seen()),
    ("Synced", Reason.SYNCED): phase("Running"),
    ("Succeeded", Reason.COMPLETED): phase("Completed"),
    ("Succeeded", Reason.FAILED): phase("Failed"),
    ("Succeeded", Reason.NOT_FINISHED): phase("Pending"),
}
DRIFTED = {
    ("Synced", Reason.DRIFTED): OURS.with_spec(drift={"mode": "Report"}),
    ("Synced", Reason.SERVER_DIFFERS): OURS,
}


def example(row, *, held=0.0):
    """A resource, and the status told of it, while its row is what there is to tell."""
    place = (row.condition, row.reason)
    if place in SEEN:
        resource, observed = SEEN[place]
        return resource, told(resource, observed, held=held)
    if place in DRIFTED:
        resource = DRIFTED[place]
        return resource, told(resource, a_workload().seen(), held=held, drift=DRIFT, corrected=True)
    resource = OURS.deleting() if row.kstatus == "Terminating" else OURS
    return resource, told(resource, BLIND, Outcome(row.reason, "because"), held=held)
