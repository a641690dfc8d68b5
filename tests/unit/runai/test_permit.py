"""What may be sent while this process leads, and what when it does not: the last question before each write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from runai_operator.runai import CreateWorkload, RunaiClient, Unavailable, UpdateWorkload

from .servers import V2, WORKLOAD_ID, Scripted, raw_server
from .test_transport import client_of, well

WHY_NOT = "the Lease was last renewed 7.0 s ago"
WRITES: dict[str, Callable[[RunaiClient], Awaitable[object]]] = {
    "create": lambda client: client.create(CreateWorkload(name="trainer", project_id="7", manifest={})),
    "update": lambda client: client.update(WORKLOAD_ID, UpdateWorkload(manifest={})),
    "delete": lambda client: client.delete(WORKLOAD_ID),
    "suspend": lambda client: client.batch("suspend", [WORKLOAD_ID]),
}


@pytest.mark.parametrize("write", WRITES)
async def test_a_write_is_not_sent_once_the_lead_may_be_anothers(write):
    server = Scripted(httpx.Response(202, json=V2))
    async with server.client(permit=lambda: WHY_NOT) as client:
        with pytest.raises(Unavailable, match=WHY_NOT):
            await WRITES[write](client)
    assert not server.requests


async def test_reading_is_always_allowed():
    server = Scripted(httpx.Response(200, json={"workload": V2}))
    async with server.client(permit=lambda: WHY_NOT) as client:
        await client.get(WORKLOAD_ID)
    assert len(server.requests) == 1


async def test_the_permit_is_asked_after_gate_and_token_right_before_the_write():
    happened: list[str] = []

    @asynccontextmanager
    async def gate() -> AsyncIterator[None]:
        happened.append("gate")
        yield

    def permit() -> None:
        happened.append(f"permit, with {server.tokens} token")

    def answer(_: httpx.Request) -> httpx.Response:
        happened.append("sent")
        return httpx.Response(202, json=V2)

    server = Scripted(answer)
    async with server.client(gate=gate, permit=permit) as client:
        await client.delete(WORKLOAD_ID)
    assert happened == ["gate", "permit, with 1 token", "sent"]


async def test_refused_with_401_the_second_try_asks_again():
    answers = iter([None, WHY_NOT])
    server = Scripted(httpx.Response(401))
    async with server.client(permit=lambda: next(answers)) as client:
        with pytest.raises(Unavailable, match=WHY_NOT):
            await client.delete(WORKLOAD_ID)
    assert len(server.requests) == 1


@pytest.mark.parametrize("warm", [False, True], ids=["a new connection", "a kept connection"])
async def test_a_permission_that_lapses_while_it_connects_sends_nothing(warm):
    """As when the process is stopped while it waits for the connection, and woken up by another's time."""
    answers = iter([None, WHY_NOT])
    async with raw_server(well) as server, client_of(server, permit=lambda: next(answers)) as client:
        if warm:
            await client.get(WORKLOAD_ID)
        with pytest.raises(Unavailable, match=WHY_NOT):
            await client.update(WORKLOAD_ID, UpdateWorkload(manifest={}))
        assert [head for head in server.heads if head.startswith(b"PUT")] == []
        await client.get(WORKLOAD_ID)
