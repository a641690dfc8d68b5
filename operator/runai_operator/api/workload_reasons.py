"""What each reason of a RunaiWorkload means, in its conditions Ready, Synced and Succeeded."""

from runai_operator.api.reasons import Reason
from runai_operator.api.rows import ArgoHealth, ConditionStatus, KStatus, Retry, Row


def _good(reason: Reason, advice: str, *, argo: ArgoHealth = "Healthy") -> Row:
    return Row(reason, "Ready", "True", "Current", argo, None, Retry.NONE, advice)


def _under_way(
    reason: Reason,
    retry: Retry,
    advice: str,
    *,
    status: ConditionStatus = "False",
    kstatus: KStatus = "InProgress",
    argo: ArgoHealth = "Progressing",
) -> Row:
    return Row(reason, "Ready", status, kstatus, argo, None, retry, advice)


def _stuck(reason: Reason, retry: Retry, advice: str, *, grace: float = 0) -> Row:
    return Row(reason, "Ready", "False", "Failed", "Degraded", grace, retry, advice)


READY: tuple[Row, ...] = (
    _good(Reason.RUNNING, "Nothing: the workload runs."),
    _good(
        Reason.COMPLETED,
        "Nothing: the workload completed; set the annotation runai-operator.io/rerun-at to run it again.",
    ),
    _good(Reason.SUSPENDED, "Set spec.suspend to false when it is to run.", argo="Suspended"),
    _under_way(Reason.SUBMITTING, Retry.BACKOFF, "Wait: the workload is about to be submitted to Run:ai."),
    _under_way(Reason.APPLYING, Retry.BACKOFF, "Wait: Run:ai applies the manifest in its cluster."),
    _under_way(Reason.STARTING, Retry.EVENT, "Wait: Run:ai brings the workload up."),
    _under_way(
        Reason.PENDING, Retry.EVENT, "Wait for resources, or ask for fewer; the message says what Run:ai lacks."
    ),
    _under_way(Reason.STOPPING, Retry.EVENT, "Wait: the workload is being stopped."),
    _under_way(
        Reason.STOPPED,
        Retry.EVENT,
        "Resume it in Run:ai, or set spec.suspend: false to have it resumed, true to have it stay stopped.",
        argo="Suspended",
    ),
    _under_way(Reason.DEGRADED, Retry.EVENT, "Look at the workload's pods in Run:ai: some of them do not run."),
    _under_way(Reason.RECREATING, Retry.BACKOFF, "Wait: the workload is deleted and submitted anew."),
    _under_way(
        Reason.DELETING,
        Retry.BACKOFF,
        "Wait for Run:ai to delete it, or set the annotation runai-operator.io/release to let go without deleting.",
        kstatus="Terminating",
    ),
    _under_way(Reason.NAME_BUSY, Retry.BACKOFF, "Wait: a workload of this name is still being deleted in Run:ai."),
    _under_way(
        Reason.OUTCOME_UNKNOWN,
        Retry.BACKOFF,
        "Wait: a request went unanswered, and nothing is sent before it is known what became of it.",
        status="Unknown",
    ),
    _under_way(
        Reason.RUNAI_UNAVAILABLE,
        Retry.BACKOFF,
        "Look at the RunaiConnection and at Run:ai itself; the workload goes on as it was.",
        status="Unknown",
    ),
    _under_way(
        Reason.CONNECTION_NOT_READY,
        Retry.EVENT,
        "Mend the RunaiConnection: its Ready condition says what is wrong.",
    ),
    _under_way(Reason.THROTTLED, Retry.BACKOFF, "Wait, or lower spec.limits of the RunaiConnection: Run:ai limits us."),
    _under_way(
        Reason.MASS_ABSENCE,
        Retry.EVENT,
        "Look at the RunaiConnection: many workloads vanished at once, and a person has to confirm that they are gone.",
        status="Unknown",
    ),
    _under_way(
        Reason.UNKNOWN_PHASE,
        Retry.EVENT,
        "Look at the workload in Run:ai: it reports a phase that says nothing about its state.",
        status="Unknown",
    ),
    _under_way(
        Reason.PAUSED,
        Retry.EVENT,
        "To go on, remove the annotation runai-operator.io/paused, or spec.paused of the RunaiConnection.",
        argo="Suspended",
    ),
    _stuck(
        Reason.FAILED,
        Retry.EVENT,
        "Read its logs in Run:ai; to run it again, change the spec or set the annotation runai-operator.io/rerun-at.",
    ),
    _stuck(Reason.REJECTED, Retry.SLOW, "Change the spec as the message says: Run:ai refused it."),
    _stuck(
        Reason.SYNC_FAILED,
        Retry.SLOW,
        "Change spec.manifest as the message says: Run:ai could not apply it in its cluster.",
        grace=30,
    ),
    _stuck(
        Reason.NOT_PERMITTED,
        Retry.SLOW,
        "Give the connection's Run:ai application a role on the project, or choose another project.",
        grace=60,
    ),
    _stuck(
        Reason.CONNECTION_NOT_FOUND,
        Retry.EVENT,
        "Create the RunaiConnection that spec.connectionRef.name names, or name one that exists.",
        grace=60,
    ),
    _stuck(
        Reason.PROJECT_NOT_SET,
        Retry.EVENT,
        "Set spec.projectName, or the label runai/queue on the namespace.",
        grace=60,
    ),
    _stuck(
        Reason.PROJECT_NOT_FOUND,
        Retry.SLOW,
        "Correct spec.projectName, spec.clusterName or spec.projectId, or create the project in Run:ai.",
        grace=60,
    ),
    _stuck(Reason.PROJECT_AMBIGUOUS, Retry.SLOW, "Set spec.clusterName, or spec.projectId, to say which project."),
    _stuck(
        Reason.ACCESS_DENIED,
        Retry.EVENT,
        "Have spec.access of the RunaiConnection allow this namespace and project, or choose another project.",
        grace=60,
    ),
    _stuck(
        Reason.NAME_CONFLICT,
        Retry.SLOW,
        "Choose another spec.workloadName, set spec.adopt, or delete the workload whose name it is.",
    ),
    _stuck(
        Reason.OWNERSHIP_LOST,
        Retry.SLOW,
        "Settle with the owner that the message names, or let go: delete it, with runai-operator.io/release set.",
    ),
    _stuck(
        Reason.VANISHED,
        Retry.EVENT,
        "Set the annotation runai-operator.io/rerun-at to run the workload again, or delete the resource.",
    ),
    _stuck(
        Reason.RECREATE_REQUIRED,
        Retry.EVENT,
        "Set spec.updateStrategy to Recreate, or undo the change that the message names.",
    ),
    _stuck(
        Reason.CRD_NOT_READABLE,
        Retry.SLOW,
        "Give the operator's role the verb get on the CustomResourceDefinition that the message names.",
        grace=60,
    ),
    _stuck(Reason.INVALID_SPEC, Retry.EVENT, "Change the field that the message names."),
    _stuck(Reason.TOO_LARGE, Retry.EVENT, "Make spec.manifest smaller: move data out of it, into images or volumes."),
)

