"""How a connection stands: what its Ready condition says. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from runai_operator.api.reasons import Reason
from runai_operator.fleet.connection import LiveConnection
from runai_operator.runai.errors import Forbidden, OtherTenant, RunaiError, Unreadable


@dataclass(frozen=True)
class Standing:
    """The reason, and what else is to be said."""

    reason: Reason
    message: str


def standing(live: LiveConnection, remark: str) -> Standing | None:
    """How a connection with usable credentials stands; None before all was read once. `remark`: it works, but."""
    if live.error is not None:
        return Standing(_reason(live.error), live.error.message)
    if not live.swept:
        return None
    if live.absence is not None:
        return Standing(Reason.MASS_ABSENCE, f"{live.absence}. Missing are {live.missing} and others")
    return Standing(Reason.CONNECTED, remark)


def waiting_to_go(how: Standing, needed: int) -> Standing:
    """How one stands that is being deleted while so many resources need it."""
    many = "" if needed == 1 else "s"
    waits = f"its deletion waits for {needed} RunaiWorkload{many} that can be deleted through it alone"
    if how.reason is Reason.CONNECTED:
        message = f"{waits}; nothing new is submitted"
        return Standing(Reason.DELETING, f"{message}; {how.message}" if how.message else message)
    return replace(how, message=f"{how.message}; {waits}" if how.message else waits)


def _reason(error: RunaiError) -> Reason:
    if isinstance(error, OtherTenant):
        return Reason.TENANT_CHANGED
    if isinstance(error, Forbidden):
        return Reason.CREDENTIALS_REJECTED
    return Reason.NOT_RUNAI if isinstance(error, Unreadable) else Reason.UNREACHABLE
