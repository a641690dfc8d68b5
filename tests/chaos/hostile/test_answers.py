"""Broken answers before the whole operator: each connection that gets them fails alone, and costs little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from runai_simulator import RunningSimulator
from tests.chaos.hostile.proxy import WAYS, BreakingProxy, Proxy
from tests.integration.world import World

MOST_A_MINUTE = 12
MEMORY = 256 * 2**20
"""Bytes that the operator may hold more than before: some answers at once, each at most the largest."""
NOT_RUNAI = {"page", "empty", "half", "types", "nan", "redirect"}


@pytest.fixture
def proxy(simulator: RunningSimulator) -> Iterator[Proxy]:
    with BreakingProxy(simulator) as proxy:
        yield proxy


def named(world: World, way: str) -> str:
    return f"{world.namespace}-{way}"


@pytest.fixture
def broken(world: World, proxy: Proxy) -> Iterator[dict[str, str]]:
    """A connection for each way to break answers, with a settled resource; its resourceVersion, by way."""
    for way in WAYS:
        world.connect(named(world, way), url=proxy.way(way))
        world.submit(way, connectionRef={"name": named(world, way)})
    for way in WAYS:
        world.until_ready(way)
    world.until(lambda: all(world.connection_condition(named(world, way)).get("status") == "True" for way in WAYS))
    yield {way: world.get(way)["metadata"]["resourceVersion"] for way in WAYS}
    proxy.broken = False
    world.kubectl("delete", "rcon", "--wait=false", *(named(world, way) for way in WAYS))


def memory(world: World) -> int:
    """Bytes that the operator's process holds, by the kernel (proc(5), statm)."""
    resident = Path(f"/proc/{world.operator.pid}/statm").read_text().split()[1]
    return int(resident) * 4096


def test_a_connection_with_broken_answers_says_so_alone_and_everything_else_goes_on(
    world: World,
    proxy: Proxy,
    broken: dict[str, str],
) -> None:
    held = memory(world)
    proxy.broken = True
    for way in WAYS:
        world.until(lambda way=way: world.connection_condition(named(world, way)).get("status") == "False")
        told = world.connection_condition(named(world, way))
        assert told["reason"] == ("NotRunai" if way in NOT_RUNAI else "Unreachable"), told
        assert "spec.url" in told["message"], told
        assert len(told["message"]) < 1000, told

    world.submit("beside")
    world.until_ready("beside")
    world.submit("asked-for", connectionRef={"name": named(world, "page")})
    world.until(lambda: world.condition("Ready", "asked-for").get("reason") == "ConnectionNotReady")
    world.kubectl("delete", "rwl", "half", "--wait=false", namespace=world.namespace)
    world.until(lambda: world.condition("Ready", "half").get("reason") == "ConnectionNotReady")
    world.kubectl("delete", "rwl", "beside", "--timeout=30s", namespace=world.namespace)

    assert {way: world.get(way)["metadata"]["resourceVersion"] for way in WAYS if way != "half"} == {
        way: version for way, version in broken.items() if way != "half"
    }, "what is settled is not disturbed"
    assert [each for each in world.run.writes() if each["method"] == "DELETE"][1:] == [], "only the one beside"
    asked = Counter((way, what) for _, way, what in proxy.asked)
    assert {way for way, _ in asked} == {*WAYS}
    first, last = proxy.asked[0][0], proxy.asked[-1][0]
    assert max(asked.values()) <= MOST_A_MINUTE * (1 + (last - first) / 60), asked
    assert memory(world) - held < MEMORY

    proxy.broken = False
    world.until_ready("asked-for")
    world.until(lambda: "half" not in world.resources())
    world.until(lambda: all(world.connection_condition(named(world, way)).get("status") == "True" for way in WAYS))
    assert [line for line in world.operator.log().splitlines() if "Traceback" in line] == []
