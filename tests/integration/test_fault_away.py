"""Run:ai is away for a while; and the operator itself, over a thousand settled resources."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.integration.world import World, a_job

MANY, PAGE = 1000, 500


def events(world: World, kind: str, name: str) -> list[dict[str, Any]]:
    """The events that `kubectl describe` would show of an object."""
    selector = f"involvedObject.kind={kind},involvedObject.name={name}"
    return list(world.kubectl.json("get", "events", "-A", "--field-selector", selector)["items"])


def wait_for_connection(world: World, reason: str) -> None:
    world.until(lambda: world.connection_condition().get("reason") == reason)


def settled(world: World, *names: str) -> None:
    for name in names:
        world.submit(name)
    for name in names:
        world.until_ready(name)


def gone(world: World, name: str) -> bool:
    return name not in world.resources()


def test_while_runai_is_away_running_ones_keep_their_status(world: World) -> None:
    names = [f"w{number}" for number in range(10)]
    settled(world, *names)
    before = {name: world.get(name)["metadata"]["resourceVersion"] for name in names}
    world.simulator.stop()
    wait_for_connection(world, "Unreachable")
    world.submit("marker")
    world.until(lambda: world.condition("Ready", "marker").get("reason") == "ConnectionNotReady")
    world.simulator.start()
    wait_for_connection(world, "Connected")
    world.until_ready("marker")
    assert {name: world.get(name)["metadata"]["resourceVersion"] for name in names} == before


def test_a_connection_that_fails_is_one_condition_and_one_event(world: World) -> None:
    settled(world, "w0", "w1", "w2")
    world.simulator.stop()
    wait_for_connection(world, "Unreachable")
    world.submit("new")
    world.until(lambda: world.condition("Ready", "new").get("reason") == "ConnectionNotReady")
    world.until(
        lambda: any(each["reason"] == "Unreachable" for each in events(world, "RunaiConnection", world.connection))
    )
    told = [each for each in events(world, "RunaiConnection", world.connection) if each["type"] == "Warning"]
    assert [each["reason"] for each in told] == ["Unreachable"]
    for name in ("w0", "w1", "w2", "new"):
        assert [each for each in events(world, "RunaiWorkload", name) if each["type"] == "Warning"] == []
    assert "Unreachable" in world.kubectl("describe", "rcon", world.connection)


def test_while_runai_is_away_a_deletion_waits_and_says_for_what(world: World) -> None:
    settled(world, "trainer")
    (workload,) = world.workloads()
    world.simulator.stop()
    wait_for_connection(world, "Unreachable")
    world.kubectl("delete", "rwl", "trainer", "--wait=false", namespace=world.namespace)
    world.until(lambda: world.condition("Ready").get("reason") in ("ConnectionNotReady", "RunaiUnavailable"))
    assert world.connection in world.condition("Ready")["message"] or "reached" in world.condition("Ready")["message"]
    world.simulator.start()
    world.until(lambda: gone(world, "trainer"), within=60)
    assert world.run.workload(workload["row"]["id"])["deleted"]


def test_while_runai_is_away_a_new_resource_says_so_and_is_submitted_afterwards(world: World) -> None:
    wait_for_connection(world, "Connected")
    world.simulator.stop()
    wait_for_connection(world, "Unreachable")
    world.submit()
    world.until(lambda: world.condition("Ready").get("reason") == "ConnectionNotReady")
    message = world.condition("Ready")["message"]
    assert f"RunaiConnection {world.connection}" in message
    assert "spec.url" in message
    world.simulator.start()
    world.until_ready()
    assert len(world.run.writes("create_workload_v2")) == 1


def test_an_operator_that_starts_while_runai_is_away_writes_nothing_to_settled_ones(world: World) -> None:
    settled(world, "w0", "w1")
    assert world.operator.stop() == 0
    before = {name: world.get(name)["metadata"]["resourceVersion"] for name in ("w0", "w1")}
    world.simulator.stop()
    world.operator.start()
    wait_for_connection(world, "Unreachable")
    world.simulator.start()
    wait_for_connection(world, "Connected")
    world.submit("new")
    world.until_ready("new")
    assert {name: world.get(name)["metadata"]["resourceVersion"] for name in ("w0", "w1")} == before


@pytest.mark.timeout(480)
def test_restarted_over_a_thousand_settled_resources_it_writes_nothing_and_asks_for_the_sweep_alone(
    bare_world: World,
) -> None:
    """The long one: a minute, most of it for the API server to take a thousand resources in."""
    world, limits = bare_world, {"requestsPerSecond": 1000, "maxConcurrent": 64}
    world.secret()
    world.connect(limits=limits)
    world.operator.start()
    names = [f"w{number}" for number in range(MANY)]
    apply_all(world, names)
    world.until(lambda: ready_count(world) == MANY, within=240)
    assert world.operator.stop() == 0
    patched, before = len(world.operator_patches()), versions(world)
    world.connect(limits=limits, polling={"interval": "1h", "fullInterval": "1h"})
    told = len(world.operator.log())
    world.run.reset_requests()
    world.operator.start()
    world.until(lambda: looked_at(world, told) == {*names}, within=120)
    asked = {"grant_token_v2": 1, "get_clusters": 1, "get_workloads": MANY / PAGE}
    assert world.run.requests()["byOperation"] == asked, "the token, whose tenant it opens, and the sweep"
    assert versions(world) == before
    assert world.operator_patches()[patched:] == []
    world.submit("one-more")
    world.until(
        lambda: world.status("one-more").get("workloadId")
    )  # an hour is too long to wait for a poll to say more
    assert {name: version for name, version in versions(world).items() if name != "one-more"} == before
    (new,) = world.workloads("one-more")
    asked = {each["path"] for each in world.run.log() if each["operation"].startswith("get_workload_")}
    assert asked == {f"/api/v2/workloads/{new['row']['id']}"}, "only the new one is asked for"


def looked_at(world: World, since: int) -> set[str]:
    """Of whom it knew that they run, by its log from there on: not before the sweep, when it knows nothing."""
    return set(re.findall(r'"resource": "[^"/]+/([^"]+)".*"reconciled: Running"', world.operator.log()[since:]))


def apply_all(world: World, names: list[str]) -> None:
    spec = {"connectionRef": {"name": world.connection}, "manifest": a_job()}
    items = [
        {
            "apiVersion": "runai-operator.io/v1alpha1",
            "kind": "RunaiWorkload",
            "metadata": {"name": name, "namespace": world.namespace},
            "spec": spec,
        }
        for name in names
    ]
    world.kubectl(
        "create", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), timeout=120
    )


def ready_count(world: World) -> int:
    conditions = (each.get("status", {}).get("conditions", ()) for each in world.resources().values())
    return sum(("Ready", "True") in {(each["type"], each["status"]) for each in told} for told in conditions)


def versions(world: World) -> dict[str, str]:
    return {name: each["metadata"]["resourceVersion"] for name, each in world.resources().items()}


def test_deleted_without_its_connection_it_waits_and_says_so_until_that_is_back(world: World) -> None:
    settled(world, "trainer")
    world.tear_away(world.connection)
    world.kubectl("delete", "rwl", "trainer", "--wait=false", namespace=world.namespace)
    world.until(lambda: "deletionTimestamp" in world.get()["metadata"] and waits_for_a_connection(world))
    assert world.connection in world.condition("Ready")["message"]
    assert len(world.workloads()) == 1
    world.connect()
    world.until(lambda: gone(world, "trainer"))
    assert world.workloads() == []


def waits_for_a_connection(world: World) -> bool:
    return world.condition("Ready").get("reason") == "ConnectionNotFound"


def test_what_was_never_submitted_goes_at_once_even_without_a_connection(bare_world: World) -> None:
    world = bare_world
    world.operator.start()
    world.submit()
    world.until(lambda: waits_for_a_connection(world))
    world.kubectl("delete", "rwl", "trainer", "--timeout=20s", namespace=world.namespace)
    assert gone(world, "trainer")
