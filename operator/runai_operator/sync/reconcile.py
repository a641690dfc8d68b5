"""One round for one resource: fetch, observe, decide, act, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from runai_operator.api.reason_table import TABLE
from runai_operator.api.reasons import Reason
from runai_operator.api.rows import Retry, Row
from runai_operator.sync.act import Actor, Outcome
from runai_operator.sync.actions import FOLLOW_UP, Claim
from runai_operator.sync.claim import Claim as Claimed
from runai_operator.sync.decide import decide
from runai_operator.sync.gather import Gatherer
from runai_operator.sync.holders import Holders
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.policies.following import paths
from runai_operator.sync.ports import Connections, Kubernetes, NotYet, Problem, Stale
from runai_operator.sync.reading import instant
from runai_operator.sync.report import Report, differs, report
from runai_operator.sync.resource import NEVER, Key, Resource
from runai_operator.sync.situation import Present, Situation
from runai_operator.telemetry import bind

PATIENCE = 10.0
"""For so many seconds a failed look at Run:ai is kept to ourselves: most pass, and a status is not a heartbeat."""
SLOWEST_FOLLOW_UP = 15.0
"""Seconds between two looks at what is under way, at most."""
SLOW = 60.0
"""Seconds between two looks at what a person should mend, but Run:ai might."""
PASSING = (Reason.RUNAI_UNAVAILABLE, Reason.THROTTLED)


@dataclass(frozen=True)
class Next:
    """When to look again: in `after` seconds, or (`retry`) as the backoff says and then at the latest, or (neither)
    when something moves."""

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
        self._uids: dict[Key, str] = {}
        self._told_beside: dict[Key, tuple[str, int]] = {}
        self._holders = Holders(kubernetes)
        self._gatherer = Gatherer(kubernetes, connections, ledger, self._holders, cluster_id)
        self._actor = Actor(kubernetes, connections, ledger, self._gatherer.owner)

    async def reconcile(self, key: Key) -> Next:
        """One round: at most one write to Run:ai, and one to the status."""
        resource = await self._kubernetes.fetch(key)
        if resource is None:
            self._ledger.forget(self._uids.pop(key, ""))
            self._told_beside.pop(key, None)
            self._holders.drop(key)
            return Next(reason="Gone")
        if self._uids.get(key, resource.uid) != resource.uid:  # a namesake of what went unseen
            self._ledger.forget(self._uids[key])
        self._uids[key] = resource.uid
        if resource.restored:
            self._ledger.restored(resource.uid, certain=resource.told_to_have_vanished)
        self._holders.see(resource)
        try:
            with bind(workload_id=resource.workload_id):
                return await self._round(resource)
        except Stale:
            return Next(retry=True, reason="Stale")
        except Problem as problem:  # the connection went away between looking and acting
            if problem.reason is Reason.TOO_LARGE:  # not even a status fits on it
                await self._tell_beside(resource, problem)
            return Next(retry=True, reason=problem.reason)
        except NotYet:
            return Next(retry=True, reason="NotYet")

    async def _tell_beside(self, resource: Resource, problem: Problem) -> None:
        """By an event, once for each generation, what cannot be told on the resource itself."""
        this = resource.uid, resource.generation
        if self._told_beside.get(resource.key) != this:
            self._told_beside[resource.key] = this
            await self._kubernetes.event(resource, problem.reason, problem.message, warning=True)

    async def _round(self, resource: Resource) -> Next:
        if resource.tells_of_another and not resource.paused:
            await self._kubernetes.write_status(resource, {"observedGeneration": NEVER})
            return Next(after=0, reason="Copied")
        resource = await self._with_what_it_lost(resource)
        situation = await self._gatherer.gather(resource)
        if situation is None:
            return Next(reason="AtRest")
        action = decide(situation)
        if isinstance(action, Claim):
            try:
                claimed = await self._actor.claim(situation, action)
            except Problem as problem:
                return await self._report(situation, Outcome(problem.reason, problem.message, retry=True))
            self._holders.see(claimed)
            first = resource.never_claimed
            situation = await self._gatherer.gather(claimed, just_claimed=first)
            if situation is None:
                return Next(retry=True, reason="Claimed")
            action = decide(situation)
            if isinstance(action, Claim):
                return Next(retry=True, reason="ClaimLost")
        outcome = await self._actor.act(situation, action)
        return Next(reason="Released") if outcome.gone else await self._report(situation, outcome)

    async def _with_what_it_lost(self, resource: Resource) -> Resource:
        """Before anything is asked of Run:ai, which may take long: a lost finalizer comes back, and so does a claim
        whose create is in doubt, also where another was written over it. To what is being deleted the API server adds
        neither: there it is only remembered."""
        claim = self._claim_in_doubt(resource) or resource.claim
        as_it_was = resource.claim is not None and claim is not None and resource.claim.run == claim.run
        if claim is None or resource.paused or (as_it_was and (resource.finalized or resource.deleting)):
            return resource
        if resource.deleting:
            return resource.claiming(claim)
        claim = resource.claim if as_it_was and resource.claim else claim
        return await self._kubernetes.claim(resource, claim.dump())

    def _claim_in_doubt(self, resource: Resource) -> Claimed | None:
        """What a create went by that nobody has seen the end of, as this process remembers it: users write claims."""
        awaited = resource.workload_id is None or resource.replacing
        if resource.claim and awaited:
            self._ledger.may_have_sent_by(resource.uid, resource.claim)
        claim = self._ledger.last_claim(resource.uid)
        return claim if claim and resource.workload_id in (None, claim.replaces) else None

    async def _report(self, situation: Situation, outcome: Outcome) -> Next:
        resource = situation.resource
        if resource.deleting and not resource.finalized:
            return Next(after=outcome.after, retry=outcome.retry, reason="Released")
        reason = report(situation, outcome, now=self._now()).reason
        held = self._ledger.held(resource.uid, f"{reason} of generation {resource.generation}")
        told = report(situation, outcome, now=self._now(), held=held)
        if self._passing(situation, outcome, held):
            return _next(outcome, told, held)
        if differs(resource.status, told.wire()):
            await self._kubernetes.write_status(resource, told.wire())
            if outcome.submitted is not None and outcome.submitted.metadata.id != resource.workload_id:
                self._ledger.recorded(resource.uid)
            await self._tell(resource, told)
        if isinstance(situation.observed, Present) and situation.observed.view is not None:
            self._learn(situation, situation.observed, told)
        if outcome.event is not None:
            await self._kubernetes.event(resource, *outcome.event)
        return _next(outcome, told, held)

    def _learn(self, situation: Situation, seen: Present, told: Report) -> None:
        """What a fresh view of the workload settles."""
        uid, info = situation.resource.uid, told.status.sync_info
        self._ledger.note(uid, compared=instant(info.updated_at) if info else None)
        if info is not None and info.status == "Synced":
            self._ledger.seen_different(uid, paths(situation.drift))
        if seen.stopped is situation.asked:
            self._ledger.note(uid, asked=None)

    def _passing(self, situation: Situation, outcome: Outcome, held: float) -> bool:
        """Whether this is a failed look that may well be over before anybody reads of it."""
        resource = situation.resource
        told_before = resource.status.get("observedGeneration") == resource.generation
        return outcome.reason in PASSING and told_before and resource.workload_id is not None and held < PATIENCE

    async def _tell(self, resource: Resource, told: Report) -> None:
        """An event where a person would want one: it came to rest, or it needs them."""
        before = resource.condition("Ready") or {}
        if before.get("reason") == told.reason:
            return
        row = TABLE["Ready", told.reason]
        if row.stalled_after is not None:
            await self._kubernetes.event(resource, told.reason, told.message or row.advice, warning=True)
        elif row.status == "True":
            await self._kubernetes.event(resource, told.reason, told.message or row.advice)


def _next(outcome: Outcome, told: Report, held: float) -> Next:
    """What is under way is asked after, the less often the longer it takes; what waits for an event is not."""
    row = TABLE["Ready", told.reason]
    after = _retried_after(outcome, row) if outcome.retry else _followed_up_after(outcome, told, held)
    if told.stalls_in is not None:
        stalls_in = told.stalls_in + 0.1
        after = stalls_in if after is None else min(after, stalls_in)
    return Next(after=after, retry=outcome.retry, reason=told.reason)


def _retried_after(outcome: Outcome, row: Row) -> float | None:
    """The longest that a retry may take, whatever the backoff says."""
    return SLOW if row.retry is Retry.SLOW else outcome.after


def _followed_up_after(outcome: Outcome, told: Report, held: float) -> float | None:
    after = outcome.after
    if after is None:
        if told.reason is Reason.APPLYING:
            after = FOLLOW_UP
        elif told.reason is Reason.SYNC_FAILED:
            after = SLOW
        elif TABLE["Ready", told.reason].retry is Retry.EVENT and told.status.phase is None:
            after = None if told.reason is Reason.PAUSED else 2 * FOLLOW_UP
    return after if after is None or after < FOLLOW_UP else max(after, min(held / 3, SLOWEST_FOLLOW_UP))
