"""What a reconcile may do next: a closed set, of which each does at most one remote write."""

from __future__ import annotations

from dataclasses import dataclass

from runai_operator.api.reasons import Reason

FOLLOW_UP = 1.0
"""Seconds until what is under way in Run:ai is looked at again."""


@dataclass(frozen=True)
class Claim:
    """Write finalizer and claim, before anything is sent. `vanished`: what it `replaces` was found gone. `restored`: it
    stays one out of a backup, of another uid, until somebody calls for a run."""

    replaces: str | None = None
    adopts: str | None = None
    rerun_at: str | None = None
    vanished: bool = False
    restored: bool = False


@dataclass(frozen=True)
class Create:
    """Submit the workload."""


@dataclass(frozen=True)
class Adopt:
    """Record the id of a workload that is ours, or is to be; writes nothing to Run:ai.

    `digest`: what it counts as submitted from, where it carries no stamp; None where it is yet to be made so.
    """

    workload_id: str
    digest: str | None = None


@dataclass(frozen=True)
class Update:
    """PUT what is desired over what is observed; `corrects` are the paths of the drift that it undoes."""

    corrects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suspend:
    pass


@dataclass(frozen=True)
class Resume:
    pass


@dataclass(frozen=True)
class Delete:
    """Delete the workload in Run:ai, because the resource goes, or because it is recreated."""

    reason: Reason


@dataclass(frozen=True)
class Release:
    """Remove our finalizer: the resource may go."""


@dataclass(frozen=True)
class Wait:
    """Look again later; `after` in seconds, None for as the reason's retry and the backoff say."""

    reason: Reason
    message: str
    after: float | None = None


@dataclass(frozen=True)
class Reject:
    """Write nothing to Run:ai until a person changes something."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class Nothing:
    """Both sides are as they should be."""


Action = Claim | Create | Adopt | Update | Suspend | Resume | Delete | Release | Wait | Reject | Nothing
