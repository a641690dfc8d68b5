"""What has to hold before anything may be believed absent: pure, and asked of every look that found nothing."""

from __future__ import annotations

from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import OtherTenant
from runai_operator.runai.models import WorkloadView
from runai_operator.sync.actions import FOLLOW_UP
from runai_operator.sync.ports import Connection
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import Gone, Observed, Ownership, Present, Unknown

SWEPT_BY_THEN = 30.0
"""Seconds until another look at what a sweep is to show: the sweep brings it sooner."""
UNCONFIRMED = (
    "Run:ai does not find workload {id} any more: that is believed once the whole fleet was read again, without it; if "
    "it stays listed, have Run:ai delete it, or delete this resource with the annotation runai-operator.io/release=true"
)
ROTATED = "the connection's credentials changed while it was looked for: what two of them say proves nothing together"


def believed(found: Observed, resource: Resource, connection: Connection, *, login: int) -> Observed:
    """What was found, unless it says that a workload is absent and this is no time to believe that.

    `login` is the connection's of before the look: a 404 and a project that answers count only from the same
    credentials.
    """
    if not _says_absent(found, resource):
        return found
    if connection.absence is not None:
        return Unknown(Reason.MASS_ABSENCE, connection.absence)
    if connection.login != login:
        return Unknown(Reason.RUNAI_UNAVAILABLE, ROTATED, after=FOLLOW_UP)
    missed = resource.workload_id
    if missed is None or resource.replacing or resource.leaving or connection.missed(missed):
        return found  # where we had it deleted, that it is gone is no wonder
    return Unknown(Reason.RUNAI_UNAVAILABLE, UNCONFIRMED.format(id=missed), after=SWEPT_BY_THEN)


def of_another_tenant(resource: Resource, connection: Connection) -> Unknown | None:
    """Why a 404 says nothing about the recorded workload: another tenant was asked than it was submitted to."""
    recorded = resource.status.get("tenantId")
    if not recorded or recorded == connection.tenant:
        return None
    asked = f"are of the tenant {connection.tenant}" if connection.tenant else "show no tenant at all"
    message = (
        f"workload {resource.workload_id} was submitted to the Run:ai tenant {recorded}, and the credentials of "
        f"RunaiConnection {resource.connection_name} {asked}: give it credentials of the tenant {recorded}, or delete "
        "this resource with the annotation runai-operator.io/release=true"
    )
    return Unknown(Reason.RUNAI_UNAVAILABLE, message)


def check_tenant(view: WorkloadView, connection: Connection) -> WorkloadView:
    """The view. Raises OtherTenant where it is of another tenant than the connection: it is none of ours."""
    seen = view.workload.metadata.tenant_id
    if seen and connection.tenant and seen != connection.tenant:
        message = (
            f"Run:ai shows workload {view.workload.metadata.id} in the tenant {seen}, and the connection is of the "
            f"tenant {connection.tenant}: nothing is done with it"
        )
        raise OtherTenant(message)
    return view


def vanished_with_many(resource: Resource, connection: Connection) -> bool:
    """Whether it is one of many that vanished: the connection tells that, and each of them stays as it is."""
    return (
        connection.absence is not None
        and resource.workload_id is not None
        and connection.row(resource.workload_id) is None
    )


def _says_absent(found: Observed, resource: Resource) -> bool:
    """A name that is another's says so too, where it would let a deleted resource go."""
    if isinstance(found, Present):
        by_name = found.workload_id != resource.workload_id
        return resource.deleting and by_name and found.ownership is not Ownership.OURS
    return isinstance(found, Gone)
