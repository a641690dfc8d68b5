"""The points of the matrix: a story, the switches, a call, what becomes of it, and whether its sender dies."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tests.chaos.world.line import Call, Fate, Side, Strike

READ = (Fate.LOST, Fate.UNSENT, Fate.THROTTLED, Fate.BROKEN)
WRITE = (*READ, Fate.CONFLICT, Fate.BROKEN_LATE)
LATE = (5.0, 45.0, 119.0)
"""After how many seconds a request that was given up is carried out all the same."""
STOPPED = (4.0, 60.0)
"""For how many seconds a leader is stopped: less than the deadline for renewing its Lease, and far more."""
FURTHER = 40
"""So many calls later, at most, the second crash of a pair comes: within what the successor does first."""


@dataclass(frozen=True)
class Point:
    """Where, and how, it is struck; spelled as `create/default/17:lost:dies`."""

    story: str
    switches: str
    strikes: tuple[tuple[int, Strike], ...] = ()

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


def strikes_on(call: Call) -> Iterator[Strike]:
    """Every way in which a call can end: with the death of its sender, and without."""
    yield Strike(Fate.ANSWERED, dies=True)
    if call.name.startswith("event "):  # best effort: what becomes of it tells nobody anything
        yield Strike(Fate.UNSENT, dies=True)
        return
    late = tuple(Strike(Fate.LATE, after=after) for after in LATE) if call.writes else ()
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
    """All points of a story whose rehearsal made these calls. `led`: of several operators one leads."""
    return [
        Point(story, switches, ((number, strike),))
        for number, call in enumerate(calls)
        for strike in (*strikes_on(call), *(stops_on(call) if led else ()))
    ]


def is_for_a_resource(call: Call) -> bool:
    """Whether it belongs to reconciling a resource, and not to looking after connections, tokens or the Lease."""
    if call.side is Side.KUBERNETES:
        verb, kind, *_ = call.name.split()
        return verb != "list" and kind in ("RunaiWorkload", "CustomResourceDefinition")
    return "/workloads" in call.name and "sortBy" not in call.name


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
