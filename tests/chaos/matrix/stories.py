"""What people do, step by step, each step once the one before has come about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.invariants import condition
from tests.chaos.world.people import CLIENT, a_job
from tests.chaos.world.runai import OTHER_CLIENT
from tests.chaos.world.world import World

Tell = Callable[[World], None]


class Stuck(Exception):
    """What the next step waits for never came about."""


@dataclass(frozen=True)
class Story:
    """`tell` leads through it, `missing` says what the end of it still lacks. `led`: there are two operators, of which
    one leads. `most`: where its points are alike, so many of them are enough."""

    name: str
    tell: Tell
    missing: Callable[[World], list[str]]
    led: bool = False
    most: int | None = None


def story(
    *, missing: Callable[[World], list[str]] = World.missing, led: bool = False, most: int | None = None
) -> Callable[[Tell], Tell]:
    def take(tell: Tell) -> Tell:
        name = tell.__name__.replace("_", "-")
        assert name not in STORIES, f"two stories are called {name}"
        STORIES[name] = Story(name, tell, missing, led, most)
        return tell

    return take


STORIES: dict[str, Story] = {}


def settles(world: World) -> None:
    reach(world, lambda: not world.missing(), "everything settles")


def reach(world: World, so: Callable[[], bool], what: str) -> None:
    """Raises Stuck, also where an invariant broke on the way."""
    if not world.until(so):
        raise Stuck(f"waited for: {what}")


def settled(world: World, **spec: object) -> str:
    """A resource that has settled; the id of its workload."""
    world.users.create(**spec)  # type: ignore[arg-type]
    settles(world)
    return world.ours()[0].id


def finished(world: World, **spec: object) -> str:
    """One that ran to its end, and whose status says so."""
    workload_id = settled(world, **spec)
    world.staff.does("complete", workload_id)
    reach(world, lambda: world.status().get("phase") == "Completed", "the status says Completed")
    return workload_id


def claimed(world: World) -> None:
    """Created, and claimed: from here on something may have been sent."""
    world.users.create()
    reach(world, lambda: "claim" in world.annotations(), "the claim")


def gone(world: World) -> list[str]:
    """Of the resource and of its workload nothing is to be left."""
    left = [f"{each} is left" for each in world.ours()]
    return left if world.users.get() is None else [*left, "the resource is still there"]


def let_go(world: World) -> list[str]:
    """The resource is to go, and its workload to stay."""
    left = [] if len(world.ours()) == 1 else ["the workload is gone"]
    return left if world.users.get() is None else [*left, "the resource is still there"]


def anew(world: World) -> list[str]:
    """Settled, by another workload than the first."""
    return world.missing() or ([] if len(world.witness.runs) > 1 else ["nothing was submitted anew"])


def once(world: World) -> list[str]:
    """Settled, by the only workload that was ever made."""
    runs = len(world.witness.runs)
    return world.missing() or ([] if runs == 1 else [f"{runs} workloads were submitted"])


def left_alone(world: World) -> list[str]:
    """Vanished after it had finished: told, and not run again."""
    ready = condition(world.status(), "Ready")
    return [] if ready.get("reason") == "Vanished" else [f"Ready says {ready.get('reason')}"]


@story(missing=once)
def create(world: World) -> None:
    world.users.create()


@story(missing=once)
def create_suspended(world: World) -> None:
    world.users.create(suspend=True)


@story(missing=once)
def update(world: World) -> None:
    settled(world)
    world.users.edit(manifest=a_job(2), scheduling={"priority": "high"})


@story(missing=once)
def take_a_field_away(world: World) -> None:
    manifest = a_job()
    settled(world, manifest={**manifest, "spec": {"parallelism": 1, "completions": 3}}, scheduling={"priority": "high"})
    world.users.edit(manifest={"spec": {"completions": None}}, scheduling=None)


@story(missing=once)
def take_away_what_is_the_default(world: World) -> None:
    settled(world, scheduling={"priority": "low"})
    world.users.edit(scheduling=None)


@story(missing=once)
def edit_while_submitting(world: World) -> None:
    claimed(world)
    world.users.edit(manifest=a_job(2))


@story(missing=anew)
def recreate_what_finished(world: World) -> None:
    finished(world)
    world.users.edit(manifest=a_job(2))


@story(missing=anew)
def recreate_what_runs(world: World) -> None:
    settled(world, updateStrategy="Recreate", scheduling={"preemptibility": "preemptible"})
    world.users.edit(scheduling={"preemptibility": "non-preemptible"})


@story(missing=anew)
def rerun(world: World) -> None:
    finished(world)
    world.users.annotate(rerun_at="once more")


@story(missing=once)
def suspend(world: World) -> None:
    settled(world)
    world.users.edit(suspend=True)


@story(missing=once)
def resume(world: World) -> None:
    settled(world, suspend=True)
    world.users.edit(suspend=False)


@story()
def suspend_two(world: World) -> None:
    world.users.create("second")
    settled(world)
    world.users.edit(suspend=True)
    world.users.edit("second", suspend=True)


@story(missing=gone)
def delete(world: World) -> None:
    settled(world)
    world.users.delete()


@story(missing=gone)
def delete_while_submitting(world: World) -> None:
    claimed(world)
    world.users.delete()


@story(missing=gone)
def delete_while_recreating(world: World) -> None:
    finished(world)
    world.users.edit(manifest=a_job(2))
    reach(world, lambda: "replaces" in world.annotations().get("claim", ""), "the claim to replace it")
    world.users.delete()


@story()
def delete_and_create_again(world: World) -> None:
    settled(world)
    world.users.delete()
    reach(world, lambda: world.users.get() is None, "the resource is gone")
    world.users.create(manifest=a_job(2))


@story(missing=let_go)
def release(world: World) -> None:
    settled(world)
    world.users.annotate(release="true")
    world.users.delete()


@story(missing=let_go)
def orphan(world: World) -> None:
    settled(world, deletionPolicy="Orphan")
    world.users.delete()


@story(missing=once)
def edited_by_hand(world: World) -> None:
    workload_id = settled(world)
    world.staff.edits(
        workload_id, manifest={**world.raw(workload_id), "spec": {"parallelism": 7}}, priority="very-high"
    )
    reach(world, lambda: world.missing() == [], "the edit is undone")


@story(missing=anew)
def deleted_by_hand(world: World) -> None:
    world.staff.does("delete", settled(world))


@story(missing=left_alone)
def deleted_by_hand_when_finished(world: World) -> None:
    world.staff.does("delete", finished(world))


@story(missing=once)
def restore(world: World) -> None:
    settled(world)
    backup = world.users.lose()
    world.passes(3)
    world.users.restore(backup)


@story(missing=gone)
def replace_and_delete(world: World) -> None:
    settled(world)
    world.users.replace(manifest=a_job(2))
    settles(world)
    world.users.delete()


@story(missing=once, led=True)
def another_leads_while_creating(world: World) -> None:
    world.users.create()


@story(missing=once, led=True)
def another_leads_while_editing(world: World) -> None:
    settled(world)
    world.users.edit(manifest=a_job(2), suspend=True)
    world.passes(1)
    world.users.edit(manifest=a_job(3), suspend=False)


@story(missing=anew, led=True)
def another_leads_while_recreating(world: World) -> None:
    finished(world)
    world.users.annotate(rerun_at="once more")


@story(missing=gone, led=True)
def another_leads_while_deleting(world: World) -> None:
    settled(world)
    world.users.delete()


@story(missing=gone)
def connection_deleted_before_its_workload(world: World) -> None:
    settled(world)
    world.users.delete_connection()
    world.passes(20)
    world.users.delete()
    reach(world, lambda: not gone(world), "the resource is gone")
    reach(world, lambda: not world.users.connected(), "the connection is gone")


@story(missing=once)
def another_tenant_for_a_while(world: World) -> None:
    settled(world)
    world.credentials_of(OTHER_CLIENT)
    world.users.edit(manifest=a_job(2))
    world.passes(40)
    world.credentials_of(CLIENT)
