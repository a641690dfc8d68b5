"""What the operator relies on, told as what can be read afterwards: the same of every API server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from unittest.mock import patch

from kubernetes.aio.client.exceptions import ApiException

from runai_operator.api.names import FINALIZER
from runai_operator.kube import patches
from runai_operator.sync.ports import Problem, Stale
from runai_operator.sync.resource import Key, Resource
from tests.chaos.port.sides import Side

Story = Callable[[Side], Awaitable[Any]]
STORIES: list[Story] = []
OTHERS = "example.org/finalizer"
JOB = {"spec": {"manifest": {"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": 1}}}}
STATUS = {"observedGeneration": 1, "workloadId": "w-1", "conditions": []}
FINALIZED = {**JOB, "metadata": {"finalizers": [OTHERS]}}


def story(tell: Story) -> Story:
    STORIES.append(tell)
    return tell


def read(body: Mapping[str, Any]) -> dict[str, Any]:
    """Of an object what both sides name alike."""
    metadata = body["metadata"]
    return {
        "generation": metadata["generation"],
        "finalizers": metadata.get("finalizers"),
        "annotations": metadata.get("annotations"),
        "deleting": "deletionTimestamp" in metadata,
        "spec": body["spec"],
        "status": body.get("status"),
    }


def version(body: Mapping[str, Any]) -> str:
    return str(body["metadata"]["resourceVersion"])


async def fetched(side: Side, name: str = "one") -> Resource:
    resource = await side.port.fetch(Key(side.namespace, name))
    assert resource is not None
    return resource


async def comes_to(write: Awaitable[Any]) -> str:
    """How a write ends."""
    try:
        await write
    except (Stale, Problem) as error:
        return type(error).__name__
    except ApiException as error:
        return f"refused with {error.status}"
    return "written"


@story
async def defaults_are_filled_in(side: Side) -> Any:
    return read(await side.create("one", JOB))


@story
async def a_generation_is_a_change_of_the_spec(side: Side) -> Any:
    bodies = [
        await side.create("one", JOB),
        await side.patch("one", {"metadata": {"annotations": {"a": "b"}}}),
        await side.patch("one", {"spec": {"suspend": True}}),
        await side.patch("one", {"spec": {"suspend": None}}),
        await side.patch("one", {"metadata": {"annotations": {"a": None}}}),
    ]
    await side.port.write_status(await fetched(side), STATUS)
    return [read(each) for each in (*bodies, await side.get("one"))]


@story
async def a_patch_that_changes_nothing_is_no_new_version(side: Side) -> Any:
    await side.create("one", JOB)
    first = await side.patch("one", {"metadata": {"annotations": {"a": "b"}}})
    same = await side.patch("one", {"metadata": {"annotations": {"a": "b"}}, "spec": {"manifest": {"kind": "Job"}}})
    await side.port.write_status(await fetched(side), STATUS)
    told = await side.get("one")
    await side.port.write_status(await fetched(side), STATUS)
    again = await side.get("one")
    return [version(first) == version(same), version(same) == version(told), version(told) == version(again)]


@story
async def the_status_is_written_by_its_subresource_alone(side: Side) -> Any:
    await side.create("one", {**JOB, "status": {"workloadId": "forged"}})
    patched = await side.patch("one", {"status": {"workloadId": "forged"}, "spec": {"suspend": True}})
    await side.port.write_status(await fetched(side), STATUS)
    return read(patched), read(await side.get("one"))


@story
async def without_finalizers_a_deletion_is_at_once(side: Side) -> Any:
    await side.create("one", JOB)
    await side.delete("one")
    return await side.port.fetch(Key(side.namespace, "one")), await comes_to(side.delete("one"))


@story
async def with_finalizers_a_deletion_is_a_mark_and_a_generation(side: Side) -> Any:
    await side.create("one", FINALIZED)
    await side.delete("one")
    marked = await side.get("one")
    await side.delete("one")
    again = await side.get("one")
    return read(marked), version(marked) == version(again)


@story
async def the_last_finalizer_takes_the_object_with_it(side: Side) -> Any:
    await side.create("one", FINALIZED)
    await side.port.claim(await fetched(side), "{}")
    await side.delete("one")
    await side.port.release(await fetched(side))
    held = read(await side.get("one"))
    await side.patch("one", {"metadata": {"finalizers": []}})
    return held, await side.port.fetch(Key(side.namespace, "one"))


@story
async def what_is_being_deleted_takes_no_new_finalizer(side: Side) -> Any:
    await side.create("one", FINALIZED)
    await side.delete("one")
    return await comes_to(side.port.claim(await fetched(side), "{}")), read(await side.get("one"))


@story
async def what_is_being_deleted_can_still_be_edited_and_told(side: Side) -> Any:
    await side.create("one", FINALIZED)
    await side.delete("one")
    await side.patch("one", {"spec": {"suspend": True}})
    await side.port.write_status(await fetched(side), STATUS)
    return read(await side.get("one"))


@story
async def claim_and_release_leave_other_finalizers_alone(side: Side) -> Any:
    await side.create("one", FINALIZED)
    claimed = await side.port.claim(await fetched(side), "{}")
    await side.port.release(claimed)
    return FINALIZER in claimed.metadata["finalizers"], read(claimed.body), read(await side.get("one"))


@story
async def an_older_resource_is_neither_claimed_nor_released(side: Side) -> Any:
    await side.create("one", JOB)
    before = await fetched(side)
    await side.patch("one", {"metadata": {"annotations": {"a": "b"}}})
    ends = [await comes_to(side.port.claim(before, "{}")), await comes_to(side.port.release(before))]
    return ends, read(await side.get("one"))


@story
async def an_older_status_is_not_written_over_a_newer_one(side: Side) -> Any:
    await side.create("one", JOB)
    before = await fetched(side)
    await side.port.write_status(before, STATUS)
    end = await comes_to(side.port.write_status(before, {**STATUS, "workloadId": "w-0"}))
    return end, read(await side.get("one"))


@story
async def a_status_is_compared_as_it_is_spelled(side: Side) -> Any:
    """So that what two spellings are possible for cannot be tested for by its value."""
    ends = {}
    for number, text in enumerate(("plain", "with <, > and &", "größer", "\u2028", 'a "quote"')):
        await side.create(f"one-{number}", JOB)
        told = {**STATUS, "phaseMessage": text}
        await side.port.write_status(await fetched(side, f"one-{number}"), told)
        before = await fetched(side, f"one-{number}")
        with patch.object(patches, "spelt_alike", return_value=True):
            by_value = await comes_to(side.port.write_status(before, {**told, "workloadId": "w-2"}))
        ends[text] = by_value, await comes_to(side.port.write_status(before, {**told, "workloadId": "w-3"}))
    return ends


@story
async def a_status_is_written_though_the_spec_moved_on(side: Side) -> Any:
    await side.create("one", JOB)
    before = await fetched(side)
    await side.patch("one", {"spec": {"suspend": True}})
    return await comes_to(side.port.write_status(before, STATUS)), read(await side.get("one"))


@story
async def a_namesake_that_came_later_is_another_object(side: Side) -> Any:
    first = await side.create("one", JOB)
    before = await fetched(side)
    await side.delete("one")
    second = await side.create("one", JOB)
    writes = (side.port.write_status(before, STATUS), side.port.claim(before, "{}"), side.port.release(before))
    ends = [await comes_to(write) for write in writes]
    return first["metadata"]["uid"] == second["metadata"]["uid"], ends, read(await side.get("one"))


@story
async def what_is_gone_takes_nothing(side: Side) -> Any:
    await side.create("one", JOB)
    before = await fetched(side)
    await side.delete("one")
    writes = (side.port.write_status(before, STATUS), side.port.claim(before, "{}"), side.port.release(before))
    return [await comes_to(write) for write in writes], await comes_to(side.create("one", JOB))


@story
async def a_name_is_taken_once(side: Side) -> Any:
    await side.create("one", JOB)
    return await comes_to(side.create("one", JOB))


@story
async def replacing_takes_metadata_away_and_leaves_the_status(side: Side) -> Any:
    first = await side.create("one", {**FINALIZED, "metadata": {"finalizers": [OTHERS], "annotations": {"a": "b"}}})
    await side.port.write_status(await fetched(side), STATUS)
    replaced = await side.replace("one", {"spec": {**JOB["spec"], "suspend": True}})
    return read(replaced), first["metadata"]["uid"] == replaced["metadata"]["uid"]


@story
async def a_watch_tells_everything_in_its_order(side: Side) -> Any:
    await side.create("one", FINALIZED)
    await side.create("two", JOB)
    await side.patch("one", {"spec": {"suspend": True}})
    await side.port.write_status(await fetched(side), STATUS)
    await side.delete("one")
    await side.delete("two")
    await side.patch("one", {"metadata": {"finalizers": None}})
    await side.create("one", JOB)
    events = await side.seen()
    versions = [int(version(body)) for _, body in events]
    told = [(kind, body["metadata"]["name"], read(body)) for kind, body in events]
    return told, versions == sorted(versions)
