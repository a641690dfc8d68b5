"""Stories of backups whose workload is not what it was, and of claims that come along with a copied YAML."""

from __future__ import annotations

import json

from tests.chaos.invariants import condition
from tests.chaos.matrix.doubt import creates
from tests.chaos.matrix.stories import claimed, finished, gone, left_alone, once, reach, settled, settles, story
from tests.chaos.world.apiserver import Body
from tests.chaos.world.people import LAB
from tests.chaos.world.world import World

COPY = "copy"
MANY_TIMES = 12
"""Status writes that a resource may get which is only told why nothing can be done; far fewer than looks at it."""
A_WHILE, A_MINUTE = 600.0, 60.0


def completed_once(world: World) -> list[str]:
    """Told to have completed, by the only workload that was ever made."""
    phase = world.status().get("phase")
    missing = [] if phase == "Completed" else [f"the status says {phase}"]
    return missing + _runs(world, 1)


def left_alone_once(world: World) -> list[str]:
    """Vanished after it had finished: told, and not run again, not even by a new resource."""
    return left_alone(world) + _runs(world, 1)


def made_once_more(world: World) -> list[str]:
    return world.missing() + _runs(world, 2)


def left_alone_twice(world: World) -> list[str]:
    """Vanished after its second run had finished, which was called for; and not run a third time."""
    return left_alone(world) + _runs(world, 2)


def once_or_left_alone(world: World) -> list[str]:
    """Settled by the only workload that was ever made; or that one ran and went, and it is told that it vanished."""
    return (left_alone(world) if not world.ours() else world.missing()) + _runs(world, 1)


def told_and_left(world: World) -> list[str]:
    """The copy says what keeps it from being submitted, and says it no more often than there is news."""
    ready = condition(world.status(COPY), "Ready")
    missing = [] if ready.get("reason") == "ProjectNotFound" else [f"Ready says {ready.get('reason')}"]
    told = sum(call.name == f"status RunaiWorkload {LAB}/{COPY}" for call in world.calls)
    return missing + ([f"its status was written {told} times"] if told > MANY_TIMES else []) + _runs(world, 1)


def _runs(world: World, most: int) -> list[str]:
    runs = len(world.witness.runs)
    return [] if runs == most else [f"{runs} workloads were submitted"]


def lost(world: World) -> Body:
    backup = world.users.lose()
    world.passes(3)
    return backup


def went_with_its_resource(world: World) -> None:
    """The second run finishes, its resource is lost, and it is deleted in Run:ai."""
    settles(world)
    second = world.ours()[0].id
    world.staff.does("complete", second)
    reach(world, lambda: world.status().get("phase") == "Completed", "the second run is told to have completed")
    lost(world)
    world.staff.does("delete", second)
    world.passes(10)


def vanished_after_a_restore(world: World) -> None:
    """No status tells which workload it was: that went with the resource."""
    workload_id = finished(world)
    backup = lost(world)
    world.staff.does("delete", workload_id)
    world.passes(10)
    world.users.restore(backup)
    reach(world, lambda: not left_alone(world), "it is told to have vanished")


def anothers_claim(world: World) -> str:
    """That of a resource somewhere else, as it is found in its YAML."""
    claim = json.loads(world.annotations()["claim"])
    return json.dumps({**claim, "name": "somebody", "uid": "uid-of-somebody", "workload_name": "somebody"})


@story(missing=once)
def restore_with_its_status(world: World) -> None:
    settled(world)
    world.users.restore(lost(world), status=True)


@story(missing=completed_once)
def restore_what_finished(world: World) -> None:
    finished(world)
    world.users.restore(lost(world))


@story(missing=left_alone_once)
def restore_what_finished_and_went(world: World) -> None:
    """Its deleted row alone tells that it had finished: the status is gone with the resource."""
    workload_id = finished(world)
    backup = lost(world)
    world.staff.does("delete", workload_id)
    world.passes(10)
    world.users.restore(backup)


@story(missing=made_once_more)
def restore_what_went(world: World) -> None:
    workload_id = settled(world)
    reach(world, lambda: world.status().get("phase") == "Running", "it is known to run")
    backup = lost(world)
    world.staff.does("delete", workload_id)
    world.passes(10)
    world.users.restore(backup)


