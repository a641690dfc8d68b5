"""What Run:ai held over time, against what was told of it and asked for meanwhile.

Statuses are seen on one side and workloads on the other, never at the same moment: so each status is held against
every state that the workload was in while it may have been looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.chaos import invariants
from tests.chaos.invariants import Broken, Owner, Run, Workload

STALE = 120.0
"""What an operator tells or does may follow from what it read so many seconds before: a round is a few requests, each
of which may be slow, and it may have stood still in between."""


class State(NamedTuple):
    """What a workload was, in seconds since the epoch."""

    since: float
    until: float
    workload: Workload


class Told(NamedTuple):
    """A status that was written no earlier than `since`, and seen by `seen`; `spec` is of the generation it tells."""

    since: float
    seen: float
    spec: Mapping[str, Any]
    status: Mapping[str, Any]


Histories = Mapping[str, Sequence[State]]
"""By id, oldest first."""


def states(history: Iterable[Mapping[str, Any]]) -> list[State]:
    """Out of /control/workloads/{id}/history."""
    entries = [(each["since"], invariants.workload(each)) for each in history]
    following = [*(since for since, _ in entries[1:]), math.inf]
    return [State(since, until, workload) for (since, workload), until in zip(entries, following, strict=True)]


def told_otherwise(told: Iterable[Told], histories: Histories) -> list[Broken]:
    """What a status says of a workload was so when that may have been looked at."""
    broken = []
    for each in told:
        known = histories.get(each.status.get("workloadId") or "", ())
        at_the_time = [state for state in known if state.since <= each.seen and state.until >= each.since - STALE]
        moments = [{state.workload.id: state.workload} for state in at_the_time]
        broken += invariants.synced_means_equal(each.spec, each.status, moments)
        broken += invariants.an_end_is_told_of_the_run_that_was_asked_for(each.spec, each.status, moments)
    return broken


def created_beside_another(histories: Histories) -> list[Broken]:
    """Whatever there was of one owner was gone when the next came."""
    broken = []
    for runs in _by_owner(histories).values():
        for (began, _, new), *_ in runs:
            then = [state.workload for known in runs for state in known if state.since <= began < state.until]
            broken += invariants.never_created_beside_another(new, (each for each in then if each.id != new.id))
    return broken


def run_again_uncalled(histories: Histories, reruns: Mapping[Owner, Sequence[float]]) -> list[Broken]:
    """Of two runs of one spec, where the first has finished, the second was asked for. `reruns`: when, in order."""
    return [
        broken
        for owner, runs in _by_owner(histories).items()
        for broken in _uncalled(owner, runs, [*reruns.get(owner, ())])
    ]


def _uncalled(owner: Owner, runs: Iterable[Sequence[State]], asked: list[float]) -> list[Broken]:
    """Each rerun that was asked for is answered once; not by who began long after it, for whom it was no news.

    Wishes are counted within a spec, which is never asked for twice.
    """
    broken: list[Broken] = []
    earlier: dict[str | None, list[tuple[Run, bool]]] = {}
    began: dict[str | None, float] = {}
    for number, (first, *rest) in enumerate(runs, start=1):
        digest, last = first.workload.digest, [first, *rest][-1].workload
        before = earlier.get(digest, [])
        finished = [each for each, has in before if has]
        answers = [at for at in asked if finished and began[digest] - STALE < at <= first.since]
        asked = [at for at in asked if at not in answers[:1]]
        run = Run(last.id, owner, number if answers or not finished else finished[-1].call)
        broken += invariants.never_run_again_uncalled(run, before)
        earlier.setdefault(last.digest, []).append((run, last.finished))
        began.setdefault(last.digest, first.since)
    return broken


def _by_owner(histories: Histories) -> dict[Owner, list[Sequence[State]]]:
    """The runs of each, in order."""
    found: dict[Owner, list[Sequence[State]]] = {}
    for known in sorted(histories.values(), key=lambda known: known[0].since):
        if (owner := known[0].workload.owner) is not None:
            found.setdefault(owner, []).append(known)
    return found
