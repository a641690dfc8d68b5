"""The play: users keep at it, faults come one after the other, and after each it is measured when all is healed."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos import invariants
from tests.chaos.invariants import Broken, Owner, Workload
from tests.chaos.live import checks, histories
from tests.chaos.live.cluster import RESOURCES, Away
from tests.chaos.live.faults import Fault
from tests.chaos.live.stage import NAMESPACE, Say, Stage
from tests.chaos.live.users import Users
from tests.chaos.live.witness import Witness

TICK = 0.1
LOOK_EVERY = 1.0
HEALED_WITHIN = 600.0
"""Seconds after which what has not healed is told as broken."""
ONCE_MORE = 2
"""Who is stopped between the check of the Lease and the call that sends will send when it wakes up. That is rare, and
not promised (docs/reliability.md): where it is seen, the fault comes so often again, and one that does it again is
broken."""
OTHERS = 5
"""Workloads of others in the same Run:ai, that nobody may touch."""


@dataclass(frozen=True)
class Plan:
    """`churn` seconds at least, those aside in which the API server refuses them, users do `rate` things a second to
    `population` resources."""

    seed: int
    population: int
    churn: float
    rate: float
    faults: Sequence[Fault]


@dataclass
class Outcome:
    """What came of it; `recoveries` in seconds, one for each fault."""

    resources: int
    seconds: float = 0.0
    churned: float = 0.0
    recoveries: list[float] = field(default_factory=list)
    violations: list[Broken] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        seconds = {"median": round(statistics.median(self.recoveries), 1), "worst": round(max(self.recoveries), 1)}
        return {
            "faults": len(self.recoveries),
            "resources": self.resources,
            "violations": len(self.violations),
            "recovery_seconds": seconds,
            "churn_seconds": round(self.churned),
            "seconds": round(self.seconds),
        }


class Play:
    """One run over a stage that has started."""

    def __init__(self, stage: Stage, witness: Witness, plan: Plan, say: Say) -> None:
        self._stage = stage
        self._witness = witness
        self._plan = plan
        self._say = say
        dice = random.Random(plan.seed)
        self._users = Users(stage.cluster, dice, plan.population, lambda: witness.bodies)
        self._began = time.monotonic()
        self._acted_at = self._began
        self._others: list[dict[str, Any]] = []
        self._told: set[str] = set()
        self.outcome = Outcome(plan.population)

    def perform(self) -> Outcome:
        self._others = [self._others_workload(number) for number in range(OTHERS)]
        self._users.populate()
        self._tell(f"{self._plan.population} resources are applied, and take {self._until_healed(set()):.0f} s to run")
        self._play()
        self._tell(f"users end: {dict(self._users.done)}")
        self._tell(f"faults over, nobody does anything any more: {self._until_all_is_right():.0f} s until all is right")
        self._check_the_end()
        self.outcome.seconds = time.monotonic() - self._began
        restarts = {each.name: each.restarts for each in self._stage.operators}
        self._tell(f"operators were started anew {restarts}")
        self._tell(
            f"{self._witness.versions} versions of resources were seen; {self._witness.gaps} watches were too old"
        )
        return self.outcome

    def _play(self) -> None:
        for fault in self._plan.faults:
            self._strike(fault)
        while self.outcome.churned < self._plan.churn:
            self._tick(churn=True)
        self._tell(f"users were at it for {self.outcome.churned:.0f} s")

    def _strike(self, fault: Fault) -> None:
        self._tell(fault.told)
        self._note(self._surely_broken(fault))
        took = self._until_healed({*self._users.names})
        self.outcome.recoveries.append(took)
        self._tell(f"  over, and {took:.1f} s later all tell the truth again")

    def _surely_broken(self, fault: Fault) -> list[Broken]:
        broken = self._through(fault)
        if not broken or any(each.rule != invariants.LATE for each in broken):
            return broken
        self._tell(f"  once more, for this may have been on its way already: {'; '.join(map(str, broken))}")
        again = [each for _ in range(ONCE_MORE) for each in self._through(fault)]
        return [*broken, *again] if again else []

    def _through(self, fault: Fault) -> list[Broken]:
        end = fault.begins(self._stage)
        self._for_a_while(fault.lasts, churn=True)
        return end()

    def _until_healed(self, marked: set[str]) -> float:
        """Seconds until each resource that is there now has been seen to be where it should be, or is gone.

        Users go on, but for the beginning, with nobody `marked`: what they change meanwhile may be seen in between.
        """
        began = time.monotonic()
        waiting = marked or {*self._users.names}
        wrong: Mapping[str, list[str]] = {}
        while waiting:
            if time.monotonic() - began > HEALED_WITHIN:
                self._note(Broken("not healed", f"{name}: {wrong.get(name)}") for name in sorted(waiting)[:20])
                break
            self._for_a_while(LOOK_EVERY, churn=bool(marked))
            looked = self._look()
            if looked is not None:
                bodies, wrong = looked
                waiting = {name for name in waiting if name in wrong and name in bodies}
        return time.monotonic() - began

    def _until_all_is_right(self) -> float:
        began = time.monotonic()
        while (looked := self._look()) is None or looked[1]:
            if time.monotonic() - began > HEALED_WITHIN:
                wrong = looked[1] if looked else {"everything": ["the API server is away"]}
                self._note(Broken("did not converge", f"{name}: {lacks}") for name, lacks in wrong.items())
                break
            self._for_a_while(LOOK_EVERY, churn=False)
        return time.monotonic() - began

    def _look(self) -> tuple[checks.Bodies, Mapping[str, list[str]]] | None:
        """The resources, and what is wrong with which; None while the API server is away.

        Workloads are read first: one that is made in between shows as missing, and never the other way round.
        """
        workloads = self._workloads()
        self._note(invariants.never_two_workloads_for_one_resource(workloads))
        try:
            found = self._stage.cluster.get(RESOURCES.format(namespace=NAMESPACE))["items"]
        except (Away, LookupError):
            return None
        bodies = {each["metadata"]["name"]: each for each in found}
        return bodies, checks.missing(bodies, workloads)

    def _check_the_end(self) -> None:
        told = self._witness.told()  # before what it tells of is read: what ends meanwhile is told, too
        documents = self._stage.runai.workloads()
        workloads = [invariants.workload(each) for each in documents]
        looked = self._look()
        assert looked is not None
        bodies, _ = looked
        reruns = {checks.owner(name): asked for name, asked in self._users.reruns.items()}
        counts = {owner: len(asked) for owner, asked in reruns.items()}
        self._note(checks.left_behind(bodies, workloads))
        self._note(checks.not_as_told(bodies, workloads))
        self._note(invariants.never_run_more_often_than_asked(workloads, counts))
        self._note(invariants.what_is_anothers_stays_as_it_was(self._others, documents))
        ids = {each["row"]["id"] for each in self._others}
        self._note(invariants.never_asked_to_write_what_is_anothers(ids, self._stage.runai.writes()))
        self._note(self._witness.broken)
        self._check_what_was(told, {each.id for each in workloads if each.owner is not None}, reruns)
        for name in sorted(self._users.names ^ bodies.keys()):
            self._note([Broken("users and API server differ", name)])

    def _check_what_was(
        self, told: Sequence[histories.Told], ids: Iterable[str], reruns: Mapping[Owner, Sequence[float]]
    ) -> None:
        """What has to do with time, of the whole play."""
        known = {each: histories.states(self._stage.runai.history(each)) for each in ids}
        self._note(histories.told_otherwise(told, known))
        self._note(histories.created_beside_another(known))
        self._note(histories.run_again_uncalled(known, reruns))
        asked = sum(map(len, reruns.values()))
        self._tell(
            f"{len(told)} statuses were judged, {self._witness.missed} were not; "
            f"{len(known)} workloads were run, {asked} reruns asked for"
        )

    def _workloads(self) -> list[Workload]:
        return [invariants.workload(each) for each in self._stage.runai.workloads()]

    def _for_a_while(self, seconds: float, *, churn: bool) -> None:
        over = time.monotonic() + seconds
        while time.monotonic() < over:
            self._tick(churn=churn)

    def _tick(self, *, churn: bool) -> None:
        began = time.monotonic()
        self._stage.supervise()
        if not churn:
            self._acted_at = began
        while churn and self._acted_at + 1 / self._plan.rate < time.monotonic():
            self._acted_at = max(self._acted_at + 1 / self._plan.rate, time.monotonic() - 1)
            self._users.act()
        time.sleep(TICK)
        if churn and not self._users.refused:
            self.outcome.churned += time.monotonic() - began

    def _others_workload(self, number: int) -> dict[str, Any]:
        """Made in the UI, or through V2 by somebody else; one bears a name that a resource of ours has."""
        name = "w-00001" if number == 0 else f"others-{number}"
        return self._stage.runai.create_foreign(name, "4502", foreign=number % 2 == 0)

    def _note(self, broken: Iterable[Broken]) -> None:
        """Each told once, when it is seen."""
        for each in broken:
            if str(each) not in self._told:
                self._told.add(str(each))
                self.outcome.violations.append(each)
                self._tell(f"BROKEN: {each}")

    def _tell(self, what: str) -> None:
        self._say(f"[{time.monotonic() - self._began:6.1f} s] {what}")


def planned(dice: random.Random, kinds: Mapping[str, Fault], names: Sequence[str]) -> list[Fault]:
    """These faults, in an order that the seed decides; all where none is named. Raises LookupError for a wrong name."""
    chosen = [kinds[name] for name in names or kinds]
    dice.shuffle(chosen)
    return chosen
