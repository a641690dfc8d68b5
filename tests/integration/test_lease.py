"""The Lease of the real API server, and the one in memory that elections are tried on: they have to read the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from kubernetes.aio import client, config

from runai_operator.kube.election import Elector, Hindered, Lease, Leases, Taken, Timing
from runai_operator.kube.lease import KubernetesLease
from tests.control_plane import ControlPlane, Kubectl
from tests.unit.engine.virtual_time import CLOCK
from tests.unit.kube.memory_lease import MemoryLease

NAME = "runai-operator"
WHOLE = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""A time without a fraction: the API server wants its six digits all the same."""
OURS = Lease("a", 17, WHOLE, datetime(2026, 11, 21, 12, 0, 1, 500, tzinfo=UTC), 3)
Story = Callable[[Leases], Awaitable[Any]]
Play = Callable[[Story], Any]


@asynccontextmanager
async def real(control_plane: ControlPlane, namespace: str) -> AsyncIterator[KubernetesLease]:
    configuration = client.Configuration()
    await config.load_kube_config(str(control_plane.kubeconfig), client_configuration=configuration)
    async with client.ApiClient(configuration) as api:
        yield KubernetesLease(api, namespace, NAME, timeout=30)


@pytest.fixture(params=["in memory", "of the API server"])
def play(request: pytest.FixtureRequest, control_plane: ControlPlane, namespace: str) -> Play:
    async def told(story: Story) -> Any:
        if request.param == "in memory":
            return await story(MemoryLease())
        async with real(control_plane, namespace) as leases:
            return await story(leases)

    return lambda story: asyncio.run(told(story))


def test_what_is_written_is_what_is_read(play: Play) -> None:
    async def story(leases: Leases) -> tuple[Lease | None, ...]:
        before, made = await leases.get(), await leases.create(OURS)
        changed = await leases.update(replace(made, holder="b", transitions=4))
        assert made.version != changed.version
        return before, replace(made, version=""), replace(changed, version=""), await leases.get() == changed

    assert play(story) == (None, OURS, replace(OURS, holder="b", transitions=4), True)


def test_a_lease_without_a_holder_is_read_as_one(play: Play) -> None:
    async def story(leases: Leases) -> Lease | None:
        await leases.update(replace(await leases.create(OURS), holder=""))
        return await leases.get()

    assert play(story).holder == ""


def test_only_the_version_that_was_read_is_written_over(play: Play) -> None:
    async def story(leases: Leases) -> str:
        made = await leases.create(OURS)
        await leases.update(replace(made, holder="b"))
        for write in (leases.create(OURS), leases.update(replace(made, holder="c"))):
            with pytest.raises(Taken):
                await write
        return (await leases.get() or OURS).holder

    assert play(story) == "b"


def test_what_others_put_on_it_stays(control_plane: ControlPlane, kubectl: Kubectl, namespace: str) -> None:
    async def story() -> None:
        async with real(control_plane, namespace) as leases:
            await leases.create(OURS)
            kubectl("label", "lease", NAME, "team=ours", namespace=namespace)
            found = await leases.get()
            assert found is not None
            await leases.update(replace(found, holder="b"))

    asyncio.run(story())
    lease = kubectl.json("get", "lease", NAME, namespace=namespace)
    assert lease["metadata"]["labels"] == {"team": "ours"}
    assert lease["spec"]["holderIdentity"] == "b"


def test_a_lease_made_by_hand_is_free(control_plane: ControlPlane, kubectl: Kubectl, namespace: str) -> None:
    empty = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NAME}}
    kubectl("create", "-f", "-", input=empty, namespace=namespace)

    async def story() -> str | None:
        async with real(control_plane, namespace) as leases:
            elector = Elector(leases, "a", Timing(17, 6, 1), CLOCK)
            await elector.acquire()
            return elector.why_not()

    assert asyncio.run(story()) is None


def test_without_its_namespace_it_says_what_to_make(control_plane: ControlPlane) -> None:
    async def story() -> None:
        async with real(control_plane, "never-made") as leases:
            assert await leases.get() is None
            await leases.create(OURS)

    with pytest.raises(Hindered, match="there is no namespace never-made: create it"):
        asyncio.run(story())


def test_without_the_right_it_says_what_the_role_lacks(
    control_plane: ControlPlane, kubectl: Kubectl, namespace: str
) -> None:
    kubectl("create", "serviceaccount", "nobody", namespace=namespace)
    token = kubectl("create", "token", "nobody", namespace=namespace).strip()

    async def story() -> None:
        configuration = client.Configuration()
        await config.load_kube_config(str(control_plane.kubeconfig), client_configuration=configuration)
        configuration.api_key = {"authorization": token, "BearerToken": f"Bearer {token}"}
        async with client.ApiClient(configuration) as api:
            await KubernetesLease(api, namespace, NAME, timeout=30).get()

    with pytest.raises(Hindered, match="get, create and update on leases"):
        asyncio.run(story())
