"""Many workloads vanish at once: whether that is believed hangs on a person, for it may be our sight that is lost."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

FEW = 10
SHARE = 0.05
"""Of the expected workloads so many may vanish within one sweep, ten at least, without a person being asked."""


@dataclass(frozen=True)
class Expected:
    """The workload ids that resources of this cluster record on one connection.

    `held`: those that Run:ai has listed once, that had not finished, and that are not being replaced: to miss one means
    to create or to release something. `counting`: without those whose resource is being deleted, which may go.
    """

    counting: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()


class Absence:
    """What is missing from the sweeps of one connection. `told`: it was a mass absence when an earlier process, or an
    earlier client, last looked: then whatever is missing goes on to be one."""

    def __init__(self, *, told: bool = False) -> None:
        self._told = told
        self._confirmed: frozenset[str] = frozenset()
        self._deleted: set[str] = set()
        self.missing: frozenset[str] = frozenset()
        self.expected = 0

    @property
    def massive(self) -> bool:
        return bool(self.missing)

    def deleted(self, workload_id: str) -> None:
        """We had it deleted: its vanishing is no wonder."""
        self._deleted.add(workload_id)

    def swept(self, expected: Expected, seen: Set[str]) -> None:
        """A sweep showed these ids. A mass absence ends with the last of the missing listed again, not before."""
        self._deleted &= expected.held
        self._confirmed &= expected.held
        settled = seen | self._deleted | self._confirmed
        before = expected.held if self._told else self.missing
        new, still = expected.counting - settled, (before & expected.held) - settled
        self._told = False
        self.expected = len(expected.counting)
        self.missing = frozenset(still | new) if still or is_massive(len(new), len(expected.counting)) else frozenset()

    def confirm(self) -> frozenset[str]:
        """A person says that what is missing is gone; what that was."""
        confirmed, self.missing = self.missing, frozenset()
        self._confirmed |= confirmed
        return confirmed

    def message(self) -> str | None:
        """What whoever uses the connection is told: ids of others are none of theirs. None while nothing is amiss."""
        if not self.missing:
            return None
        return (
            f"{len(self.missing)} of {max(self.expected, len(self.missing))} workloads are not listed by Run:ai any "
            "more, all at once: nothing is created or let go of until they are listed again, or a person says that "
            "they are gone: annotate the RunaiConnection with runai-operator.io/confirm-absence, set to any new value"
        )

    def examples(self) -> str:
        """For whoever looks after the connection."""
        return ", ".join(sorted(self.missing)[:3])


def is_massive(missing: int, of: int) -> bool:
    """Whether so many missing ones are more than chance, or a person with a mouse, takes away."""
    return missing > max(FEW, SHARE * of)
