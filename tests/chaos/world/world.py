"""A world: clusters with their users, one Run:ai, operators, what strikes them, and the journal of it all."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from runai_simulator import Switches, Times
from tests.chaos.invariants import Broken, Difference, Owner, Workload, has_converged
from tests.chaos.world.apiserver import Body
from tests.chaos.world.cluster import Cluster
from tests.chaos.world.line import Call, Fate, Side, Strike
from tests.chaos.world.pace import Pace
from tests.chaos.world.people import LAB, TRAINER, Staff, Users
from tests.chaos.world.runai import Runai
from tests.chaos.world.time import Process, VirtualTime
from tests.chaos.world.witness import Witness

EPOCH = 1_795_000_000.0
"""The time of day at which every world begins, in seconds since 1970."""
PATIENCE = 1800.0
"""Seconds after which what has not happened never will."""
LOOK = 0.5
"""Seconds between two looks at whether something has come about."""
LOOKS_AROUND = 5.0
"""Seconds in which an operator that starts has learnt what Run:ai makes of a PUT, where that is not what it was given:
the one that died took its memory of it along. Otherwise whatever a restart writes to what had settled is a fault."""
WRITTEN_AT = "/manifest/metadata/annotations"
"""Where a Run:ai that notes its writes notes them: it adds the whole where the spec has no annotations."""
MOST_ROUNDS = 20
"""After the last fault and the last deed of a person, so many rounds at most settle a resource."""


@dataclass(frozen=True)
class Plan:
    """All that decides what happens in a world: `strikes` by the number of the call that they hit."""

    seed: int = 0
    switches: Switches = field(default_factory=Switches)
    times: Times = field(default_factory=lambda: Times(running=None))
    strikes: Mapping[int, Strike] = field(default_factory=dict)


class World:
    """Everything begins at once; nothing happens until somebody waits."""

    def __init__(self, plan: Plan, *, clusters: Iterable[str] = ("cluster-1",)) -> None:
        self.plan = plan
        self.random = random.Random(plan.seed)
        self.time = VirtualTime(self.random)
        self.journal: list[tuple[float, str, str]] = []
        self.calls: list[Call] = []
        self.settled_after: int | None = None
        self.rounds: dict[Owner, int] = {}
        self.runai = Runai(self.wall, self._new_id, plan.switches, plan.times)
        self.witness = Witness(self.runai, lambda: self.time.now, self._alarmed)
        self.runai.witnessed_by(self.witness)
        self.staff = Staff(self.runai, self.deed)
        self.clusters = {name: Cluster(self, name) for name in clusters}
        self.cut_off = False
        """Whether no operator reaches Run:ai."""
        self.shares: Mapping[Strike, float] = {}
        """Of all calls to Run:ai these shares are struck, each call once at most."""
        self._next: list[tuple[Callable[[Call], bool], Strike]] = []
        self._strikes = dict(plan.strikes)
        self._late = 0
        self._doomed: set[Process] = set()
        self._pace: dict[Process, Pace] = {}
        self._calm_from = 0.0

    @property
    def cluster(self) -> Cluster:
        """The first one, and in most stories the only one."""
        return next(iter(self.clusters.values()))

    @property
    def users(self) -> Users:
        return self.cluster.users

    def wall(self) -> float:
        return EPOCH + self.time.now

    def latency(self) -> float:
        """Of one message, in seconds."""
        return self.random.uniform(0.001, 0.03)

    def note(self, who: str, what: str) -> None:
        self.journal.append((self.time.now, who, what))

    def deed(self, who: str, what: str) -> None:
        """Somebody does something: the rounds that follow are counted from here."""
        self.note(who, what)
        self.rounds.clear()

    def until(self, so: Callable[[], bool], within: float = PATIENCE) -> bool:
        """Lets time pass until something is so, looking every half second; False where it never is, or an invariant is
        broken first."""
        deadline = self.time.now + within
        while not self.witness.broken:
            if so():
                return True
            if self.time.now >= deadline:
                return False
            self.passes(LOOK)
        return False

    def strikes_next(self, meant: Callable[[Call], bool], strike: Strike) -> None:
        """The next call that is meant is struck, and none after it."""
        self._next.append((meant, strike))

    def passes(self, seconds: float) -> None:
        self.time.advance(lambda: bool(self.witness.broken), within=seconds)

    def credentials_of(self, client_id: str) -> None:
        """Every cluster gets the credentials of another application; tokens of the one before are good for nothing."""
        for cluster in self.clusters.values():
            cluster.users.rotate(client_id)
        self.runai.revoke_tokens()

    def workloads(self) -> list[Workload]:
        return [*self.witness.looks().values()]

    def ours(self, name: str = TRAINER) -> list[Workload]:
        """The live workloads of a resource of the first cluster."""
        owner = Owner(self.cluster.name, LAB, name)
        return [each for each in self.workloads() if each.owner == owner and each.live]

    def status(self, name: str = TRAINER) -> Body:
        return (self.users.get(name) or {}).get("status") or {}

    def annotations(self, name: str = TRAINER) -> dict[str, str]:
        """Ours, by their short names."""
        annotations = (self.users.get(name) or {"metadata": {}})["metadata"].get("annotations") or {}
        return {key.rpartition("/")[2]: value for key, value in annotations.items()}

    def raw(self, workload_id: str) -> Body:
        """The manifest that Run:ai holds, with its stamp."""
        return self.runai.state.workload(workload_id).manifest

    def missing(self) -> list[str]:
        """What has not converged yet, resource by resource."""
        workloads = self.workloads()
        return [each for owner in self.witness.resources() for each in self._missing_of(owner, workloads)]

    def missing_of(self, name: str) -> list[str]:
        """What one resource of the first cluster lacks."""
        return self._missing_of(Owner(self.cluster.name, LAB, name), self.workloads())

    def _missing_of(self, owner: Owner, workloads: Iterable[Workload]) -> list[str]:
        body = self.witness.resources()[owner]
        if "deletionTimestamp" in body["metadata"]:
            return [f"{owner} is still being deleted"]
        lacks = has_converged(body, owner, workloads, tolerated=self.servers_own)
        return [f"{owner}: {each}" for each in lacks]

    def faults_are_over(self) -> bool:
        """Whether all has struck that was to strike, and whoever dies of it has died."""
        return not self._strikes and not self._doomed and self.nothing_more_strikes()

    def nothing_more_strikes(self) -> bool:
        """As above, but for a strike at a call that never came: whoever has nothing to do calls nobody."""
        return not self._late and self.time.now >= self._calm_from

    def servers_own(self, difference: Difference) -> bool:
        """Whether Run:ai, as its switches are, keeps or adds what no PUT can change."""
        switches = self.plan.switches
        if switches.notes_writes and difference.path.startswith(WRITTEN_AT):
            return True
        return not switches.null_clears and difference.wants is None

    def server_may_differ(self) -> bool:
        """Whether there can be such a difference at all."""
        return self.plan.switches.notes_writes or not self.plan.switches.null_clears

    def close(self) -> None:
        self.time.close()

    # what the lines ask

    def begin(self, process: Process, call: Call) -> Strike | None:
        number = len(self.calls)
        self.calls.append(call)
        if too_fast := self._pace.setdefault(process, Pace()).calls(self.time.now, len(self.witness.resources())):
            self.witness.judges(Broken("a hot loop", f"{process.name} makes {too_fast}"))
        strike = self._strikes.pop(number, None) or self._drawn(call)
        if strike is None and self.cut_off and call.side is Side.RUNAI:
            return Strike(Fate.UNSENT)
        self.note(process.name, str(call))
        cluster = self._cluster_of(process)
        if cluster.lease is not None and call.writes and not call.name.endswith(" Lease"):
            self.witness.sends(process.name, str(call), cluster.lease.holder)
        if strike is not None:
            self.note("fault", f"call {number}: {strike.fate.value}{', and its sender dies' if strike.dies else ''}")
            self.rounds.clear()
        if strike is not None and strike.dies:
            self._doomed.add(process)
        return strike

    def _drawn(self, call: Call) -> Strike | None:
        for each in self._next:
            meant, strike = each
            if meant(call):
                self._next.remove(each)
                return strike
        if not self.shares or call.side is not Side.RUNAI:
            return None
        unharmed = 1 - sum(self.shares.values())
        return self.random.choices([*self.shares, None], [*self.shares.values(), unharmed])[0]

    def later(self, seconds: float, call: Call, perform: Callable[[], object]) -> None:
        self._late += 1
        self.time.call_later(seconds, partial(self._carried_out, call, perform))

    def dies(self, process: Process) -> None:
        self.note(process.name, "dies")
        process.kill()
        self._doomed.discard(process)
        self.rounds.clear()
        after = self.random.choice((0.1, 2.0, 30.0))
        if self.server_may_differ():
            self._calm_from = max(self._calm_from, self.time.now + after + LOOKS_AROUND)
        self.time.call_later(after, self._cluster_of(process).succeed)

    def stops(self, process: Process, seconds: float, awake: Callable[[], object]) -> None:
        self.note(process.name, f"is stopped for {seconds:g} s")
        process.stop()
        self._late += 1
        self.time.call_later(seconds, partial(self._wakes, process, awake))

    def _cluster_of(self, process: Process) -> Cluster:
        return next(each for each in self.clusters.values() if process in each.processes)

    def _wakes(self, process: Process, awake: Callable[[], object]) -> None:
        self._late -= 1
        self.rounds.clear()
        self.note(process.name, "wakes up")
        if process.alive:
            awake()
        process.wake()

    def _carried_out(self, call: Call, perform: Callable[[], object]) -> None:
        self._late -= 1
        self.rounds.clear()
        try:
            perform()
            self.note("fault", f"only now: {call}")
        except Exception as error:
            self.note("fault", f"only now, and refused: {call}: {error}"[:200])

    def _alarmed(self, broken: Broken) -> None:
        self.note("BROKEN", str(broken))

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))
