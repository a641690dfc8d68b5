"""Random stories: users of two clusters that share one Run:ai, its staff, and whatever else goes wrong.

Whatever happens no invariant breaks, and when all is well again everything comes to rest. What fails is shrunk to the
shortest story. `make chaos` tells many more of them than `make test`.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.chaos.invariants import Body, Owner, Workload, condition, has_converged
from tests.chaos.matrix.switches import every, switched
from tests.chaos.world.people import CLIENT, Users, a_job
from tests.chaos.world.runai import OTHER_CLIENT
from tests.chaos.world.world import MOST_ROUNDS, Plan, World

STORIES = int(os.environ.get("RANDOM_STORIES", "40"))
"""So many of them are told."""
CLUSTERS = st.sampled_from(["cluster-1", "cluster-2"])
NAMES = st.sampled_from(["trainer", "second"])
EDITS = st.one_of(
    st.builds(lambda count: {"manifest": a_job(count)}, st.integers(1, 3)),
    st.builds(lambda wish: {"suspend": wish}, st.sampled_from([True, False, None])),
    st.builds(lambda wish: {"scheduling": wish}, st.sampled_from([{"priority": "high"}, {"priority": "low"}, None])),
)


class RandomStories(RuleBasedStateMachine):
    @initialize(seed=st.integers(0, 999), switches=st.sampled_from(every()))
    def begin(self, seed: int, switches: str) -> None:
        logging.disable(logging.CRITICAL)
        run, times = switched(switches)
        self.world = World(Plan(seed=seed, switches=run, times=times), clusters=("cluster-1", "cluster-2"))
        self.backups: list[tuple[str, str, Body]] = []
        for cluster in self.world.clusters.values():
            cluster.users.connect()
            cluster.start_operator()

    def users(self, cluster: str) -> Users:
        return self.world.clusters[cluster].users

    @rule(cluster=CLUSTERS, name=NAMES, spec=EDITS)
    def creates(self, cluster: str, name: str, spec: dict[str, Any]) -> None:
        if self.users(cluster).get(name) is None:
            self.users(cluster).create(name, **spec)

    @rule(cluster=CLUSTERS, name=NAMES, spec=EDITS)
    def edits(self, cluster: str, name: str, spec: dict[str, Any]) -> None:
        if self.users(cluster).get(name) is not None:
            self.users(cluster).edit(name, **spec)

    @rule(cluster=CLUSTERS, name=NAMES)
    def deletes(self, cluster: str, name: str) -> None:
        if self.users(cluster).get(name) is not None:
            self.users(cluster).delete(name)

    @rule(cluster=CLUSTERS, name=NAMES, value=st.sampled_from("abc"))
    def asks_to_run_again(self, cluster: str, name: str, value: str) -> None:
        if self.users(cluster).get(name) is not None:
            self.users(cluster).annotate(name, rerun_at=value)

    @rule(cluster=CLUSTERS, name=NAMES, spec=EDITS)
    def replaces(self, cluster: str, name: str, spec: dict[str, Any]) -> None:
        found = self.users(cluster).get(name)
        if found is not None and "deletionTimestamp" not in found["metadata"]:
            self.users(cluster).replace(name, **spec)

    @rule(cluster=CLUSTERS, name=NAMES)
    def backs_up(self, cluster: str, name: str) -> None:
        found = self.users(cluster).get(name)
        if found is not None and "deletionTimestamp" not in found["metadata"]:
            self.backups.append((cluster, name, found))

    @precondition(lambda self: self.backups)
    @rule()
    def restores(self) -> None:
        cluster, name, backup = self.backups.pop()
        if self.users(cluster).get(name) is None:
            self.users(cluster).restore(backup, name)

    @rule(which=st.integers(0, 5), action=st.sampled_from(["suspend", "resume", "delete", "complete", "fail", "edit"]))
    def somebody_does_it_by_hand(self, which: int, action: str) -> None:
        live = [each for each in self.world.workloads() if each.live]
        if not live:
            return
        workload = live[which % len(live)]
        if action == "edit":
            raw = self.world.raw(workload.id)
            self.world.staff.edits(workload.id, manifest={**raw, "spec": {"parallelism": 7}}, priority="very-high")
        elif not (workload.finished and action != "delete"):
            self.world.staff.does(action, workload.id)

    @rule(hidden=st.booleans())
    def roles_shrink_or_grow(self, hidden: bool) -> None:
        self.world.deed("Run:ai", f"the credentials see {'nothing' if hidden else 'everything'}")
        self.world.runai.hides = hidden

    @precondition(lambda self: all(each.users.tenant() for each in self.world.clusters.values()))
    @rule(other=st.booleans())
    def credentials_of_a_tenant_arrive(self, other: bool) -> None:
        self.world.credentials_of(OTHER_CLIENT if other else CLIENT)

    @rule(cut=st.booleans())
    def the_connection_breaks_or_heals(self, cut: bool) -> None:
        self.world.deed("network", "is cut" if cut else "heals")
        self.world.cut_off = cut

    @rule(cluster=CLUSTERS)
    def an_operator_is_killed(self, cluster: str) -> None:
        self.world.clusters[cluster].kill_operator()

    @rule(seconds=st.sampled_from([0.2, 1.0, 5.0, 30.0, 150.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.passes(seconds)

    @invariant()
    def nothing_is_broken(self) -> None:
        broken = self.world.witness.broken if hasattr(self, "world") else []
        assert not broken, self.story()

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.all_is_well_again()
            assert self.world.until(lambda: not self.missing()), self.story()
            most = max(self.world.rounds.values(), default=0)
            assert most <= MOST_ROUNDS, f"{self.story()}\n{most} rounds since all is well"
        finally:
            self.world.close()
            logging.disable(logging.NOTSET)

    def all_is_well_again(self) -> None:
        self.world.cut_off = self.world.runai.hides = False
        self.world.credentials_of(CLIENT)

    def missing(self) -> list[str]:
        """What is not at rest yet, though all is well."""
        workloads, missing = self.world.workloads(), []
        for owner, body in self.world.witness.resources().items():
            if "deletionTimestamp" in body["metadata"]:
                missing.append(f"{owner} is still being deleted")
            elif not self.stopped_with_reason(owner, body, workloads):
                lacks = has_converged(body, owner, workloads, tolerated=self.world.servers_own)
                missing += [f"{owner}: {each}" for each in lacks]
        return missing

    def stopped_with_reason(self, owner: Owner, body: Body, workloads: list[Workload]) -> bool:
        """Whether it says that a person has to decide, and there is something to decide: an end that it had, or whose
        the name is."""
        status = body.get("status") or {}
        ready = condition(status, "Ready")
        if ready.get("observedGeneration") != body["metadata"]["generation"]:
            return False
        of_its_name = [each for each in workloads if each.name == owner.name]
        match ready.get("reason"):
            case "Vanished":
                *_, last = [each for each in of_its_name if each.owner == owner] or [None]
                return last is not None and not last.live and self.world.witness.had_finished(last.id)
            case "NameConflict":
                return any(each.owner != owner for each in of_its_name if each.live)
        return False

    def story(self) -> str:
        """What happened, in words."""
        lines = [f"{at:9.2f} s  {who}: {what}" for at, who, what in self.world.journal]
        return "\n".join([*lines, *map(str, self.world.witness.broken), *self.missing()])


TestRandomStories = RandomStories.TestCase
TestRandomStories.settings = settings(
    max_examples=STORIES,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[*HealthCheck],
)