_READY_BY_REASON = {row.reason: row for row in READY}


def _synced(reason: Reason, status: ConditionStatus) -> Row:
    """A reason that Synced shares with Ready: all but the condition is the same."""
    ready = _READY_BY_REASON[reason]
    return Row(reason, "Synced", status, ready.kstatus, ready.argo, ready.stalled_after, ready.retry, ready.advice)


_IN_SYNC = Row(
    Reason.SYNCED, "Synced", "True", "Current", "Healthy", None, Retry.NONE, "Nothing: Run:ai holds what the spec says."
)

SYNCED: tuple[Row, ...] = (
    _IN_SYNC,
    Row(
        Reason.DRIFTED,
        "Synced",
        "False",
        "Current",
        "Healthy",
        None,
        Retry.EVENT,
        "Change the spec or the workload as status.drift tells, or set spec.drift.mode to Correct.",
    ),
    Row(
        Reason.SERVER_DIFFERS,
        "Synced",
        "False",
        "Current",
        "Healthy",
        None,
        Retry.EVENT,
        "Write into the spec what status.drift says Run:ai makes of it, or list the path in spec.drift.ignorePaths.",
    ),
    *(
        _synced(reason, "False")
        for reason in (
            Reason.SUBMITTING,
            Reason.APPLYING,
            Reason.RECREATING,
            Reason.DELETING,
            Reason.NAME_BUSY,
            Reason.CONNECTION_NOT_READY,
            Reason.THROTTLED,
            Reason.REJECTED,
            Reason.SYNC_FAILED,
            Reason.NOT_PERMITTED,
            Reason.CONNECTION_NOT_FOUND,
            Reason.PROJECT_NOT_SET,
            Reason.PROJECT_NOT_FOUND,
            Reason.PROJECT_AMBIGUOUS,
            Reason.ACCESS_DENIED,
            Reason.NAME_CONFLICT,
            Reason.OWNERSHIP_LOST,
            Reason.VANISHED,
            Reason.RECREATE_REQUIRED,
            Reason.CRD_NOT_READABLE,
            Reason.INVALID_SPEC,
            Reason.TOO_LARGE,
        )
    ),
    *(
        _synced(reason, "Unknown")
        for reason in (Reason.OUTCOME_UNKNOWN, Reason.RUNAI_UNAVAILABLE, Reason.MASS_ABSENCE, Reason.PAUSED)
    ),
)

_NOT_FINISHED = Row(
    Reason.NOT_FINISHED,
    "Succeeded",
    "Unknown",
    "InProgress",
    "Progressing",
    None,
    Retry.EVENT,
    "Wait: the workload has neither completed nor failed.",
)

SUCCEEDED: tuple[Row, ...] = (
    Row(
        Reason.COMPLETED,
        "Succeeded",
        "True",
        "Current",
        "Healthy",
        None,
        Retry.NONE,
        "Nothing: the workload completed.",
    ),
    Row(
        Reason.FAILED,
        "Succeeded",
        "False",
        "Failed",
        "Degraded",
        0,
        Retry.EVENT,
        _READY_BY_REASON[Reason.FAILED].advice,
    ),
    _NOT_FINISHED,
)
