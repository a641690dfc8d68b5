"""What the methods of the client send, beyond what the contract tests check."""

import json

import httpx
import pytest

from runai_operator.runai import CreateWorkload, Rejected, UpdateWorkload

from .servers import V2, WORKLOAD_ID, Scripted


async def test_a_removed_value_is_sent_as_null():
    server = Scripted(httpx.Response(202, json=V2))
    async with server.client() as client:
        await client.update(WORKLOAD_ID, UpdateWorkload(manifest={"kind": "Job"}, category="Train"))
    sent = json.loads(server.requests[0].content)
    assert sent == {"manifest": {"kind": "Job"}, "metadata": {"priority": None, "category": "Train"}}


async def test_what_is_unset_is_left_to_run_ai_on_create():
    server = Scripted(httpx.Response(202, json=V2))
    async with server.client() as client:
        await client.create(CreateWorkload(name="trainer", project_id="7", manifest={}))
    assert json.loads(server.requests[0].content) == {"manifest": {}, "metadata": {"name": "trainer", "projectId": "7"}}


@pytest.mark.parametrize("count", [0, 101])
async def test_a_batch_of_none_or_more_than_a_hundred_is_a_mistake_of_ours(count):
    server = Scripted(httpx.Response(200))
    async with server.client() as client:
        with pytest.raises(ValueError):
            await client.batch("suspend", [WORKLOAD_ID] * count)
    assert not server.requests


@pytest.mark.parametrize("id_", ["", "..", ".", "a/b", "a?b", "ü", " "])
async def test_what_is_no_id_never_becomes_a_path(id_):
    server = Scripted(httpx.Response(202))
    async with server.client() as client:
        with pytest.raises(Rejected):
            await client.delete(id_)
    assert not server.requests


async def test_projects_are_read_to_the_last_page():
    def page(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        rows = [{"id": str(number), "name": "p"} for number in range(offset, min(offset + 500, 1200))]
        return httpx.Response(200, json={"projects": rows, "next": offset + 500 if offset < 1000 else None})

    server = Scripted(page)
    async with server.client() as client:
        assert len(await client.projects(name="p")) == 1200
    assert len(server.requests) == 3


@pytest.mark.parametrize("following", [0, 2])
async def test_a_next_that_leads_nowhere_does_not_go_round_for_ever(following):
    def page(request: httpx.Request) -> httpx.Response:
        rows = [{"id": "1"}] if request.url.params["offset"] == "0" else []
        return httpx.Response(200, json={"projects": rows, "next": following})

    server = Scripted(page)
    async with server.client() as client:
        assert len(await client.projects()) == 1
    assert len(server.requests) <= 2


async def test_a_prefix_of_the_url_is_kept():
    server = Scripted(httpx.Response(200, json={"workloads": None}))
    async with server.client("https://runai.test/prefix/") as client:
        assert (await client.list()).workloads == ()
    assert server.requests[0].url.path == "/prefix/api/v1/workloads"
