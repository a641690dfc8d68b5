"""What this process remembers of its own writes; all of it can be lost without harm, only at the price of waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from runai_operator.sync.claim import Claim

ASKED = 60.0
"""Seconds in which Run:ai is not asked again to suspend or resume what it was asked to."""
SOONEST, RAREST = 5.0, 30.0
"""Seconds between two lookups of a create without answer: the longer it was waited for, the rarer they are."""
HOUR, MOST_CORRECTIONS = 3600.0, 6
"""So many PUTs an hour undo edits of one workload: whoever edits more often is a machine, and will not give in."""


@dataclass(frozen=True)
class Entry:
    """One resource's memory; times are of the monotonic clock, in seconds.

    `clean` says that no create of an earlier process can be on its way: this one made the claim, or has seen live
    what an earlier one would have replaced. `met`: when a claim out of a backup was first seen, which may have been
    made a moment before. `created_until` and `updated_until`: until then a create or an update of this process that
    got no answer may still be carried out; `claim` is what the create went by. `tried` are the paths of drift that
    a PUT was spent on and that were not seen in order since, `corrections` when such PUTs were made, `merges`
    whether Run:ai was seen to keep what a PUT leaves out, `kept` the values that it kept though null was sent for
    them. `asked` is what was asked of Run:ai until `asked_until`: to suspend, or not to. `put` is the digest that
    was last put, `puts` how often in a row, and `put_until` until when it may not show yet. `compared` is the
    workload's updatedAt when it was last held against the spec. `let_go`: our finalizer was taken away by
    ourselves. `nothing_came`: nothing that a create in doubt had made is among what was deleted. `others` are ids of
    workloads under our name that were seen to be another's, or nobody's.
    """

    clean: bool = False
    met: float = 0.0
    claim: Claim | None = None
    created_until: float = 0.0
    updated_until: float = 0.0
    taken_until: float = 0.0
    tried: frozenset[str] = frozenset()
    corrections: tuple[float, ...] = ()
    merges: bool = False
    kept: Mapping[str, str] = field(default_factory=dict)
    asked: bool | None = None
    asked_until: float = 0.0
    put: str = ""
    puts: int = 0
    put_until: float = 0.0
    compared: datetime | None = None
    let_go: bool = False
    nothing_came: bool = False
    others: frozenset[str] = frozenset()
    reason: str = ""
    since: float = 0.0


class Ledger:
    """Entries by uid. `window`: seconds in which an unanswered write may still be carried out."""

    def __init__(self, *, window: float, now: Callable[[], float]) -> None:
        self._window = window
        self._now = now
        self._began = now()
        self._entries: dict[str, Entry] = {}

    def entry(self, uid: str) -> Entry:
        return self._entries.get(uid, Entry())

    def note(self, uid: str, **changes: object) -> None:
        self._entries[uid] = replace(self.entry(uid), **changes)  # type: ignore[arg-type]

    @contextmanager
    def creating(self, uid: str, claim: Claim | None) -> Iterator[None]:
        """Whatever comes of the create within, or of us, it may have been carried out until it is told otherwise. The
        window counts from its end: one that was answered may not be listed yet."""
        self._in_doubt(uid, claim)
        try:
            yield
        finally:
            self._in_doubt(uid, claim)

    def _in_doubt(self, uid: str, claim: Claim | None) -> None:
        self.note(uid, claim=claim, created_until=self._now() + self._window, nothing_came=False)

    def may_have_sent_by(self, uid: str, claim: Claim) -> None:
        """An earlier process may have sent a create by this claim, as it was found; of our own the latest spelling."""
        before = self.entry(uid).claim
        if before.run == claim.run if before else self.may_have_sent(uid):
            self.note(uid, claim=claim)

    def begin_anew(self, uid: str) -> None:
        """Another submission: what was found out about the differences of the one before says nothing of it."""
        self.note(uid, tried=frozenset(), corrections=(), kept={}, compared=None)

    def last_claim(self, uid: str) -> Claim | None:
        """What the last create went by that was not refused."""
        return self.entry(uid).claim

    def name_taken(self, uid: str) -> None:
        """Run:ai refused the name: an empty lookup does not mean that it is free."""
        self.note(uid, taken_until=self._now() + self._window, nothing_came=False)

    def taken_for(self, uid: str) -> float:
        return max(0.0, self.entry(uid).taken_until - self._now())

    def first_claim(self, uid: str) -> None:
        """A resource was claimed for the first time: nothing of it can be on its way."""
        self.note(uid, clean=True, claim=None, created_until=0.0, taken_until=0.0)

    def restored(self, uid: str, *, certain: bool) -> None:
        """Its claim came out of a backup: who made it may have sent a create a moment ago, so that the window counts
        from our first look. `certain`: one was waited out before, and nothing is sent without a claim of its own."""
        if uid not in self._entries or certain:
            self.note(uid, clean=certain, met=self.entry(uid).met or self._now())

    def fresh_run(self, uid: str) -> None:
        """A new name or run was claimed: nothing of it can be on its way; of the one before what was stays so."""
        until = self._now() + self.create_uncertain_for(uid)
        self.note(uid, clean=True, claim=None, created_until=until, taken_until=0.0)

    def recorded(self, uid: str) -> None:
        """The id of what was created stands in the status: nothing is in doubt any more."""
        self.note(uid, created_until=0.0)

    def seen_as_anothers(self, uid: str, workload_id: str) -> None:
        """Once it is deleted nobody can tell any more whose it was."""
        self.note(uid, others=self.entry(uid).others | {workload_id})

    def nothing_replaces(self, uid: str) -> None:
        """No earlier process can have sent a create in place of the recorded workload: it was seen live, and only its
        being gone permits one; or the window is over."""
        self.note(uid, clean=True)

    def create_refused(self, uid: str) -> None:
        """Nothing was created."""
        self.note(uid, claim=None, created_until=0.0, nothing_came=True)

    def put(self, uid: str, digest: str) -> None:
        """Run:ai took an update to this digest; the more often it did, the longer it is waited for to show."""
        before = self.entry(uid)
        times = before.puts + 1 if before.put == digest else 1
        window = self._window * 2 ** min(times - 1, 5)
        self.note(uid, put=digest, puts=times, put_until=self._now() + window)

    def put_lately(self, uid: str, digest: str) -> bool:
        """Whether an update to this digest was taken, and may yet show."""
        entry = self.entry(uid)
        return entry.put == digest and entry.put_until > self._now()

    def update_unanswered(self, uid: str) -> None:
        self.note(uid, updated_until=self._now() + self._window)

    def may_have_sent(self, uid: str) -> bool:
        """Whether a create may be on its way, or may have been carried out unseen."""
        entry = self.entry(uid)
        return not entry.clean or entry.claim is not None

    def may_be_replaced(self, uid: str) -> bool:
        """Whether a create in place of the recorded workload may be on its way, or may have been carried out, though
        the claim does not say so."""
        return not self.entry(uid).clean or self.create_uncertain_for(uid) > 0

    def create_uncertain_for(self, uid: str) -> float:
        """Seconds until absence means absence; a claim that an earlier process made counts from our start."""
        entry = self.entry(uid)
        until = 0.0 if entry.clean else max(self._began, entry.met) + self._window
        return max(0.0, max(entry.created_until, until) - self._now())

    def create_looked_up_after(self, uid: str) -> float | None:
        """Seconds until the next lookup of a create that may still be carried out; None where none may."""
        remaining = self.create_uncertain_for(uid)
        return self.lookup_after(remaining) if remaining else None

    def lookup_after(self, remaining: float) -> float:
        """Seconds until the next lookup of what may appear within `remaining` ones: as long as it was waited for."""
        waited = self._window - remaining
        return min(remaining, max(SOONEST, min(waited, RAREST)))

    def update_uncertain_for(self, uid: str, *, told: bool = False) -> float:
        """Seconds until an update's outcome is certain; one that was `told` to be open may be an earlier process's."""
        until = max(self.entry(uid).updated_until, self._began + self._window if told else 0.0)
        return max(0.0, until - self._now())

    def corrected(self, uid: str, paths: Iterable[str]) -> None:
        """A PUT was spent on drift at these paths."""
        entry = self.entry(uid)
        recent = tuple(at for at in entry.corrections if at > self._now() - HOUR)
        self.note(uid, tried=entry.tried | {*paths}, corrections=(*recent, self._now()))

    def may_correct(self, uid: str, paths: Iterable[str]) -> bool:
        """Whether a PUT is to be spent on drift at these paths: not where one was, and it came back at once."""
        entry = self.entry(uid)
        recent = [at for at in entry.corrections if at > self._now() - HOUR]
        return not entry.tried >= {*paths} and len(recent) < MOST_CORRECTIONS

    def seen_different(self, uid: str, paths: Iterable[str]) -> None:
        """Of all paths only these are seen to differ: at the others a PUT did its work."""
        self.note(uid, tried=self.entry(uid).tried & {*paths})

    def asked(self, uid: str, *, suspend: bool) -> None:
        """Run:ai agreed to suspend or resume it, and may show so a little later."""
        self.note(uid, asked=suspend, asked_until=self._now() + ASKED)

    def asked_lately(self, uid: str) -> bool | None:
        entry = self.entry(uid)
        return entry.asked if entry.asked_until > self._now() else None

    def held(self, uid: str, reason: str) -> float:
        """Seconds for which the resource has been in this state; a new reason starts anew."""
        entry = self.entry(uid)
        if entry.reason != reason:
            self.note(uid, reason=reason, since=self._now())
            return 0.0
        return self._now() - entry.since

    def forget(self, uid: str) -> None:
        self._entries.pop(uid, None)
