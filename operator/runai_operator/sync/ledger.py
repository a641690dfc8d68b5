"""What this process remembers of its own writes; all of it can be lost without harm, only at the price of waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class Entry:
    """One resource's memory; times are of the monotonic clock, in seconds.

    `clean` says that since this process made the claim every write got an answer. `created_until` and
    `updated_until`: until then a create or an update without answer may still be carried out. `corrected` is the drift
    that one PUT was spent on, `merges` whether Run:ai was seen to keep what a PUT leaves out, `compared` the workload's
    updatedAt when it was last held against the spec.
    """

    clean: bool = False
    created_until: float = 0.0
    updated_until: float = 0.0
    taken_until: float = 0.0
    corrected: str | None = None
    merges: bool = False
    compared: datetime | None = None
    reason: str = ""
    since: float = 0.0


class Ledger:
    """Entries by uid. `window`: seconds in which an unanswered write may still be carried out, request timeout + 60."""

    def __init__(self, *, window: float, now: Callable[[], float]) -> None:
        self._window = window
        self._now = now
        self._began = now()
        self._entries: dict[str, Entry] = {}

    def entry(self, uid: str) -> Entry:
        return self._entries.get(uid, Entry())

    def note(self, uid: str, **changes: object) -> None:
        self._entries[uid] = replace(self.entry(uid), **changes)  # type: ignore[arg-type]

    def create_unanswered(self, uid: str) -> None:
        self.note(uid, created_until=self._now() + self._window)

    def name_taken(self, uid: str) -> None:
        """Run:ai refused the name: an empty lookup does not mean that it is free."""
        self.note(uid, taken_until=self._now() + self._window)

    def taken_for(self, uid: str) -> float:
        return max(0.0, self.entry(uid).taken_until - self._now())

    def fresh_run(self, uid: str) -> None:
        """A new name or run was claimed: nothing of it can be on its way."""
        self.note(uid, clean=True, created_until=0.0, taken_until=0.0)

    def recorded(self, uid: str) -> None:
        """The id of what was created stands in the status: nothing is in doubt any more."""
        self.note(uid, created_until=0.0)

    def update_unanswered(self, uid: str) -> None:
        self.note(uid, updated_until=self._now() + self._window)

    def create_uncertain_for(self, uid: str) -> float:
        """Seconds until absence means absence; a claim that an earlier process made counts from our start."""
        entry = self.entry(uid)
        until = entry.created_until if entry.clean else max(entry.created_until, self._began + self._window)
        return max(0.0, until - self._now())

    def update_uncertain_for(self, uid: str) -> float:
        return max(0.0, self.entry(uid).updated_until - self._now())

    def held(self, uid: str, reason: str) -> float:
        """Seconds for which the resource has been in this state; a new reason starts anew."""
        entry = self.entry(uid)
        if entry.reason != reason:
            self.note(uid, reason=reason, since=self._now())
            return 0.0
        return self._now() - entry.since

    def forget(self, uid: str) -> None:
        self._entries.pop(uid, None)
