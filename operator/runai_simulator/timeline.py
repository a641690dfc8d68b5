"""A value that changes by the clock: steps written down ahead, read off whenever somebody asks.

So a workload needs no task of its own, its history is what has come due, and ten thousand of them cost nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

ACTIVE_PHASES = frozenset({"Creating", "Initializing", "Resuming", "Pending", "Running", "Updating", "Degraded"})
FINISHED_PHASES = frozenset({"Completed", "Failed"})


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` (seconds since the epoch) on, the value is this."""

    at: float
    value: str
    message: str = ""


Timeline = tuple[Step, ...]


def stages(start: float, *plan: tuple[str, float | None], message: str = "") -> Timeline:
    """One step per (value, seconds that it lasts); what follows a None never comes. `message` is the last step's."""
    steps: list[Step] = []
    at = start
    for value, lasts in plan:
        steps.append(Step(at, value))
        if lasts is None:
            break
        at += lasts
    steps[-1] = Step(steps[-1].at, steps[-1].value, message)
    return tuple(steps)


def due(timeline: Timeline, now: float) -> Timeline:
    """What has happened until now; the first step always has."""
    return timeline[:1] + tuple(step for step in timeline[1:] if step.at <= now)


def current(timeline: Timeline, now: float) -> Step:
    for step in reversed(timeline):
        if step.at <= now:
            return step
    return timeline[0]


def rewritten(timeline: Timeline, now: float, steps: Iterable[Step]) -> Timeline:
    """What has happened stays; what was to come is `steps` instead."""
    return due(timeline, now) + tuple(steps)


def finished_at(phases: Timeline, now: float) -> float | None:
    """When the workload finished, None while it has not. A later deletion does not take that back."""
    finished = None
    for step in due(phases, now):
        if step.value in FINISHED_PHASES:
            finished = step.at if finished is None else finished
        elif step.value in ACTIVE_PHASES:
            finished = None
    return finished


def seconds_in(phases: Timeline, value: str, now: float) -> float:
    """How long the value was held, in total."""
    happened = due(phases, now)
    ends = [step.at for step in happened[1:]] + [now]
    return sum(max(0.0, end - step.at) for step, end in zip(happened, ends, strict=True) if step.value == value)
