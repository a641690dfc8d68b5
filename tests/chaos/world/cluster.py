"""One cluster of a world: its API server, its users, its operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runai_operator.sync.resource import Key
from tests.chaos.invariants import Owner
from tests.chaos.world.apiserver import ApiServer
from tests.chaos.world.lease import LeaseStore
from tests.chaos.world.line import Line
from tests.chaos.world.operator import Operator
from tests.chaos.world.people import LAB, Users
from tests.chaos.world.time import Process
from tests.chaos.world.witness import Round

if TYPE_CHECKING:
    from tests.chaos.world.world import World


class Cluster:
    """One Kubernetes cluster: its API server, its users, and its operators."""

    def __init__(self, world: World, name: str) -> None:
        self.name = self.cluster = name
        self.world = world
        self.server = ApiServer(world.wall)
        self.runai = world.runai
        self.lease: LeaseStore | None = None
        self.users = Users(self.server, lambda who, what: world.deed(f"{who} of {name}", what), self._excused)
        self.operators: list[Operator] = []
        self.processes: list[Process] = []
        self.server.watch(world.witness.watches(name))
        self.dice = world.random.random
        self.latency = world.latency
        self.wall = world.wall
        self.call_later = world.time.call_later

    def _excused(self, resource: str) -> None:
        self.world.witness.excused.add(Owner(self.name, LAB, resource))

    def start_operator(self) -> Operator:
        """One more; of several, each is a process of its own."""
        process = self.world.time.process(f"operator {len(self.operators) + 1} of {self.name}")
        self.processes.append(process)
        self.world.note(process.name, "starts")
        self.operators.append(operator := Operator(process, Line(process, self.world), self))
        return operator

    def kill_operator(self) -> None:
        """The one that started last; its successor starts soon."""
        if self.operators[-1].process.alive:
            self.world.dies(self.operators[-1].process)

    def elects(self) -> None:
        """From here on operators compete for a Lease: to be called before the first one starts."""
        self.lease = LeaseStore()

    def ended(self, process: Process, why: str) -> None:
        """It ended by itself; another one is started in its place."""
        self.world.note(process.name, f"ends: {why}")
        self.world.time.call_later(2.0, self.succeed)

    def succeed(self) -> None:
        self.start_operator()

    def round_began(self, process: Process, key: Key) -> Round:  # noqa: ARG002
        owner = Owner(self.name, *key)
        self.world.rounds[owner] = self.world.rounds.get(owner, 0) + 1
        return self.world.witness.round_began(owner)

    def surprised(self, process: Process, key: object, error: BaseException) -> None:
        self.world.note(process.name, f"a round for {key} failed: {type(error).__name__}: {error}"[:200])
