"""The points of the matrix: a story, the switches, a call, what becomes of it, and whether its sender dies."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tests.chaos.matrix.switches import DEFAULT
from tests.chaos.world.line import Call, Fate, Side, Strike

READ = (Fate.LOST, Fate.UNSENT, Fate.THROTTLED, Fate.BROKEN)
WRITE = (*READ, Fate.CONFLICT, Fate.BROKEN_LATE)
LATE = (5.0, 45.0, 119.0)
"""After how many seconds a request that was given up is carried out all the same."""
STOPPED = (4.0, 60.0)
"""For how many seconds a leader is stopped: less than the deadline for renewing its Lease, and far more."""
OFTEN = 1
"""A read of what nobody wrote to since is struck so many times."""
FURTHER = 40
"""So many calls later, at most, the second crash of a pair comes: within what the successor does first."""


@dataclass(frozen=True)
class Point:
    """Where, and how, it is struck; spelled as `create/default/17:lost:dies`."""

    story: str
    switches: str
    strikes: tuple[tuple[int, Strike], ...] = ()

    @property
    def outcome(self) -> tuple[str, int, Fate]:
        """Of the first strike: in which story, at which call, and what became of that. Neither the switches nor the
        seconds after which a late call is carried out make it another."""
        (number, strike), *_ = self.strikes
        return self.story, number, strike.fate

    @property
    def kills(self) -> bool:
        """Whether somebody dies of it."""
        return any(strike.dies for _, strike in self.strikes)

    def __str__(self) -> str:
        return "/".join([self.story, self.switches, *(_spelled(number, strike) for number, strike in self.strikes)])


def point(text: str) -> Point:
    """The point that is spelled so. Raises ValueError."""
    story, switches, *strikes = text.split("/")
    return Point(story, switches, tuple(_read(each) for each in strikes))


def strikes_on(call: Call, delays: Sequence[float] = LATE) -> Iterator[Strike]:
    """Every way in which a call can end: with the death of its sender, and without. `delays`: of late ones."""
    yield Strike(Fate.ANSWERED, dies=True)
    if call.name.startswith("event "):  # best effort: what becomes of it tells nobody anything
        yield Strike(Fate.UNSENT, dies=True)
        return
    late = tuple(Strike(Fate.LATE, after=after) for after in delays) if call.writes else ()
    for strike in (*(Strike(fate) for fate in (WRITE if call.writes else READ)), *late):
        yield strike
        yield Strike(strike.fate, strike.after, dies=True)


def stops_on(call: Call) -> Iterator[Strike]:
    """Every way in which its sender can be stopped there, and wake up when another leads, or before."""
    for seconds in STOPPED:
        yield Strike(Fate.ANSWERED, stopped=seconds)
        if call.writes:
            yield Strike(Fate.HELD, stopped=seconds)


def points_of(story: str, switches: str, calls: Sequence[Call], *, led: bool = False) -> list[Point]:
    """All points of a story whose rehearsal made these calls. `led`: of several operators one leads.

    What Run:ai carries out late, with its default answers, is late by each of the delays; every other call by one of
    them in turn.
    """
    return [
        Point(story, switches, ((number, strike),))
        for number, call in enumerate(calls)
        for strike in (*strikes_on(call, delays_of(call, number, switches)), *(stops_on(call) if led else ()))
    ]


def delays_of(call: Call, number: int, switches: str) -> Sequence[float]:
    return LATE if call.side is Side.RUNAI and switches == DEFAULT else (LATE[number % len(LATE)],)


def is_for_a_resource(call: Call, *, led: bool = False) -> bool:
    """Whether something is decided by it for a resource: not the polls, nor looking after connections and tokens, nor
    events. `led`: the Lease decides there."""
    if call.side is Side.KUBERNETES:
        verb, kind, *_ = call.name.split()
        return (verb != "list" and kind in ("RunaiWorkload", "CustomResourceDefinition")) or (led and kind == "Lease")
    polls = "sortBy=phaseUpdatedAt" in call.name or "sortBy=createdAt" in call.name
    return not polls and any(part in call.name for part in ("/workloads", "/workload-types", "/projects"))


def repeated(calls: Sequence[Call]) -> set[int]:
    """The numbers of the reads that were made before since anybody wrote anything: whoever dies at the second one dies
    as at the first."""
    found, made = set(), Counter[str]()
    for number, call in enumerate(calls):
        if call.writes:
            made.clear()
            continue
        made[call.name] += 1
        if made[call.name] > OFTEN:
            found.add(number)
    return found


def pair(first: Point, dice: random.Random) -> Point:
    """The same crash, and another one a few calls later, whatever is called then."""
    (number, strike), *_ = first.strikes
    second = Strike(dice.choice((Fate.ANSWERED, *READ)), dies=True)
    return replace(first, strikes=((number, replace(strike, dies=True)), (number + dice.randint(1, FURTHER), second)))


def _spelled(number: int, strike: Strike) -> str:
    late = f"+{strike.after:g}" if strike.fate is Fate.LATE else ""
    stopped = f":stopped+{strike.stopped:g}" if strike.stopped else ""
    return f"{number}:{strike.fate.name.lower()}{late}{':dies' if strike.dies else ''}{stopped}"


def _read(text: str) -> tuple[int, Strike]:
    found = re.fullmatch(r"(\d+):([a-z_]+)(?:\+([\d.]+))?(:dies)?(?::stopped\+([\d.]+))?", text)
    if found is None or found[2].upper() not in Fate.__members__:
        raise ValueError(f"{text!r} is no strike: it is spelled <number>:<fate>[+<seconds>][:dies][:stopped+<seconds>]")
    fate, after, stopped = Fate[found[2].upper()], float(found[3] or 0), float(found[5] or 0)
    return int(found[1]), Strike(fate, after, dies=found[4] is not None, stopped=stopped)
