"""The operator killed at each await, and started again: no duplicate, no orphan, nothing stuck.

Where it awaits is not written down here: each story is rehearsed, and each answer of a port in it is a place to die.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.world import World, a_job

KILLED = Path(__file__).with_name("killed.py")
REHEARSED = "rehearsed"
LOOKUP = "RunaiClient.list"
LATE = 600.0
"""Seconds of Run:ai's clock until a POST shows in the list: until the test lets them pass."""
Names = Sequence[str]


@dataclass(frozen=True)
class Seen:
    """One resource, and all the workloads that there ever were of its name."""

    resource: dict[str, Any] | None
    workloads: list[dict[str, Any]]

    def is_one(self, *, wanted: str, ever: int) -> bool:
        """Whether one workload lives, of `ever` that there were at most, and the resource tells of it."""
        living = [each for each in self.workloads if not each["deleted"]]
        assert len(living) <= 1, "a duplicate"
        assert len(self.workloads) <= ever, "submitted once too often"
        if self.resource is None or [image(each) for each in living] != [wanted]:
            return False
        status = self.resource.get("status", {})
        ready = next((each for each in status.get("conditions", []) if each["type"] == "Ready"), {})
        told = (status.get("workloadId"), ready.get("reason"), ready.get("observedGeneration"))
        return told == (living[0]["row"]["id"], "Running", self.resource["metadata"]["generation"])

    def is_in_doubt(self) -> bool:
        return bool(self.workloads) and "workloadId" not in (self.resource or {}).get("status", {})

    def is_none(self) -> bool:
        return self.resource is None and all(each["deleted"] for each in self.workloads)


@dataclass(frozen=True)
class Story:
    """What is `asked` of resources, and what there is once that `arrives`; there may be something `before`.

    `meanwhile` happens while the operator is dead; then it ends in what `ends` says. `awaits` are those that it needs
    at the least: where none of them was died at, something else was played.
    """

    asked: Callable[[World, Names], None]
    arrives: Callable[[Seen], bool]
    awaits: frozenset[str]
    before: Callable[[World, Names], None] | None = None
    meanwhile: Callable[[World, Names], None] | None = None
    ends: Callable[[Seen], bool] | None = None
    late: bool = False


def image(workload: dict[str, Any]) -> str:
    return str(workload["v2"]["rawManifest"]["spec"]["template"]["spec"]["containers"][0]["image"])


def applied(tag: str, **spec: Any) -> Callable[[World, Names], None]:
    """Each in a project of its own, which so has to be asked for."""

    def apply(world: World, names: Names) -> None:
        given = {"connectionRef": {"name": world.connection}, "manifest": a_job(image=tag), **spec}
        items = [
            {
                "apiVersion": "runai-operator.io/v1alpha1",
                "kind": "RunaiWorkload",
                "metadata": {"name": name},
                "spec": given | {"projectName": f"p-{name}"},
            }
            for name in names
        ]
        world.apply({"apiVersion": "v1", "kind": "List", "items": items})

    return apply


def deleted(world: World, names: Names) -> None:
    world.kubectl("delete", "rwl", "--wait=false", *names, namespace=world.namespace)


def one_as_submitted(seen: Seen) -> bool:
    return seen.is_one(wanted="trainer:1", ever=1)


def one_as_changed(seen: Seen) -> bool:
    return seen.is_one(wanted="trainer:2", ever=1)


def one_anew(seen: Seen) -> bool:
    return seen.is_one(wanted="trainer:2", ever=2)


def awaits(kubernetes: str, runai: str) -> frozenset[str]:
    """What every story asks its ports, and these."""
    asked = {"KubernetesApi": f"fetch write_status event {kubernetes}", "RunaiClient": f"get {runai}"}
    return frozenset(f"{port}.{name}" for port, names in asked.items() for name in names.split())


CREATING = awaits("namespace_labels claim", "projects create")
STORIES = {
    "create": Story(applied("trainer:1"), one_as_submitted, CREATING),
    "create, and the list is late": Story(
        applied("trainer:1"), one_as_submitted, CREATING | {"RunaiClient.read"}, late=True
    ),
    "create, and deleted while the operator is away": Story(
        applied("trainer:1"), one_as_submitted, CREATING, meanwhile=deleted, ends=Seen.is_none, late=True
    ),
    "update": Story(
        applied("trainer:2", scheduling={"priority": "high"}),
        one_as_changed,
        awaits("namespace_labels", "read update"),
        before=applied("trainer:1"),
    ),
    "recreate": Story(
        applied("trainer:2", updateStrategy="Recreate"),
        one_anew,
        awaits("namespace_labels claim", "read delete project list create"),
        before=applied("trainer:1", updateStrategy="Recreate"),
    ),
    "delete": Story(
        deleted,
        Seen.is_none,
        awaits("release", "delete project"),
        before=applied("trainer:1"),
    ),
}


