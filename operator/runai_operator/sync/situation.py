"""Everything that a decision looks at, gathered beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeGuard

from runai_operator.api.reasons import Reason
from runai_operator.api.workload import RunaiWorkloadSpec
from runai_operator.runai.models import Workload, WorkloadView
from runai_operator.sync.compare import Difference
from runai_operator.sync.desired import Desired
from runai_operator.sync.names import Names
from runai_operator.sync.resource import Resource
from runai_operator.sync.stamp import Stamp, read_stamp

FINISHED = frozenset({"Completed", "Failed"})
STOPPED = frozenset({"Stopped", "Stopping"})


class Ownership(Enum):
    OURS = "ours"
    ANOTHERS = "another's"
    UNOWNED = "nobody's"


@dataclass(frozen=True)
class Present:
    """A workload that lives. `view` is the fresh V2 answer, None while nothing calls for one; `row` the listed one.

    `compared` is the newest updatedAt that was known before the view was asked for, or that the view tells: what
    happened to the workload until then shows in the view.
    """

    workload_id: str
    ownership: Ownership
    view: WorkloadView | None = None
    row: Workload | None = None
    owner: str = ""
    compared: datetime | None = None

    @property
    def stamp(self) -> Stamp | None:
        return read_stamp(self.view.workload.raw_manifest or {}) if self.view else None

    @property
    def fixed(self) -> dict[str, str | None]:
        """What it was created with: where the claim was lost its word is all there is. Empty while nobody looked."""
        if self.view is None:
            return {}
        metadata = self.view.workload.metadata
        return {"preemptibility": metadata.preemptibility, "mnnvl": metadata.configuration.mnnvl}

    @property
    def finished(self) -> bool:
        return self.row is not None and has_finished(self.row)

    @property
    def sync_status(self) -> str | None:
        info = self.view.sync_info if self.view else None
        return info.status if info else None

    @property
    def stopped(self) -> bool:
        """Whether it is stopped, or on the way there: what was asked of Run:ai counts before what is listed."""
        if self.view is not None:
            return self.view.workload.desired_phase == "Stopped"
        return self.row is not None and self.row.phase in STOPPED


@dataclass(frozen=True)
class Leaving:
    """A workload that Run:ai is deleting; it still holds its name."""

    workload_id: str


@dataclass(frozen=True)
class Gone:
    """Definitely not there. `finished`: whether it had run to its end; None where nobody can tell.

    `unseen` is the deleted row of what came of a create that nobody saw the end of, and that is not recorded; `digest`
    what that was submitted from, where its stamp could still be read. `barred`: the claim names a project that the
    namespace may not use, so that it proves nothing of what the resource once was.
    """

    finished: bool | None = None
    unseen: Workload | None = None
    digest: str | None = None
    barred: bool = False


@dataclass(frozen=True)
class Unknown:
    """Nobody can tell now; `after` in seconds says when a look is worth it."""

    reason: Reason
    message: str
    after: float | None = None


Observed = Present | Leaving | Gone | Unknown


def is_ours(observed: Observed | None) -> TypeGuard[Present]:
    return isinstance(observed, Present) and observed.ownership is Ownership.OURS


def has_finished(row: Workload) -> bool:
    """Whether a listed workload has come to its end."""
    return row.phase in FINISHED or row.completed_at is not None


@dataclass(frozen=True)
class Situation:
    """One resource and its workload, at one moment.

    `problem` says why nothing may be asked of Run:ai; `spec` and `desired` are None where it kept them from being
    known. `drift` is where a present workload differs, and `corrected` whether a PUT was spent on all of that already.
    `unsettled` is for how many seconds the outcome of an update without an answer stays open; `in_doubt` in how many
    seconds to look again for a create that may still be carried out, None where none may. `asked` is what was asked
    of Run:ai a moment ago: to suspend it, or not to. `kept` are values of the metadata that Run:ai holds on to though
    the spec names none. `put_lately`: Run:ai took an update to this very digest a moment ago. `uninstalling`: the
    CRD is being deleted, looked up where a DELETE might follow. `unlike` is where a workload that nobody owns
    is not what the spec says, whatever spec.drift makes of it. `confirmed_gone`: a person said that the recorded
    workload is gone, when many were missing. `unjudged`: an update turned up whose answer nobody has seen, and why
    nobody can tell yet what Run:ai kept of before.
    """

    resource: Resource
    observed: Observed
    spec: RunaiWorkloadSpec | None = None
    desired: Desired | None = None
    names: Names | None = None
    problem: tuple[Reason, str] | None = None
    drift: tuple[Difference, ...] = ()
    corrected: bool = False
    unsettled: float = 0.0
    in_doubt: float | None = None
    asked: bool | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    put_lately: bool = False
    uninstalling: bool = False
    unlike: tuple[str, ...] = ()
    confirmed_gone: bool = False
    unjudged: str | None = None

    @property
    def in_its_place(self) -> bool:
        """Whether what was found is ours, and not the recorded workload, but one that was created after it was gone."""
        resource, observed = self.resource, self.observed
        ours = isinstance(observed, Present) and observed.ownership is Ownership.OURS
        return ours and resource.workload_id not in (None, getattr(observed, "workload_id", None))

    @property
    def submitted_digest(self) -> str | None:
        """What the workload was last submitted from: its stamp says so, else (edited in the UI) our record."""
        if isinstance(self.observed, Present) and self.observed.stamp is not None:
            return self.observed.stamp.digest
        return self.resource.status.get("digest")

    @property
    def spec_changed(self) -> bool:
        """False where nobody can tell: of a workload only listed, and of one gone whose digest was never recorded."""
        known = self.observed.view is not None if isinstance(self.observed, Present) else self.submitted_digest
        return bool(known) and self.desired is not None and self.submitted_digest != self.desired.digest
