"""What each reason of a RunaiConnection means, in its condition Ready."""

from runai_operator.api.reasons import Reason
from runai_operator.api.rows import ArgoHealth, Retry, Row


def _connection(
    reason: Reason, retry: Retry, advice: str, *, grace: float | None = None, argo: ArgoHealth | None = None
) -> Row:
    if grace is None:
        return Row(reason, "Connection Ready", "False", "InProgress", argo or "Progressing", None, retry, advice)
    return Row(reason, "Connection Ready", "False", "Failed", "Degraded", grace, retry, advice)


CONNECTION_READY: tuple[Row, ...] = (
    Row(
        Reason.CONNECTED,
        "Connection Ready",
        "True",
        "Current",
        "Healthy",
        None,
        Retry.NONE,
        "Nothing: Run:ai answers, and accepts the credentials.",
    ),
    _connection(
        Reason.SECRET_NOT_FOUND,
        Retry.SLOW,
        "Create the Secret that spec.credentialsSecretRef names, in the operator's namespace.",
        grace=60,
    ),
    _connection(
        Reason.SECRET_KEY_MISSING,
        Retry.SLOW,
        "Give the Secret that spec.credentialsSecretRef names the keys clientId and clientSecret.",
        grace=60,
    ),
    _connection(
        Reason.CA_BUNDLE_NOT_FOUND,
        Retry.SLOW,
        "Create what spec.caBundleRef names, with PEM certificates under its key, in the operator's namespace.",
        grace=60,
    ),
    _connection(
        Reason.CREDENTIALS_REJECTED,
        Retry.SLOW,
        "Put the client id and secret of a Run:ai application that exists and is enabled into the Secret.",
        grace=60,
    ),
    _connection(
        Reason.TENANT_CHANGED,
        Retry.SLOW,
        "Put the credentials of the tenant in status.tenantId back into the Secret, and create a RunaiConnection of "
        "its own for any other tenant.",
        grace=0,
    ),
    _connection(
        Reason.MASS_ABSENCE,
        Retry.EVENT,
        "Find out why Run:ai lists so many workloads no more, and if they are gone indeed, annotate the "
        "RunaiConnection with runai-operator.io/confirm-absence, set to any new value.",
        grace=0,
    ),
    Row(
        Reason.DELETING,
        "Connection Ready",
        "False",
        "Terminating",
        "Progressing",
        None,
        Retry.EVENT,
        "Delete the RunaiWorkloads that use it: it goes with the last of their workloads, and submits nothing new.",
    ),
    _connection(
        Reason.NOT_RUNAI,
        Retry.SLOW,
        "Create a connection to the address of a Run:ai control plane: what answers at spec.url is none.",
        grace=60,
    ),
    _connection(Reason.UNREACHABLE, Retry.BACKOFF, "Look at spec.url, DNS, proxy and firewall, and at Run:ai itself."),
    _connection(Reason.PAUSED, Retry.EVENT, "Set spec.paused to false to go on.", argo="Suspended"),
    _connection(Reason.INVALID_SPEC, Retry.EVENT, "Change the field that the message names.", grace=0),
)
