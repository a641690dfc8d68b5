"""The client and the simulator, which know nothing of each other, speak the same contract."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from runai_operator.runai import (
    Ambiguous,
    Conflict,
    CreateWorkload,
    Credentials,
    Forbidden,
    NotFound,
    RunaiClient,
    Throttled,
    UpdateWorkload,
    WorkloadView,
)
from runai_simulator import RunningSimulator

CREDENTIALS = Credentials("demo", "demo-secret")
MANIFEST = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "trainer"},
    "spec": {"template": {"spec": {}}},
}


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator() as running:
        yield running


@asynccontextmanager
async def client_of(simulator: RunningSimulator, **options: object) -> AsyncIterator[RunaiClient]:
    async with RunaiClient(simulator.url, CREDENTIALS, **options) as client:  # type: ignore[arg-type]
        yield client


async def trainer(client: RunaiClient, **more: object) -> CreateWorkload:
    project = (await client.projects())[0]
    return CreateWorkload(name="trainer", project_id=project.id, manifest=MANIFEST, **more)  # type: ignore[arg-type]


async def until(ask: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await ask():  # noqa: ASYNC110 - the other side is a server, it sets no event
            await asyncio.sleep(0.01)


def test_a_workload_from_submission_to_its_end(simulator):
    async def live() -> None:
        async with client_of(simulator) as client:
            made = await client.create(await trainer(client, priority="high", mnnvl="Required"))
            id_ = made.metadata.id
            assert (made.metadata.name, made.metadata.priority) == ("trainer", "high")
            assert made.metadata.configuration.mnnvl == "Required"
            await until(lambda: synced(client, id_))
            await until(lambda: in_phase(client, id_, "Running"))
            (row,) = (
                await client.list(filter_by=["name==trainer", f"projectId=={made.metadata.project_id}"])
            ).workloads
            assert (row.id, row.source_api) == (id_, "WorkloadsV2")
            assert (await client.batch("suspend", [id_])).succeeded == (id_,)
            await client.endpoints(id_)
            await client.update(id_, UpdateWorkload(manifest=MANIFEST | {"spec": {}}))
            assert (await client.get(id_)).workload.metadata.priority != "high"
            await client.delete(id_)
            await until(lambda: gone(client, id_))

    asyncio.run(live())


async def synced(client: RunaiClient, id_: str) -> bool:
    view: WorkloadView = await client.get(id_)
    return view.sync_info is not None and view.sync_info.status == "Synced"


async def in_phase(client: RunaiClient, id_: str, phase: str) -> bool:
    return (await client.read(id_)).phase == phase


async def gone(client: RunaiClient, id_: str) -> bool:
    try:
        await client.get(id_)
    except NotFound:
        return True
    return False


def test_what_is_refused_is_refused_by_its_name(simulator):
    async def refused() -> None:
        async with client_of(simulator) as client:
            await client.create(await trainer(client), dry_run=True)
            await client.create(await trainer(client))
            with pytest.raises(Conflict):
                await client.create(await trainer(client))
            with pytest.raises(NotFound):
                await client.get("00000000-0000-4000-8000-000000000000")
        async with RunaiClient(simulator.url, Credentials("demo", "wrong")) as stranger:
            with pytest.raises(Forbidden):
                await stranger.list()

    asyncio.run(refused())


def test_tokens_that_are_revoked_or_of_the_older_kind_are_no_matter(simulator):
    async def work_on() -> None:
        async with client_of(simulator) as client:
            await client.list()
            await asyncio.to_thread(simulator.control.revoke_tokens)
            await client.list()
        await asyncio.to_thread(simulator.control.switches, token_v2=False)
        async with client_of(simulator) as client:
            await client.list()

    asyncio.run(work_on())


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_create_that_was_cut_is_ambiguous_and_a_lookup_tells(simulator, when):
    async def create() -> int:
        async with client_of(simulator) as client:
            cut = simulator.control.add_fault
            await asyncio.to_thread(cut, "cut", operation="create_workload_v2", when=when, count=1)
            with pytest.raises(Ambiguous):
                await client.create(await trainer(client))
            return len((await client.list(filter_by=["name==trainer"])).workloads)

    assert asyncio.run(create()) == (1 if when == "after" else 0)


def test_the_budget_of_run_ai_is_told_as_throttled(simulator):
    async def throttled() -> float | None:
        async with client_of(simulator) as client:
            await client.list()
            await asyncio.to_thread(
                simulator.control.add_fault, "status", status=429, retry_after=3, operation="get_workloads", count=1
            )
            with pytest.raises(Throttled) as raised:
                await client.list()
            return raised.value.retry_after

    assert asyncio.run(throttled()) == 3
