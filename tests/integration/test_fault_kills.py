"""The operator killed at each await, and started again: no duplicate, no orphan, nothing stuck."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.world import World, a_job

KILLED = Path(__file__).with_name("killed.py")


@dataclass(frozen=True)
class Story:
    """What happens to a resource: `before` it is killed, what is `asked` then, and what `holds` in the end."""

    before: Callable[[World, str], None]
    asked: Callable[[World, str], None]
    holds: Callable[[World, str], bool]
    awaits: tuple[str, ...]
    exists_before: bool = True


def submitted(world: World, name: str) -> None:
    world.submit(name)


def nothing(world: World, name: str) -> None:
    """The story begins with nothing."""


def changed(world: World, name: str) -> None:
    world.submit(name, manifest=a_job(image="trainer:2"), scheduling={"priority": "high"})


def to_be_recreated(world: World, name: str) -> None:
    world.submit(name, updateStrategy="Recreate")


def changed_to_be_recreated(world: World, name: str) -> None:
    world.submit(name, manifest=a_job(image="trainer:2"), updateStrategy="Recreate")


def deleted(world: World, name: str) -> None:
    world.kubectl("delete", "rwl", name, "--wait=false", namespace=world.namespace)


def image(workload: dict[str, Any]) -> str:
    return str(workload["v2"]["rawManifest"]["spec"]["template"]["spec"]["containers"][0]["image"])


def one_alone(world: World, name: str, *, wanted: str, ever: int) -> bool:
    """One workload that lives, of `ever` that there were; and a resource that tells of it."""
    living = world.workloads(name)
    assert len(living) <= 1, "a duplicate"
    assert len(world.run.workloads(name)) <= ever, "submitted once too often"
    if not living or image(living[0]) != wanted:
        return False
    resource = world.get(name)
    ready = world.condition("Ready", name)
    told = (resource["status"].get("workloadId"), ready.get("reason"), ready.get("observedGeneration"))
    return told == (living[0]["row"]["id"], "Running", resource["metadata"]["generation"])


def one_as_submitted(world: World, name: str) -> bool:
    return one_alone(world, name, wanted="trainer:1", ever=1)


def one_as_changed(world: World, name: str) -> bool:
    return one_alone(world, name, wanted="trainer:2", ever=1)


def one_anew(world: World, name: str) -> bool:
    return one_alone(world, name, wanted="trainer:2", ever=2)


def none(world: World, name: str) -> bool:
    names = world.kubectl("get", "rwl", "-o", "name", namespace=world.namespace).split()
    return not world.workloads(name) and f"runaiworkload.runai-operator.io/{name}" not in names


STORIES = {
    "create": Story(
        nothing,
        submitted,
        one_as_submitted,
        (
            "KubernetesApi.fetch:1",
            "KubernetesApi.claim:1",
            "RunaiClient.create:1",
            "KubernetesApi.write_status:1",
            "RunaiClient.get:1",
            "KubernetesApi.write_status:2",
        ),
        exists_before=False,
    ),
    "update": Story(
        submitted,
        changed,
        one_as_changed,
        ("RunaiClient.get:1", "RunaiClient.update:1", "KubernetesApi.write_status:1", "RunaiClient.get:2"),
    ),
    "recreate": Story(
        to_be_recreated,
        changed_to_be_recreated,
        one_anew,
        (
            "KubernetesApi.claim:1",
            "RunaiClient.delete:1",
            "KubernetesApi.write_status:1",
            "RunaiClient.get:3",
            "RunaiClient.create:1",
            "KubernetesApi.write_status:2",
        ),
    ),
    "delete": Story(
        submitted,
        deleted,
        none,
        (
            "RunaiClient.get:1",
            "RunaiClient.delete:1",
            "KubernetesApi.write_status:1",
            "RunaiClient.project:1",
            "KubernetesApi.release:1",
        ),
    ),
}


def kill_points(story: Story) -> dict[str, str]:
    """By the name of the resource on which it strikes."""
    moments = (f"{await_}:{moment}" for await_ in story.awaits for moment in ("before", "after"))
    return {f"kill-{number}": moment for number, moment in enumerate(moments)}


@pytest.mark.parametrize("name", STORIES)
def test_killed_at_each_await_it_leaves_nothing_twice_and_nothing_lost(bare_world: World, name: str) -> None:
    world, story = bare_world, STORIES[name]
    points = kill_points(story)
    world.run.times(deleting=1.0)
    world.secret()
    world.connect()
    if story.exists_before:
        prepare(world, story, points)
    for resource, point in points.items():
        world.operator.start(sys.executable, KILLED, KILL_AT=f"{resource}:{point}")
        story.asked(world, resource)
        world.until(lambda: world.operator.exit_code() is not None)
        assert world.operator.exit_code() == -signal.SIGKILL, f"{point}: {world.operator.log()[-3000:]}"
    world.operator.start()
    for resource in points:
        world.until(lambda each=resource: story.holds(world, each))
    assert all(story.holds(world, each) for each in points)


def prepare(world: World, story: Story, points: dict[str, str]) -> None:
    """All of them are there, and settled."""
    for resource in points:
        story.before(world, resource)
    world.operator.start()
    for resource in points:
        world.until_ready(resource)
    assert world.operator.stop() == 0
