"""The life of a workload: what it is, and what each event makes of it. Pure: values in, values out."""

import uuid
from dataclasses import dataclass, replace

from runai_simulator.catalogue import DEFAULT_PRIORITY, default_category, default_preemptibility
from runai_simulator.manifests import (
    FAIL_SYNC,
    FINISHING_KINDS,
    SUSPENDABLE_KINDS,
    Footprint,
    JsonObject,
    Kind,
    annotation,
    footprint_of,
    kind_of,
)
from runai_simulator.settings import Switches, Times
from runai_simulator.timeline import FINISHED_PHASES, Step, Timeline, current, finished_at, rewritten, stages

DAYS_LISTED_AFTER_DELETION = 14


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata of a workload that a client may give; None where Run:ai's default holds."""

    priority: str | None = None
    category: str | None = None
    preemptibility: str | None = None
    mnnvl: str | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload; times are seconds since the epoch."""

    id: str
    name: str
    project_id: str
    metadata: Metadata
    manifest: JsonObject
    created_at: float
    written_at: float
    sync: Timeline
    phases: Timeline
    kind: Kind
    footprint: Footprint
    desired: str = "Running"
    deleted_at: float | None = None
    foreign: bool = False
    visible_at: float = 0.0
    by: str = "simulator"
    by_hand: frozenset[str] = frozenset()
    """Fields of the metadata that a person set, and no update since."""

    @property
    def category(self) -> str:
        return self.metadata.category or default_category(self.kind.kind)

    @property
    def priority(self) -> str:
        return self.metadata.priority or DEFAULT_PRIORITY[self.category]

    @property
    def preemptibility(self) -> str:
        return self.metadata.preemptibility or default_preemptibility(self.priority)

    @property
    def suspendable(self) -> bool:
        return self.kind.kind in SUSPENDABLE_KINDS

    def phase(self, now: float) -> str:
        return current(self.phases, now).value

    def completed_at(self, now: float) -> float | None:
        return finished_at(self.phases, now)

    def is_deleted(self, now: float) -> bool:
        return self.deleted_at is not None and self.deleted_at <= now

    def is_forgotten(self, now: float) -> bool:
        return self.deleted_at is not None and self.deleted_at + DAYS_LISTED_AFTER_DELETION * 86400 <= now

    def updated_at(self, now: float, *, with_phase: bool) -> float:
        moments = [self.written_at, current(self.sync, now).at]
        if with_phase:
            moments.append(current(self.phases, now).at)
        return max(moments)

    def moments(self, until: float) -> list[float]:
        """When it came to be as it was last written, and when it changed by the clock from then `until`."""
        steps = {step.at for step in (*self.sync, *self.phases) if self.written_at < step.at < until}
        return [self.written_at, *sorted(steps)]

    def allocated_gpus(self, now: float) -> float:
        return self.footprint.gpus if self.phase(now) == "Running" else 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide how a life goes on from here, and why it would fail to sync."""

    times: Times
    switches: Switches
    sync_failure: str | None = None


def created(
    *, name: str, project_id: str, metadata: Metadata, manifest: JsonObject, now: float, rules: Rules, by: str,
    foreign: bool = False, id_: str | None = None,
) -> Workload:  # fmt: skip
    """A new workload; its id is drawn unless it is given."""
    kind = kind_of(manifest)
    failure = failure_of(manifest, rules)
    return Workload(
        id=id_ or str(uuid.uuid4()),
        name=name,
        project_id=project_id,
        metadata=metadata,
        manifest=manifest,
        created_at=now,
        written_at=now,
        sync=syncing(now, rules.times, failure),
        phases=(Step(now, "Creating"), *_starting(now, kind, failure, rules)),
        foreign=foreign,
        visible_at=now if foreign else now + rules.times.list_delay,
        by=by,
        kind=kind,
        footprint=footprint_of(manifest),
    )


def failure_of(manifest: JsonObject, rules: Rules) -> str | None:
    return rules.sync_failure if rules.sync_failure is not None else annotation(manifest, FAIL_SYNC)


def syncing(now: float, times: Times, failure: str | None) -> Timeline:
    end = "Synced" if failure is None else "Failed"
    plan = (("Queued", times.queued), ("Applying", times.applying), (end, None))
    return stages(now, *plan, message=(failure or "")[:250])


