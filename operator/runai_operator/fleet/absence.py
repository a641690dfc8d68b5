"""Many workloads vanish at once: whether that is believed hangs on a person, for it may be our sight that is lost.

So where so many are expected, one that was looked for in vain is believed gone only once a sweep has missed it too: how
many it missed shows then.
"""

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
    to create or to release something. `counting`: without those that Run:ai was asked to delete, which may go.
    `recorded`: all of them.
    """

    counting: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    recorded: frozenset[str] = frozenset()


class Absence:
    """What is missing from the sweeps of one connection. `told`: it was a mass absence when an earlier process, or an
    earlier client, last looked: then whatever is missing goes on to be one."""

    def __init__(self, *, told: bool = False) -> None:
        self._told = told
        self._confirmed: frozenset[str] = frozenset()
        self._deleted: set[str] = set()
        self._sought: dict[str, int] = {}
        self._missed: frozenset[str] = frozenset()
        self.missing: frozenset[str] = frozenset()
        self.expected = 0

    @property
    def massive(self) -> bool:
        return bool(self.missing)

    def deleted(self, workload_id: str) -> None:
        """We had it deleted: its vanishing is no wonder."""
        self._deleted.add(workload_id)

    @property
    def seeking(self) -> bool:
        """Whether a sweep is to show what was looked for in vain."""
        return bool(self._sought)

    def seek(self, workload_id: str, begun: int) -> None:
        """It was looked for in vain, when so many sweeps had begun: the next one is to show whether it is listed."""
        self._sought.setdefault(workload_id, begun)

    def missed(self, workload_id: str) -> bool:
        """Whether a sweep that was to show it did not, nor one since."""
        return workload_id in self._missed

    def had_deleted(self, workload_id: str) -> bool:
        """Whether we had it deleted: that it is absent is no wonder."""
        return workload_id in self._deleted

    def confirmed(self, workload_id: str) -> bool:
        """Whether a person said that it is gone."""
        return workload_id in self._confirmed

    def swept(self, expected: Expected, seen: Set[str], begun: int = 0) -> frozenset[str]:
        """A sweep, the `begun`th that began, showed these ids; those of which it tells what was sought.

        A mass absence ends with the last of the missing listed again, not before.
        """
        told = frozenset(each for each, before in self._sought.items() if before < begun)
        self._sought = {each: before for each, before in self._sought.items() if each not in told}
        self._missed = (expected.held | told | (self._missed & expected.recorded)) - seen
        self._deleted &= expected.held
        self._confirmed &= expected.held
        settled = seen | self._deleted | self._confirmed
        before = expected.held if self._told else self.missing
        new, still = expected.counting - settled, (before & expected.held) - settled
        self._told = False
        self.expected = len(expected.counting)
        self.missing = frozenset(still | new) if still or is_massive(len(new), len(expected.counting)) else frozenset()
        return told

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