class Theatre:
    """A world whose operator can be held at its awaits."""

    def __init__(self, world: World, story: Story) -> None:
        # without a Lease, which a dead one leaves behind until it expires: each time is another operator's first
        self.world = world.with_settings(leader_elect=False, workers=128, settle_margin=8 if story.late else 2)
        self.story = story
        self._orders, self._awaits = world.folder / "hold.json", world.folder / "awaits.jsonl"
        world.run.times(deleting=1.0, list_delay=LATE if story.late else 0.0)
        world.secret()
        world.connect()

    def prepare(self, names: Names) -> None:
        """Their projects, and what there is before the story begins."""
        (cluster,) = [each["uuid"] for each in self.world.run.clusters() if each["name"] == "gpu-east"]
        for name in names:
            self.world.run.add_project(f"p-{name}", cluster)
        if self.story.before is not None:
            self.story.before(self.world, names)
            self.until(one_as_submitted, names)

    def start(self) -> None:
        self.world.operator.start(sys.executable, KILLED, HELD_IN=str(self.world.folder))

    def order(self, where: Mapping[str, int], *, looked_for: Iterable[str] = ()) -> None:
        """From now on awaits are counted: of each resource until so many, where it is held. It is not to die before all
        these were looked for."""
        self._awaits.write_text("")
        written = self._orders.with_suffix(".new")
        written.write_text(json.dumps({"held": where, "after": dict.fromkeys(looked_for, LOOKUP)}))
        written.rename(self._orders)

    def forget_orders(self) -> None:
        self._orders.unlink()

    def awaits(self, resource: str) -> int:
        """How many answers it has had."""
        return sum(each["resource"] == resource for each in self._lines())

    def held(self) -> dict[str, str]:
        """By resource, the await at which it is held."""
        return {each["resource"]: each["await"] for each in self._lines() if each["held"]}

    def in_doubt(self, names: Names) -> set[str]:
        """Those of which there is a workload that no status tells of."""
        seen = self.seen()
        return {name for name in names if seen(name).is_in_doubt()}

    def show_what_is_late(self, looked_for: set[str]) -> None:
        """But not before it was looked for in vain."""
        self.world.until(lambda: looked_for <= {each["resource"] for each in self._lines() if each["await"] == LOOKUP})
        self.world.run.advance(LATE)

    def seen(self) -> Callable[[str], Seen]:
        """How everything is just now."""
        resources = self.world.resources()
        workloads = self.world.run.workloads()
        return lambda name: Seen(resources.get(name), [each for each in workloads if each["row"]["name"] == name])

    def until(self, holds: Callable[[Seen], bool], names: Names) -> None:
        def so() -> bool:
            seen = self.seen()
            return all(holds(seen(name)) for name in names)

        self.world.until(so)

    def until_killed(self, holds: Callable[[Seen], bool], names: Names) -> None:
        """Until each is held, or has arrived without getting so far; and the operator is dead."""

        def over() -> bool:
            if self.world.operator.exit_code() is not None:
                return True
            self._confirm_that_many_are_gone()
            held, seen = self.held(), self.seen()
            return all(name in held or holds(seen(name)) for name in names)

        self.world.until(over)
        if self.world.operator.running:
            self.world.operator.kill()
        assert self.world.operator.exit_code() == -signal.SIGKILL, self.world.operator.log()[-3000:]

    def _confirm_that_many_are_gone(self) -> None:
        """As a person would, where more than ten deletions were under way when the operator died: what is held here
        cannot go on by itself, and so see that they are."""
        if self.world.connection_condition().get("reason") == "MassAbsence":
            confirmed = f"runai-operator.io/confirm-absence={uuid4()}"
            self.world.kubectl("annotate", "rcon", self.world.connection, confirmed, "--overwrite")

    def _lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._awaits.read_text().splitlines()]


@pytest.mark.parametrize("name", STORIES)
def test_killed_at_each_await_it_leaves_nothing_twice_and_nothing_lost(bare_world: World, name: str) -> None:
    """Half of them are killed a second time, on the way back."""
    story, theatre = STORIES[name], Theatre(bare_world, STORIES[name])
    places = range(rehearse(theatre) + 1)
    once, twice = [f"once-{place}" for place in places], [f"twice-{place}" for place in places]
    theatre.prepare([*once, *twice])
    assert theatre.world.operator.stop() == 0

    theatre.start()
    theatre.world.polls(2)
    theatre.order(dict(zip([*once, *twice], [*places, *places], strict=True)))
    story.asked(theatre.world, [*once, *twice])
    theatre.until_killed(story.arrives, [*once, *twice])
    assert story.awaits <= {*theatre.held().values()}

    if story.meanwhile is not None:
        story.meanwhile(theatre.world, [*once, *twice])
    ends = story.ends or story.arrives
    in_doubt = theatre.in_doubt(once) if story.late else set()
    theatre.order({each: 1 + place % 7 for place, each in enumerate(twice)}, looked_for=in_doubt)
    theatre.start()
    if story.late:
        assert in_doubt
        theatre.show_what_is_late(in_doubt)
    theatre.until_killed(ends, [*once, *twice])

    theatre.forget_orders()
    if story.late:  # what the second one submitted, and died before it could tell of it
        theatre.world.run.advance(LATE)
    theatre.world.operator.start()
    theatre.until(ends, [*once, *twice])
    theatre.world.polls(2)
    theatre.until(ends, [*once, *twice])


def rehearse(theatre: Theatre) -> int:
    """How many awaits the story has when nothing goes wrong."""
    theatre.start()
    theatre.prepare([REHEARSED])
    theatre.order({REHEARSED: sys.maxsize})
    theatre.story.asked(theatre.world, [REHEARSED])
    theatre.until(theatre.story.arrives, [REHEARSED])
    counted = theatre.awaits(REHEARSED)
    theatre.forget_orders()
    return counted
