"""What one reason means in one condition: to kubectl, to Argo CD, to our retries, and to the person who reads it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from runai_operator.api.reasons import Reason

ConditionStatus = Literal["True", "False", "Unknown"]
KStatus = Literal["Current", "InProgress", "Failed", "Terminating"]
ArgoHealth = Literal["Healthy", "Progressing", "Degraded", "Suspended"]
RowCondition = Literal["Ready", "Synced", "Succeeded", "Connection Ready"]
"""Whose reason it is: a condition of a RunaiWorkload, or ``Connection Ready``, the ``Ready`` of a RunaiConnection."""


class Retry(StrEnum):
    """What makes the operator look again."""

    NONE = "None"
    """Nothing has to: this is where it was meant to end."""
    BACKOFF = "Backoff"
    """Time, soon, and then less and less often."""
    SLOW = "Slow"
    """Time, about once a minute: somebody has to mend something that we cannot watch."""
    EVENT = "Event"
    """A change that we watch: the resource, its connection, its namespace, or the workload in Run:ai."""


@dataclass(frozen=True)
class Row:
    """What one reason means in one condition.

    kstatus and argo are what the resource as a whole comes to be while it gives this reason; where stalled_after is
    set, that is once the grace (in seconds, 0: at once) has passed, and InProgress and Progressing before.
    """

    reason: Reason
    condition: RowCondition
    status: ConditionStatus
    kstatus: KStatus
    argo: ArgoHealth
    stalled_after: float | None
    retry: Retry
    advice: str
