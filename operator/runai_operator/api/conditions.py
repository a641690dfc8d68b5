"""Conditions, as Kubernetes' metav1.Condition has them."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from runai_operator.api.rows import ConditionStatus
from runai_operator.api.wire import Cut, Wire

Timestamp = Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"})]
"""An instant as RFC 3339 writes it, such as 2026-11-21T14:30:00Z."""


class Condition(Wire):
    """One aspect of the resource's state, as it was last observed."""

    type: Annotated[str, Field(max_length=316)] = Field(description="Which aspect: Ready, Synced, Succeeded, ...")
    status: ConditionStatus = Field(description="Whether it holds: True, False, or Unknown.")
    reason: Annotated[str, Field(max_length=256, pattern="^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")] = Field(
        description="Why, in one word of docs/reference/reasons.md."
    )
    message: Annotated[str, Cut(4096)] = Field(
        default="", description="Why, for a person: what to change, if anything."
    )
    observed_generation: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="metadata.generation of the resource that the condition speaks of."
    )
    last_transition_time: Timestamp = Field(description="When status last changed.")


def set_condition(conditions: Iterable[Condition], new: Condition, now: str) -> tuple[Condition, ...]:
    """The conditions with `new` in place of that of its type; `now` is RFC 3339.

    lastTransitionTime is now, or, while the status is the one told before, as it was; that of `new` counts for nothing.
    """
    before = {each.type: each for each in conditions}
    old = before.get(new.type)
    since = old.last_transition_time if old is not None and old.status == new.status else now
    return (*({**before, new.type: new.model_copy(update={"last_transition_time": since})}).values(),)


def drop_condition(conditions: Iterable[Condition], kind: str) -> tuple[Condition, ...]:
    """The conditions without that of this type: Reconciling and Stalled are there only while they are true."""
    return tuple(each for each in conditions if each.type != kind)
