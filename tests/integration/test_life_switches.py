"""One life, from apply to delete, under each answer that the contract leaves open: it must hold either way."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest
from kubernetes import client, config

from runai_operator.api.names import GROUP, STAMP_PREFIX, VERSION, WORKLOADS
from runai_simulator import RunningSimulator, Settings, Switches, Times
from tests.control_plane.processes import wait_until
from tests.integration.world import PATIENCE, World, a_job

CREATE, PUT, DELETE = "create_workload_v2", "update_workload_v2", "delete_workload_v2"
BY_DEFAULT = "low"
"""The priority that the simulator gives a Job for which none was asked."""
PRIORITY, PARALLELISM = "/scheduling/priority", "/manifest/spec/parallelism"
ANNOTATIONS = "/manifest/metadata/annotations"
BETWEEN_LOOKS = 0.1


@dataclass(frozen=True)
class Position:
    """What Run:ai is like.

    `keeps` are the paths of what it does not let go of, whatever a PUT says, `adds` those of what it makes of each
    PUT; `puts` are at most sent for a change, and for taking part of it back.
    """

    switches: dict[str, Any] = field(default_factory=dict)
    list_delay: float = 0.0
    keeps: frozenset[str] = frozenset()
    adds: frozenset[str] = frozenset()
    puts: int = 3


POSITIONS = {
    "as by default": Position(),
    "PUT merges metadata": Position({"put": "merge"}),
    "PUT merges the manifest too": Position({"put": "deep-merge"}),
    "null clears nothing": Position({"null_clears": False}),
    "PUT merges metadata, null clears nothing": Position(
        {"put": "merge", "null_clears": False}, keeps=frozenset({PRIORITY})
    ),
    "PUT merges the manifest too, null clears nothing": Position(
        {"put": "deep-merge", "null_clears": False}, keeps=frozenset({PRIORITY, PARALLELISM})
    ),
    "rawManifest notes each PUT": Position({"notes_writes": True}, adds=frozenset({ANNOTATIONS}), puts=6),
    "a name is free while its workload is deleted": Position({"conflict_covers_deleting": False}),
    "GET of a deleted workload is 200": Position({"get_deleted": 200}),
    "a list contains deleted ones": Position({"list_includes_deleted": True}),
    "updatedAt does not move with the phase": Position({"updated_at_moves_with_phase": False}),
    "dryRun does not say that a name is taken": Position({"dry_run_conflict": False}),
    "there is no token v2": Position({"token_v2": False}),
    "what could not be applied stays Creating": Position({"failed_sync_phase": "Creating"}),
    "a POST shows in the list after a while": Position(list_delay=2.5),
}


def test_every_switch_of_the_simulator_is_turned() -> None:
    default = Switches().model_dump()
    turned = {(name, value) for each in POSITIONS.values() for name, value in each.switches.items()}
    for name, info in Switches.model_fields.items():
        values = {True, False} if info.annotation is bool else {*get_args(info.annotation)}
        assert {value for turned_name, value in turned if turned_name == name} == values - {default[name]}, name


class Life:
    """One resource, looked at again and again: each look holds what is told against what Run:ai has."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self._objects = client.CustomObjectsApi(config.new_client_from_config(str(world.control_plane.kubeconfig)))

    def apply(self, *, image: str = "trainer:1", parallelism: int | None = None, **spec: Any) -> None:
        manifest = a_job(image=image)
        if parallelism is not None:
            manifest["spec"]["parallelism"] = parallelism
        self.world.submit(self.name, manifest=manifest, **spec)

    def written(self, operation: str) -> int:
        return self.world.written(self.name).count(operation)

    def becomes(self, reason: str, *, synced: bool = True, differs: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Waits until Ready gives this reason for this generation, and Synced says what it should; the workload."""
        wait_until(lambda: self._is(reason, synced=synced, differs=differs), PATIENCE, self._story)
        (workload,) = self.world.workloads(self.name)
        return workload

    def _is(self, reason: str, *, synced: bool, differs: frozenset[str]) -> bool:
        time.sleep(BETWEEN_LOOKS)
        resource = self._get()  # before the workload, which only changes for the better
        living = self.world.workloads(self.name)
        assert len(living) <= 1, "two at a time"
        told = of_this_generation(resource)
        says_synced = told.get("Synced", {}).get("status")
        if says_synced == "True":
            assert differing(resource["spec"], living) == set(), "says Synced, and is not equal to the spec"
        drift = {each["path"] for each in resource.get("status", {}).get("drift", [])}
        wanted = "True" if synced and not differs else "False"
        return (told.get("Ready", {}).get("reason"), says_synced, drift) == (reason, wanted, differs)

    def _story(self) -> str:
        told = {"status": self._get().get("status"), "runai": self.world.workloads(self.name)}
        return f"{json.dumps(told, indent=1)}\n{self.world.written(self.name)}"

    def _get(self) -> dict[str, Any]:
        found = self._objects.get_namespaced_custom_object(GROUP, VERSION, self.world.namespace, WORKLOADS, self.name)
        return dict(found)


def of_this_generation(resource: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The conditions that speak of the newest spec, by type."""
    newest = resource["metadata"]["generation"]
    conditions = resource.get("status", {}).get("conditions", [])
    return {each["type"]: each for each in conditions if each["observedGeneration"] == newest}


def differing(spec: dict[str, Any], living: list[dict[str, Any]]) -> set[str]:
    """Where the one workload differs from the spec."""
    if len(living) != 1:
        return {"/"}
    v2, wish = living[0]["v2"], dict(spec["manifest"])
    held, wanted = dict(v2["rawManifest"]), wish.pop("metadata", {})
    metadata = held.pop("metadata")
    ours = {key: value for key, value in metadata.get("annotations", {}).items() if not key.startswith(STAMP_PREFIX)}
    found = {f"/manifest/{part}" for part in held.keys() | wish.keys() if held.get(part) != wish.get(part)}
    if (ours, metadata["name"]) != (wanted.get("annotations", {}), v2["metadata"]["name"]):
        found.add("/manifest/metadata")
    if v2["metadata"]["priority"] != spec.get("scheduling", {}).get("priority", BY_DEFAULT):
        found.add(PRIORITY)
    return found


def live(world: World, name: str, position: Position) -> None:
    """From apply to delete. What is amiss is raised."""
    life, differs = Life(world, name), position.keeps | position.adds
    world.run.fail_sync("no such queue", name=name, count=1)
    life.apply()
    life.becomes("SyncFailed", synced=False)

    asked = {"parallelism": 2, "scheduling": {"priority": "high"}}
    life.apply(**asked)
    first = life.becomes("Running")["row"]["id"]
    life.apply(**asked | {"image": "trainer:2", "scheduling": {"priority": "very-high"}})
    life.becomes("Running", differs=position.adds)
    life.apply(image="trainer:2")
    life.becomes("Running", differs=differs)
    world.polls(2)
    puts = life.written(PUT)
    assert puts <= position.puts

    life.apply(image="trainer:2", suspend=True)
    assert life.becomes("Suspended", differs=differs)["row"]["phase"] == "Stopped"
    life.apply(image="trainer:2", suspend=False)
    life.becomes("Running", differs=differs)
    world.run.act(first, "complete")
    life.becomes("Completed", differs=differs)

    life.apply(image="trainer:3", suspend=False)
    second = life.becomes("Running")["row"]["id"]
    assert second != first
    world.run.act(second, "complete")
    life.becomes("Completed")
    world.polls(2)
    assert life.written(PUT) == puts
    assert life.written(CREATE) == 3, "what could not be applied, its mend, and one run for the changed spec"

    world.kubectl("delete", "rwl", name, "--timeout=30s", namespace=world.namespace)
    assert world.workloads(name) == []
    assert life.written(DELETE) == 3


@pytest.fixture(scope="module")
def lives(shared_world: World) -> Iterator[dict[str, Future[None]]]:
    """All of them at once, of one operator, each with a Run:ai of its own: most of a life is waiting."""
    with ExitStack() as undo:
        worlds = {name: undo.enter_context(beside(shared_world, number)) for number, name in enumerate(POSITIONS)}
        pool = undo.enter_context(ThreadPoolExecutor(len(POSITIONS)))
        yield {name: pool.submit(live, worlds[name], worlds[name].connection, POSITIONS[name]) for name in worlds}


@contextmanager
def beside(world: World, number: int) -> Iterator[World]:
    """The same operator and namespace, with another Run:ai and the connection to it."""
    position = [*POSITIONS.values()][number]
    times = Times.fast().model_copy(update={"deleting": 0.4, "list_delay": position.list_delay})
    with RunningSimulator(Settings(times=times, switches=Switches(**position.switches))) as simulator:
        other = World(world.kubectl, world.control_plane, simulator, world.namespace, world.folder)
        other.operator, other.connection = world.operator, f"{world.namespace}-{number}"
        other.connect(polling={"interval": "1s", "fullInterval": "1s"})
        yield other
        world.tear_away(other.connection)


@pytest.mark.parametrize("position", POSITIONS)
def test_a_whole_life_is_the_same_whatever_runai_is_like(lives: dict[str, Future[None]], position: str) -> None:
    lives[position].result()
