"""One round for one resource: fetch, observe, decide, act, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from runai_operator.api.reasons import Reason, Retry
from runai_operator.sync.act import Actor, Outcome
from runai_operator.sync.actions import Claim
from runai_operator.sync.decide import decide
from runai_operator.sync.gather import Gatherer
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.observe import instant
from runai_operator.sync.ports import Connections, Kubernetes, Problem, Stale
from runai_operator.sync.report import ROW, Report, differs, report
from runai_operator.sync.resource import Key, Resource
from runai_operator.sync.situation import Situation
from runai_operator.telemetry import bind

PATIENCE = 10.0
"""For so many seconds a failed look at Run:ai is kept to ourselves: most pass, and a status is not a heartbeat."""
SLOWEST_FOLLOW_UP = 15.0
LISTENING = 300.0
"""Seconds between looks at what waits for an event: events may be missed."""
PASSING = (Reason.RUNAI_UNAVAILABLE, Reason.THROTTLED)


@dataclass(frozen=True)
class Next:
    """When to look again: in `after` seconds, or (`retry`) as the backoff says, or (neither) when something moves."""

    after: float | None = None
    retry: bool = False
    reason: str = "Settled"


class Reconciler:
    """Keeps one resource and its workload equal, a step at a time."""

    def __init__(
        self,
        kubernetes: Kubernetes,
        connections: Connections,
        ledger: Ledger,
        cluster_id: str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._kubernetes = kubernetes
        self._ledger = ledger
        self._now = now
        self._gatherer = Gatherer(kubernetes, connections, ledger, cluster_id)
        self._actor = Actor(kubernetes, connections, ledger, self._gatherer.owner)

    async def reconcile(self, key: Key) -> Next:
        """One round: at most one write to Run:ai, and one to the status."""
        resource = await self._kubernetes.fetch(key)
        if resource is None:
            return Next(reason="Gone")
        try:
            with bind(workload_id=resource.workload_id):
                return await self._round(resource)
        except Stale:
            return Next(after=0, reason="Stale")
        except Problem as problem:  # the connection went away between looking and acting
            return Next(retry=True, reason=problem.reason)

    async def _round(self, resource: Resource) -> Next:
        situation = await self._gatherer.gather(resource)
        if situation is None:
            return Next(reason="AtRest")
        action = decide(situation)
        if isinstance(action, Claim):
            claimed = await self._actor.claim(situation, action)
            first = resource.claim is None and resource.workload_id is None
            situation = await self._gatherer.gather(claimed, just_claimed=first)
            assert situation is not None
            action = decide(situation)
            if isinstance(action, Claim):
                return Next(retry=True, reason="ClaimLost")
        outcome = await self._actor.act(situation, action)
        return Next(reason="Released") if outcome.gone else await self._report(situation, outcome)

    async def _report(self, situation: Situation, outcome: Outcome) -> Next:
        resource = situation.resource
        if resource.deleting and not resource.finalized:
            return Next(reason="Released")
        told = report(situation, outcome, now=self._now(), held=self._held(situation, outcome))
        info = told.status.sync_info
        self._ledger.note(resource.uid, compared=instant(info.updated_at) if info else None)
        if self._passing(situation, outcome):
            return _next(outcome, told)
        if differs(resource.status, told.wire()):
            await self._kubernetes.write_status(resource, told.wire())
            await self._tell(resource, told)
        return _next(outcome, told)

    def _held(self, situation: Situation, outcome: Outcome) -> float:
        told = report(situation, outcome, now=self._now())
        return self._ledger.held(situation.resource.uid, told.reason)

    def _passing(self, situation: Situation, outcome: Outcome) -> bool:
        resource = situation.resource
        told_before = resource.status.get("observedGeneration") == resource.generation
        if outcome.reason not in PASSING or not told_before or resource.workload_id is None:
            return False
        return self._ledger.held(resource.uid, outcome.reason) < PATIENCE

    async def _tell(self, resource: Resource, told: Report) -> None:
        """An event where a person would want one: it came to rest, or it needs them."""
        before = resource.condition("Ready") or {}
        if before.get("reason") == told.reason:
            return
        row = ROW["Ready", told.reason]
        if row.stalled_after is not None:
            await self._kubernetes.event(resource, told.reason, told.message or row.advice, warning=True)
        elif row.status == "True":
            await self._kubernetes.event(resource, told.reason, told.message or row.advice)


def _next(outcome: Outcome, told: Report) -> Next:
    row = ROW["Ready", told.reason]
    if outcome.retry or outcome.after is not None:
        after = outcome.after if outcome.after is None or told.stalls_in is None else min(outcome.after, told.stalls_in)
        return Next(after=after, retry=outcome.retry, reason=told.reason)
    if told.reason is Reason.APPLYING:
        return Next(after=1.0, reason=told.reason)
    if told.stalls_in is not None:
        return Next(after=told.stalls_in + 0.1, reason=told.reason)
    if told.reason is Reason.SYNC_FAILED:
        return Next(after=60.0, reason=told.reason)
    if row.retry is Retry.EVENT and told.status.phase is None:
        return Next(after=2.0, reason=told.reason)
    return Next(reason=told.reason)