@story(missing=left_alone_twice)
def restore_amid_a_rerun_that_finished_and_went(world: World) -> None:
    """The backup, with its status, knows of the first run alone, and that a second one was to take its place."""
    finished(world)
    world.users.annotate(rerun_at="once more")
    reach(world, lambda: "replaces" in json.loads(world.annotations()["claim"]), "the rerun is claimed")
    backup = world.users.get()
    assert backup is not None
    reach(world, lambda: world.status().get("lastHandledRerunAt") == "once more", "the rerun is answered")
    went_with_its_resource(world)
    world.users.restore(backup, status=True)


@story(missing=left_alone_twice)
def restore_what_was_made_anew_and_went(world: World) -> None:
    """The backup, with its status, is older than the recreate."""
    first = settled(world)
    reach(world, lambda: world.status().get("phase") == "Running", "it is known to run")
    backup = world.users.get()
    assert backup is not None
    world.staff.does("delete", first)
    reach(world, lambda: world.status().get("workloadId") not in (None, first), "it is made anew")
    went_with_its_resource(world)
    world.users.restore(backup, status=True)


@story(missing=left_alone_once)
def claim_removed_from_what_was_restored_and_went(world: World) -> None:
    vanished_after_a_restore(world)
    world.cluster.kill_operator()
    world.passes(A_MINUTE)
    world.users.annotate(claim=None)


@story(missing=left_alone_once)
def replace_what_was_restored_and_went(world: World) -> None:
    vanished_after_a_restore(world)
    world.cluster.kill_operator()
    world.passes(A_MINUTE)
    world.users.replace()


@story(missing=gone)
def rerun_what_was_restored_and_delete_it_with_its_old_claim(world: World) -> None:
    """That it vanished was told before the create was sent: it says nothing of what may still be carried out."""
    vanished_after_a_restore(world)
    old = world.annotations()["claim"]
    sent = creates(world)
    world.users.annotate(rerun_at="now")
    reach(world, lambda: creates(world) > sent, "the create of the next run is sent")
    world.users.annotate(claim=old)
    world.users.delete()


@story(missing=once_or_left_alone)
def what_ran_unseen(world: World) -> None:
    """Where the operator dies over the create, what it made finishes and is deleted before the next one has a look."""
    claimed(world)
    reach(world, lambda: creates(world) > 0, "a create is sent")
    world.until(lambda: bool(world.ours()), 2)
    if world.ours() and not world.status().get("workloadId"):
        made = world.ours()[0].id
        world.staff.does("complete", made)
        world.staff.does("delete", made)
        world.passes(10)


@story(missing=gone)
def delete_what_was_restored(world: World) -> None:
    settled(world)
    world.users.restore(lost(world))
    world.users.delete()


@story(missing=left_alone_once)
def anothers_claim_over_ones_own(world: World) -> None:
    """What finished and went is not run again because somebody applies the YAML of another resource over it."""
    world.staff.does("delete", finished(world))
    reach(world, lambda: not left_alone(world), "it is told to have vanished")
    world.users.annotate(claim=anothers_claim(world))


@story(missing=once)
def anothers_claim_over_what_runs(world: World) -> None:
    settled(world)
    world.users.annotate(claim=anothers_claim(world))
    reach(world, lambda: json.loads(world.annotations()["claim"])["name"] != "somebody", "its own claim is back")
    settles(world)


@story(missing=told_and_left)
def copy_to_a_project_that_is_not_there(world: World) -> None:
    settled(world)
    world.users.create(COPY, annotations={"claim": world.annotations()["claim"]}, projectName="nowhere")
    world.passes(A_WHILE)
    world.deed("user", "looks how it stands")


@story(missing=made_once_more)
def copy_with_its_status(world: World) -> None:
    """As a backup is restored under another name."""
    settled(world)
    copied = world.users.get()
    assert copied is not None
    world.users.restore(copied, COPY, status=True)


@story(missing=made_once_more)
def copy_with_a_status_of_an_earlier_version(world: World) -> None:
    """Which did not say of whom it is."""
    settled(world)
    copied = world.users.get()
    assert copied is not None
    status = {key: value for key, value in copied["status"].items() if key != "uid"}
    world.users.restore({**copied, "status": status}, COPY, status=True)
