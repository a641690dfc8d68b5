"""Stories in which something is to be left as it is: for a while, for good, or until its resource comes back."""

from __future__ import annotations

from typing import Any

from tests.chaos.invariants import condition
from tests.chaos.matrix.stories import anew, finished, gone, once, reach, settled, settles, story
from tests.chaos.world.people import CLIENT, TRAINER, a_job
from tests.chaos.world.runai import OTHER_CLIENT
from tests.chaos.world.world import World

AS_EDITED = 7
"""The parallelism that somebody sets by hand."""
RIVAL = "rival"


def parallelism(world: World) -> Any:
    """Of the one workload of our resource, as Run:ai holds it."""
    (workload,) = world.ours()
    return workload.manifest["spec"]["parallelism"]


def edits_by_hand(world: World, workload_id: str) -> None:
    world.staff.edits(workload_id, manifest={**world.raw(workload_id), "spec": {"parallelism": AS_EDITED}})


def loses_its_stamp(world: World, workload_id: str) -> None:
    """Somebody rewrites the manifest in Run:ai's interface, without the annotations."""
    world.staff.edits(workload_id, manifest={**a_job(), "metadata": {"name": TRAINER}})


def needs_recreating(world: World) -> list[str]:
    """What an update can change was changed, and of the rest it is told that it was not."""
    reason = condition(world.status(), "Synced").get("reason")
    missing = [] if reason == "RecreateRequired" else [f"Synced says {reason}"]
    missing += [] if parallelism(world) == 2 else ["what an update can change was not changed"]
    return missing + ([] if len(world.witness.runs) == 1 else ["it was submitted again"])


def edited_and_left(world: World) -> list[str]:
    """Told as the resource wants it told, and not undone."""
    return once(world) + ([] if parallelism(world) == AS_EDITED else ["the edit was undone"])


def only_the_first_is_left(world: World) -> list[str]:
    """Its workload is as it was, and of the rival nothing is there."""
    missing = world.missing_of(TRAINER) + [f"{each} was submitted" for each in world.ours(RIVAL)]
    return missing if world.users.get(RIVAL) is None else [*missing, "the rival is still there"]


def stays_so(world: World, seconds: float = 30.0) -> None:
    """Nothing is written to Run:ai meanwhile. Raises Stuck."""
    writes = world.witness.writes
    world.passes(seconds)
    reach(world, lambda: world.witness.writes == writes, "hands are kept off")


@story(missing=needs_recreating)
def in_place(world: World) -> None:
    settled(world, updateStrategy="InPlace", drift={"mode": "Report"}, scheduling={"preemptibility": "preemptible"})
    world.users.edit(manifest=a_job(2), scheduling={"preemptibility": "non-preemptible"})


@story(missing=anew)
def in_place_until_allowed(world: World) -> None:
    finished(world, updateStrategy="InPlace")
    world.users.edit(manifest=a_job(2))
    reach(world, lambda: condition(world.status(), "Synced").get("reason") == "RecreateRequired", "it is told")
    stays_so(world)
    world.users.edit(updateStrategy="RecreateIfFinished")


@story(missing=anew)
def what_cannot_be_put_waits_for_the_end(world: World) -> None:
    """A PUT for what only a new workload can take would bring nothing, and undo an edit that is to be left alone."""
    workload_id = settled(world, drift={"mode": "Ignore"}, scheduling={"preemptibility": "preemptible"})
    edits_by_hand(world, workload_id)
    world.users.edit(scheduling={"preemptibility": "non-preemptible"})
    reach(world, lambda: condition(world.status(), "Synced").get("reason") == "RecreateRequired", "it is told")
    reach(world, lambda: parallelism(world) == AS_EDITED, "the edit is not undone")
    world.staff.does("complete", workload_id)


@story(missing=anew)
def what_can_be_put_is_and_the_rest_waits_for_the_end(world: World) -> None:
    """The PUT answers a part of what was asked for: the run that brings the rest is called for all the same."""
    workload_id = settled(world, scheduling={"preemptibility": "preemptible"})
    world.users.edit(manifest=a_job(2), scheduling={"preemptibility": "non-preemptible"})
    reach(world, lambda: parallelism(world) == 2, "what can be put is")
    reach(world, lambda: condition(world.status(), "Synced").get("reason") == "RecreateRequired", "the rest is told")
    world.staff.does("complete", workload_id)


@story(missing=edited_and_left)
def drift_reported(world: World) -> None:
    edits_by_hand(world, settled(world, drift={"mode": "Report"}))


@story(missing=once)
def drift_ignored(world: World) -> None:
    edits_by_hand(world, settled(world, drift={"mode": "Ignore"}))
    stays_so(world)
    reach(world, lambda: not edited_and_left(world), "the edit is left")
    world.users.edit(manifest=a_job(2), drift={"mode": "Report"})


@story(missing=once)
def paused(world: World) -> None:
    settled(world)
    world.users.annotate(paused="true")
    world.users.edit(manifest=a_job(2), suspend=True)
    stays_so(world)
    world.users.annotate(paused=None)


@story(missing=gone)
def paused_and_deleted(world: World) -> None:
    settled(world)
    world.users.annotate(paused="true")
    world.users.delete()
    stays_so(world)
    world.users.annotate(paused=None)


@story(missing=gone)
def orphan_and_create_again(world: World) -> None:
    """What was left behind is taken back by its stamp, and from then on it is the resource's like any other."""
    settled(world, deletionPolicy="Orphan")
    world.users.delete()
    reach(world, lambda: world.users.get() is None, "the resource is gone")
    world.users.create()
    settles(world)
    world.users.delete()


@story(missing=once)
def stamp_removed_by_hand(world: World) -> None:
    loses_its_stamp(world, settled(world))
    world.users.edit(manifest=a_job(2))


@story(missing=gone)
def stamp_removed_and_deleted(world: World) -> None:
    loses_its_stamp(world, settled(world))
    world.users.delete()


@story(missing=only_the_first_is_left)
def two_want_one_name(world: World) -> None:
    settled(world)
    world.users.create(RIVAL, workloadName=TRAINER, manifest=a_job(2))
    reach(world, lambda: condition(world.status(RIVAL), "Ready").get("reason") == "NameConflict", "whose the name is")
    world.users.edit(RIVAL, suspend=True)
    world.passes(20)
    world.users.delete(RIVAL)


@story(missing=gone)
def delete_under_another_tenant(world: World) -> None:
    """It knows nothing of the workload, and has a project of the same id."""
    settled(world)
    world.credentials_of(OTHER_CLIENT)
    world.users.delete()
    world.passes(200)
    world.credentials_of(CLIENT)
