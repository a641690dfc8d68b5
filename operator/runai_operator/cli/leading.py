"""Standing by, leading, giving the lead back or losing it: what lies around the work of a process."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from kubernetes.aio import client

from runai_operator.cli.assembly import Signs
from runai_operator.engine import BootClock
from runai_operator.kube.election import Elector, LeaseLost, Timing
from runai_operator.kube.lease import KubernetesLease
from runai_operator.runai import Permit
from runai_operator.settings import Settings

log = logging.getLogger(__name__)

GIVING_BACK = 2.0
"""Seconds that a farewell to the Lease may take: else it expires."""


@asynccontextmanager
async def leading(elector: Elector | None, signs: Signs) -> AsyncIterator[Permit]:
    """The block runs while this instance leads: it waits for that, and gives the lead back afterwards. None: it always
    does.

    Gives the check before each write. Cancels the block and raises LeaseLost when the lead is lost.
    """
    if elector is None:
        signs.metrics.leading.set(1)
        yield lambda: None
        return
    signs.metrics.leading.set_function(lambda: elector.why_not() is None)
    await elector.acquire()
    try:
        async with _held(elector):
            yield elector.why_not
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(GIVING_BACK):
                await elector.release()


def elector_of(settings: Settings, api: client.ApiClient) -> Elector | None:
    """One that competes for the Lease that the settings name, as this host and nobody else; None: there is none."""
    if not settings.leader_elect:
        return None
    timing = Timing(settings.lease_duration, settings.renew_deadline, settings.retry_period)
    # half the deadline: one request that hangs must leave time for another
    leases = KubernetesLease(api, settings.namespace, settings.lease_name, timeout=settings.renew_deadline / 2)
    return Elector(leases, f"{socket.gethostname()}_{uuid4()}", timing, BootClock())


@asynccontextmanager
async def _held(elector: Elector) -> AsyncIterator[None]:
    try:
        async with asyncio.TaskGroup() as tasks:
            holding = tasks.create_task(elector.hold(), name="lease")
            yield
            holding.cancel()
    except BaseExceptionGroup as errors:
        raise _the_one(errors) from None


def _the_one(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The loss of the Lease before whatever came with it; an error of the block as it was raised."""
    lost = errors.subgroup(LeaseLost)
    found = lost or errors
    return found.exceptions[0] if lost or len(found.exceptions) == 1 else errors
