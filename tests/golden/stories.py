"""The states worth keeping, each brought about by a real operator between a real API server and the simulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.integration.world import World, a_job

CREATE, DELETE = "create_workload_v2", "delete_workload_v2"

Then = Literal["settled", "creates", "records", "deletes", "lets go"]
"""What is to come: nothing at all, or this step, and no other write to Run:ai before it."""


@dataclass(frozen=True)
class Story:
    """`play` brings the resource of this name to where it is kept; `then` is what comes next."""

    name: str
    then: Then
    play: Callable[[World, str], None]


def _submitted(reason: str, **spec: Any) -> Callable[[World, str], None]:
    def play(world: World, name: str) -> None:
        world.submit(name, **spec)
        world.until_ready(name, reason)

    return play


def _acted(action: str, reason: str, **spec: Any) -> Callable[[World, str], None]:
    """Something is done to the running workload in Run:ai."""

    def play(world: World, name: str) -> None:
        _submitted("Running", **spec)(world, name)
        world.run.act(_id(world, name), action)
        world.until_ready(name, reason)

    return play


def _changed(reason: str, then: dict[str, Any], **spec: Any) -> Callable[[World, str], None]:
    def play(world: World, name: str) -> None:
        _submitted("Running", **spec)(world, name)
        world.submit(name, **{**spec, **then})
        world.until_ready(name, reason)

    return play


def _edited(synced: str, *, metadata: dict[str, Any] | None = None, **spec: Any) -> Callable[[World, str], None]:
    """By a person, in Run:ai: the metadata, or else the manifest's spec."""

    def play(world: World, name: str) -> None:
        _submitted("Running", **spec)(world, name)
        (workload,) = world.workloads(name)
        raw = workload["v2"]["rawManifest"]
        edit = metadata or {"manifest": {**raw, "spec": {**raw["spec"], "parallelism": 7}}}
        world.run.edit(_id(world, name), **edit)
        world.until(lambda: world.condition("Synced", name).get("reason") == synced)

    return play


def _taken_over(adopt: dict[str, Any], **manifest: Any) -> Callable[[World, str], None]:
    def play(world: World, name: str) -> None:
        held = {**a_job(**manifest), "metadata": {"name": name}}
        world.run.create_foreign(name, team_a(world)["id"], foreign=False, manifest=held)
        _submitted("Running", adopt=adopt)(world, name)

    return play


def _conflict(world: World, name: str) -> None:
    world.run.create_foreign(name, team_a(world)["id"])
    _submitted("NameConflict")(world, name)


def _paused(world: World, name: str) -> None:
    _submitted("Running")(world, name)
    world.annotate(name, "runai-operator.io/paused=true")
    world.until_ready(name, "Paused")


def _rerun(world: World, name: str) -> None:
    _acted("complete", "Completed")(world, name)
    world.annotate(name, "runai-operator.io/rerun-at=again")
    world.until(lambda: world.status(name).get("lastHandledRerunAt") == "again")
    world.until_ready(name)


def _vanished(world: World, name: str) -> None:
    _acted("complete", "Completed")(world, name)
    world.run.act(_id(world, name), "delete")
    world.until_ready(name, "Vanished")


def _refused(world: World, name: str) -> None:
    labels = {"simulator.runai-operator.io/reject": "no such image"}
    world.submit(name, manifest={**a_job(), "metadata": {"annotations": labels}})
    world.until_ready(name, "Rejected")


def _unappliable(world: World, name: str) -> None:
    world.run.fail_sync("no matches for kind", name=name)
    _submitted("SyncFailed")(world, name)


def _claimed(world: World, name: str) -> None:
    with_fault(world, CREATE)
    world.submit(name)
    world.until_ready(name, "OutcomeUnknown")


def _recreated_halfway(world: World, name: str) -> None:
    """The old one is gone, and the next one was not created yet."""
    _submitted("Running", updateStrategy="Recreate")(world, name)
    with_fault(world, CREATE)
    world.submit(name, updateStrategy="Recreate", scheduling={"priority": "high"})
    world.until(lambda: not world.workloads(name))
    world.until_ready(name, "OutcomeUnknown")