def _starting(now: float, kind: Kind, failure: str | None, rules: Rules) -> Timeline:
    applied = now + rules.times.queued + rules.times.applying
    if failure is None:
        return stages(applied, ("Pending", rules.times.pending), *_running(kind, rules.times))
    return (Step(applied, rules.switches.failed_sync_phase, failure),)


def _running(kind: Kind, times: Times) -> tuple[tuple[str, float | None], ...]:
    finishes = kind.kind in FINISHING_KINDS and times.running is not None
    return (("Running", times.running), ("Completed", None)) if finishes else (("Running", None),)


def updated(workload: Workload, *, metadata: Metadata, manifest: JsonObject, now: float, rules: Rules) -> Workload:
    """After a PUT: queued again, and applied anew; a workload that never could be applied gets its chance."""
    failure = failure_of(manifest, rules)
    never_ran = current(workload.sync, now).value == "Failed" and not _ever(workload, "Running", now)
    phases = workload.phases
    if never_ran and failure is None:
        steps = (Step(now, "Creating"), *_starting(now, workload.kind, None, rules))
        phases = rewritten(phases, now, steps)
    as_before = {each for each in workload.by_hand if getattr(metadata, each) == getattr(workload.metadata, each)}
    return replace(
        workload,
        metadata=metadata,
        by_hand=frozenset(as_before),
        manifest=manifest,
        written_at=now,
        footprint=footprint_of(manifest),
        kind=kind_of(manifest),
        sync=rewritten(workload.sync, now, syncing(now, rules.times, failure)),
        phases=phases,
    )


def _ever(workload: Workload, phase: str, now: float) -> bool:
    return any(step.value == phase and step.at <= now for step in workload.phases)


def suspended(workload: Workload, now: float, times: Times) -> Workload:
    """Stopping, then Stopped; a workload that is already stopped stays as it is."""
    if workload.desired == "Stopped":
        return workload
    steps = stages(now, ("Stopping", times.stopping), ("Stopped", None))
    return _moved(workload, now, steps, desired="Stopped")


def resumed(workload: Workload, now: float, times: Times) -> Workload:
    """Resuming, then Running; a workload that is not stopped stays as it is."""
    if workload.desired != "Stopped":
        return workload
    steps = stages(now, ("Resuming", times.resuming), *_running(workload.kind, times))
    return _moved(workload, now, steps, desired="Running")


def deleting(workload: Workload, now: float, times: Times) -> Workload:
    """Deleting, then gone; afterwards its row tells the phase that it had last."""
    if workload.deleted_at is not None:
        return workload
    gone = now + times.deleting
    last = current(workload.phases, now)
    moved = _moved(workload, now, (Step(now, "Deleting"), Step(gone, last.value, last.message)), desired="Deleted")
    sync = rewritten(workload.sync, now, (Step(now, "Deleting"), Step(gone, "Deleted")))
    return replace(moved, sync=sync, deleted_at=gone)


def put_in_phase(workload: Workload, phase: str, message: str, now: float) -> Workload:
    """By hand: this phase from now on, and nothing after it."""
    return _moved(workload, now, (Step(now, phase, message),), desired=workload.desired)


def failed_to_sync(workload: Workload, message: str, now: float) -> Workload:
    """By hand: the cluster refuses what it was given."""
    return replace(workload, written_at=now, sync=rewritten(workload.sync, now, (Step(now, "Failed", message[:250]),)))


def _moved(workload: Workload, now: float, steps: Timeline, *, desired: str) -> Workload:
    return replace(workload, phases=rewritten(workload.phases, now, steps), desired=desired, written_at=now)


def refusal_of(workload: Workload, action: str, now: float) -> tuple[int, str] | None:
    """Why a batch action cannot be done to this workload, as (code, message)."""
    if action == "delete":
        return None
    if workload.deleted_at is not None:
        return 409, f"workload {workload.name} is being deleted"
    if not workload.suspendable:
        return 400, f"workloads of kind {workload.kind.kind} do not support {action}"
    if workload.phase(now) in FINISHED_PHASES:
        return 400, f"workload {workload.name} has already finished"
    return None


def synced(workload: Workload, now: float) -> Workload:
    """By hand: the cluster has applied what it was given."""
    return replace(workload, written_at=now, sync=rewritten(workload.sync, now, (Step(now, "Synced"),)))