def _about_to_be_recreated(world: World, name: str) -> None:
    _submitted("Running", updateStrategy="Recreate")(world, name)
    with_fault(world, DELETE)
    world.submit(name, updateStrategy="Recreate", scheduling={"priority": "high"})
    world.until_ready(name, "OutcomeUnknown")


def _being_deleted(world: World, name: str) -> None:
    _submitted("Running")(world, name)
    with_fault(world, DELETE)
    world.kubectl("delete", "rwl", name, "--wait=false", namespace=world.namespace)
    world.until(lambda: world.condition("Ready", name).get("reason") == "OutcomeUnknown")


def _orphaned_while_nobody_looked(world: World, name: str) -> None:
    _submitted("Running", deletionPolicy="Orphan")(world, name)
    world.operator.kill()
    world.kubectl("delete", "rwl", name, "--wait=false", namespace=world.namespace)


def _created_and_never_recorded(world: World, name: str) -> None:
    """The operator dies while Run:ai answers its create."""
    world.run.add_fault("latency", operation=CREATE, seconds=20, when="after", count=1)
    world.submit(name)
    world.until(lambda: world.workloads(name))
    world.operator.kill()


def team_a(world: World) -> dict[str, Any]:
    """The project of all stories."""
    return next(each for each in world.run.projects() if each["name"] == "team-a")


def with_fault(world: World, operation: str) -> None:
    world.run.add_fault("status", operation=operation, status=503)


def _id(world: World, name: str) -> str:
    (workload,) = world.workloads(name)
    return str(workload["row"]["id"])


STORIES = (
    Story("running", "settled", _submitted("Running")),
    Story("running-with-all-scheduling", "settled", _submitted("Running", scheduling={
        "priority": "high", "category": "Train", "preemptibility": "preemptible", "mnnvl": "None"
    })),
    Story("running-under-another-name", "settled", _submitted("Running", workloadName="under-another-name-in-runai")),
    Story("suspended", "settled", _submitted("Suspended", suspend=True)),
    Story("stopped-in-runai", "settled", _acted("suspend", "Stopped")),
    Story("completed", "settled", _acted("complete", "Completed")),
    Story("failed", "settled", _acted("fail", "Failed")),
    Story("updated", "settled", _changed("Running", {"scheduling": {"priority": "high"}})),
    Story("recreated", "settled", _changed(
        "Running", {"scheduling": {"mnnvl": "Required"}}, updateStrategy="Recreate"
    )),
    Story("run-again", "settled", _rerun),
    Story("recreate-required", "settled", _changed("RecreateRequired", {"scheduling": {"mnnvl": "Required"}})),
    Story("drifted", "settled", _edited("Drifted", drift={"mode": "Report"})),
    Story("server-differs", "settled", _edited(
        "ServerDiffers", metadata={"preemptibility": "preemptible"}, scheduling={"preemptibility": "non-preemptible"}
    )),
    Story("orphan-to-be", "settled", _submitted("Running", deletionPolicy="Orphan")),
    Story("taken-over-identical", "settled", _taken_over({"policy": "IfIdentical"})),
    Story("taken-over-and-put", "settled", _taken_over({"policy": "IfUnowned"}, tty=True)),
    Story("vanished", "settled", _vanished),
    Story("not-appliable", "settled", _unappliable),
    Story("paused", "settled", _paused),
    Story("name-conflict", "settled", _conflict),
    Story("refused", "creates", _refused),
    Story("claimed", "creates", _claimed),
    Story("amid-a-recreate", "creates", _recreated_halfway),
    Story("about-to-be-recreated", "deletes", _about_to_be_recreated),
    Story("being-deleted", "deletes", _being_deleted),
    Story("created-and-never-recorded", "records", _created_and_never_recorded),
    Story("orphaned", "lets go", _orphaned_while_nobody_looked),
)  # fmt: skip
